// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention of many queries in f32 arithmetic, without matrix instructions.
//
// A block has some queries of one head; 16 neighbouring lanes have four of the queries. Keys pass by in blocks through shared memory: scores are
// computed with the lanes over the keys, outputs with the lanes over the columns, and the powers in between go through shared memory, too, but
// never leave the 16 lanes.
#include "Attention.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int64_t kSharedLimit = 160 << 10; // of a block on every architecture
static constexpr int kLanes = 16;   // that share queries
static constexpr int kQueries = 4;  // of each of them
static constexpr int64_t kKeys = 32; // of an inner block
static constexpr int kOwnKeys = kKeys / kLanes;

namespace {

struct ManyPlan {
  explicit ManyPlan(const AttentionForm &form) {
    queries = form.size <= 128 ? 64 : form.size <= 256 ? 32 : 16;
    // Rows that lanes read side by side begin in different banks.
    stride = form.size / 4 % 2 ? form.size : form.size + 4;
    keys = queries * stride;
    values = keys + kKeys * stride;
    powers = values + kKeys * form.size;
    range = powers + queries * (kKeys + 4);
    bytes = (range + 2 * warps()) * 4;
  }
  int threads() const { return queries / kQueries * kLanes; }
  int warps() const { return threads() / 32; }

  int queries;
  int64_t stride;                      // of rows of queries and keys
  int64_t keys, values, powers, range; // where they begin, in floats
  int64_t bytes;
};

class ManyWriter : public AttentionWriter {
public:
  ManyWriter(DeviceEmit &e, const AttentionForm &form, const AttentionArgs &args, const ManyPlan &plan)
      : AttentionWriter(e, form, args), plan(plan), vectors(llvm::divideCeil(form.size, 4 * kLanes)) {}

  void write();

private:
  Value floats(int64_t first, Value index) { return e.at(e.shared(4 * first), index, f32); }
  Value load4(Value address) { return e.load(e.vec(4), address, 16); }
  Value part(Value vector, int i) { return vector::ExtractOp::create(e.b, vector, ArrayRef<int64_t>{i}); }
  /// Column of vector `c` of the lane's output; behind the end the last one is repeated.
  Value columnOf(int64_t c) { return e.min(e.mul(e.add(inRow, c * kLanes), 4), e.c(size - 4)); }
  Value hasColumn(int64_t c) { return e.less(e.mul(e.add(inRow, c * kLanes), 4), e.c(size)); }
  void loadQueries(Value batch, Value head, Value first, Value start);
  void loadKeys(Value keyRow, Value valueRow, Value first, Value high);
  Values scoreKeys();
  void sumValues(MutableArrayRef<Value> out);

  const ManyPlan &plan;
  int64_t vectors;       // of 4 columns of output that a lane has
  Value row, inRow;      // the lane's first query within the block; its place among the 16
};

} // namespace

void ManyWriter::loadQueries(Value batch, Value head, Value first, Value start) {
  int64_t groups = size / 2 / form.group;
  int align = std::min(16, 4 * form.group);
  e.loop(e.thread(), e.c(plan.queries * groups), e.threads, [&](Value i) {
    Value query = e.div(i, e.c(groups)), column = e.mul(e.rem(i, e.c(groups)), form.group);
    Value token = e.min(e.add(first, query), e.sub(args.sequence, e.c(1))); // those behind the end repeat the last one
    auto [low, high] = rotatedHalves(qRow(batch, token, head), e.add(start, token), column);
    Value to = floats(0, e.add(e.mul(query, plan.stride), column)), scale = e.f32(scoreScale(), form.group);
    e.store(e.mulf(low, scale), to, align);
    e.store(e.mulf(high, scale), e.at(to, size / 2, f32), align);
  });
}

void ManyWriter::loadKeys(Value keyRow, Value valueRow, Value first, Value high) {
  int64_t groups = size / form.group;
  int align = std::min(16, 4 * form.group);
  e.repeatedLoop(e.thread(), e.c(kKeys * groups), e.threads, 4, e.c(0), [&](Value i, ValueRange carried) {
    Value key = e.div(i, e.c(groups)), column = e.mul(e.rem(i, e.c(groups)), form.group);
    // Behind the end the cache holds anything: repeat the last key, whose score does not count.
    Value position = e.min(e.add(first, key), e.sub(high, e.c(1)));
    Value k = e.loadF32(element, e.at(e.rowAt(keyRow, position, size, element), column, element), form.group);
    Value v = e.loadF32(element, e.at(e.rowAt(valueRow, position, size, element), column, element), form.group);
    e.store(k, floats(plan.keys, e.add(e.mul(key, plan.stride), column)), align);
    e.store(v, floats(plan.values, e.add(e.mul(key, size), column)), align);
    return Values(carried);
  });
}

/// Scores of the lane's queries with keys inRow, inRow + 16, ...
Values ManyWriter::scoreKeys() {
  Values init(kQueries * kOwnKeys, e.f32(0));
  Value queries = floats(0, e.mul(row, plan.stride)), keys = floats(plan.keys, e.mul(inRow, plan.stride));
  return e.repeatedLoop(e.c(0), e.c(size), 4, 2, init, [&](Value column, ValueRange carried) {
    Values sums(carried), q, k;
    for (int i = 0; i < kQueries; ++i)
      q.push_back(load4(e.at(queries, e.add(column, i * plan.stride), f32)));
    for (int j = 0; j < kOwnKeys; ++j)
      k.push_back(load4(e.at(keys, e.add(column, j * kLanes * plan.stride), f32)));
    for (int d = 0; d < 4; ++d)
      for (int i = 0; i < kQueries; ++i)
        for (int j = 0; j < kOwnKeys; ++j)
          sums[i * kOwnKeys + j] = e.fma(part(q[i], d), part(k[j], d), sums[i * kOwnKeys + j]);
    return sums;
  });
}

void ManyWriter::sumValues(MutableArrayRef<Value> out) {
  Value powers = floats(plan.powers, e.mul(row, kKeys + 4));
  Values result = e.loop(e.c(0), e.c(kKeys), 4, Values(out.begin(), out.end()), [&](Value key, ValueRange carried) {
    Values sums(carried), p;
    for (int i = 0; i < kQueries; ++i)
      p.push_back(load4(e.at(powers, e.add(key, i * (kKeys + 4)), f32)));
    for (int k = 0; k < 4; ++k)
      for (int64_t c = 0; c < vectors; ++c) {
        Value v = load4(floats(plan.values, e.add(e.mul(e.add(key, k), size), columnOf(c))));
        for (int i = 0; i < kQueries; ++i)
          sums[i * vectors + c] = e.fma(e.splat(part(p[i], k), 4), v, sums[i * vectors + c]);
      }
    return sums;
  });
  llvm::copy(result, out.begin());
}

void ManyWriter::write() {
  inRow = e.rem(e.thread(), e.c(kLanes));
  row = e.mul(e.div(e.thread(), e.c(kLanes)), kQueries);
  // The last queries see the most keys: their blocks start first.
  Value first = e.mul(e.sub(e.sub(e.blocks(), e.block()), e.c(1)), plan.queries);
  Value head = e.block(1), batch = e.block(2), kvHead = e.div(head, e.c(form.shared()));
  Value start = startOf(batch);
  KeyRange range = keyRange(batch, start, first, plan.queries, e.shared(4 * plan.range));
  Value low = range.low, highKey = range.high;
  loadQueries(batch, head, first, start);
  Value keyRow = cacheRow(args.keys, batch, kvHead, e.c(0)), valueRow = cacheRow(args.values, batch, kvHead, e.c(0));
  Values positions, segments;
  for (int i = 0; i < kQueries; ++i) {
    Value token = e.min(e.add(first, e.add(row, i)), e.sub(args.sequence, e.c(1)));
    positions.push_back(e.add(start, token));
    if (args.segments)
      segments.push_back(segmentAt(batch, token));
  }

  // Carried: largest scores, sums of powers, outputs.
  Values init(kQueries, lowest());
  init.append(kQueries, e.f32(0));
  init.append(kQueries * vectors, e.f32(0, 4));
  Values state = e.loop(low, highKey, kKeys, init, [&](Value key, ValueRange carried) {
    Values next(carried);
    e.barrier();
    loadKeys(keyRow, valueRow, key, highKey);
    e.barrier();
    Values scores = scoreKeys();
    for (int j = 0; j < kOwnKeys; ++j) {
      Value position = e.add(key, e.add(inRow, j * kLanes));
      Value exists = e.less(position, highKey);
      Value segment = args.segments ? segmentAt(batch, e.min(position, e.sub(highKey, e.c(1)))) : Value();
      for (int i = 0; i < kQueries; ++i) {
        Value seen = exists;
        if (form.causal)
          seen = e.both(seen, e.less(position, e.add(positions[i], 1)));
        if (segment)
          seen = e.both(seen, e.equal(segment, segments[i]));
        Value &score = scores[i * kOwnKeys + j];
        score = e.select(seen, score, lowest());
      }
    }
    for (int i = 0; i < kQueries; ++i) {
      Value top = scores[i * kOwnKeys];
      for (int j = 1; j < kOwnKeys; ++j)
        top = e.maxNum(top, scores[i * kOwnKeys + j]);
      for (int lanes = kLanes / 2; lanes; lanes /= 2)
        top = e.maxNum(top, e.shuffleXor(top, lanes));
      top = e.maxNum(top, next[i]);
      Value shift = shiftFor(top), factor = e.exp2(e.subf(next[i], shift)), sum = e.f32(0);
      for (int j = 0; j < kOwnKeys; ++j) {
        Value power = e.exp2(e.subf(scores[i * kOwnKeys + j], shift));
        sum = e.addf(sum, power);
        e.store(power, floats(plan.powers, e.add(e.mul(e.add(row, i), kKeys + 4), e.add(inRow, j * kLanes))), 4);
      }
      next[i] = top;
      next[kQueries + i] = e.fma(next[kQueries + i], factor, sum); // of this lane's keys
      for (int64_t c = 0; c < vectors; ++c) {
        Value &out = next[2 * kQueries + i * vectors + c];
        out = e.mulf(out, e.splat(factor, 4));
      }
    }
    e.warpBarrier();
    sumValues(MutableArrayRef<Value>(next).drop_front(2 * kQueries));
    return next;
  });
  for (int i = 0; i < kQueries; ++i) {
    Value inverse = e.divf(e.f32(1), e.warpAdd(state[kQueries + i], kLanes));
    Value token = e.add(first, e.add(row, i));
    e.onlyIf(e.less(token, args.sequence), [&] {
      Value to = outRow(batch, token, head);
      for (int64_t c = 0; c < vectors; ++c)
        e.onlyIf(hasColumn(c), [&] {
          e.storeF32(e.mulf(state[2 * kQueries + i * vectors + c], e.splat(inverse, 4)), element, e.at(to, columnOf(c), element));
        });
    });
  }
}

bool emo::cuda::canLaunchManyQueries(const AttentionForm &form) { return ManyPlan(form).bytes <= kSharedLimit; }

void emo::cuda::launchManyQueries(DeviceHost &host, KernelLibrary &library, const AttentionForm &form, const AttentionArgs &operands) {
  ManyPlan plan(form);
  KernelShape shape{plan.threads(), form.group, plan.bytes};
  Values list = operands.list();
  StringRef name = library.get("attention_many_" + Twine(form.heads) + "x" + Twine(form.size), form.key, shape, list, [&](DeviceEmit &e, ValueRange args) {
    AttentionArgs own = operands.with(args);
    ManyWriter(e, form, own, plan).write();
  });
  host.launch(name, list, {host.ceilDiv(operands.sequence, plan.queries), host.c(form.heads), host.dim(form.q, 0)}, shape);
}
