// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.group_by_expert: a stable counting sort without atomics.
//
// Choices are split into chunks, one a block, and each chunk into ranges, one a warp. Every warp counts its range in shared memory; the sum of
// what comes before (smaller experts, earlier blocks, earlier warps) is where its choices of an expert begin. Few choices are one block's work.
// Of more, each block also counts those of all other blocks; of so many that this takes longer than a launch, a first launch counts each
// chunk, and each block of the second adds up the counts of the others.
#include "Group.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int64_t kMaxBlocks = 128;
static constexpr int64_t kBlockChoices = 4096;  // that one block sorts fast enough alone
static constexpr int64_t kCountedAgain = 32768; // that each block counts

enum { kOwn, kBefore, kBehind }; // tables

GroupForm::GroupForm(KernelGroupByExpertOp op) {
  choices = cast<MemRefType>(op.getIndices().getType()).getDimSize(1);
  experts = cast<MemRefType>(op.getOuts()[0].getType()).getDimSize(0) - 1;
  while (warps > 1 && sharedBytes() > kPlainSharedBytes)
    warps /= 2;
}

void GroupWriter::eachChoice(Value first, Value end, int64_t step, ChoiceBody body) {
  Value lane = e.lane();
  e.loop(first, end, step, [&](Value i) {
    Value choice = e.add(i, lane);
    Value exists = e.less(choice, end);
    Value expert = e.either(exists, i32, [&] { return get(e.elementAt(args.indices, choice, i32)); }, [&] { return e.c(-1); });
    body(choice, exists, expert, e.matchAny(expert));
  });
}

void GroupWriter::eachOwnChoice(ChoiceBody body) {
  Value range = e.div(args.chunk, e.c(e.warps()));
  Value begin = args.isAlone ? e.c(0) : e.mul(e.block(), args.chunk);
  Value first = e.add(begin, e.mul(e.warp(), range));
  eachChoice(first, e.min(args.total, e.add(first, range)), 32, body);
}

void GroupWriter::clearTables() {
  e.loop(e.thread(), e.c(tables() * e.warps() * experts), e.threads, [&](Value i) { put(e.c(0), e.at(e.shared(), i, i32)); });
  e.barrier();
}

void GroupWriter::count(int table, Value exists, Value expert, Value sameExpert) {
  Value isFirst = e.equal(e.both(sameExpert, e.lanesBelow()), e.c(0));
  e.onlyIf(e.both(exists, isFirst), [&] {
    Value address = cell(table, e.warp(), expert);
    put(e.add(get(address), e.popcount(sameExpert)), address);
  });
  e.warpBarrier(); // the next 32 choices may have other first lanes
}

Value GroupWriter::sumOf(int table, Value expert) {
  Value sum = e.c(0);
  for (int warp = 0; warp < e.warps(); ++warp)
    sum = e.add(sum, get(cell(table, e.c(warp), expert)));
  return sum;
}

void GroupWriter::writeCounts() {
  clearTables();
  eachOwnChoice([&](Value, Value exists, Value expert, Value same) { count(kOwn, exists, expert, same); });
  e.barrier();
  eachExpert([&](Value expert) { put(sumOf(kOwn, expert), e.at(e.rowAt(args.counts, e.block(), experts, i32), expert, i32)); });
}

void GroupWriter::scanSums() {
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
    e.onlyIf(e.both(e.equal(lane, e.c(0)), isFirstBlock()), [&] { put(total[0], e.at(args.offsets, experts, i32)); });
  });
}

void GroupWriter::writeSort() {
  Value block = e.block();
  clearTables();
  eachOwnChoice([&](Value, Value exists, Value expert, Value same) { count(kOwn, exists, expert, same); });
  if (tables() > 1) {
    // Warps take turns: a chunk is a whole number of rounds.
    Value first = e.mul(e.warp(), 32), begin = e.mul(block, args.chunk);
    eachChoice(first, begin, e.threads, [&](Value, Value exists, Value expert, Value same) { count(kBefore, exists, expert, same); });
    eachChoice(e.add(e.add(begin, args.chunk), first), args.total, e.threads,
               [&](Value, Value exists, Value expert, Value same) { count(kBehind, exists, expert, same); });
  }
  e.barrier();
  // All choices of each expert, and in front of each warp's those of earlier blocks and warps.
  eachExpert([&](Value expert) {
    Value next = e.c(0), others;
    if (args.counts) {
      Values sums = e.repeatedLoop(e.c(0), e.blocks(), 1, 8, {e.c(0), e.c(0)}, [&](Value other, ValueRange carried) {
        Value count = get(e.at(e.rowAt(args.counts, other, experts, i32), expert, i32));
        Value before = e.select(e.less(other, block), count, e.c(0));
        return Values{e.add(carried[0], count), e.add(carried[1], before)};
      });
      next = sums[1];
      others = sums[0];
    } else if (tables() > 1) {
      next = sumOf(kBefore, expert);
      others = sumOf(kBehind, expert);
    }
    for (int warp = 0; warp < e.warps(); ++warp) {
      Value address = cell(kOwn, e.c(warp), expert), count = get(address);
      put(next, address);
      next = e.add(next, count);
    }
    put(args.counts ? others : others ? e.add(next, others) : next, sumCell(expert));
  });
  e.barrier();
  scanSums();
  e.barrier();
  e.onlyIf(isFirstBlock(), [&] { eachExpert([&](Value expert) { put(get(sumCell(expert)), e.at(args.offsets, expert, i32)); }); });
  Value below = e.lanesBelow(), warp = e.warp();
  eachOwnChoice([&](Value choice, Value exists, Value expert, Value same) {
    Value rank = e.popcount(e.both(same, below));
    Value row = e.either(exists, i32, [&] {
      return e.add(e.add(get(cell(kOwn, warp, expert)), get(sumCell(expert))), rank);
    }, [&] { return e.c(0); });
    e.warpBarrier(); // all lanes have read before the first one of each expert moves on
    e.onlyIf(exists, [&] {
      e.onlyIf(e.equal(rank, e.c(0)), [&] {
        Value address = cell(kOwn, warp, expert);
        put(e.add(get(address), e.popcount(same)), address);
      });
      put(e.div(choice, e.c(choices)), e.elementAt(args.tokens, row, i32));
      put(row, e.elementAt(args.inverse, choice, i32));
    });
    e.warpBarrier();
  });
}

void emo::cuda::launchGroup(KernelGroupByExpertOp op, const GroupForm &form, DeviceHost &host, KernelLibrary &library) {
  KernelShape shape{form.threads(), 1, form.sharedBytes()};
  Value indices = op.getIndices(), total = host.mul(host.dim(indices, 0), host.c(form.choices));
  Value blocks = host.min(host.max(host.ceilDiv(total, kBlockChoices), host.c(1)), host.c(kMaxBlocks));
  // Choices of a block: whole groups of 32 for each warp.
  Value chunk = arith::DivUIOp::create(host.b, host.add(total, arith::SubIOp::create(host.b, blocks, host.c(1))), blocks);
  chunk = host.mul(host.ceilDiv(chunk, form.threads()), host.c(form.threads()));
  Values results(op.getOuts());
  auto branch = scf::IfOp::create(host.b, arith::CmpIOp::create(host.b, arith::CmpIPredicate::ugt, total, host.c(kCountedAgain)), /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(host.b);
  host.b.setInsertionPointToStart(branch.thenBlock());
  Value counts = memref::AllocOp::create(host.b, MemRefType::get({kMaxBlocks, form.experts}, host.b.getI32Type()), host.b.getI64IntegerAttr(64));
  std::string key = keyOf(op);
  Values operands = {indices, counts, total, chunk};
  StringRef name = library.get("group_counts_" + Twine(form.experts), key, shape, operands, [&](DeviceEmit &e, ValueRange args) {
    GroupWriter(e, form, {args[0], args[1], {}, {}, {}, args[2], args[3]}).writeCounts();
  });
  host.launch(name, operands, blocks, shape);
  operands = {indices, counts, results[0], results[1], results[2], total, chunk};
  name = library.get("group_by_counts_" + Twine(form.experts), key, shape, operands, [&](DeviceEmit &e, ValueRange args) {
    GroupWriter(e, form, {args[0], args[1], args[2], args[3], args[4], args[5], args[6]}).writeSort();
  });
  host.launch(name, operands, blocks, shape);
  host.b.setInsertionPointToStart(branch.elseBlock());
  operands = {indices, results[0], results[1], results[2], total, chunk};
  name = library.get("group_by_expert_" + Twine(form.experts), key, shape, operands, [&](DeviceEmit &e, ValueRange args) {
    GroupWriter(e, form, {args[0], {}, args[1], args[2], args[3], args[4], args[5]}).writeSort();
  });
  host.launch(name, operands, blocks, shape);
}

bool emo::cuda::lowerGroupByExpert(KernelGroupByExpertOp op, KernelLibrary &library) {
  GroupForm form(op);
  if (!form.canLaunch())
    return false;
  DeviceHost host(op);
  launchGroup(op, form, host, library);
  op.erase();
  return true;
}
