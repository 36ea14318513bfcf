// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The general path: a linalg op or a copy as a kernel with a thread for each point of its parallel loops; reductions are loops of the thread.
//
// Bodies are cloned. On the device mathematical functions exist on f32 only (codegen::Emit), so their bf16 and f16 operands are widened.
#include "Kernels.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 256;
static constexpr int64_t kMaxBlocks = 4096; // threads take several points beyond
static constexpr int64_t kMaxRank = 8;

namespace {

/// Sizes and strides of a memref in kernel code, i64, and where it begins.
struct View {
  Value base;
  Values sizes, strides;
  Type element;
};

/// A launch's operands, in the order in which the kernel's arguments are read again.
class Operands {
public:
  explicit Operands(DeviceHost &host) : host(host) {}

  /// Adds a memref or a scalar, once. Constants stay what they are.
  void add(Value value);
  /// A number of the host's type index.
  void addSize(Value index) { sizes.push_back(arith::IndexCastOp::create(host.b, host.b.getI64Type(), index)); }
  /// Memrefs with their sizes and strides, scalars, numbers.
  Values list() const;
  /// Text that distinguishes what the kernel knows of them.
  std::string key() const;

  /// The memrefs in terms of the kernel's arguments; maps the scalars in `cloner`; returns the numbers.
  llvm::DenseMap<Value, View> views(DeviceEmit &e, ValueRange args) const;
  ValueRange bind(DeviceEmit &e, ValueRange args, class BodyCloner &cloner) const;

private:
  Value passed(Value scalar);

  DeviceHost &host;
  llvm::SetVector<Value> memrefs, scalars;
  Values described, given, sizes;
};

/// Writes ops of a body one after the other.
class BodyCloner {
public:
  BodyCloner(DeviceEmit &e, const llvm::DenseMap<Value, View> &views) : e(e), views(views) {}

  IRMapping map;
  /// Index i of linalg.index.
  Values indices;

  void clone(Operation &op);
  Value address(const View &view, ValueRange at);
  Value load(const View &view, ValueRange at);
  void store(Value value, const View &view, ValueRange at);
  Value operand(Value value);

private:
  Value asF32(Value value);
  Value narrowed(Value f32, Type type) { return type.isF32() ? f32 : Value(arith::TruncFOp::create(e.b, type, f32)); }
  /// log for all f32.
  Value log(Value x);
  void cloneMath(Operation &op);
  void cloneRegions(Operation &op);

  DeviceEmit &e;
  const llvm::DenseMap<Value, View> &views;
};

} // namespace

/// On the device an index is an i64.
static Type deviceType(Type type, OpBuilder &b) { return type.isIndex() ? b.getI64Type() : type; }

//===----------------------------------------------------------------------===//
// What can be a kernel
//===----------------------------------------------------------------------===//

static bool isElementType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() && llvm::is_contained({1, 8, 16, 32, 64}, integer.getWidth());
  return type.isF32() || type.isBF16() || type.isF16() || type.isF64() || type.isIndex();
}

static bool isView(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  return type && type.getRank() <= kMaxRank && isElementType(type.getElementType()) && succeeded(type.getStridesAndOffset(strides, offset));
}

/// Functions that are written out on f32.
static bool isExpanded(Operation *op) { return isa<math::ExpOp, math::LogOp, math::TanhOp, math::ErfOp, math::Exp2Op, math::Log2Op, math::Log1pOp>(op); }

/// Functions with an instruction, those of floats on f32 and f64.
static bool isInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CountLeadingZerosOp, math::CountTrailingZerosOp, math::CtPopOp,
             math::FloorOp, math::FmaOp, math::RoundEvenOp, math::RsqrtOp, math::SqrtOp, math::TruncOp>(op);
}

static bool isNarrow(Type type) { return type.isBF16() || type.isF16(); }

static bool isBodyOp(Operation &op) {
  auto fits = [](Type type) { return isElementType(type); };
  if (!llvm::all_of(op.getResultTypes(), fits))
    return false;
  if (isa<memref::LoadOp>(op))
    return isView(cast<memref::LoadOp>(op).getMemRef());
  if (auto store = dyn_cast<memref::StoreOp>(op))
    return isView(store.getMemRef());
  if (isa<memref::DimOp>(op))
    return isView(cast<memref::DimOp>(op).getSource()) && cast<memref::DimOp>(op).getConstantIndex();
  if (isa<scf::ForOp, scf::IfOp>(op)) {
    for (Region &region : op.getRegions())
      for (Block &block : region)
        for (Operation &inner : block)
          if (!isBodyOp(inner))
            return false;
    return true;
  }
  if (!llvm::all_of(op.getOperandTypes(), fits))
    return false;
  if (isExpanded(&op))
    return !op.getResult(0).getType().isF64();
  if (isInstruction(&op) || isa<linalg::IndexOp, linalg::YieldOp, scf::YieldOp>(op))
    return true;
  // A remainder of floats is a call of the library.
  return op.getDialect() && isa<arith::ArithDialect>(op.getDialect()) && op.getNumRegions() == 0 && !isa<arith::RemFOp>(op);
}

/// Values from outside that the body uses: memrefs to load from, and scalars.
static bool collectOuter(Region &region, llvm::SetVector<Value> &values) {
  WalkResult result = region.walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      if (region.isAncestor(operand.getParentRegion()))
        continue;
      if (!isView(operand) && !isElementType(operand.getType()))
        return WalkResult::interrupt();
      values.insert(operand);
    }
    return WalkResult::advance();
  });
  return !result.wasInterrupted();
}

/// Text that distinguishes regions; values are numbered as they occur.
static void printKey(llvm::raw_ostream &os, Region &region, llvm::DenseMap<Value, int> &numbers) {
  auto number = [&](Value value) { return numbers.try_emplace(value, numbers.size()).first->second; };
  for (Block &block : region) {
    for (BlockArgument argument : block.getArguments())
      os << number(argument) << argument.getType() << ",";
    for (Operation &op : block) {
      os << op.getName() << "(";
      for (Value operand : op.getOperands())
        os << number(operand) << ",";
      os << ")" << op.getAttrDictionary();
      for (Value result : op.getResults())
        os << number(result) << result.getType();
      for (Region &inner : op.getRegions()) {
        os << "{";
        printKey(os, inner, numbers);
        os << "}";
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// What identifies a memref's type in a kernel: sizes and strides are arguments unless static.
static bool hasStaticLayout(MemRefType type) { return type.hasStaticShape() && type.getLayout().isIdentity(); }

void Operands::add(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type) {
    if (scalars.insert(value) && !value.getDefiningOp<arith::ConstantOp>())
      given.push_back(passed(value));
    return;
  }
  if (!memrefs.insert(value))
    return;
  described.push_back(value);
  if (hasStaticLayout(type))
    return;
  auto wide = [&](Value index) { return arith::IndexCastOp::create(host.b, host.b.getI64Type(), index); };
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)type.getStridesAndOffset(strides, offset);
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (type.isDynamicDim(i))
      described.push_back(wide(host.dim(value, i)));
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (ShapedType::isDynamic(strides[i]))
      described.push_back(wide(host.stride(value, i)));
}

/// Kernels take i32, i64 and f32: other floats travel as integers.
Value Operands::passed(Value value) {
  Type type = value.getType();
  if (type.isIndex())
    return arith::IndexCastOp::create(host.b, host.b.getI64Type(), value);
  if (isa<FloatType>(type) && !type.isF32())
    value = arith::BitcastOp::create(host.b, host.b.getIntegerType(type.getIntOrFloatBitWidth()), value);
  if (auto integer = dyn_cast<IntegerType>(value.getType()); integer && integer.getWidth() < 32)
    value = arith::ExtUIOp::create(host.b, host.b.getI32Type(), value);
  return value;
}

Values Operands::list() const {
  Values all = described;
  all.append(given);
  all.append(sizes);
  return all;
}

std::string Operands::key() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (Value memref : memrefs)
    os << memref.getType() << ";";
  for (Value scalar : scalars) {
    os << scalar.getType();
    if (auto constant = scalar.getDefiningOp<arith::ConstantOp>())
      os << constant.getValue();
    os << ";";
  }
  return text;
}

llvm::DenseMap<Value, View> Operands::views(DeviceEmit &e, ValueRange args) const {
  llvm::DenseMap<Value, View> views;
  size_t next = 0;
  Type i64 = e.b.getI64Type();
  for (Value memref : memrefs) {
    auto type = cast<MemRefType>(memref.getType());
    View view;
    view.base = args[next++];
    view.element = deviceType(type.getElementType(), e.b);
    SmallVector<int64_t> strides;
    int64_t offset;
    (void)type.getStridesAndOffset(strides, offset);
    for (int64_t size : type.getShape())
      view.sizes.push_back(ShapedType::isDynamic(size) ? args[next++] : e.c(size, i64));
    for (int64_t stride : strides)
      view.strides.push_back(ShapedType::isDynamic(stride) ? args[next++] : e.c(stride, i64));
    views[memref] = view;
  }
  return views;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

Value BodyCloner::address(const View &view, ValueRange at) {
  Value offset = e.c(0, e.b.getI64Type());
  for (auto [index, stride] : llvm::zip_equal(at, view.strides))
    offset = e.add(offset, e.mul(index, stride));
  Type stored = view.element.isInteger(1) ? e.b.getI8Type() : view.element;
  return e.at(view.base, offset, stored);
}

Value BodyCloner::load(const View &view, ValueRange at) {
  Value from = address(view, at);
  if (!view.element.isInteger(1))
    return e.load(view.element, from);
  Type byte = e.b.getI8Type();
  return arith::CmpIOp::create(e.b, arith::CmpIPredicate::ne, e.load(byte, from), e.c(0, byte));
}

void BodyCloner::store(Value value, const View &view, ValueRange at) {
  if (value.getType().isInteger(1))
    value = arith::ExtUIOp::create(e.b, e.b.getI8Type(), value);
  e.store(value, address(view, at));
}

Value BodyCloner::operand(Value value) { return map.lookup(value); }

Value BodyCloner::asF32(Value value) {
  return value.getType().isF32() ? value : Value(arith::ExtFOp::create(e.b, e.b.getF32Type(), value));
}

Value BodyCloner::log(Value x) {
  Value isSmall = e.lessf(x, e.f32(0x1p-126)), infinity = e.f32(std::numeric_limits<double>::infinity());
  Value normal = e.log(e.select(isSmall, e.mulf(x, e.f32(0x1p23)), x));
  Value result = e.subf(normal, e.select(isSmall, e.f32(15.942385152878742), e.f32(0)));
  result = e.select(e.equalf(x, infinity), infinity, result);
  result = e.select(e.equalf(x, e.f32(0)), e.f32(-std::numeric_limits<double>::infinity()), result);
  Value isNumber = arith::CmpFOp::create(e.b, arith::CmpFPredicate::OGE, x, e.f32(0));
  return e.select(isNumber, result, e.f32(std::numeric_limits<double>::quiet_NaN()));
}

void BodyCloner::cloneMath(Operation &op) {
  Value x = asF32(operand(op.getOperand(0)));
  Value result = llvm::TypeSwitch<Operation *, Value>(&op)
                     .Case([&](math::ExpOp) { return e.exp(x); })
                     .Case([&](math::LogOp) { return log(x); })
                     .Case([&](math::TanhOp) { return e.tanh(x); })
                     .Case([&](math::ErfOp) { return e.erf(x); })
                     .Case([&](math::Exp2Op) { return e.exp2(x); })
                     .Case([&](math::Log2Op) { return e.mulf(log(x), e.f32(1.44269504088896340736)); })
                     .Case([&](math::Log1pOp) {
                       // What 1 + x lost is added in the first order.
                       Value sum = e.addf(x, e.f32(1)), lost = e.subf(x, e.subf(sum, e.f32(1)));
                       Value exact = e.addf(log(sum), e.divf(lost, sum));
                       return e.select(e.equalf(sum, e.f32(1)), x, exact);
                     });
  map.map(op.getResult(0), narrowed(result, op.getResult(0).getType()));
}

/// Loops and conditions with bounds and carried values in the device's types.
void BodyCloner::cloneRegions(Operation &op) {
  OpBuilder::InsertionGuard guard(e.b);
  auto cloneBlock = [&](Block &block) {
    for (Operation &inner : block)
      if (auto yield = dyn_cast<scf::YieldOp>(inner)) {
        Values yielded;
        for (Value value : yield.getOperands())
          yielded.push_back(operand(value));
        scf::YieldOp::create(e.b, yielded);
      } else {
        clone(inner);
      }
  };
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    Values init;
    for (Value value : loop.getInitArgs())
      init.push_back(operand(value));
    auto copy = scf::ForOp::create(e.b, operand(loop.getLowerBound()), operand(loop.getUpperBound()), operand(loop.getStep()), init);
    map.map(loop.getInductionVar(), copy.getInductionVar());
    map.map(loop.getRegionIterArgs(), copy.getRegionIterArgs());
    map.map(loop.getResults(), copy.getResults());
    if (init.empty())
      copy.getBody()->getTerminator()->erase();
    e.b.setInsertionPointToEnd(copy.getBody());
    return cloneBlock(*loop.getBody());
  }
  auto condition = cast<scf::IfOp>(op);
  SmallVector<Type> types;
  for (Type type : condition.getResultTypes())
    types.push_back(deviceType(type, e.b));
  bool hasElse = !condition.getElseRegion().empty();
  auto copy = scf::IfOp::create(e.b, types, operand(condition.getCondition()), /*addThenBlock=*/true, /*addElseBlock=*/hasElse);
  map.map(condition.getResults(), copy.getResults());
  auto cloneInto = [&](Region &from, Region &to) {
    if (from.empty())
      return;
    Block &block = to.front();
    block.clear();
    e.b.setInsertionPointToEnd(&block);
    cloneBlock(from.front());
  };
  cloneInto(condition.getThenRegion(), copy.getThenRegion());
  cloneInto(condition.getElseRegion(), copy.getElseRegion());
}

void BodyCloner::clone(Operation &op) {
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    Values at;
    for (Value index : load.getIndices())
      at.push_back(operand(index));
    return map.map(load.getResult(), this->load(views.lookup(load.getMemRef()), at));
  }
  if (auto store = dyn_cast<memref::StoreOp>(op)) {
    Values at;
    for (Value index : store.getIndices())
      at.push_back(operand(index));
    return this->store(operand(store.getValueToStore()), views.lookup(store.getMemRef()), at);
  }
  if (auto dim = dyn_cast<memref::DimOp>(op))
    return map.map(dim.getResult(), views.lookup(dim.getSource()).sizes[*dim.getConstantIndex()]);
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return map.map(index.getResult(), indices[index.getDim()]);
  if (isa<scf::ForOp, scf::IfOp>(op))
    return cloneRegions(op);
  if (isExpanded(&op))
    return cloneMath(op);
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto integer = dyn_cast<IntegerAttr>(constant.getValue());
    if (integer && constant.getType().isIndex())
      return map.map(constant.getResult(), e.c(integer.getInt(), e.b.getI64Type()));
  }
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    // Between i64, which stands for index, and other integers.
    Value value = operand(op.getOperand(0));
    Type to = deviceType(op.getResult(0).getType(), e.b);
    unsigned from = value.getType().getIntOrFloatBitWidth(), width = to.getIntOrFloatBitWidth();
    if (from > width)
      value = arith::TruncIOp::create(e.b, to, value);
    else if (from < width)
      value = isa<arith::IndexCastOp>(op) ? Value(arith::ExtSIOp::create(e.b, to, value)) : Value(arith::ExtUIOp::create(e.b, to, value));
    return map.map(op.getResult(0), value);
  }
  // Arithmetic of bf16 and f16 is that of f32, rounded: of one operation the result is the same.
  bool widens = !isa<arith::ConstantOp, arith::SelectOp, arith::ExtFOp, arith::TruncFOp, arith::BitcastOp>(op);
  Values operands;
  for (Value value : op.getOperands())
    operands.push_back(widens && isNarrow(value.getType()) ? asF32(operand(value)) : operand(value));
  SmallVector<Type> types;
  for (Type type : op.getResultTypes())
    types.push_back(widens && isNarrow(type) ? Type(e.b.getF32Type()) : deviceType(type, e.b));
  OperationState state(e.b.getLoc(), op.getName(), operands, types, op.getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = op.getPropertiesAsAttribute();
  Operation *copy = static_cast<OpBuilder &>(e.b).create(state);
  for (auto [old, result] : llvm::zip_equal(op.getResults(), copy->getResults()))
    map.map(old, widens && isNarrow(old.getType()) ? narrowed(result, old.getType()) : Value(result));
}

ValueRange Operands::bind(DeviceEmit &e, ValueRange args, BodyCloner &cloner) const {
  size_t next = described.size();
  for (Value scalar : scalars) {
    if (auto constant = scalar.getDefiningOp<arith::ConstantOp>()) {
      cloner.clone(*constant);
      continue;
    }
    Type type = scalar.getType();
    Value value = args[next++];
    if (isa<IntegerType>(type) || (isa<FloatType>(type) && !type.isF32())) {
      unsigned width = type.getIntOrFloatBitWidth();
      if (width < 32)
        value = arith::TruncIOp::create(e.b, e.b.getIntegerType(width), value);
      if (isa<FloatType>(type))
        value = arith::BitcastOp::create(e.b, type, value);
    }
    cloner.map.map(scalar, value);
  }
  return args.drop_front(next);
}

//===----------------------------------------------------------------------===//
// linalg ops
//===----------------------------------------------------------------------===//

static Value applyExpression(DeviceEmit &e, AffineExpr expression, ValueRange dims) {
  Type i64 = e.b.getI64Type();
  if (auto dim = dyn_cast<AffineDimExpr>(expression))
    return dims[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return e.c(constant.getValue(), i64);
  auto binary = cast<AffineBinaryOpExpr>(expression);
  Value x = applyExpression(e, binary.getLHS(), dims), y = applyExpression(e, binary.getRHS(), dims);
  switch (expression.getKind()) {
  case AffineExprKind::Add:
    return e.add(x, y);
  case AffineExprKind::Mul:
    return e.mul(x, y);
  case AffineExprKind::Mod:
    return e.rem(x, y);
  case AffineExprKind::FloorDiv:
    return e.div(x, y);
  default:
    return e.div(e.sub(e.add(x, y), e.c(1, i64)), y);
  }
}

/// Loops of maps are dimensions only, symbols do not occur.
static bool hasPlainMaps(linalg::LinalgOp op) {
  return llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) { return map.getNumSymbols() == 0; });
}

namespace {

/// Writes the kernel of a linalg op.
class LinalgWriter {
public:
  LinalgWriter(DeviceEmit &e, linalg::LinalgOp op, const llvm::DenseMap<Value, View> &views, BodyCloner &cloner, bool isFlat)
      : e(e), op(op), views(views), cloner(cloner), isFlat(isFlat), maps(op.getIndexingMapsArray()), kinds(op.getIteratorTypesArray()) {}

  void write(ValueRange scalars, ValueRange loopSizes, Value points);

private:
  bool isParallel(int64_t loop) { return kinds[loop] == utils::IteratorType::parallel; }
  Values at(OpOperand &operand, ValueRange point) {
    if (isFlat)
      return Values(point);
    return llvm::map_to_vector(maps[operand.getOperandNumber()].getResults(), [&](AffineExpr x) { return applyExpression(e, x, point); });
  }
  Values body(ValueRange point, ValueRange outs, ValueRange scalars);
  Values reduce(SmallVector<int64_t> loops, Values point, ValueRange outs, ValueRange scalars, ValueRange sizes);

  DeviceEmit &e;
  linalg::LinalgOp op;
  const llvm::DenseMap<Value, View> &views;
  BodyCloner &cloner;
  bool isFlat; // a point is the number of an element
  SmallVector<AffineMap> maps;
  SmallVector<utils::IteratorType> kinds;
};

} // namespace

/// What the body yields for inputs at `point` and the outs' current elements.
Values LinalgWriter::body(ValueRange point, ValueRange outs, ValueRange scalars) {
  Block &block = *op.getBlock();
  int64_t inputs = op.getNumDpsInputs();
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = block.getArgument(input->getOperandNumber());
    if (argument.use_empty())
      continue;
    bool isMemref = isa<MemRefType>(input->get().getType());
    cloner.map.map(argument, isMemref ? cloner.load(views.lookup(input->get()), at(*input, point)) : scalars[input->getOperandNumber()]);
  }
  for (auto [i, out] : llvm::enumerate(outs))
    if (out)
      cloner.map.map(block.getArgument(inputs + i), out);
  cloner.indices = Values(point);
  for (Operation &inner : block.without_terminator())
    cloner.clone(inner);
  return llvm::map_to_vector(block.getTerminator()->getOperands(), [&](Value value) { return cloner.operand(value); });
}

Values LinalgWriter::reduce(SmallVector<int64_t> loops, Values point, ValueRange outs, ValueRange scalars, ValueRange sizes) {
  if (loops.empty())
    return body(point, outs, scalars);
  int64_t loop = loops.front();
  loops.erase(loops.begin());
  Type i64 = e.b.getI64Type();
  return e.loop(e.c(0, i64), sizes[loop], 1, outs, [&](Value i, ValueRange carried) {
    Values inner = point;
    inner[loop] = i;
    return reduce(loops, inner, carried, scalars, sizes);
  });
}

void LinalgWriter::write(ValueRange scalars, ValueRange sizes, Value points) {
  Type i64 = e.b.getI64Type();
  Value first = e.add(e.mul(e.toI64(e.block()), e.threads), e.toI64(e.thread()));
  Value step = e.mul(e.toI64(e.blocks()), e.threads);
  auto grid = scf::ForOp::create(e.b, first, points, step);
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(grid.getBody());
  // The last parallel loop is that of neighbouring threads.
  Values point;
  SmallVector<int64_t> parallel, reductions;
  Value rest = grid.getInductionVar();
  if (isFlat) {
    point.push_back(rest);
  } else {
    point.resize(sizes.size());
    for (int64_t i = 0; i < int64_t(sizes.size()); ++i)
      (isParallel(i) ? parallel : reductions).push_back(i);
  }
  for (int64_t loop : llvm::reverse(parallel)) {
    bool isOuter = loop == parallel.front();
    point[loop] = isOuter ? rest : e.rem(rest, sizes[loop]);
    if (!isOuter)
      rest = e.div(rest, sizes[loop]);
  }
  for (int64_t loop : reductions)
    point[loop] = e.c(0, i64);
  Values outs;
  Block &block = *op.getBlock();
  for (auto [i, out] : llvm::enumerate(op.getDpsInitsMutable())) {
    bool isRead = !reductions.empty() || !block.getArgument(op.getNumDpsInputs() + i).use_empty();
    outs.push_back(isRead ? cloner.load(views.lookup(out.get()), at(out, point)) : Value());
  }
  Values results = reduce(reductions, point, outs, scalars, sizes);
  for (auto [out, result] : llvm::zip_equal(op.getDpsInitsMutable(), results))
    cloner.store(result, views.lookup(out.get()), at(out, point));
}

/// Whether elements meet element by element, in the order of memory.
static bool isFlat(linalg::LinalgOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops())
    return false;
  for (OpOperand &operand : op->getOpOperands())
    if (auto type = dyn_cast<MemRefType>(operand.get().getType()); type && (!type.getLayout().isIdentity() || !op.getMatchingIndexingMap(&operand).isIdentity()))
      return false;
  return !op->getRegion(0).walk([](Operation *inner) {
    return isa<linalg::IndexOp, memref::LoadOp, memref::StoreOp>(inner) ? WalkResult::interrupt() : WalkResult::advance();
  }).wasInterrupted();
}

/// Each out is written by one thread and holds a value for every point.
static bool hasOwnOuts(linalg::LinalgOp op) {
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  if (!llvm::all_of(kinds, [](utils::IteratorType kind) { return kind == utils::IteratorType::parallel || kind == utils::IteratorType::reduction; }))
    return false;
  return llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &out) {
    AffineMap map = op.getMatchingIndexingMap(&out);
    // All parallel loops occur, no reduction does.
    llvm::SmallBitVector used(kinds.size());
    for (AffineExpr x : map.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(x);
      if (!dim && !isa<AffineConstantExpr>(x))
        return false;
      if (dim)
        used.set(dim.getPosition());
    }
    for (auto [i, kind] : llvm::enumerate(kinds))
      if (used.test(i) != (kind == utils::IteratorType::parallel))
        return false;
    return true;
  });
}

static bool lowerLinalg(linalg::LinalgOp op, KernelLibrary &library) {
  if (op->getNumResults() || op.getNumLoops() > kMaxRank || !hasPlainMaps(op) || !hasOwnOuts(op) || op->getNumRegions() != 1)
    return false;
  for (OpOperand &operand : op->getOpOperands())
    if (isa<MemRefType>(operand.get().getType()) ? !isView(operand.get()) : !isElementType(operand.get().getType()))
      return false;
  for (Operation &inner : *op.getBlock())
    if (!isBodyOp(inner))
      return false;
  llvm::SetVector<Value> outer;
  if (!collectOuter(op->getRegion(0), outer))
    return false;

  DeviceHost host(op);
  Operands operands(host);
  for (Value value : op->getOperands())
    operands.add(value);
  for (Value value : outer)
    operands.add(value);
  // The sizes of the loops, and how many points the parallel ones have.
  Value points = host.c(1);
  for (auto [range, kind] : llvm::zip_equal(op.createLoopRanges(host.b, op.getLoc()), op.getIteratorTypesArray())) {
    Value size = getValueOrCreateConstantIndexOp(host.b, op.getLoc(), range.size);
    operands.addSize(size);
    if (kind == utils::IteratorType::parallel)
      points = host.mul(points, size);
  }
  operands.addSize(points);

  std::string key = operands.key();
  llvm::raw_string_ostream os(key);
  for (Value value : op->getOperands())
    os << value.getType() << ";";
  os << op->getName() << op->getAttrDictionary();
  llvm::DenseMap<Value, int> numbers;
  printKey(os, op->getRegion(0), numbers);

  KernelShape shape{kThreads, 1, 0};
  std::string kind = op->getName().getStringRef().str();
  std::replace(kind.begin(), kind.end(), '.', '_');
  Values list = operands.list();
  StringRef name = library.get(kind, key, shape, list, [&](DeviceEmit &e, ValueRange args) {
    llvm::DenseMap<Value, View> views = operands.views(e, args);
    bool flat = isFlat(op);
    for (auto &entry : views)
      if (flat)
        entry.second.strides = {e.c(1, e.b.getI64Type())};
    BodyCloner cloner(e, views);
    ValueRange sizes = operands.bind(e, args, cloner);
    Values inputs;
    for (Value value : op->getOperands())
      inputs.push_back(isa<MemRefType>(value.getType()) ? Value() : cloner.map.lookup(value));
    LinalgWriter(e, op, views, cloner, flat).write(inputs, sizes.drop_back(), sizes.back());
  });
  host.launch(name, list, host.min(host.ceilDiv(points, kThreads), host.c(kMaxBlocks)), shape);
  op.erase();
  return true;
}

bool emo::cuda::lowerElementwise(Operation *op, KernelLibrary &library) {
  if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    if (!isView(copy.getSource()) || !isView(copy.getTarget()))
      return false;
    OpBuilder b(op);
    auto loops = linalg::CopyOp::create(b, op->getLoc(), ValueRange{copy.getSource()}, ValueRange{copy.getTarget()});
    if (!lowerLinalg(loops, library)) {
      loops.erase();
      return false;
    }
    copy.erase();
    return true;
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && lowerLinalg(linalgOp, library);
}

bool emo::cuda::lowerSerial(Operation *op, KernelLibrary &library) {
  if (!isBodyOp(*op) || !llvm::all_of(op->getResults(), [](Value result) { return result.use_empty(); }))
    return false;
  DeviceHost host(op);
  Operands operands(host);
  llvm::SetVector<Value> outer(op->operand_begin(), op->operand_end());
  for (Region &region : op->getRegions())
    if (!collectOuter(region, outer))
      return false;
  for (Value value : outer)
    operands.add(value);
  std::string key = operands.key();
  llvm::raw_string_ostream os(key);
  llvm::DenseMap<Value, int> numbers;
  for (Value value : outer)
    numbers.try_emplace(value, numbers.size());
  os << op->getName() << op->getAttrDictionary();
  for (Value operand : op->getOperands())
    os << numbers.lookup(operand) << ",";
  for (Region &region : op->getRegions())
    printKey(os, region, numbers);
  KernelShape shape{32, 1, 0};
  Values list = operands.list();
  StringRef name = library.get("serial", key, shape, list, [&](DeviceEmit &e, ValueRange args) {
    llvm::DenseMap<Value, View> views = operands.views(e, args);
    BodyCloner cloner(e, views);
    operands.bind(e, args, cloner);
    e.onlyIf(e.equal(e.thread(), e.c(0)), [&] { cloner.clone(*op); });
  });
  host.launch(name, list, host.c(1), shape);
  op->erase();
  return true;
}
