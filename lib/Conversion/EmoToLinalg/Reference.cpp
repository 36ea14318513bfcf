// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Building blocks of the reference lowering: sizes, elements, loops, scalars.
#include "Reference.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

Type reference::computeType(ArrayRef<Value> operands) {
  Type widest;
  for (Value operand : operands) {
    if (!operand)
      continue;
    auto type = dyn_cast<FloatType>(elementOf(operand));
    if (type &&
        (!widest || type.getWidth() > cast<FloatType>(widest).getWidth()))
      widest = type;
  }
  if (!widest || cast<FloatType>(widest).getWidth() < 32)
    return Float32Type::get(operands.front().getContext());
  return widest;
}

Reference::Reference(Operation *op, PatternRewriter &rewriter)
    : b(op->getLoc(), rewriter), rewriter(rewriter),
      buffers(
          llvm::any_of(op->getOperandTypes(), llvm::IsaPred<BaseMemRefType>)) {}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

OpFoldResult Reference::size(Value shaped, int64_t dim) {
  if (!typeOf(shaped).isDynamicDim(dim))
    return b.getIndexAttr(typeOf(shaped).getDimSize(dim));
  if (isa<BaseMemRefType>(shaped.getType()))
    return memref::DimOp::create(b, shaped, dim).getResult();
  return tensor::DimOp::create(b, shaped, dim).getResult();
}

Sizes Reference::sizes(Value shaped) {
  Sizes result;
  for (int64_t dim = 0; dim < typeOf(shaped).getRank(); ++dim)
    result.push_back(size(shaped, dim));
  return result;
}

Value Reference::dim(Value shaped, int64_t dim) {
  return asValue(size(shaped, dim));
}

Value Reference::asValue(OpFoldResult size) {
  if (auto value = dyn_cast<Value>(size))
    return value;
  return index(cast<IntegerAttr>(cast<Attribute>(size)).getInt());
}

OpFoldResult Reference::mulSizes(OpFoldResult x, OpFoldResult y) {
  std::optional<int64_t> a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a && c)
    return b.getIndexAttr(*a * *c);
  return arith::MulIOp::create(b, asValue(x), asValue(y)).getResult();
}

//===----------------------------------------------------------------------===//
// Tensors or buffers
//===----------------------------------------------------------------------===//

Value Reference::empty(const Sizes &sizes, Type element) {
  if (buffers)
    return memref::AllocOp::create(b, sizes, element);
  return tensor::EmptyOp::create(b, sizes, element);
}

Value Reference::emptyFor(Value result, const Sizes &sizes) {
  // What the result's type knows beyond the operands' types is kept.
  Sizes refined(sizes);
  for (auto [size, known] : llvm::zip_equal(refined, typeOf(result).getShape()))
    if (!ShapedType::isDynamic(known))
      size = b.getIndexAttr(known);
  return empty(refined, elementOf(result));
}

Values Reference::write(ValueRange outs, Elements body) {
  int64_t rank = typeOf(outs.front()).getRank();
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  SmallVector<AffineMap> maps(outs.size(), b.getMultiDimIdentityMap(rank));
  auto build = [&](OpBuilder &builder, Location, ValueRange old) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(builder.getInsertionBlock(),
                        builder.getInsertionPoint());
    Values indices;
    for (int64_t dim = 0; dim < rank; ++dim)
      indices.push_back(linalg::IndexOp::create(b, dim));
    linalg::YieldOp::create(b, body(indices, old));
  };
  TypeRange results = buffers ? TypeRange() : TypeRange(outs);
  auto op = linalg::GenericOp::create(b, results, ValueRange(), outs, maps,
                                      iterators, build);
  return buffers ? Values(outs) : Values(op.getResults());
}

Value Reference::writeOne(Value out, Element body) {
  return write(out, [&](Indices indices,
                        ValueRange) { return Values{body(indices)}; })
      .front();
}

Value Reference::generate(const Sizes &sizes, Type element, Element body) {
  return writeOne(empty(sizes, element), body);
}

Value Reference::widened(Value value, Type type) {
  if (!value || elementOf(value) == type)
    return value;
  return generate(sizes(value), type,
                  [&](Indices at) { return loadFloat(value, at, type); });
}

void Reference::replace(Operation *op, ValueRange values) {
  if (buffers)
    return rewriter.eraseOp(op);
  Values results;
  for (auto [result, value] : llvm::zip_equal(
           op->getResults(), values.take_front(op->getNumResults())))
    results.push_back(value.getType() == result.getType()
                          ? value
                          : tensor::CastOp::create(b, result.getType(), value));
  rewriter.replaceOp(op, results);
}

Value Reference::load(Value shaped, Indices indices) {
  if (isa<BaseMemRefType>(shaped.getType()))
    return memref::LoadOp::create(b, shaped, indices);
  return tensor::ExtractOp::create(b, shaped, indices);
}

Value Reference::loadFloat(Value shaped, Indices indices, Type type) {
  return toFloat(load(shaped, indices), type);
}

Value Reference::loadIndex(Value shaped, Indices indices) {
  return toIndex(load(shaped, indices));
}

Value Reference::store(Value value, Value shaped, Indices indices) {
  if (!isa<BaseMemRefType>(shaped.getType()))
    return tensor::InsertOp::create(b, value, shaped, indices);
  memref::StoreOp::create(b, value, shaped, indices);
  return shaped;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

Values Reference::loop(Value from, Value to, ValueRange init,
                       function_ref<Values(Value, ValueRange)> body) {
  auto isBuffer = [](Value value) {
    return isa<BaseMemRefType>(value.getType());
  };
  Values carried =
      llvm::filter_to_vector(init, [&](Value v) { return !isBuffer(v); });
  // The values in the order of `init`, buffers as they are.
  auto all = [&](ValueRange values) {
    Values result(init);
    auto next = values.begin();
    for (Value &value : result)
      if (!isBuffer(value))
        value = *next++;
    return result;
  };
  auto build = [&](OpBuilder &builder, Location, Value i, ValueRange values) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(builder.getInsertionBlock(),
                        builder.getInsertionPoint());
    Values results = body(i, all(values));
    llvm::erase_if(results, isBuffer);
    scf::YieldOp::create(b, results);
  };
  auto op = scf::ForOp::create(b, from, to, index(1), carried, build);
  return all(op.getResults());
}

Value Reference::sum(Value count, Type type, function_ref<Value(Value)> term) {
  return loop(index(0), count, real(type, 0),
              [&](Value i, ValueRange sum) {
                return Values{add(sum[0], term(i))};
              })
      .front();
}

Value Reference::maximum(Value count, Type type,
                         function_ref<Value(Value)> term) {
  return loop(index(0), count, negativeInfinity(type),
              [&](Value i, ValueRange best) {
                return Values{maxf(best[0], term(i))};
              })
      .front();
}

Value Reference::count(Value count, function_ref<Value(Value)> condition) {
  return loop(index(0), count, index(0),
              [&](Value i, ValueRange found) {
                Value one = arith::AddIOp::create(b, found[0], index(1));
                return Values{select(condition(i), one, found[0])};
              })
      .front();
}

Value Reference::onlyIf(Value condition, Value otherwise,
                        function_ref<Value()> then) {
  auto inside = [&](OpBuilder &builder, function_ref<Value()> value) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(builder.getInsertionBlock(),
                        builder.getInsertionPoint());
    scf::YieldOp::create(b, value());
  };
  return scf::IfOp::create(
             b, condition,
             [&](OpBuilder &builder, Location) { inside(builder, then); },
             [&](OpBuilder &builder, Location) {
               inside(builder, [&] { return otherwise; });
             })
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value Reference::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}
Value Reference::i32(int64_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
}
Value Reference::boolean(bool value) {
  return arith::ConstantOp::create(b, b.getBoolAttr(value));
}
Value Reference::real(Type type, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}
Value Reference::negativeInfinity(Type type) {
  return arith::ConstantOp::create(
      b, b.getFloatAttr(
             type, APFloat::getInf(cast<FloatType>(type).getFloatSemantics(),
                                   /*Negative=*/true)));
}

Value Reference::toFloat(Value value, Type type) {
  if (value.getType() == type)
    return value;
  unsigned from = value.getType().getIntOrFloatBitWidth(),
           to = type.getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(b, type, value);
  if (from == to) // f16 and bf16
    value = arith::ExtFOp::create(b, b.getF32Type(), value);
  return arith::TruncFOp::create(b, type, value);
}

Value Reference::toI32(Value index) {
  return arith::IndexCastOp::create(b, b.getI32Type(), index);
}
Value Reference::toIndex(Value integer) {
  return arith::IndexCastOp::create(b, b.getIndexType(), integer);
}

static bool isFloat(Value x) { return isa<FloatType>(x.getType()); }

Value Reference::add(Value x, Value y) {
  return isFloat(x) ? Value(arith::AddFOp::create(b, x, y))
                    : arith::AddIOp::create(b, x, y);
}
Value Reference::sub(Value x, Value y) {
  return isFloat(x) ? Value(arith::SubFOp::create(b, x, y))
                    : arith::SubIOp::create(b, x, y);
}
Value Reference::mul(Value x, Value y) {
  return isFloat(x) ? Value(arith::MulFOp::create(b, x, y))
                    : arith::MulIOp::create(b, x, y);
}
Value Reference::div(Value x, Value y) {
  return isFloat(x) ? Value(arith::DivFOp::create(b, x, y))
                    : arith::DivUIOp::create(b, x, y);
}
Value Reference::exp(Value x) { return math::ExpOp::create(b, x); }
Value Reference::sigmoid(Value x) {
  Value one = real(x.getType(), 1);
  return div(one, add(one, exp(arith::NegFOp::create(b, x))));
}
Value Reference::maxf(Value x, Value y) {
  return arith::MaximumFOp::create(b, x, y);
}
Value Reference::minf(Value x, Value y) {
  return arith::MinimumFOp::create(b, x, y);
}
Value Reference::greater(Value x, Value y) { return less(y, x); }
Value Reference::less(Value x, Value y) {
  if (isFloat(x))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y);
}
Value Reference::equal(Value x, Value y) {
  if (isFloat(x))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, y);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, y);
}
Value Reference::both(Value x, Value y) {
  return arith::AndIOp::create(b, x, y);
}
Value Reference::either(Value x, Value y) {
  return arith::OrIOp::create(b, x, y);
}
Value Reference::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(b, condition, x, y);
}
