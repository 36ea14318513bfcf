// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Warpgroups.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo::cuda;

// All threads are launched with 168 registers.
static constexpr int kCopyRegisters = 56, kMultiplyRegisters = 224;

void Warpgroups::split(int arrivals, Fn<void(Value)> multiply, Fn<void()> copy) {
  Value warpgroup = e.shuffleFrom(e.div(e.thread(), e.c(128)), e.c(0)); // one value for the warp, which ptxas sees
  e.onlyIf(e.equal(e.thread(), e.c(0)), [&] { ring.initialise(arrivals, kMultipliers * 4); });
  e.barrier();
  auto role = scf::IfOp::create(e.b, e.less(warpgroup, e.c(kMultipliers)), true);
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(role.thenBlock());
  takeRegisters(e, kMultiplyRegisters);
  multiply(warpgroup);
  e.b.setInsertionPointToStart(role.elseBlock());
  giveRegisters(e, kCopyRegisters);
  copy();
}

std::pair<Values, Ring::Place> Warpgroups::multiply(Ring::Place place, Value steps, int count, Fn<Value(Value, Value)> start) {
  Type type = LLVM::LLVMStructType::getLiteral(e.b.getContext(), SmallVector<Type>(count, e.b.getF32Type()));
  Value isFirstLane = e.equal(e.lane(), e.c(0));
  Values init = {LLVM::ZeroOp::create(e.b, type), place.stage, place.phase, place.stage};
  Values end = e.repeatedLoop(e.c(0), steps, 1, 1, init, [&](Value step, ValueRange carried) {
    Ring::Place at{carried[1], carried[2]};
    ring.waitFull(at);
    Value sums = start(at.stage, carried[0]);
    waitProducts(e, 1);
    e.onlyIf(e.both(isFirstLane, e.less(e.c(0), step)), [&] { ring.releaseStage(carried[3]); });
    Ring::Place following = ring.next(at);
    return Values{sums, following.stage, following.phase, at.stage};
  });
  waitProducts(e, 0);
  e.onlyIf(isFirstLane, [&] { ring.releaseStage(end[3]); });
  Values sums;
  for (int i = 0; i < count; ++i)
    sums.push_back(LLVM::ExtractValueOp::create(e.b, end[0], i));
  return {sums, {end[1], end[2]}};
}
