// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DeviceEmit.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace emo::cuda;

static constexpr StringLiteral kShared = "emo_shared";

Value DeviceEmit::thread() { return NVVM::ThreadIdXOp::create(b, b.getI32Type()); }

Value DeviceEmit::block(int axis) {
  Type i32 = b.getI32Type();
  if (axis == 0)
    return NVVM::BlockIdXOp::create(b, i32);
  return axis == 1 ? Value(NVVM::BlockIdYOp::create(b, i32)) : Value(NVVM::BlockIdZOp::create(b, i32));
}

Value DeviceEmit::blocks(int axis) {
  Type i32 = b.getI32Type();
  if (axis == 0)
    return NVVM::GridDimXOp::create(b, i32);
  return axis == 1 ? Value(NVVM::GridDimYOp::create(b, i32)) : Value(NVVM::GridDimZOp::create(b, i32));
}

Value DeviceEmit::elementAt(Value base, Value index, Type element) { return at(base, index.getType().isInteger(64) ? index : toI64(index), element); }
Value DeviceEmit::rowAt(Value base, Value row, Value stride, Type element) {
  return at(base, mul(row.getType().isInteger(64) ? row : toI64(row), stride.getType().isInteger(64) ? stride : toI64(stride)), element);
}
Value DeviceEmit::rowAt(Value base, Value row, int64_t stride, Type element) {
  return rowAt(base, row, c(stride, b.getI64Type()), element);
}

Value DeviceEmit::shared(int64_t offset) {
  Operation *module = SymbolTable::getNearestSymbolTable(b.getInsertionBlock()->getParentOp());
  if (!SymbolTable::lookupSymbolIn(module, kShared)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&module->getRegion(0).front());
    // External and of no size: what the launch asks for. Anything else would let ptxas place other variables over it.
    LLVM::GlobalOp::create(b, LLVM::LLVMArrayType::get(b.getI8Type(), 0), /*isConstant=*/false, LLVM::Linkage::External, kShared, Attribute(),
                           /*alignment=*/1024, /*addrSpace=*/3);
  }
  Value base = LLVM::AddressOfOp::create(b, sharedPtr(), kShared);
  return at(base, offset, b.getI8Type());
}

void DeviceEmit::barrier() { NVVM::Barrier0Op::create(b); }
void DeviceEmit::warpBarrier() { NVVM::SyncWarpOp::create(b, c(-1)); }

static Value shuffle(DeviceEmit &e, Value value, Value lane, int clamp, NVVM::ShflKind kind) {
  return NVVM::ShflOp::create(e.b, value.getType(), e.c(-1), value, lane, e.c(clamp), kind, UnitAttr());
}
Value DeviceEmit::shuffleXor(Value value, int lanes) { return shuffle(*this, value, c(lanes), 31, NVVM::ShflKind::bfly); }
Value DeviceEmit::shuffleDown(Value value, int lanes) { return shuffle(*this, value, c(lanes), 31, NVVM::ShflKind::down); }
Value DeviceEmit::shuffleUp(Value value, int lanes) { return shuffle(*this, value, c(lanes), 0, NVVM::ShflKind::up); }
Value DeviceEmit::shuffleFrom(Value value, Value lane) { return shuffle(*this, value, lane, 31, NVVM::ShflKind::idx); }

Value DeviceEmit::warpAdd(Value value, int width) {
  for (int lanes = width / 2; lanes; lanes /= 2) {
    Value other = shuffleXor(value, lanes);
    value = value.getType().isF32() ? addf(value, other) : add(value, other);
  }
  return value;
}

Value DeviceEmit::warpMax(Value value, int width) {
  for (int lanes = width / 2; lanes; lanes /= 2) {
    Value other = shuffleXor(value, lanes);
    value = value.getType().isF32() ? maxf(value, other) : max(value, other);
  }
  return value;
}

Value DeviceEmit::ballot(Value condition) {
  return NVVM::VoteSyncOp::create(b, b.getI32Type(), c(-1), condition, NVVM::VoteSyncKind::ballot);
}

Value DeviceEmit::fastExp(Value scalar) {
  return intrinsic("llvm.nvvm.ex2.approx.f32", b.getF32Type(), mulf(scalar, f32(1.44269504088896341)));
}

Value DeviceEmit::matchAny(Value value) { return intrinsic("llvm.nvvm.match.any.sync.i32", b.getI32Type(), {c(-1), value}); }
Value DeviceEmit::lanesBelow() { return intrinsic("llvm.nvvm.read.ptx.sreg.lanemask.lt", b.getI32Type(), {}); }
Value DeviceEmit::popcount(Value bits) { return math::CtPopOp::create(b, bits); }
Value DeviceEmit::reduceMax32(Value value) { return intrinsic("llvm.nvvm.redux.sync.max", b.getI32Type(), {value, c(-1)}); }
Value DeviceEmit::reduceMin32(Value value) { return intrinsic("llvm.nvvm.redux.sync.min", b.getI32Type(), {value, c(-1)}); }

// As operations of LLVM: those of arith are expanded to comparisons on the way.
Value DeviceEmit::maxNum(Value x, Value y) { return LLVM::MaxNumOp::create(b, x, y); }
Value DeviceEmit::minNum(Value x, Value y) { return LLVM::MinNumOp::create(b, x, y); }
Value DeviceEmit::exp2(Value scalar) { return intrinsic("llvm.nvvm.ex2.approx.ftz.f32", b.getF32Type(), scalar); }

Value DeviceEmit::nearExp(Value x) {
  // Results below 2^-126 are 0; -inf would become NaN in the correction. NaN stays.
  x = LLVM::MaximumOp::create(b, x, f32(-100));
  Value t = mulf(x, f32(1.44269502162933349609375)); // log2(e), high part
  Value rest = fma(x, f32(1.44269502162933349609375), arith::NegFOp::create(b, t));
  rest = fma(x, f32(1.92596299112661746887e-8), rest); // what t lacks
  Value power = intrinsic("llvm.nvvm.ex2.approx.ftz.f32", b.getF32Type(), t);
  return fma(power, mulf(rest, f32(0.693147180559945309417)), power);
}

Values DeviceEmit::loadScalars(Type element, Value address, int count) {
  if (count == 1)
    return {loadScalar(element, address)};
  bool bf16 = element.isBF16();
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  if (element.isF16()) {
    Value eight = loadF32(element, address, 8);
    return llvm::map_to_vector(llvm::seq<int64_t>(8), [&](int64_t i) { return Value(vector::ExtractOp::create(b, eight, ArrayRef{i})); });
  }
  Value raw = load(vec(4, bf16 ? i32 : f32), address);
  Values result;
  for (int64_t i = 0; i < 4; ++i) {
    Value word = vector::ExtractOp::create(b, raw, ArrayRef<int64_t>{i});
    if (!bf16) {
      result.push_back(word);
      continue;
    }
    result.push_back(arith::BitcastOp::create(b, f32, arith::ShLIOp::create(b, word, c(16))));
    result.push_back(arith::BitcastOp::create(b, f32, arith::AndIOp::create(b, word, c(int32_t(0xffff0000)))));
  }
  return result;
}

void DeviceEmit::storeScalar(Value value, Type element, Value address) {
  if (isNarrow(element))
    value = arith::TruncFOp::create(b, element, value);
  store(value, address);
}
