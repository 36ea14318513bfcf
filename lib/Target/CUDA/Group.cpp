// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.group_by_expert: a stable counting sort without atomics.
//
// Choices are split into chunks, one a block, and each chunk into ranges, one a warp. Every warp counts its range in shared memory; the sum of
// what comes before (smaller experts, earlier blocks, earlier warps) is where its choices of an expert begin. Few choices are one block's work;
// otherwise a first launch counts each chunk, and each block of the second adds up the counts of the others itself.
#include "Kernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int64_t kSharedLimit = 48 << 10; // what every device gives without being asked
static constexpr int64_t kMaxBlocks = 128;
static constexpr int64_t kBlockChoices = 4096; // that one block sorts fast enough alone

namespace {

class GroupWriter {
public:
  GroupWriter(DeviceEmit &e, int64_t choices, int64_t experts) : e(e), choices(choices), experts(experts), i32(e.b.getI32Type()) {}

  /// counts[block][expert] of the block's chunk.
  void writeCounts(ValueRange args);
  void writeSort(ValueRange args);

private:
  /// Clears and fills this block's table of counts, [warps][experts].
  void countRanges(Value indices, Value total, Value chunk);
  /// body(choice, whether it exists, its expert, lanes of the same expert) for all choices of this warp's range, all lanes together.
  void eachChoice(Value indices, Value total, Value chunk, Fn<void(Value, Value, Value, Value)> body);
  /// Calls body(expert) for the experts of this thread.
  void eachExpert(Fn<void(Value)> body) { e.loop(e.thread(), e.c(experts), e.threads, body); }
  Value cell(Value warp, Value expert) { return e.at(e.shared(), e.add(e.mul(warp, experts), expert), i32); }
  Value sumCell(Value expert) { return e.at(e.shared(e.warps() * experts * 4), expert, i32); }
  Value get(Value address) { return e.load(i32, address, 4); }
  void put(Value value, Value address) { e.store(value, address, 4); }
  /// The sums of all smaller experts in place of each sum; the total goes to `offsets` as the last one.
  void scanSums(Value offsets);

  DeviceEmit &e;
  int64_t choices, experts;
  Type i32;
};

} // namespace

void GroupWriter::eachChoice(Value indices, Value total, Value chunk, Fn<void(Value, Value, Value, Value)> body) {
  // A multiple of 32 of choices for each warp.
  Value range = e.div(chunk, e.c(e.warps()));
  Value first = e.add(e.mul(e.block(), chunk), e.mul(e.warp(), range));
  Value end = e.min(total, e.add(first, range)), lane = e.lane();
  e.loop(first, end, 32, [&](Value i) {
    Value choice = e.add(i, lane);
    Value exists = e.less(choice, end);
    Value expert = e.either(exists, i32, [&] { return get(e.elementAt(indices, choice, i32)); }, [&] { return e.c(-1); });
    body(choice, exists, expert, e.matchAny(expert));
  });
}

void GroupWriter::countRanges(Value indices, Value total, Value chunk) {
  e.loop(e.thread(), e.c(e.warps() * experts), e.threads, [&](Value i) { put(e.c(0), e.at(e.shared(), i, i32)); });
  e.barrier();
  Value below = e.lanesBelow(), warp = e.warp();
  eachChoice(indices, total, chunk, [&](Value, Value exists, Value expert, Value same) {
    Value isFirst = e.equal(e.both(same, below), e.c(0));
    e.onlyIf(e.both(exists, isFirst), [&] {
      Value address = cell(warp, expert);
      put(e.add(get(address), e.popcount(same)), address);
    });
    e.warpBarrier(); // the next 32 choices may have other first lanes
  });
  e.barrier();
}

void GroupWriter::writeCounts(ValueRange args) {
  countRanges(args[0], args[2], args[3]);
  eachExpert([&](Value expert) {
    Value sum = e.c(0);
    for (int warp = 0; warp < e.warps(); ++warp)
      sum = e.add(sum, get(cell(e.c(warp), expert)));
    put(sum, e.at(e.rowAt(args[1], e.block(), experts, i32), expert, i32));
  });
}

void GroupWriter::scanSums(Value offsets) {
  e.onlyIf(e.equal(e.warp(), e.c(0)), [&] {
    Value lane = e.lane();
    Values total = e.loop(e.c(0), e.c(experts), 32, ValueRange{e.c(0)}, [&](Value first, ValueRange carried) {
      Value expert = e.add(first, lane);
      Value inside = e.less(expert, e.c(experts));
      Value own = e.either(inside, i32, [&] { return get(sumCell(expert)); }, [&] { return e.c(0); });
      Value sum = own;
      for (int distance = 1; distance < 32; distance *= 2) {
        Value before = e.shuffleUp(sum, distance);
        sum = e.add(sum, e.select(e.less(lane, e.c(distance)), e.c(0), before));
      }
      e.onlyIf(inside, [&] { put(e.add(carried[0], e.sub(sum, own)), sumCell(expert)); });
      return Values{e.add(carried[0], e.shuffleFrom(sum, e.c(31)))};
    });
    e.onlyIf(e.both(e.equal(lane, e.c(0)), e.equal(e.block(), e.c(0))), [&] { put(total[0], e.at(offsets, experts, i32)); });
  });
}

void GroupWriter::writeSort(ValueRange args) {
  Value indices = args[0], counts = args[1], offsets = args[2], tokens = args[3], inverse = args[4], total = args[5], chunk = args[6];
  Value blocks = e.blocks(), block = e.block();
  countRanges(indices, total, chunk);
  // All choices of each expert, and in front of each warp's those of earlier blocks and warps.
  eachExpert([&](Value expert) {
    Values sums = e.repeatedLoop(e.c(0), e.select(e.equal(blocks, e.c(1)), e.c(0), blocks), 1, 8, {e.c(0), e.c(0)},
                                 [&](Value other, ValueRange carried) {
      Value count = get(e.at(e.rowAt(counts, other, experts, i32), expert, i32));
      Value before = e.select(e.less(other, block), count, e.c(0));
      return Values{e.add(carried[0], count), e.add(carried[1], before)};
    });
    Value next = sums[1];
    for (int warp = 0; warp < e.warps(); ++warp) {
      Value address = cell(e.c(warp), expert), count = get(address);
      put(next, address);
      next = e.add(next, count);
    }
    // Of a single block the sum is known only now.
    put(e.select(e.equal(blocks, e.c(1)), next, sums[0]), sumCell(expert));
  });
  e.barrier();
  scanSums(offsets);
  e.barrier();
  e.onlyIf(e.equal(block, e.c(0)), [&] { eachExpert([&](Value expert) { put(get(sumCell(expert)), e.at(offsets, expert, i32)); }); });
  Value below = e.lanesBelow(), warp = e.warp();
  eachChoice(indices, total, chunk, [&](Value choice, Value exists, Value expert, Value same) {
    Value rank = e.popcount(e.both(same, below));
    Value row = e.either(exists, i32, [&] {
      return e.add(e.add(get(cell(warp, expert)), get(sumCell(expert))), rank);
    }, [&] { return e.c(0); });
    e.warpBarrier(); // all lanes have read before the first one of each expert moves on
    e.onlyIf(exists, [&] {
      e.onlyIf(e.equal(rank, e.c(0)), [&] {
        Value address = cell(warp, expert);
        put(e.add(get(address), e.popcount(same)), address);
      });
      put(e.div(choice, e.c(choices)), e.elementAt(tokens, row, i32));
      put(row, e.elementAt(inverse, choice, i32));
    });
    e.warpBarrier();
  });
}

bool emo::cuda::lowerGroupByExpert(KernelGroupByExpertOp op, KernelLibrary &library) {
  Value indices = op.getIndices(), offsets = op.getOuts()[0];
  int64_t choices = cast<MemRefType>(indices.getType()).getDimSize(1);
  int64_t experts = cast<MemRefType>(offsets.getType()).getDimSize(0) - 1;
  if (choices == 0)
    return false;
  int warps = 16;
  while (warps > 1 && (warps + 1) * experts * 4 > kSharedLimit)
    warps /= 2;
  KernelShape shape{32 * warps, 1, (warps + 1) * experts * 4};
  if (shape.sharedBytes > kSharedLimit)
    return false;

  DeviceHost host(op);
  Value total = host.mul(host.dim(indices, 0), host.c(choices));
  Value blocks = host.min(host.max(host.ceilDiv(total, kBlockChoices), host.c(1)), host.c(kMaxBlocks));
  // Choices of a block: whole groups of 32 for each warp.
  Value chunk = arith::DivUIOp::create(host.b, host.add(total, arith::SubIOp::create(host.b, blocks, host.c(1))), blocks);
  chunk = host.mul(host.ceilDiv(chunk, 32 * warps), host.c(32 * warps));
  Value counts = memref::AllocOp::create(host.b, MemRefType::get({kMaxBlocks, experts}, host.b.getI32Type()), host.b.getI64IntegerAttr(64));

  std::string key = keyOf(op);
  auto isSeveral = arith::CmpIOp::create(host.b, arith::CmpIPredicate::ugt, blocks, host.c(1));
  auto branch = scf::IfOp::create(host.b, isSeveral, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(host.b);
    host.b.setInsertionPointToStart(branch.thenBlock());
    Values operands = {indices, counts, total, chunk};
    StringRef name = library.get("group_counts_" + Twine(experts), key, shape, operands,
                                 [&](DeviceEmit &e, ValueRange args) { GroupWriter(e, choices, experts).writeCounts(args); });
    host.launch(name, operands, blocks, shape);
  }
  Values operands = {indices, counts, offsets, op.getOuts()[1], op.getOuts()[2], total, chunk};
  StringRef name = library.get("group_by_expert_" + Twine(experts), key, shape, operands,
                               [&](DeviceEmit &e, ValueRange args) { GroupWriter(e, choices, experts).writeSort(args); });
  host.launch(name, operands, blocks, shape);
  op.erase();
  return true;
}
