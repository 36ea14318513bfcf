// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Building blocks of the lowering: sizes, elements, loops, scalars.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace emo::onnxir;
using namespace emo::onnxlower;

Value NodeLowering::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value NodeLowering::asValue(OpFoldResult size) {
  if (auto value = dyn_cast<Value>(size))
    return value;
  return index(cast<IntegerAttr>(cast<Attribute>(size)).getInt());
}

OpFoldResult NodeLowering::sizeOf(Value tensor, int64_t dim) {
  if (!typeOf(tensor).isDynamicDim(dim))
    return b.getIndexAttr(typeOf(tensor).getDimSize(dim));
  return tensor::DimOp::create(b, tensor, dim).getResult();
}

Sizes NodeLowering::sizesOf(Value tensor) {
  Sizes sizes;
  for (int64_t dim = 0; dim < typeOf(tensor).getRank(); ++dim)
    sizes.push_back(sizeOf(tensor, dim));
  return sizes;
}

Sizes NodeLowering::refine(Sizes sizes, RankedTensorType type) {
  for (auto [size, known] : llvm::zip(sizes, type.getShape()))
    if (!ShapedType::isDynamic(known))
      size = b.getIndexAttr(known);
  return sizes;
}

Value NodeLowering::generate(const Sizes &sizes, Type element, Body body) {
  Value empty = tensor::EmptyOp::create(b, sizes, element);
  SmallVector<utils::IteratorType> iterators(sizes.size(), utils::IteratorType::parallel);
  auto build = [&](OpBuilder &builder, Location loc, ValueRange) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
    SmallVector<Value> indices;
    for (size_t dim = 0; dim < sizes.size(); ++dim)
      indices.push_back(linalg::IndexOp::create(b, dim));
    linalg::YieldOp::create(b, body(indices));
  };
  return linalg::GenericOp::create(b, empty.getType(), ValueRange(), empty, b.getMultiDimIdentityMap(sizes.size()), iterators,
                                   build)
      .getResult(0);
}

Value NodeLowering::load(Value tensor, Indices indices) { return tensor::ExtractOp::create(b, tensor, indices); }

Value NodeLowering::loadBroadcast(Value tensor, Value result, Indices indices) {
  SymbolicShapes::Shape from = shapes.getShape(tensor), to = shapes.getShape(result);
  size_t offset = indices.size() - from.size();
  SmallVector<Value> inner;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i].isConstant(1)) {
      inner.push_back(index(0));
    } else if (from[i] == to[i + offset]) {
      inner.push_back(indices[i + offset]);
    } else {
      // Only at run time is it known whether this dimension is repeated.
      Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, asValue(sizeOf(tensor, i)), index(1));
      inner.push_back(arith::SelectOp::create(b, isOne, index(0), indices[i + offset]));
    }
  }
  return load(tensor, inner);
}

Sizes NodeLowering::broadcastSizes(ArrayRef<Value> operands) {
  size_t rank = 0;
  for (Value operand : operands)
    rank = std::max<size_t>(rank, typeOf(operand).getRank());
  Sizes sizes(rank, b.getIndexAttr(1));
  for (Value operand : operands) {
    size_t offset = rank - typeOf(operand).getRank();
    for (auto [i, dim] : llvm::enumerate(shapes.getShape(operand))) {
      OpFoldResult &size = sizes[offset + i];
      if (dim.isConstant(1))
        continue;
      if (isConstantIntValue(size, 1)) {
        size = sizeOf(operand, i);
      } else if (isa<Value>(size) && !typeOf(operand).isDynamicDim(i)) {
        size = sizeOf(operand, i);
      } else if (isa<Value>(size)) {
        Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, cast<Value>(size), index(1));
        size = arith::SelectOp::create(b, isOne, asValue(sizeOf(operand, i)), cast<Value>(size)).getResult();
      }
    }
  }
  return sizes;
}

SmallVector<Value> NodeLowering::loadIndices(Value tensor) {
  SmallVector<Value> result;
  auto toIndex = [&](Value scalar) { return arith::IndexCastOp::create(b, b.getIndexType(), scalar); };
  if (typeOf(tensor).getRank() == 0)
    return {toIndex(load(tensor, {}))};
  for (int64_t i = 0; i < typeOf(tensor).getDimSize(0); ++i)
    result.push_back(toIndex(load(tensor, index(i))));
  return result;
}

SmallVector<Value> NodeLowering::loop(Value size, ValueRange carried,
                                      llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto build = [&](OpBuilder &builder, Location, Value i, ValueRange values) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
    scf::YieldOp::create(b, body(i, values));
  };
  auto op = scf::ForOp::create(b, index(0), size, index(1), carried, build);
  return SmallVector<Value>(op.getResults());
}

SmallVector<Value> NodeLowering::loopNest(ArrayRef<Value> sizes, ValueRange carried,
                                          llvm::function_ref<SmallVector<Value>(Indices, ValueRange)> body) {
  SmallVector<Value> indices;
  std::function<SmallVector<Value>(ValueRange)> nest = [&](ValueRange values) -> SmallVector<Value> {
    if (indices.size() == sizes.size())
      return body(indices, values);
    return loop(sizes[indices.size()], values, [&](Value i, ValueRange inner) {
      indices.push_back(i);
      SmallVector<Value> results = nest(inner);
      indices.pop_back();
      return results;
    });
  };
  return nest(carried);
}

Value NodeLowering::normalIndex(Value position, Value size) {
  Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, position, index(0));
  Value counted = arith::SelectOp::create(b, negative, arith::AddIOp::create(b, position, size), position);
  Value last = arith::SubIOp::create(b, size, index(1));
  return arith::MaxSIOp::create(b, arith::MinSIOp::create(b, counted, last), index(0));
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value NodeLowering::constant(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, int64_t(value)));
}

Value NodeLowering::zero(Type type) { return constant(type, 0); }

Type NodeLowering::wideType(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32 ? Type(b.getF32Type()) : type;
}

Value NodeLowering::add(Value a, Value c) {
  if (isa<FloatType>(a.getType()))
    return arith::AddFOp::create(b, a, c);
  return arith::AddIOp::create(b, a, c);
}

Value NodeLowering::mul(Value a, Value c) {
  if (isa<FloatType>(a.getType()))
    return arith::MulFOp::create(b, a, c);
  return arith::MulIOp::create(b, a, c);
}

Value NodeLowering::less(Value a, Value c) {
  if (isa<FloatType>(a.getType()))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, a, c);
  return arith::CmpIOp::create(b, a.getType().isInteger(1) ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt, a, c);
}

Value NodeLowering::convert(Value scalar, Type to) {
  Type from = scalar.getType();
  if (from == to)
    return scalar;
  bool fromFloat = isa<FloatType>(from), toFloat = isa<FloatType>(to);
  if (to.isInteger(1)) {
    if (fromFloat)
      return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, scalar, zero(from));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, scalar, zero(from));
  }
  unsigned fromBits = from.getIntOrFloatBitWidth(), toBits = to.getIntOrFloatBitWidth();
  if (fromFloat && toFloat) {
    if (fromBits == toBits) // f16 and bf16
      return arith::TruncFOp::create(b, to, arith::ExtFOp::create(b, b.getF32Type(), scalar));
    return fromBits < toBits ? arith::ExtFOp::create(b, to, scalar).getResult()
                             : arith::TruncFOp::create(b, to, scalar).getResult();
  }
  if (fromFloat)
    return arith::FPToSIOp::create(b, to, scalar);
  if (toFloat)
    return from.isInteger(1) ? arith::UIToFPOp::create(b, to, scalar).getResult()
                             : arith::SIToFPOp::create(b, to, scalar).getResult();
  if (fromBits > toBits)
    return arith::TruncIOp::create(b, to, scalar);
  return from.isInteger(1) ? arith::ExtUIOp::create(b, to, scalar).getResult()
                           : arith::ExtSIOp::create(b, to, scalar).getResult();
}

Value NodeLowering::combine(StringRef reduction, Value a, Value c) {
  bool isFloat = isa<FloatType>(a.getType());
  if (reduction == "add")
    return a.getType().isInteger(1) ? arith::OrIOp::create(b, a, c).getResult() : add(a, c);
  if (reduction == "mul")
    return mul(a, c);
  if (reduction == "max")
    return isFloat ? arith::MaximumFOp::create(b, a, c).getResult() : arith::MaxSIOp::create(b, a, c).getResult();
  if (reduction == "min")
    return isFloat ? arith::MinimumFOp::create(b, a, c).getResult() : arith::MinSIOp::create(b, a, c).getResult();
  return c;
}

Value NodeLowering::reshaped(Value tensor, const Sizes &sizes) {
  if (sizes.empty()) {
    SmallVector<Value> first(typeOf(tensor).getRank(), index(0));
    return tensor::FromElementsOp::create(b, RankedTensorType::get({}, elementOf(tensor)), load(tensor, first));
  }
  SmallVector<int64_t> shape;
  SmallVector<Value> values;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> known = getConstantIntValue(size);
    shape.push_back(known.value_or(ShapedType::kDynamic));
    values.push_back(arith::IndexCastOp::create(b, b.getI64Type(), asValue(size)));
  }
  auto type = RankedTensorType::get(shape, elementOf(tensor));
  auto shapeType = RankedTensorType::get({int64_t(values.size())}, b.getI64Type());
  Value shapeTensor = tensor::FromElementsOp::create(b, shapeType, values);
  return tensor::ReshapeOp::create(b, type, tensor, shapeTensor);
}
