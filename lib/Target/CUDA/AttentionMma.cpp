// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention of many queries in bf16 or f16 on tensor cores (FlashAttention-2's scheme).
//
// A block has 64 queries of one head, a warp 16 of them. Keys and values pass by in blocks of 64 through two buffers in shared memory, filled by
// cp.async while the other one is in use. Queries, scores and outputs stay in registers: what a product of scores leaves in a thread is, rounded
// to bf16, just what the product with the values wants from it.
//
// By mma.sync a warp loads its operands from rows in shared memory that are 16 bytes apart from a power of two: ldmatrix meets no bank twice. On
// sm_90a, for heads of 64 and 128 elements, the block's four warps are a warpgroup and wgmma reads keys and values from swizzled rows by itself.
#include "Attention.h"
#include "Tensor.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 128, kWarps = kThreads / 32;
static constexpr int kQueries = 64; // of a block: 16 a warp
static constexpr int kKeys = 64;    // of an inner block
static constexpr int kTiles = kKeys / 8;

namespace {

struct MmaPlan {
  MmaPlan(const AttentionForm &form, bool warpgroup)
      : warpgroup(warpgroup), rowBytes(form.size * 2 + 16), buffer(kKeys * (warpgroup ? form.size * 2 : rowBytes)), ones(4 * buffer),
        range(ones + (warpgroup ? kOnes : 0)), bytes(range + 8 * kWarps) {}

  static constexpr int64_t kOnes = 8 * 128;     // 8 columns of 64 ones
  static constexpr int64_t kPanel = kKeys * 128; // 64 columns of a block, swizzled

  bool warpgroup;
  int64_t rowBytes;
  int64_t buffer; // of one block of keys or values: keys 0, values 0, keys 1, values 1
  int64_t ones, range, bytes;
};

class MmaWriter : public AttentionWriter {
public:
  MmaWriter(DeviceEmit &e, const AttentionForm &form, const AttentionArgs &args, const MmaPlan &plan)
      : AttentionWriter(e, form, args), plan(plan), steps(form.size / 16) {}

  void write();

private:
  /// `sums` (4 scalars) + a (4) * b (2).
  void multiply(ArrayRef<Value> a, ArrayRef<Value> b, MutableArrayRef<Value> sums) { llvm::copy(multiplyAdd(e, element, a, b, Values(sums)), sums.begin()); }
  Value pack(Value low, Value high);
  Value pairOfOnes() { return e.c(element.isF16() ? 0x3c003c00 : 0x3f803f80); }
  void copyBlock(Value keyRow, Value valueRow, Value first, Value high, Value stage);
  Values loadQueries(Value batch, Value head, Value first, Value start);
  /// Scores of the warp's queries with the 64 keys at `keys`: 4 scalars for each 8 keys.
  Values scoreKeys(ArrayRef<Value> queries, Value keys);
  Values masked(ArrayRef<Value> scores, Value key, Value high, Value batch);
  /// Whether all 64 keys belong to document `segment`.
  Value isOneDocument(Value batch, Value key, Value high, Value segment);
  /// Adds the powers times `values` to `out`, and the powers to `sums`.
  void sumValues(ArrayRef<Value> powers, Value values, MutableArrayRef<Value> out, MutableArrayRef<Value> sums);
  // The same by wgmma, for the stage that begins `at` bytes into shared memory.
  Values scoreKeysTogether(ArrayRef<Value> queries, Value at);
  void sumValuesTogether(ArrayRef<Value> powers, Value at, MutableArrayRef<Value> out, MutableArrayRef<Value> sums);
  /// `operand` moved by `bytes`.
  Value moved(Value operand, Value bytes) { return e.add(operand, e.div(bytes, e.c(16))); }
  void writeOnes();
  /// 16 bytes of a block of keys or values.
  Value chunkOf(Value buffer, Value row, Value chunk);
  /// The 4 left operands of keys 8 * tile to 8 * tile + 15.
  Values packedPowers(ArrayRef<Value> powers, int tile);
  Value sharedRow(Value buffer, Value row, Value bytes) { return e.bytesAt(buffer, e.add(e.mul(row, plan.rowBytes), bytes)); }

  const MmaPlan &plan;
  int64_t steps;                 // of 16 elements of a head
  Value lane, quad;              // the lane's place among the 4 that share rows
  Value positions[2], segments[2]; // of the lane's two queries
  Value keyOperand, valueOperand, oneOperand; // of wgmma: keys and values of stage 0, ones
};

} // namespace

Value MmaWriter::pack(Value low, Value high) {
  Value pair = vector::FromElementsOp::create(e.b, e.vec(2), ValueRange{low, high});
  Value narrow = arith::TruncFOp::create(e.b, e.vec(2, element), pair);
  return LLVM::BitcastOp::create(e.b, i32, narrow);
}

Value MmaWriter::chunkOf(Value buffer, Value row, Value chunk) {
  if (!plan.warpgroup)
    return sharedRow(buffer, row, e.mul(chunk, 16));
  Value panel = e.div(chunk, e.c(8));
  return e.bytesAt(buffer, e.add(e.mul(panel, MmaPlan::kPanel), SwizzledRows{64}.offset(e, row, e.rem(chunk, e.c(8)))));
}

void MmaWriter::writeOnes() {
  Value ones = e.splat(pairOfOnes(), 4);
  e.onlyIf(e.less(e.thread(), e.c(MmaPlan::kOnes / 16)), [&] { e.store(ones, e.bytesAt(e.shared(plan.ones), e.mul(e.thread(), 16)), 16); });
}

/// Starts the copy of the keys and values from `first` on to the buffers that begin at `stage`; those behind the end repeat the last one, as
/// memory there may hold anything.
void MmaWriter::copyBlock(Value keyRow, Value valueRow, Value first, Value high, Value stage) {
  int64_t chunks = size / 8;
  Value keys = e.bytesAt(e.shared(), stage);
  int64_t total = kKeys * chunks;
  for (int64_t i = 0; i < total; i += kThreads) {
    Value number = e.add(e.thread(), i);
    auto copy = [&] {
      Value row = e.div(number, e.c(chunks)), chunk = e.rem(number, e.c(chunks));
      Value source = e.min(e.add(first, row), e.sub(high, e.c(1))), column = e.mul(chunk, 8);
      Value to = chunkOf(keys, row, chunk);
      copyAsync(e, to, e.at(e.rowAt(keyRow, source, size, element), column, element));
      copyAsync(e, e.bytesAt(to, plan.buffer), e.at(e.rowAt(valueRow, source, size, element), column, element));
    };
    if (i + kThreads <= total)
      copy();
    else
      e.onlyIf(e.less(number, e.c(total)), copy);
  }
}

/// The warp's queries as left operands, through the buffers of stage 1.
Values MmaWriter::loadQueries(Value batch, Value head, Value first, Value start) {
  int64_t groups = size / 2 / form.group;
  Value buffer = e.shared(2 * plan.buffer);
  e.repeatedLoop(e.thread(), e.c(kQueries * groups), e.threads, 2, e.c(0), [&](Value i, ValueRange carried) {
    Value query = e.div(i, e.c(groups)), column = e.mul(e.rem(i, e.c(groups)), form.group);
    Value token = e.min(e.add(first, query), e.sub(args.sequence, e.c(1))); // those behind the end repeat the last one
    auto [low, high] = rotatedHalves(qRow(batch, token, head), e.add(start, token), column);
    Value to = sharedRow(buffer, query, e.mul(column, 2));
    e.storeF32(low, element, to);
    e.storeF32(high, element, e.bytesAt(to, size));
    return Values(carried);
  });
  e.barrier();
  Values queries;
  Value row = e.add(e.mul(e.warp(), 16), e.rem(lane, e.c(16)));
  Value address = sharedRow(buffer, row, e.mul(e.div(lane, e.c(16)), 16));
  for (int64_t step = 0; step < steps; ++step)
    queries.append(loadMatrices(e, e.bytesAt(address, 32 * step)));
  return queries;
}

Values MmaWriter::scoreKeys(ArrayRef<Value> queries, Value keys) {
  Values scores(4 * kTiles, e.f32(0));
  // Lanes 0-7 and 8-15 address the two halves of 16 elements of 8 keys, 16-31 those of the next 8.
  Value row = e.add(e.rem(lane, e.c(8)), e.mul(e.div(lane, e.c(16)), 8));
  Value address = sharedRow(keys, row, e.mul(e.rem(e.div(lane, e.c(8)), e.c(2)), 16));
  for (int64_t step = 0; step < steps; ++step)
    for (int tile = 0; tile < kTiles; tile += 2) {
      Values b = loadMatrices(e, e.bytesAt(address, 8 * tile * plan.rowBytes + 32 * step));
      for (int i = 0; i < 2; ++i)
        multiply(queries.slice(4 * step, 4), ArrayRef(b).slice(2 * i, 2), MutableArrayRef<Value>(scores).slice(4 * (tile + i), 4));
    }
  return scores;
}

Values MmaWriter::packedPowers(ArrayRef<Value> powers, int tile) {
  Values a;
  for (int i = 0; i < 2; ++i)
    for (int half = 0; half < 2; ++half)
      a.push_back(pack(powers[4 * (tile + i) + 2 * half], powers[4 * (tile + i) + 2 * half + 1]));
  return a;
}

/// The sum of powers is a product with ones: what it adds is what the values are multiplied with, rounded, and 32 additions less.
void MmaWriter::sumValues(ArrayRef<Value> powers, Value values, MutableArrayRef<Value> out, MutableArrayRef<Value> sums) {
  Values ones(2, pairOfOnes());
  Value address = sharedRow(values, e.rem(lane, e.c(16)), e.mul(e.div(lane, e.c(16)), 16));
  for (int tile = 0; tile < kTiles; tile += 2) {
    Values a = packedPowers(powers, tile);
    multiply(a, ones, sums);
    for (int64_t step = 0; step < steps; ++step) {
      Values b = loadMatrices(e, e.bytesAt(address, 8 * tile * plan.rowBytes + 32 * step), /*transposed=*/true);
      for (int i = 0; i < 2; ++i)
        multiply(a, ArrayRef(b).slice(2 * i, 2), out.slice(4 * (2 * step + i), 4));
    }
  }
}

Values MmaWriter::scoreKeysTogether(ArrayRef<Value> queries, Value at) {
  Values scores(4 * kTiles, e.f32(0));
  Value keys = moved(keyOperand, at);
  fenceRegisters(e);
  for (int64_t step = 0; step < steps; ++step)
    addProduct(e, element, queries.slice(4 * step, 4), moved(keys, e.c(step / 4 * MmaPlan::kPanel + step % 4 * 32)), /*transposed=*/false, scores,
               /*keeps=*/step > 0);
  commitProducts(e);
  waitProducts(e, 0);
  return scores;
}

void MmaWriter::sumValuesTogether(ArrayRef<Value> powers, Value at, MutableArrayRef<Value> out, MutableArrayRef<Value> sums) {
  SmallVector<Values> a;
  for (int tile = 0; tile < kTiles; tile += 2)
    a.push_back(packedPowers(powers, tile));
  Value values = moved(valueOperand, at);
  fenceRegisters(e);
  for (int step = 0; step < kTiles / 2; ++step) {
    addProduct(e, element, a[step], moved(values, e.c(step * 16 * 128)), /*transposed=*/true, out);
    addProduct(e, element, a[step], oneOperand, /*transposed=*/false, sums);
  }
  commitProducts(e);
  waitProducts(e, 0);
}

Values MmaWriter::masked(ArrayRef<Value> scores, Value key, Value high, Value batch) {
  Values results;
  for (int tile = 0; tile < kTiles; ++tile)
    for (int half = 0; half < 2; ++half)
      for (int i = 0; i < 2; ++i) {
        Value position = e.add(e.add(key, 8 * tile + i), e.mul(quad, 2));
        Value seen = e.less(position, high);
        if (form.causal)
          seen = e.both(seen, e.less(position, e.add(positions[half], 1)));
        if (args.segments)
          seen = e.both(seen, e.equal(segmentAt(batch, e.min(position, e.sub(high, e.c(1)))), segments[half]));
        results.push_back(e.select(seen, scores[results.size()], lowest()));
      }
  return results;
}

Value MmaWriter::isOneDocument(Value batch, Value key, Value high, Value segment) {
  Value same;
  for (int i = 0; i < kKeys; i += 32) {
    Value position = e.min(e.add(e.add(key, i), lane), e.sub(high, e.c(1)));
    Value isSame = e.equal(segmentAt(batch, position), segment);
    same = same ? e.both(same, isSame) : isSame;
  }
  return e.equal(e.ballot(same), e.c(-1));
}

void MmaWriter::write() {
  lane = e.lane();
  quad = e.rem(lane, e.c(4));
  // The last queries see the most keys: their blocks start first.
  Value first = e.mul(e.sub(e.sub(e.blocks(), e.block()), e.c(1)), kQueries);
  Value head = e.block(1), batch = e.block(2), kvHead = e.div(head, e.c(form.shared()));
  Value start = startOf(batch);
  KeyRange range = keyRange(batch, start, first, kQueries, e.shared(plan.range));
  Value low = range.low, high = range.high;
  Value keyRow = cacheRow(args.keys, batch, kvHead, e.c(0)), valueRow = cacheRow(args.values, batch, kvHead, e.c(0));
  copyBlock(keyRow, valueRow, low, high, e.c(0));
  commitCopies(e);
  if (plan.warpgroup) {
    writeOnes();
    Value base = LLVM::PtrToIntOp::create(e.b, i32, e.shared());
    keyOperand = productOperand(e, base);
    valueOperand = transposedOperand(e, e.add(base, plan.buffer), MmaPlan::kPanel);
    oneOperand = productOperand(e, e.add(base, plan.ones));
  }
  Values queries = loadQueries(batch, head, first, start);
  e.barrier(); // the next block of keys takes the place of the queries
  Value own = e.add(first, e.add(e.mul(e.warp(), 16), e.div(lane, e.c(4))));
  for (int half = 0; half < 2; ++half) {
    Value token = e.min(e.add(own, 8 * half), e.sub(args.sequence, e.c(1)));
    positions[half] = e.add(start, token);
    if (args.segments)
      segments[half] = segmentAt(batch, token);
  }

  // Carried: where the stage in use begins, largest scores of two queries, sums of powers and outputs (4 scalars for each 8 columns, two of each query).
  Values init = {e.c(0), lowest(), lowest()};
  init.append(4 + 8 * steps, e.f32(0));
  Value scale = e.f32(scoreScale());
  Values state = e.loop(low, high, kKeys, init, [&](Value key, ValueRange carried) {
    Values next(carried);
    Value stage = carried[0], other = e.sub(e.c(2 * plan.buffer), stage);
    e.onlyIf(e.less(e.add(key, kKeys), high), [&] { copyBlock(keyRow, valueRow, e.add(key, kKeys), high, other); });
    commitCopies(e);
    waitCopies(e, 1);
    if (plan.warpgroup)
      fenceForProducts(e);
    e.barrier();
    Value keys = e.bytesAt(e.shared(), stage);
    Values scores = plan.warpgroup ? scoreKeysTogether(queries, stage) : scoreKeys(queries, keys);
    // Most blocks hold only keys that all queries see.
    Value end = e.add(key, kKeys);
    Value isWhole = e.less(end, e.add(high, 1));
    if (form.causal)
      isWhole = e.both(isWhole, e.less(end, e.add(e.add(start, first), 2)));
    if (args.segments)
      isWhole = e.both(isWhole, e.both(range.isSingle, isOneDocument(batch, key, high, range.segment)));
    auto branch = scf::IfOp::create(e.b, ValueRange(scores).getTypes(), isWhole, /*withElseRegion=*/true);
    e.b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(e.b, scores);
    e.b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(e.b, masked(scores, key, high, batch));
    e.b.setInsertionPointAfter(branch);
    scores = Values(branch.getResults());
    for (int half = 0; half < 2; ++half) {
      Value top = lowest();
      for (int tile = 0; tile < kTiles; ++tile)
        for (int i = 0; i < 2; ++i)
          top = e.maxNum(top, scores[4 * tile + 2 * half + i]);
      for (int lanes : {2, 1})
        top = e.maxNum(top, e.shuffleXor(top, lanes));
      top = e.maxNum(top, carried[1 + half]);
      // Without documents every query sees the first key: its largest score is one.
      Value minus = arith::NegFOp::create(e.b, e.mulf(args.segments ? shiftFor(top) : top, scale));
      Value factor = e.exp2(e.fma(carried[1 + half], scale, minus));
      for (int tile = 0; tile < kTiles; ++tile)
        for (int i = 0; i < 2; ++i) {
          Value &score = scores[4 * tile + 2 * half + i];
          score = e.exp2(e.fma(score, scale, minus));
        }
      next[1 + half] = top;
      next[3 + 2 * half] = e.mulf(next[3 + 2 * half], factor); // all columns of ones have the same sum: one is kept
      for (int64_t tile = 0; tile < 2 * steps; ++tile)
        for (int i = 0; i < 2; ++i) {
          Value &out = next[7 + 4 * tile + 2 * half + i];
          out = e.mulf(out, factor);
        }
    }
    MutableArrayRef<Value> sums = MutableArrayRef<Value>(next).slice(3, 4), out = MutableArrayRef<Value>(next).drop_front(7);
    if (plan.warpgroup)
      sumValuesTogether(scores, stage, out, sums);
    else
      sumValues(scores, e.bytesAt(keys, plan.buffer), out, sums);
    e.barrier(); // the copy after next takes these buffers
    next[0] = other;
    return next;
  });
  for (int half = 0; half < 2; ++half) {
    Value inverse = e.divf(e.f32(1), state[3 + 2 * half]);
    Value token = e.add(own, 8 * half);
    e.onlyIf(e.less(token, args.sequence), [&] {
      Value to = e.at(outRow(batch, token, head), e.mul(quad, 2), element);
      for (int64_t tile = 0; tile < 2 * steps; ++tile) {
        auto part = [&](int i) { return e.mulf(state[7 + 4 * tile + 2 * half + i], inverse); };
        e.store(pack(part(0), part(1)), e.at(to, 8 * tile, element), 4);
      }
    });
  }
}

bool emo::cuda::canLaunchMatrixQueries(const AttentionForm &form) {
  return isNarrow(form.element) && form.size % 16 == 0 && form.size <= 128 && form.scale > 0;
}

void emo::cuda::launchMatrixQueries(DeviceHost &host, KernelLibrary &library, const AttentionForm &form, const AttentionArgs &operands) {
  bool warpgroup = library.arch.hasWgmma() && form.size % 64 == 0;
  MmaPlan plan(form, warpgroup);
  KernelShape shape{kThreads, form.group, plan.bytes};
  Values list = operands.list();
  StringRef name = library.get(Twine(warpgroup ? "attention_wgmma_" : "attention_mma_") + Twine(form.heads) + "x" + Twine(form.size), form.key, shape, list, [&](DeviceEmit &e, ValueRange args) {
    AttentionArgs own = operands.with(args);
    MmaWriter(e, form, own, plan).write();
  });
  host.launch(name, list, {host.ceilDiv(operands.sequence, kQueries), host.c(form.heads), host.dim(form.q, 0)}, shape);
}
