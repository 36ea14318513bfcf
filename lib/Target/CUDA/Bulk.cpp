// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Bulk.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo::cuda;

Value Ring::barrier(Value stage, int64_t first) { return e.bytesAt(e.shared(offset + first * 8), e.mul(stage, 8)); }

void Ring::initialise(int fullArrivals, int emptyArrivals) {
  for (int s = 0; s < stages; ++s) {
    NVVM::MBarrierInitOp::create(e.b, e.shared(offset + s * 8), e.c(fullArrivals), Value());
    NVVM::MBarrierInitOp::create(e.b, e.shared(offset + (stages + s) * 8), e.c(emptyArrivals), Value());
  }
  NVVM::FenceMbarrierInitOp::create(e.b);
}

Ring::Place Ring::next(const Place &place) {
  Value stage = e.add(place.stage, 1);
  Value wraps = e.equal(stage, e.c(stages));
  Value flipped = arith::XOrIOp::create(e.b, place.phase, e.c(1));
  return {e.select(wraps, e.c(0), stage), e.select(wraps, flipped, place.phase)};
}

Ring::Place Ring::after(const Place &place, int64_t count) {
  Value sum = e.add(place.stage, count);
  Value rounds = e.rem(e.div(sum, e.c(stages)), e.c(2));
  return {e.rem(sum, e.c(stages)), arith::XOrIOp::create(e.b, place.phase, rounds)};
}

void Ring::wait(Value barrier, Value phase) {
  auto loop = scf::WhileOp::create(e.b, TypeRange(), ValueRange());
  OpBuilder::InsertionGuard guard(e.b);
  e.b.createBlock(&loop.getBefore());
  Value done = NVVM::MBarrierTryWaitOp::create(e.b, e.b.getI1Type(), barrier, phase, Value());
  scf::ConditionOp::create(e.b, arith::XOrIOp::create(e.b, done, e.c(1, e.b.getI1Type())), ValueRange());
  e.b.createBlock(&loop.getAfter());
  scf::YieldOp::create(e.b);
}

/// A barrier that nothing has completed yet counts as one whose phase before has.
void Ring::waitEmpty(const Place &place) { wait(barrier(place.stage, stages), arith::XOrIOp::create(e.b, place.phase, e.c(1))); }

void Ring::releaseStage(Value stage) { NVVM::MBarrierArriveOp::create(e.b, e.b.getI64Type(), barrier(stage, stages)); }

void emo::cuda::arriveExpecting(DeviceEmit &e, Value barrier, int64_t bytes) {
  NVVM::MBarrierArriveExpectTxOp::create(e.b, e.b.getI64Type(), barrier, e.c(bytes), NVVM::MemScopeKind::CTA, /*relaxed=*/false, Value());
}

void emo::cuda::arriveAfterCopies(DeviceEmit &e, Value barrier) { NVVM::CpAsyncMBarrierArriveOp::create(e.b, barrier, /*noinc=*/true); }

void emo::cuda::copyBox(DeviceEmit &e, Value shared, Value map, Value row, Value column, Value barrier) {
  Value target = LLVM::AddrSpaceCastOp::create(e.b, LLVM::LLVMPointerType::get(e.b.getContext(), 7), shared);
  NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(e.b, target, map, ValueRange{column, row}, barrier, ValueRange(), Value(), Value(),
                                                         NVVM::TMALoadMode::TILE, /*isCTAOnly=*/false, NVVM::CTAGroupKindAttr(), Value());
}

Value emo::cuda::electLane(DeviceEmit &e) { return NVVM::ElectSyncOp::create(e.b, e.b.getI1Type(), Value()); }
void emo::cuda::giveRegisters(DeviceEmit &e, int count) { NVVM::SetMaxRegisterOp::create(e.b, count, NVVM::SetMaxRegisterAction::decrease); }
void emo::cuda::takeRegisters(DeviceEmit &e, int count) { NVVM::SetMaxRegisterOp::create(e.b, count, NVVM::SetMaxRegisterAction::increase); }
