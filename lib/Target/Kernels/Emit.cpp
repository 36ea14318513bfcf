// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Emit.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace emo::codegen;

VectorType Emit::vec(int lanes, Type element) { return VectorType::get(lanes, element ? element : b.getF32Type()); }

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

Value Emit::c(int64_t value, Type type) { return arith::ConstantOp::create(b, b.getIntegerAttr(type, value)); }
Value Emit::add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
Value Emit::sub(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
Value Emit::mul(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
Value Emit::mul(Value x, int64_t y) { return y == 1 ? x : mul(x, c(y, x.getType())); }
Value Emit::div(Value x, Value y) { return arith::DivUIOp::create(b, x, y); }
Value Emit::rem(Value x, Value y) { return arith::RemUIOp::create(b, x, y); }
Value Emit::min(Value x, Value y) { return arith::MinSIOp::create(b, x, y); }
Value Emit::max(Value x, Value y) { return arith::MaxSIOp::create(b, x, y); }
Value Emit::less(Value x, Value y) { return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y); }
Value Emit::equal(Value x, Value y) { return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, y); }
Value Emit::both(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
Value Emit::select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }
Value Emit::toI64(Value i32) { return arith::ExtSIOp::create(b, b.getI64Type(), i32); }
Value Emit::toI32(Value index) { return index.getType().isInteger(32) ? index : Value(arith::TruncIOp::create(b, b.getI32Type(), index)); }
Value Emit::toIndex(Value i32) { return machine.wideIndices ? toI64(i32) : i32; }

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void Emit::loop(Value low, Value high, int64_t step, Fn<void(Value)> body) {
  auto op = scf::ForOp::create(b, low, high, c(step, low.getType()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

Values Emit::loop(Value low, Value high, int64_t step, ValueRange init, Fn<Values(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(b, low, high, c(step, low.getType()), init);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  Values results = body(op.getInductionVar(), op.getRegionIterArgs());
  scf::YieldOp::create(b, results);
  return Values(op.getResults());
}

Values Emit::repeatedLoop(Value low, Value high, int64_t step, int64_t times, ValueRange init, Fn<Values(Value, ValueRange)> body) {
  Values results = loop(low, high, step, init, body);
  BoolAttr yes = b.getBoolAttr(true), no = b.getBoolAttr(false);
  IntegerAttr count = times > 1 ? b.getI32IntegerAttr(times) : IntegerAttr();
  auto unroll = LLVM::LoopUnrollAttr::get(b.getContext(), /*disable=*/times == 1 ? yes : no, count, /*runtimeDisable=*/{},
                                          /*full=*/times == kWhole ? yes : BoolAttr(), {}, {}, {});
  auto annotation = LLVM::LoopAnnotationAttr::get(b.getContext(), {}, {}, {}, unroll, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {});
  results.front().getDefiningOp()->setAttr("llvm.loop_annotation", annotation);
  return results;
}

Values Emit::call(StringRef name, Inline inlining, ValueRange args, Fn<Values(ValueRange)> write) {
  if (!machine.functions)
    return write(args);
  Operation *module = SymbolTable::getNearestSymbolTable(b.getInsertionBlock()->getParentOp());
  auto function = dyn_cast_or_null<func::FuncOp>(SymbolTable::lookupSymbolIn(module, name));
  if (!function) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&module->getRegion(0).front());
    function = func::FuncOp::create(b, name, b.getFunctionType(args.getTypes(), {}));
    function.setPrivate();
    function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(b.getContext(), LLVM::Linkage::Internal));
    function->setAttr("passthrough", b.getStrArrayAttr({inlining == Inline::Always ? "alwaysinline" : "noinline"}));
    Block *body = function.addEntryBlock();
    b.setInsertionPointToStart(body);
    Values results = write(body->getArguments());
    func::ReturnOp::create(b, results);
    function.setType(b.getFunctionType(args.getTypes(), ValueRange(results).getTypes()));
  }
  return Values(func::CallOp::create(b, function, args).getResults());
}

Value Emit::callOn(StringRef name, Value x, Fn<Value(Value)> write) {
  auto type = dyn_cast<VectorType>(x.getType());
  std::string full = (name + (type ? "_x" + Twine(type.getDimSize(0)) : Twine())).str();
  return call(full, Inline::Always, x, [&](ValueRange args) { return Values{write(args[0])}; })[0];
}

void Emit::onlyIf(Value condition, Fn<void()> body) {
  auto op = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  body();
}

Value Emit::either(Value condition, Type type, Fn<Value()> yes, Fn<Value()> no) {
  auto op = scf::IfOp::create(b, type, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  scf::YieldOp::create(b, yes());
  b.setInsertionPointToStart(op.elseBlock());
  scf::YieldOp::create(b, no());
  return op.getResult(0);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value Emit::at(Value base, Value index, Type element) {
  return LLVM::GEPOp::create(b, base.getType(), element, base, ArrayRef<LLVM::GEPArg>{index});
}
Value Emit::at(Value base, int64_t index, Type element) {
  return index ? LLVM::GEPOp::create(b, base.getType(), element, base, ArrayRef<LLVM::GEPArg>{int32_t(index)}).getResult() : base;
}
Value Emit::bytesAt(Value base, Value bytes) { return at(base, bytes, b.getI8Type()); }

int Emit::alignment(int align, Type type) {
  if (align)
    return align;
  if (machine.unaligned)
    return 1;
  auto vector = dyn_cast<VectorType>(type);
  return llvm::divideCeil(getElementTypeOrSelf(type).getIntOrFloatBitWidth(), 8) * (vector ? vector.getNumElements() : 1);
}
Value Emit::load(Type type, Value address, int align) { return LLVM::LoadOp::create(b, type, address, alignment(align, type)); }
void Emit::store(Value value, Value address, int align) { LLVM::StoreOp::create(b, value, address, alignment(align, value.getType())); }

/// Lanes 0..valid-1.
static Value laneMask(Emit &e, int lanes, Value valid) {
  auto type = e.vec(lanes, valid.getType());
  SmallVector<Attribute> elements;
  for (int i = 0; i < lanes; ++i)
    elements.push_back(e.b.getIntegerAttr(valid.getType(), i));
  Value iota = arith::ConstantOp::create(e.b, DenseElementsAttr::get(type, elements));
  return arith::CmpIOp::create(e.b, arith::CmpIPredicate::slt, iota, vector::BroadcastOp::create(e.b, type, valid));
}

Value Emit::loadF32(Type element, Value address, int lanes, Value valid) {
  bool bf16 = element.isBF16();
  Type stored = bf16 ? Type(b.getI16Type()) : element;
  auto type = vec(lanes, stored);
  Value raw;
  if (valid) {
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
    raw = LLVM::MaskedLoadOp::create(b, type, address, laneMask(*this, lanes, valid), zero, b.getI32IntegerAttr(1));
  } else if (bf16 && !machine.wideIndices && lanes % 2 == 0) {
    // A GPU works on scalars of 32 bits: two elements in one, each widened by one instruction.
    auto pairs = vec(lanes / 2, b.getI32Type());
    Value both = load(pairs, address);
    Value even = arith::ShLIOp::create(b, both, splatInt(16, pairs)), odd = arith::AndIOp::create(b, both, splatInt(int32_t(0xffff0000), pairs));
    SmallVector<int64_t> order;
    for (int i = 0; i < lanes / 2; ++i)
      order.append({i, i + lanes / 2});
    return arith::BitcastOp::create(b, vec(lanes), vector::ShuffleOp::create(b, even, odd, order));
  } else {
    raw = load(type, address);
  }
  if (element.isF16())
    return arith::ExtFOp::create(b, vec(lanes), raw);
  if (!bf16)
    return raw;
  auto wide = vec(lanes, b.getI32Type());
  Value bits = arith::ShLIOp::create(b, arith::ExtUIOp::create(b, wide, raw), splatInt(16, wide));
  return arith::BitcastOp::create(b, vec(lanes), bits);
}

void Emit::storeF32(Value value, Type element, Value address, Value valid) {
  auto type = cast<VectorType>(value.getType());
  int lanes = type.getDimSize(0);
  if (element.isF16() || (element.isBF16() && machine.bf16)) {
    value = arith::TruncFOp::create(b, vec(lanes, element), value);
  } else if (element.isBF16()) {
    auto wide = vec(lanes, b.getI32Type());
    Value bits = arith::BitcastOp::create(b, wide, roundBf16(value));
    value = arith::TruncIOp::create(b, vec(lanes, b.getI16Type()), arith::ShRUIOp::create(b, bits, splatInt(16, wide)));
  }
  if (valid)
    LLVM::MaskedStoreOp::create(b, value, address, laneMask(*this, lanes, valid), b.getI32IntegerAttr(1));
  else
    store(value, address);
}

Value Emit::loadScalar(Type element, Value address) {
  if (element.isF16())
    return arith::ExtFOp::create(b, b.getF32Type(), load(element, address, 2));
  if (!element.isBF16())
    return load(b.getF32Type(), address, 4);
  Value bits = arith::ExtUIOp::create(b, b.getI32Type(), load(b.getI16Type(), address, 2));
  return arith::BitcastOp::create(b, b.getF32Type(), arith::ShLIOp::create(b, bits, splatInt(16, b.getI32Type())));
}

//===----------------------------------------------------------------------===//
// Floating point
//===----------------------------------------------------------------------===//

Value Emit::splatInt(int64_t value, Type like) {
  Attribute scalar = b.getIntegerAttr(getElementTypeOrSelf(like), value);
  if (auto type = dyn_cast<VectorType>(like))
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, scalar));
  return arith::ConstantOp::create(b, cast<TypedAttr>(scalar));
}

Type Emit::intLike(Value x) {
  if (auto type = dyn_cast<VectorType>(x.getType()))
    return vec(type.getDimSize(0), b.getI32Type());
  return b.getI32Type();
}

Value Emit::f32(double value, int lanes) {
  if (!lanes)
    return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
  return arith::ConstantOp::create(b, DenseElementsAttr::get(vec(lanes), Attribute(b.getF32FloatAttr(value))));
}

Value Emit::splat(Value scalar, int lanes) {
  Type type = scalar.getType();
  std::string name = ("splat_" + Twine(type.isF32() ? "f32" : "i") + (type.isF32() ? Twine() : Twine(type.getIntOrFloatBitWidth()))).str();
  return call(name + "_x" + std::to_string(lanes), Inline::Always, scalar, [&](ValueRange args) {
    return Values{vector::BroadcastOp::create(b, vec(lanes, type), args[0])};
  })[0];
}
Value Emit::addf(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
Value Emit::subf(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
Value Emit::mulf(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
Value Emit::divf(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
Value Emit::fma(Value x, Value y, Value z) {
  // Without the instruction LLVM would call fma(): two roundings are what that level can do.
  if (!machine.fma)
    return addf(mulf(x, y), z);
  return math::FmaOp::create(b, x, y, z);
}
Value Emit::sqrt(Value x) { return math::SqrtOp::create(b, x); }
Value Emit::lessf(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y); }
Value Emit::equalf(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, y); }
Value Emit::minf(Value x, Value y) { return select(lessf(y, x), y, x); }
Value Emit::maxf(Value x, Value y) { return select(lessf(x, y), y, x); }

static Value halve(Emit &e, Value v, Fn<Value(Value, Value)> combine) {
  int lanes = cast<VectorType>(v.getType()).getDimSize(0);
  while (lanes > 1) {
    lanes /= 2;
    SmallVector<int64_t> low, high;
    for (int i = 0; i < lanes; ++i) {
      low.push_back(i);
      high.push_back(i + lanes);
    }
    v = combine(vector::ShuffleOp::create(e.b, v, v, low), vector::ShuffleOp::create(e.b, v, v, high));
  }
  return vector::ExtractOp::create(e.b, v, ArrayRef<int64_t>{0});
}
Value Emit::reduceAdd(Value v) {
  return halve(*this, v, [&](Value x, Value y) { return addf(x, y); });
}
Value Emit::reduceMax(Value v) {
  return halve(*this, v, [&](Value x, Value y) { return maxf(x, y); });
}

Value Emit::intrinsic(StringRef name, Type type, ValueRange operands) {
  auto op = LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands);
  return type ? op.getResult(0) : Value();
}

Value Emit::rounded(Type element, Value x) {
  if (element.isF32())
    return x;
  if (element.isBF16() && !machine.bf16)
    return roundBf16(x);
  if (auto type = dyn_cast<VectorType>(x.getType()))
    element = vec(type.getDimSize(0), element);
  return arith::ExtFOp::create(b, x.getType(), arith::TruncFOp::create(b, element, x).getResult());
}

Value Emit::roundBf16(Value x) {
  return callOn("round_bf16", x, [&](Value x) { return roundInteger(x); });
}

Value Emit::roundInteger(Value x) {
  Type type = intLike(x);
  Value bits = arith::BitcastOp::create(b, type, x);
  Value odd = arith::AndIOp::create(b, arith::ShRUIOp::create(b, bits, splatInt(16, type)), splatInt(1, type));
  Value rounded = arith::AddIOp::create(b, bits, arith::AddIOp::create(b, odd, splatInt(0x7fff, type)));
  // The carry would turn a NaN into infinity or zero: keep it, quiet.
  Value isNan = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  rounded = arith::SelectOp::create(b, isNan, arith::OrIOp::create(b, bits, splatInt(0x400000, type)), rounded);
  return arith::BitcastOp::create(b, x.getType(), arith::AndIOp::create(b, rounded, splatInt(int32_t(0xffff0000), type)));
}

void Emit::eachVector(int64_t count, Fn<void(Value, int)> body) {
  int64_t whole = count / lanes() * lanes();
  if (whole)
    loop(c(0), c(whole), lanes(), [&](Value i) { body(i, lanes()); });
  if (whole != count)
    loop(c(whole), c(count), 1, [&](Value i) { body(i, 1); });
}

Value Emit::sumOver(int64_t count, Fn<Value(Value, int, Value)> body) {
  int64_t whole = count / lanes() * lanes();
  Value sum = f32(0);
  if (whole) {
    Values vector = loop(c(0), c(whole), lanes(), ValueRange{f32(0, lanes())},
                         [&](Value i, ValueRange carried) { return Values{body(i, lanes(), carried[0])}; });
    sum = reduceAdd(vector[0]);
  }
  if (whole != count) {
    Values tail = loop(c(whole), c(count), 1, ValueRange{splat(sum, 1)},
                       [&](Value i, ValueRange carried) { return Values{body(i, 1, carried[0])}; });
    sum = vector::ExtractOp::create(b, tail[0], ArrayRef<int64_t>{0});
  }
  return sum;
}
