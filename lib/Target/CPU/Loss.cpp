// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.loss: the product with the vocabulary, column chunk by column chunk, and a running log-sum-exp of each row.
#include "Kernels.h"
#include "MicroKernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

static constexpr int64_t kRows = 32;           // of a task
static constexpr int64_t kChunkColumns = 1024; // logits of a row that are in memory at once

/// Folds the chunk's logits of one row into its running maximum and sum; vectors behind the vocabulary's end are masked to -inf.
static void foldRow(Emit &e, Value logits, Value columns, Value state, Value target, Value firstColumn) {
  Type f32 = e.b.getF32Type();
  int lanes = e.lanes();
  Value oldMax = e.load(f32, state, 4), oldSum = e.load(f32, e.at(state, 1, f32), 4);
  double lowest = -std::numeric_limits<double>::infinity();
  Value whole = e.mul(e.div(columns, e.c(lanes)), lanes);
  auto overColumns = [&](Value init, Fn<Value(Value x, Value carried)> body, Fn<Value(Value)> reduce) {
    Values vector = e.loop(e.c(0), whole, lanes, ValueRange{e.splat(init, lanes)}, [&](Value i, ValueRange carried) {
      return Values{body(e.load(e.vec(lanes), e.at(logits, i, f32)), carried[0])};
    });
    Value reduced = reduce(vector[0]);
    Values tail = e.loop(whole, columns, 1, ValueRange{e.splat(reduced, 1)}, [&](Value i, ValueRange carried) {
      return Values{body(e.load(e.vec(1), e.at(logits, i, f32)), carried[0])};
    });
    return vector::ExtractOp::create(e.b, tail[0], ArrayRef<int64_t>{0}).getResult();
  };
  Value chunkMax = overColumns(
      e.f32(lowest), [&](Value x, Value carried) { return e.maxf(x, carried); }, [&](Value v) { return e.reduceMax(v); });
  Value newMax = e.maxf(oldMax, chunkMax);
  Value chunkSum = overColumns(
      e.f32(0),
      [&](Value x, Value carried) {
        int n = cast<VectorType>(x.getType()).getDimSize(0);
        return e.addf(carried, e.exp(e.subf(x, e.splat(newMax, n))));
      },
      [&](Value v) { return e.reduceAdd(v); });
  // The first chunk finds -inf and 0; exp(-inf) is 0.
  e.store(e.fma(oldSum, e.exp(e.subf(oldMax, newMax)), chunkSum), e.at(state, 1, f32), 4);
  e.store(newMax, state, 4);
  Value inChunk = e.sub(target, firstColumn);
  Value hit = e.both(e.less(e.c(-1), inChunk), e.less(inChunk, columns));
  e.onlyIf(hit, [&] { e.store(e.load(f32, e.at(logits, inChunk, f32), 4), e.at(state, 2, f32), 4); });
}

bool emo::cpu::lowerLoss(KernelLossOp op, KernelLibrary &library) {
  Type element = elementOf(op.getX()), targetType = elementOf(op.getTargets());
  if (!op.getPacked())
    return false;
  int64_t k = cast<MemRefType>(op.getX().getType()).getDimSize(1);
  int64_t vocab = op.getVocabSize();
  int64_t panels = cast<MemRefType>(op.getWeight().getType()).getDimSize(1);
  int64_t logitsStart = RowBlock::bytes(kRows, k), stateStart = logitsStart + kRows * kChunkColumns * 4;

  StringRef name = library.get("loss_" + Twine(k) + "x" + Twine(vocab), keyOf(op), MicroKernel::isSameInBase(element), [&](KernelArgs &args) {
    IsaEmit &e = args.e;
    Type f32 = e.b.getF32Type();
    Value first = e.mul(args.task, kRows);
    Value count = e.min(e.c(kRows), e.sub(args.integer(4), first));
    Value x = args.ptr(0), weights = args.ptr(1), targets = args.ptr(2), out = args.ptr(3);
    MicroKernel micro(e, element, k);
    RowBlock rows = micro.blockAt(args.scratch, count, kRows);
    Value logits = e.bytesAt(args.scratch, logitsStart), states = e.bytesAt(args.scratch, stateStart);
    e.loop(e.c(0), count, 1, [&](Value r) {
      micro.copyRow(rows, r, e.at(x, e.mul(e.add(first, r), k), element));
      Value state = e.at(states, e.mul(r, 3), f32);
      e.store(e.f32(-std::numeric_limits<double>::infinity()), state, 4);
      e.store(e.f32(0), e.at(state, 1, f32), 4);
      e.store(e.f32(0), e.at(state, 2, f32), 4);
    });
    int64_t perPanel = micro.unitsPerPanel(), chunkPanels = kChunkColumns / 32;
    e.loop(e.c(0), e.c(panels), chunkPanels, [&](Value panel) {
      Value lastPanel = e.min(e.c(panels), e.add(panel, chunkPanels));
      micro.run(rows, count, weights, e.mul(panel, perPanel), e.mul(lastPanel, perPanel),
                [&](Value r, Value unit, Value low, Value high) {
                  Value at = e.div(unit, e.c(perPanel)), part = e.rem(unit, e.c(perPanel));
                  Value column = e.add(e.mul(e.sub(at, panel), 32), e.mul(part, e.lanes()));
                  Value address = e.at(logits, e.add(e.mul(r, kChunkColumns), column), f32);
                  e.store(low, address);
                  e.store(high, e.at(address, 16, f32));
                });
      Value firstColumn = e.mul(panel, 32);
      Value columns = e.min(e.mul(e.sub(lastPanel, panel), 32), e.sub(e.c(vocab), firstColumn));
      e.loop(e.c(0), count, 1, [&](Value r) {
        Value target = e.load(targetType, e.at(targets, e.add(first, r), targetType), targetType.isInteger(64) ? 8 : 4);
        if (!targetType.isInteger(64))
          target = e.toI64(target);
        foldRow(e, e.at(logits, e.mul(r, kChunkColumns), f32), columns, e.at(states, e.mul(r, 3), f32), target, firstColumn);
      });
    });
    e.loop(e.c(0), count, 1, [&](Value r) {
      Value state = e.at(states, e.mul(r, 3), f32);
      Value maximum = e.load(f32, state, 4), sum = e.load(f32, e.at(state, 1, f32), 4), chosen = e.load(f32, e.at(state, 2, f32), 4);
      Value loss = e.addf(e.log(sum), e.subf(maximum, chosen));
      Value target = e.load(targetType, e.at(targets, e.add(first, r), targetType), targetType.isInteger(64) ? 8 : 4);
      if (!targetType.isInteger(64))
        target = e.toI64(target);
      e.store(e.select(e.less(target, e.c(0)), e.f32(0), loss), e.at(out, e.add(first, r), f32), 4);
    });
  });
  TaskHost host(op);
  Value rows = host.dim(op.getX(), 0);
  host.launch(name, {op.getX(), op.getWeight(), op.getTargets(), op.getOuts()[0], rows}, host.ceilDiv(rows, kRows),
              host.c(stateStart + kRows * 3 * 4 + 64));
  op.erase();
  return true;
}
