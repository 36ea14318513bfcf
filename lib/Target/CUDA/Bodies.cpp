// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Bodies.h"
#include "WideMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

/// On the device an index is an i64.
static Type deviceType(Type type, OpBuilder &b) { return type.isIndex() ? b.getI64Type() : type; }

//===----------------------------------------------------------------------===//
// What can be a kernel
//===----------------------------------------------------------------------===//

bool emo::cuda::isElementType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() && llvm::is_contained({1, 8, 16, 32, 64}, integer.getWidth());
  return type.isF32() || type.isBF16() || type.isF16() || type.isF64() || type.isIndex();
}

bool emo::cuda::isView(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  return type && type.getRank() <= kMaxRank && isElementType(type.getElementType()) && succeeded(type.getStridesAndOffset(strides, offset));
}

bool emo::cuda::isBodyOp(Operation &op) {
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
  if (WideMath::has(&op) || hasDeviceInstruction(&op) || isa<math::IPowIOp, linalg::IndexOp, linalg::YieldOp, scf::YieldOp>(op))
    return true;
  return op.getDialect() && isa<arith::ArithDialect>(op.getDialect()) && op.getNumRegions() == 0;
}

bool emo::cuda::collectOuter(Region &region, llvm::SetVector<Value> &values) {
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

/// In f32, or null where that has no form of its own.
Value BodyCloner::narrowMath(Operation *op, Value x) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp) { return e.exp(x); })
      .Case([&](math::LogOp) { return log(x); })
      .Case([&](math::TanhOp) { return e.tanh(x); })
      .Case([&](math::ErfOp) { return e.erf(x); })
      .Case([&](math::Exp2Op) { return e.exp2(x); })
      .Case([&](math::Log2Op) { return e.mulf(log(x), e.f32(1.44269504088896340736)); })
      .Default([](Operation *) { return Value(); });
}

void BodyCloner::cloneMath(Operation &op) {
  Type type = op.getResult(0).getType();
  Value result = type.isF64() ? Value() : narrowMath(&op, asF32(operand(op.getOperand(0))));
  if (!result) {
    Type f64 = e.b.getF64Type();
    Values x;
    for (Value value : op.getOperands())
      x.push_back(type.isF64() ? operand(value) : Value(arith::ExtFOp::create(e.b, f64, asF32(operand(value)))));
    result = WideMath(e).write(&op, x);
    if (!type.isF64())
      result = arith::TruncFOp::create(e.b, e.b.getF32Type(), result);
  }
  map.map(op.getResult(0), type.isF64() ? result : narrowed(result, type));
}

/// Of integers: a product for each bit of the exponent. Negative exponents leave what is 1 or -1.
void BodyCloner::clonePower(math::IPowIOp op) {
  Value base = operand(op.getLhs()), exponent = operand(op.getRhs());
  Type type = base.getType();
  Value zero = e.c(0, type), one = e.c(1, type);
  Value bits = e.c(type.getIntOrFloatBitWidth(), e.b.getI32Type());
  Values power = e.loop(e.c(0, e.b.getI32Type()), bits, 1, {one, base, exponent}, [&](Value, ValueRange carried) {
    Value isSet = e.equal(arith::AndIOp::create(e.b, carried[2], one), one);
    return Values{e.select(isSet, e.mul(carried[0], carried[1]), carried[0]), e.mul(carried[1], carried[1]),
                  arith::ShRUIOp::create(e.b, carried[2], one)};
  });
  Value isUnit = arith::OrIOp::create(e.b, e.equal(base, one), e.equal(base, e.c(-1, type)));
  map.map(op.getResult(), e.select(e.both(e.less(exponent, zero), arith::XOrIOp::create(e.b, isUnit, e.c(1, e.b.getI1Type()))), zero, power[0]));
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
  if (WideMath::has(&op))
    return cloneMath(op);
  if (auto power = dyn_cast<math::IPowIOp>(op))
    return clonePower(power);
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
