// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention of few queries (decoding): what counts is to read keys and values once, by many threads.
//
// A block has one query position and the heads that share a head of keys. Some neighbouring lanes have a key at a time, 16 bytes each, and all
// such groups of the block's warps take keys in turn, each with its own running maximum, sum and output. Groups are merged at the end, in a
// fixed order. With a long cache and few blocks keys are split among blocks, too, and a second launch merges those.
#include "Attention.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int64_t kSplitKeys = 256;  // a block's share at least
static constexpr int64_t kSplitBlocks = 256; // as many blocks as make a device busy
static constexpr int64_t kMaxSplits = 64;
static constexpr int kKeys = 4; // that a group has under way

namespace {

/// How a block is divided.
struct FewPlan {
  explicit FewPlan(const AttentionForm &form) {
    int64_t vectors = form.size / form.group;
    keyLanes = std::min<int64_t>(32, llvm::PowerOf2Ceil(vectors));
    vectorsPerLane = llvm::divideCeil(vectors, keyLanes);
    // Queries and outputs are in registers.
    int64_t most = std::max<int64_t>(1, 64 / (vectorsPerLane * form.group));
    blocks = llvm::divideCeil(form.shared(), most);
    queries = llvm::divideCeil(form.shared(), blocks);
    warps = vectorsPerLane * form.group * queries > 32 ? 4 : 8;
  }

  int64_t floats(const AttentionForm &form) const { return warps * queries * (form.size + 2); }

  int64_t keyLanes, vectorsPerLane;
  int64_t queries, blocks; // heads of a block; blocks for a head of keys
  int64_t warps;
};

/// Running softmax of one query: largest score, sum of powers, weighted sum of values (vectors).
struct Running {
  Value top, sum;
  Values out;
};

class FewWriter : public AttentionWriter {
public:
  FewWriter(DeviceEmit &e, const AttentionForm &form, const AttentionArgs &args, const FewPlan &plan) : AttentionWriter(e, form, args), plan(plan) {}

  void write();
  void writeMerge(Value rows, Value splits);

private:
  Value columnOf(int64_t vector) { return e.mul(e.add(inKey, vector * plan.keyLanes), form.group); }
  /// Whether the lane has its vector `vector` of a row; null when all lanes have.
  Value hasColumn(int64_t vector) {
    int64_t vectors = size / form.group;
    return plan.keyLanes * (vector + 1) <= vectors ? Value() : e.less(e.add(inKey, vector * plan.keyLanes), e.c(vectors));
  }
  Value safeColumn(int64_t vector) { return hasColumn(vector) ? e.min(columnOf(vector), e.c(size - form.group)) : columnOf(vector); }
  Values loadQuery(Value batch, Value token, Value head, Value position);
  Value dot(ValueRange query, ValueRange key);
  void visitKeys(Value base, Value low, Value high, Value batch, Value querySegment, ArrayRef<Values> queries, Value keyRow, Value valueRow,
                 MutableArrayRef<Running> running);
  /// Joins `other` to `state`.
  Running joined(const Running &state, const Running &other);
  Values pack(ArrayRef<Running> running);
  SmallVector<Running> unpack(ValueRange values);

  const FewPlan &plan;
  Value inKey; // the lane's place among those of its key
};

} // namespace

Values FewWriter::pack(ArrayRef<Running> running) {
  Values values;
  for (const Running &state : running) {
    values.push_back(state.top);
    values.push_back(state.sum);
    values.append(state.out);
  }
  return values;
}

SmallVector<Running> FewWriter::unpack(ValueRange values) {
  SmallVector<Running> running;
  size_t each = 2 + plan.vectorsPerLane;
  for (size_t i = 0; i < values.size(); i += each)
    running.push_back({values[i], values[i + 1], Values(values.slice(i + 2, each - 2))});
  return running;
}

/// This lane's vectors of a query, rotated and times the scale; zero where the lane has none.
Values FewWriter::loadQuery(Value batch, Value token, Value head, Value position) {
  Values query;
  Value row = qRow(batch, token, head);
  int lanes = form.group;
  for (int64_t vector = 0; vector < plan.vectorsPerLane; ++vector) {
    Value column = safeColumn(vector);
    Value isHigh = e.less(e.c(size / 2 - 1), column);
    auto [low, high] = rotatedHalves(row, position, e.select(isHigh, e.sub(column, e.c(size / 2)), column));
    Value own = e.mulf(e.select(isHigh, high, low), e.f32(scoreScale(), lanes));
    Value has = hasColumn(vector);
    query.push_back(has ? e.select(has, own, e.f32(0, lanes)) : own);
  }
  return query;
}

Value FewWriter::dot(ValueRange query, ValueRange key) {
  Value sum = e.f32(0);
  for (auto [q, k] : llvm::zip_equal(query, key))
    for (int64_t i = 0; i < form.group; ++i)
      sum = e.fma(vector::ExtractOp::create(e.b, q, ArrayRef<int64_t>{i}), vector::ExtractOp::create(e.b, k, ArrayRef<int64_t>{i}), sum);
  return e.warpAdd(sum, plan.keyLanes);
}

void FewWriter::visitKeys(Value base, Value low, Value high, Value batch, Value querySegment, ArrayRef<Values> queries, Value keyRow,
                          Value valueRow, MutableArrayRef<Running> running) {
  int64_t units = plan.warps * (32 / plan.keyLanes);
  Values keys[kKeys], values[kKeys];
  Value seen[kKeys];
  for (int j = 0; j < kKeys; ++j) {
    Value key = e.add(base, units * j);
    seen[j] = e.less(key, high);
    key = e.min(key, e.sub(high, e.c(1))); // its score does not count then
    if (querySegment)
      seen[j] = e.both(seen[j], e.equal(segmentAt(batch, key), querySegment));
    Value k = e.rowAt(keyRow, key, size, element), v = e.rowAt(valueRow, key, size, element);
    for (int64_t vector = 0; vector < plan.vectorsPerLane; ++vector) {
      keys[j].push_back(e.loadF32(element, e.at(k, safeColumn(vector), element), form.group));
      values[j].push_back(e.loadF32(element, e.at(v, safeColumn(vector), element), form.group));
    }
  }
  for (auto [query, state] : llvm::zip_equal(queries, running)) {
    Value scores[kKeys], top = state.top;
    for (int j = 0; j < kKeys; ++j) {
      scores[j] = e.select(seen[j], dot(query, keys[j]), lowest());
      top = e.maxNum(top, scores[j]);
    }
    Value shift = shiftFor(top), factor = e.exp2(e.subf(state.top, shift));
    state.top = top;
    state.sum = e.mulf(state.sum, factor);
    for (Value &out : state.out)
      out = e.mulf(out, e.splat(factor, form.group));
    for (int j = 0; j < kKeys; ++j) {
      Value power = e.exp2(e.subf(scores[j], shift));
      state.sum = e.addf(state.sum, power);
      for (auto [out, value] : llvm::zip_equal(state.out, values[j]))
        out = e.fma(e.splat(power, form.group), value, out);
    }
  }
}

Running FewWriter::joined(const Running &state, const Running &other) {
  Running result;
  result.top = e.maxNum(state.top, other.top);
  Value shift = shiftFor(result.top);
  Value own = e.exp2(e.subf(state.top, shift)), theirs = e.exp2(e.subf(other.top, shift));
  result.sum = e.fma(state.sum, own, e.mulf(other.sum, theirs));
  for (auto [x, y] : llvm::zip_equal(state.out, other.out)) {
    int lanes = isa<VectorType>(x.getType()) ? form.group : 0;
    auto wide = [&](Value v) { return lanes ? e.splat(v, lanes) : v; };
    result.out.push_back(e.fma(x, wide(own), e.mulf(y, wide(theirs))));
  }
  return result;
}

void FewWriter::write() {
  inKey = e.rem(e.lane(), e.c(plan.keyLanes));
  Value split = e.block(2), splits = e.blocks(2), batch = e.div(e.block(), args.sequence), token = e.rem(e.block(), args.sequence);
  Value kvHead = e.div(e.block(1), e.c(plan.blocks)), part = e.rem(e.block(1), e.c(plan.blocks));
  Value start = startOf(batch), position = e.add(start, token);
  Value end = form.causal ? e.add(position, 1) : e.add(start, args.sequence);
  Value share = e.div(e.sub(e.add(end, splits), e.c(1)), splits);
  Value low = e.mul(share, split), high = e.min(end, e.add(low, share));

  // Heads behind the last one repeat it; they are not stored.
  Value firstShared = e.mul(part, plan.queries), firstHead = e.mul(kvHead, form.shared());
  SmallVector<Values> queries;
  SmallVector<Running> running;
  for (int64_t i = 0; i < plan.queries; ++i) {
    Value head = e.add(firstHead, e.min(e.add(firstShared, i), e.c(form.shared() - 1)));
    queries.push_back(loadQuery(batch, token, head, position));
    running.push_back({lowest(), e.f32(0), Values(plan.vectorsPerLane, e.f32(0, form.group))});
  }
  Value keyRow = cacheRow(args.keys, batch, kvHead, e.c(0)), valueRow = cacheRow(args.values, batch, kvHead, e.c(0));
  Value segment = args.segments ? segmentAt(batch, token) : Value();
  int64_t inWarp = 32 / plan.keyLanes, units = plan.warps * inWarp;
  Value unit = e.add(e.mul(e.warp(), inWarp), e.div(e.lane(), e.c(plan.keyLanes)));
  Values state = e.loop(low, high, units * kKeys, pack(running), [&](Value key, ValueRange carried) {
    SmallVector<Running> next = unpack(carried);
    visitKeys(e.add(key, unit), low, high, batch, segment, queries, keyRow, valueRow, next);
    return pack(next);
  });
  running = unpack(state);

  // The groups of a warp, then the warps through shared memory: [warp][query] of D sums, and behind them of (top, sum).
  for (int64_t lanes = plan.keyLanes; lanes < 32; lanes *= 2)
    for (Running &own : running) {
      Running other{e.shuffleXor(own.top, lanes), e.shuffleXor(own.sum, lanes), {}};
      for (Value out : own.out) {
        Value moved = out;
        for (int64_t i = 0; i < form.group; ++i)
          moved = vector::InsertOp::create(e.b, e.shuffleXor(vector::ExtractOp::create(e.b, out, ArrayRef<int64_t>{i}), lanes), moved,
                                           ArrayRef<int64_t>{i});
        other.out.push_back(moved);
      }
      own = joined(own, other);
    }
  int align = std::min(16, 4 * form.group);
  Value tops = e.shared(plan.warps * plan.queries * size * 4);
  e.onlyIf(e.less(e.lane(), e.c(plan.keyLanes)), [&] {
    for (auto [i, own] : llvm::enumerate(running)) {
      Value row = e.add(e.mul(e.warp(), plan.queries), i);
      for (auto [vector, out] : llvm::enumerate(own.out)) {
        Value address = e.at(e.shared(), e.add(e.mul(row, size), columnOf(vector)), f32);
        if (Value has = hasColumn(vector))
          e.onlyIf(has, [&, out = out] { e.store(out, address, align); });
        else
          e.store(out, address, align);
      }
      e.onlyIf(e.equal(inKey, e.c(0)), [&, own = own] {
        Value address = e.at(tops, e.mul(row, 2), f32);
        e.store(own.top, address, 4);
        e.store(own.sum, e.at(address, 1, f32), 4);
      });
    }
  });
  e.barrier();
  int64_t groups = size / form.group;
  e.loop(e.thread(), e.c(plan.queries * groups), e.threads, [&](Value i) {
    Value query = e.div(i, e.c(groups)), column = e.mul(e.rem(i, e.c(groups)), form.group);
    auto load = [&](int64_t warp) {
      Value row = e.add(query, warp * plan.queries);
      Value top = e.at(tops, e.mul(row, 2), f32);
      Value out = e.load(e.vec(form.group), e.at(e.shared(), e.add(e.mul(row, size), column), f32), align);
      return Running{e.load(f32, top, 4), e.load(f32, e.at(top, 1, f32), 4), {out}};
    };
    Running total = load(0);
    for (int64_t warp = 1; warp < plan.warps; ++warp)
      total = joined(total, load(warp));
    Value inShared = e.add(firstShared, query);
    e.onlyIf(e.less(inShared, e.c(form.shared())), [&] {
      Value head = e.add(firstHead, inShared);
      if (!args.partial) {
        Value inverse = e.divf(e.f32(1), total.sum);
        e.storeF32(e.mulf(total.out[0], e.splat(inverse, form.group)), element, e.at(outRow(batch, token, head), column, element));
        return;
      }
      Value row = e.add(e.mul(e.block(), form.heads), head), number = e.add(e.mul(split, e.mul(e.blocks(), form.heads)), row);
      e.store(total.out[0], e.at(e.rowAt(args.partial, number, size, f32), column, f32), align);
      e.onlyIf(e.equal(column, e.c(0)), [&] {
        Value address = e.rowAt(args.tops, number, 2, f32);
        e.store(total.top, address, 4);
        e.store(total.sum, e.at(address, 1, f32), 4);
      });
    });
  });
}

/// A thread has a group of columns of one row (batch, token, head).
void FewWriter::writeMerge(Value rows, Value splits) {
  int64_t groups = size / form.group;
  int align = std::min(16, 4 * form.group);
  Value number = e.add(e.mul(e.block(), e.threads), e.thread());
  Value row = e.div(number, e.c(groups)), column = e.mul(e.rem(number, e.c(groups)), form.group);
  e.onlyIf(e.less(row, rows), [&] {
    Values init = {lowest(), e.f32(0), e.f32(0, form.group)};
    Values total = e.repeatedLoop(e.c(0), splits, 1, 4, init, [&](Value split, ValueRange carried) {
      Value at = e.add(e.mul(split, rows), row), top = e.rowAt(args.tops, at, 2, f32);
      Value out = e.load(e.vec(form.group), e.at(e.rowAt(args.partial, at, size, f32), column, f32), align);
      Running next = joined({carried[0], carried[1], {carried[2]}}, {e.load(f32, top, 4), e.load(f32, e.at(top, 1, f32), 4), {out}});
      return Values{next.top, next.sum, next.out[0]};
    });
    Value inverse = e.divf(e.f32(1), total[1]);
    e.storeF32(e.mulf(total[2], e.splat(inverse, form.group)), element, e.at(e.rowAt(args.out, row, size, element), column, element));
  });
}

void emo::cuda::launchFewQueries(DeviceHost &host, KernelLibrary &library, const AttentionForm &form, const AttentionArgs &operands) {
  FewPlan plan(form);
  KernelShape shape{int(32 * plan.warps), form.group, plan.floats(form) * 4, /*spillsNothing=*/true};
  std::string size = (Twine(form.heads) + "x" + Twine(form.size)).str();
  Value batch = host.dim(form.q, 0);
  Value tokens = host.mul(batch, operands.sequence), parts = host.c(form.kvHeads * plan.blocks);
  Value blocks = host.max(host.mul(tokens, parts), host.c(1));
  // The cache's capacity bounds the keys; their number is known on the device only.
  Value splits = host.min(host.ceilDiv(operands.capacity, kSplitKeys), arith::DivUIOp::create(host.b, host.c(kSplitBlocks), blocks));
  splits = host.max(host.min(splits, host.c(kMaxSplits)), host.c(1));
  Value rows = host.mul(tokens, host.c(form.heads));
  auto launch = [&](const AttentionArgs &operands, StringRef kind) {
    Values list = operands.list();
    StringRef name = library.get(kind + size, form.key, shape, list, [&](DeviceEmit &e, ValueRange args) {
      AttentionArgs own = operands.with(args);
      FewWriter(e, form, own, plan).write();
    });
    host.launch(name, list, {tokens, parts, splits}, shape);
  };
  auto isSplit = arith::CmpIOp::create(host.b, arith::CmpIPredicate::ugt, splits, host.c(1));
  // Nothing is split as a rule: then this is empty.
  Value partialRows = arith::SelectOp::create(host.b, isSplit, host.mul(splits, rows), host.c(0));
  auto scratch = [&](int64_t columns) {
    return memref::AllocOp::create(host.b, MemRefType::get({ShapedType::kDynamic, columns}, host.b.getF32Type()), ValueRange{partialRows},
                                   host.b.getI64IntegerAttr(64));
  };
  AttentionArgs split = operands;
  split.partial = scratch(form.size);
  split.tops = scratch(2);
  auto branch = scf::IfOp::create(host.b, isSplit, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(host.b);
  host.b.setInsertionPointToStart(branch.elseBlock());
  launch(operands, "attention_few_");
  host.b.setInsertionPointToStart(branch.thenBlock());
  launch(split, "attention_split_");
  KernelShape merge{128, form.group, 0};
  Values list = split.list();
  list.push_back(rows);
  list.push_back(splits);
  StringRef name = library.get("attention_merge_" + size, form.key, merge, list, [&](DeviceEmit &e, ValueRange args) {
    AttentionArgs own = split.with(args.drop_back(2));
    FewWriter(e, form, own, plan).writeMerge(args[args.size() - 2], args.back());
  });
  host.launch(name, list, host.ceilDiv(host.mul(rows, host.c(form.size / form.group)), 128), merge);
}
