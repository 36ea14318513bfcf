// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of weights on sm_90a: one warpgroup copies rows of dy and x, which are gathered or end with the expert, to a ring in shared memory, two others
// multiply them by wgmma, which reads both transposed.
#include "Gradient.h"
#include "Warpgroups.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kRows = 128, kColumns = 256, kDepth = 64, kStages = 4;
// Rows of a stage in panels of 64 columns: two of dy, then four of x.
static constexpr int64_t kPanel = kDepth * 128, kStageBytes = (kRows + kColumns) / 64 * kPanel, kRingBytes = kStages * kStageBytes;

namespace {

class WarpgroupWriter {
public:
  WarpgroupWriter(DeviceEmit &e, const Gradient &gradient, ValueRange args)
      : e(e), tile(e, gradient, args, kRows, kColumns), ring(e, kStages, kRingBytes), steps(e.div(e.add(e.sub(tile.end, tile.first), kDepth - 1), e.c(kDepth))) {}
  void write();

private:
  void copyAll();
  void multiplyAll(Value warpgroup);
  Value stageAt(Value stage) { return e.mul(stage, kStageBytes); }

  DeviceEmit &e;
  GradientTile tile;
  Ring ring;
  Value steps;
};

} // namespace

/// A thread copies one chunk of 16 of dy, and two of x, which lie two panels apart, of every 8th row.
void WarpgroupWriter::copyAll() {
  constexpr int kApart = 8, kCopies = kDepth / kApart;
  Value thread = e.rem(e.thread(), e.c(128)), row = e.div(thread, e.c(16)), chunk = e.rem(thread, e.c(16));
  SwizzledRows rows{64};
  Value place = e.add(e.mul(e.div(chunk, e.c(8)), kPanel), rows.offset(e, row, e.rem(chunk, e.c(8))));
  Value own = e.add(tile.first, row), column = e.mul(chunk, 8);
  Values init = ring.start().values();
  llvm::append_range(init, tile.gathered(own, kApart, kCopies));
  e.repeatedLoop(e.c(0), steps, 1, 1, init, [&](Value step, ValueRange carried) {
    Ring::Place at{carried[0], carried[1]};
    Value current = e.add(own, e.mul(step, kDepth));
    Values following = tile.gathered(e.add(current, kDepth), kApart, kCopies);
    ring.waitEmpty(at);
    Value to = e.bytesAt(e.shared(), e.add(stageAt(at.stage), place));
    auto copy = [&](int argument, Value column, int panel) {
      tile.copy(argument, column, current, kApart, kCopies, argument ? carried.drop_front(2) : ValueRange(), e.bytesAt(to, panel * kPanel),
                kApart * rows.rowBytes());
    };
    copy(0, e.add(tile.firstRow, column), 0);
    copy(1, e.add(tile.firstColumn, column), 2);
    copy(1, e.add(e.add(tile.firstColumn, column), 128), 4);
    arriveAfterCopies(e, ring.full(at.stage));
    Values next = ring.next(at).values();
    llvm::append_range(next, following);
    return next;
  });
}

void WarpgroupWriter::multiplyAll(Value warpgroup) {
  Value base = LLVM::PtrToIntOp::create(e.b, e.b.getI32Type(), e.shared()), ownPanel = e.mul(warpgroup, kPanel);
  Values sums = Warpgroups(e, ring).multiply(ring.start(), steps, kColumns / 2, [&](Value stage, Value sums) {
    // Copies of 16 bytes are no bulk copies: wgmma sees what they wrote behind a fence only.
    fenceForProducts(e);
    Value address = e.add(base, stageAt(stage));
    return startTransposedProducts(e, tile.gradient.element, transposedOperand(e, e.add(address, ownPanel), kPanel),
                                   transposedOperand(e, e.add(address, kRows / 64 * kPanel), kPanel), sums, kColumns, kDepth);
  }).first;
  tile.store(e.mul(e.warp(), 16), e.c(0), 1, kColumns / 8, sums);
}

void WarpgroupWriter::write() {
  Warpgroups(e, ring).split(
      128, [&](Value warpgroup) { multiplyAll(warpgroup); }, [&] { e.onlyIf(e.less(tile.first, tile.end), [&] { copyAll(); }); });
}

void emo::cuda::launchGradientWarpgroups(const Gradient &gradient, DeviceHost &host, KernelLibrary &library) {
  KernelShape shape{Warpgroups::kThreads, 4, kRingBytes + kStages * 16};
  StringRef name = library.get(gradient.kind(kRows, kColumns, kDepth), gradient.key, shape, gradient.operands,
                               [&](DeviceEmit &e, ValueRange args) { WarpgroupWriter(e, gradient, args).write(); });
  gradient.launch(name, host, shape, kRows, kColumns);
}
