// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.attention: rotary and cache update, then attention by one of two kernels.
//
// Many queries: a task is a block of queries of one head, two vector registers of them side by side; keys and values are broadcast, so no
// sum goes across lanes. Few queries (decoding): a task is one query, vectors lie along the head dimension.
#include "Kernels.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

static constexpr double kLowest = -std::numeric_limits<double>::infinity();
static constexpr int64_t kStoreRows = 8;  // tokens of a task that fills the cache
static constexpr int64_t kKeyBlock = 32;  // keys of an inner block
static constexpr int64_t kFewQueries = 8; // below: one task per query
static constexpr int64_t kTaskQueries = 32;

namespace {

/// Positions in the launch's argument block, the same for all three kernels.
enum Argument { Q, K, V, Keys, Store, Out, Table, Start, Segments, Sequence, Capacity, QStrides, KStrides = QStrides + 3, VStrides = KStrides + 3 };

/// Shared parts of the kernels.
class AttentionWriter {
public:
  AttentionWriter(KernelArgs &args, KernelAttentionOp op)
      : args(args), e(args.e), op(op), element(elementOf(op.getQ())), f32(e.b.getF32Type()) {
    auto q = cast<MemRefType>(op.getQ().getType()), k = cast<MemRefType>(op.getK().getType());
    heads = q.getDimSize(2);
    kvHeads = k.getDimSize(2);
    size = q.getDimSize(3);
    sequence = args.integer(Sequence);
    capacity = args.integer(Capacity);
  }

  void writeStore();
  void writeFewQueries();
  void writeManyQueries();

private:
  void writeQueryBlock(Value batch, Value head, Value first);
  /// Tokens of the row that are in the cache already; a launch without them passes a null pointer.
  Value startOf(Value batch) {
    Value present = arith::CmpIOp::create(e.b, arith::CmpIPredicate::ne, args.integer(Start), e.c(0));
    return e.either(present, e.b.getI64Type(), [&] { return e.loadI32(args.ptr(Start), batch); }, [&] { return e.c(0); });
  }
  Value rowOf(int pointer, int strides, Value batch, Value token, Value head) {
    Value offset = e.add(e.mul(batch, args.integer(strides)), e.mul(token, args.integer(strides + 1)));
    return e.at(args.ptr(pointer), e.add(offset, e.mul(head, args.integer(strides + 2))), element);
  }
  Value cacheRow(int pointer, Value batch, Value kvHead, Value position) {
    Value head = e.add(e.mul(batch, kvHeads), kvHead);
    return e.at(args.ptr(pointer), e.mul(e.add(e.mul(head, capacity), position), size), element);
  }
  /// The elements of `row` in `to`, as f32, rotated to `position` when there is a table.
  Value rotated(Value row, Value position, Value to);
  /// Keys [low, high) that some query of [first, first + count) of the row may see.
  std::pair<Value, Value> keyRange(Value batch, Value start, Value first, Value count);
  Value segmentAt(Value batch, Value position) { return e.loadI32(args.ptr(Segments), e.add(e.mul(batch, sequence), position)); }
  Value mask(Value scores, Value key, Value queryPositions, Value keySegment, Value querySegments);
  void scoreBlock(Value queries, Value keys, Value count, Value scores);
  void sumBlock(Value values, Value count, Value scores, Value sums, ValueRange factors);

  KernelArgs &args;
  Emit &e;
  KernelAttentionOp op;
  Type element, f32;
  int64_t heads, kvHeads, size;
  Value sequence, capacity;
};

} // namespace

Value AttentionWriter::rotated(Value row, Value position, Value to) {
  Values args = {row, to};
  StringRef type = element.isBF16() ? "bf16" : "f32";
  if (!op.getTable()) {
    e.call(("widen_" + type + "_" + Twine(size)).str(), Emit::Inline::Never, args, [&](ValueRange inner) {
      e.eachVector(size, [&](Value i, int lanes) {
        e.store(e.loadF32(element, e.at(inner[0], i, element), lanes), e.at(inner[1], i, f32));
      });
      return Values();
    });
    return to;
  }
  args.push_back(e.at(this->args.ptr(Table), e.mul(position, size), f32));
  e.call(("rotate_" + type + "_" + Twine(size)).str(), Emit::Inline::Never, args, [&](ValueRange inner) {
    int64_t half = size / 2;
    Value angles = inner[2];
    e.eachVector(half, [&](Value i, int lanes) {
      Value low = e.loadF32(element, e.at(inner[0], i, element), lanes);
      Value high = e.loadF32(element, e.at(inner[0], e.add(i, half), element), lanes);
      Value cosine = e.load(e.vec(lanes), e.at(angles, i, f32)), sine = e.load(e.vec(lanes), e.at(angles, e.add(i, half), f32));
      Value first = e.subf(e.mulf(low, cosine), e.mulf(high, sine));
      Value second = e.addf(e.mulf(high, cosine), e.mulf(low, sine));
      auto round = [&](Value x) { return e.rounded(element, x); };
      e.store(round(first), e.at(inner[1], i, f32));
      e.store(round(second), e.at(inner[1], e.add(i, half), f32));
    });
    return Values();
  });
  return to;
}

void AttentionWriter::writeStore() {
  Value tokens = args.integer(VStrides + 3); // batch * sequence
  Value first = e.mul(args.task, kStoreRows);
  e.loop(first, e.min(tokens, e.add(first, kStoreRows)), 1, [&](Value token) {
    Value batch = e.div(token, sequence), s = e.rem(token, sequence);
    Value position = e.add(startOf(batch), s);
    e.loop(e.c(0), e.c(kvHeads), 1, [&](Value head) {
      Value key = cacheRow(Keys, batch, head, position), value = cacheRow(Store, batch, head, position);
      Value row = rotated(rowOf(K, KStrides, batch, s, head), position, args.scratch);
      Value source = rowOf(V, VStrides, batch, s, head);
      e.eachVector(size, [&](Value i, int lanes) {
        e.storeF32(e.load(e.vec(lanes), e.at(row, i, f32)), element, e.at(key, i, element));
        e.storeF32(e.loadF32(element, e.at(source, i, element), lanes), element, e.at(value, i, element));
      });
    });
  });
}

std::pair<Value, Value> AttentionWriter::keyRange(Value batch, Value start, Value first, Value count) {
  Value total = e.add(start, sequence);
  Value high = op.getCausal() ? e.min(total, e.add(start, e.add(first, count))) : total;
  if (!op.getSegments())
    return {e.c(0), high};
  // Documents are contiguous nearly always: skip the keys in front of the first one that any query may see.
  Values low = e.loop(e.c(0), high, 1, ValueRange{high}, [&](Value key, ValueRange carried) {
    Value segment = segmentAt(batch, key);
    Values seen = e.loop(e.c(0), count, 1, ValueRange{e.c(0)}, [&](Value q, ValueRange hit) {
      Value same = e.equal(segment, segmentAt(batch, e.min(e.add(first, q), e.sub(sequence, e.c(1)))));
      return Values{e.select(same, e.c(1), hit[0])};
    });
    return Values{e.min(carried[0], e.select(e.equal(seen[0], e.c(1)), key, high))};
  });
  return {low[0], high};
}

//===----------------------------------------------------------------------===//
// Few queries
//===----------------------------------------------------------------------===//

void AttentionWriter::writeFewQueries() {
  // Task = (batch, query, head).
  Value head = e.rem(args.task, e.c(heads)), rest = e.div(args.task, e.c(heads));
  Value batch = e.div(rest, sequence), s = e.rem(rest, sequence);
  Value kvHead = e.div(head, e.c(heads / kvHeads));
  Value start = startOf(batch), position = e.add(start, s);
  Value query = args.scratch, scores = e.at(args.scratch, size, f32);
  Value scale = e.f32(op.getScale().convertToDouble());
  rotated(rowOf(Q, QStrides, batch, s, head), position, query);
  e.eachVector(size, [&](Value i, int lanes) {
    Value at = e.at(query, i, f32);
    e.store(e.mulf(e.load(e.vec(lanes), at), e.splat(scale, lanes)), at);
  });
  auto [low, high] = keyRange(batch, start, s, e.c(1));
  Value keys = cacheRow(Keys, batch, kvHead, e.c(0)), values = cacheRow(Store, batch, kvHead, e.c(0));
  Value ownSegment = op.getSegments() ? segmentAt(batch, s) : Value();
  Values top = e.loop(low, high, 1, ValueRange{e.f32(kLowest)}, [&](Value key, ValueRange carried) {
    Value row = e.mul(key, size);
    Value score = e.sumOver(size, [&](Value i, int lanes, Value sum) {
      Value k = e.loadF32(element, e.at(keys, e.add(row, i), element), lanes);
      return e.fma(e.load(e.vec(lanes), e.at(query, i, f32)), k, sum);
    });
    if (ownSegment)
      score = e.select(e.equal(segmentAt(batch, key), ownSegment), score, e.f32(kLowest));
    e.store(score, e.at(scores, key, f32), 4);
    return Values{e.maxf(carried[0], score)};
  });
  Values sum = e.loop(low, high, 1, ValueRange{e.f32(0)}, [&](Value key, ValueRange carried) {
    Value p = e.exp(e.subf(e.load(f32, e.at(scores, key, f32), 4), top[0]));
    e.store(p, e.at(scores, key, f32), 4);
    return Values{e.addf(carried[0], p)};
  });
  Value inverse = e.divf(e.f32(1), sum[0]);
  Value out = e.at(args.ptr(Out), e.mul(args.task, size), element); // [batch, sequence, heads, size]
  auto columns = [&](Value first, int lanes, int vectors) {
    Values sums = e.loop(low, high, 1, Values(vectors, e.f32(0, lanes)), [&](Value key, ValueRange carried) {
      Value p = e.splat(e.load(f32, e.at(scores, key, f32), 4), lanes);
      Value row = e.add(e.mul(key, size), first);
      Values next;
      for (int v = 0; v < vectors; ++v)
        next.push_back(e.fma(p, e.loadF32(element, e.at(values, e.add(row, v * lanes), element), lanes), carried[v]));
      return next;
    });
    for (int v = 0; v < vectors; ++v)
      e.storeF32(e.mulf(sums[v], e.splat(inverse, lanes)), element, e.at(out, e.add(first, v * lanes), element));
  };
  int64_t whole = size / (4 * e.lanes()) * (4 * e.lanes());
  e.loop(e.c(0), e.c(whole), 4 * e.lanes(), [&](Value i) { columns(i, e.lanes(), 4); });
  int64_t vectors = size / e.lanes() * e.lanes();
  e.loop(e.c(whole), e.c(vectors), e.lanes(), [&](Value i) { columns(i, e.lanes(), 1); });
  e.loop(e.c(vectors), e.c(size), 1, [&](Value i) { columns(i, 1, 1); });
}

//===----------------------------------------------------------------------===//
// Many queries
//===----------------------------------------------------------------------===//

/// scores[key][query] = keys[key] . queries[.][query] for `count` keys, f32 rows of the head size.
void AttentionWriter::scoreBlock(Value queries, Value keys, Value count, Value scores) {
  e.call(("attention_scores_" + Twine(size)).str(), Emit::Inline::Never, {queries, keys, count, scores}, [&](ValueRange inner) {
    Value queries = inner[0], keys = inner[1], count = inner[2], scores = inner[3];
    int lanes = e.lanes();
    auto block = [&](Value first, int n) {
      Value row = e.at(keys, e.mul(first, size), f32), to = e.at(scores, e.mul(first, 2 * lanes), f32);
      Values sums = e.loop(e.c(0), e.c(size), 1, Values(2 * n, e.f32(0, lanes)), [&](Value d, ValueRange carried) {
        Value at = e.at(queries, e.mul(d, 2 * lanes), f32), key = e.at(row, d, f32);
        Value q[2] = {e.load(e.vec(lanes), at), e.load(e.vec(lanes), e.at(at, lanes, f32))};
        Values next;
        for (int j = 0; j < n; ++j) {
          Value k = e.splat(e.load(f32, e.at(key, j * size, f32), 4), lanes);
          for (int h = 0; h < 2; ++h)
            next.push_back(e.fma(k, q[h], carried[2 * j + h]));
        }
        return next;
      });
      for (auto [i, sum] : llvm::enumerate(sums))
        e.store(sum, e.at(to, i * lanes, f32));
    };
    Value whole = e.mul(e.div(count, e.c(4)), 4);
    e.loop(e.c(0), whole, 4, [&](Value first) { block(first, 4); });
    e.loop(whole, count, 1, [&](Value first) { block(first, 1); });
    return Values();
  });
}

/// sums[d][query] = sums * factor + sum over keys of values[key][d] * scores[key][query].
void AttentionWriter::sumBlock(Value values, Value count, Value scores, Value sums, ValueRange factors) {
  Values args = {values, count, scores, sums, factors[0], factors[1]};
  e.call(("attention_sums_" + Twine(size)).str(), Emit::Inline::Never, args, [&](ValueRange inner) {
    Value values = inner[0], scores = inner[2], sums = inner[3];
    int lanes = e.lanes();
    e.loop(e.c(0), e.c(size), 4, [&](Value d) {
      Value to = e.at(sums, e.mul(d, 2 * lanes), f32), column = e.at(values, d, f32);
      Values init;
      for (int i = 0; i < 8; ++i)
        init.push_back(e.mulf(e.load(e.vec(lanes), e.at(to, i * lanes, f32)), inner[4 + i % 2]));
      Values result = e.loop(e.c(0), inner[1], 1, init, [&](Value key, ValueRange carried) {
        Value at = e.at(scores, e.mul(key, 2 * lanes), f32), row = e.at(column, e.mul(key, size), f32);
        Value p[2] = {e.load(e.vec(lanes), at), e.load(e.vec(lanes), e.at(at, lanes, f32))};
        Values next;
        for (int j = 0; j < 4; ++j) {
          Value v = e.splat(e.load(f32, e.at(row, j, f32), 4), lanes);
          for (int h = 0; h < 2; ++h)
            next.push_back(e.fma(v, p[h], carried[2 * j + h]));
        }
        return next;
      });
      for (auto [i, sum] : llvm::enumerate(result))
        e.store(sum, e.at(to, i * lanes, f32));
    });
    return Values();
  });
}

/// -inf where the query may not see the key. Positions and segments are i32 vectors, one element a query.
Value AttentionWriter::mask(Value scores, Value key, Value queryPositions, Value keySegment, Value querySegments) {
  int lanes = e.lanes();
  Value lowest = e.f32(kLowest, lanes);
  if (op.getCausal()) {
    Value ahead = e.less(queryPositions, e.splat(e.toI32(key), lanes));
    scores = e.select(ahead, lowest, scores);
  }
  if (querySegments)
    scores = e.select(e.equal(querySegments, e.splat(e.toI32(keySegment), lanes)), scores, lowest);
  return scores;
}

void AttentionWriter::writeManyQueries() {
  // Task = (batch, head, 32 queries): one block of the widest level, several of narrower ones.
  Value blocks = e.ceilDiv(sequence, e.c(kTaskQueries));
  Value number = e.rem(args.task, blocks), rest = e.div(args.task, blocks);
  Value head = e.rem(rest, e.c(heads)), batch = e.div(rest, e.c(heads));
  // Late blocks see the most keys: start them first.
  Value first = e.mul(e.sub(e.sub(blocks, number), e.c(1)), kTaskQueries);
  Value end = e.min(sequence, e.add(first, kTaskQueries));
  e.loop(first, end, 2 * e.lanes(), [&](Value query) { writeQueryBlock(batch, head, query); });
}

void AttentionWriter::writeQueryBlock(Value batch, Value head, Value first) {
  int lanes = e.lanes();
  int64_t block = 2 * lanes;
  Type i32 = e.b.getI32Type();
  Value kvHead = e.div(head, e.c(heads / kvHeads));
  Value start = startOf(batch);
  Value queries = args.scratch;
  Value sums = e.at(queries, size * block, f32), scores = e.at(sums, size * block, f32);
  Value keyBlock = e.at(scores, kKeyBlock * block, f32), valueBlock = e.at(keyBlock, kKeyBlock * size, f32);
  Value positions = e.at(valueBlock, kKeyBlock * size, f32), segments = e.at(positions, block, i32);
  Value scale = e.f32(op.getScale().convertToDouble());
  // Queries behind the end repeat the last one; their results are not stored.
  e.loop(e.c(0), e.c(block), 1, [&](Value i) {
    Value s = e.min(e.add(first, i), e.sub(sequence, e.c(1)));
    Value position = e.add(start, s);
    e.store(e.toI32(position), e.at(positions, i, i32), 4);
    if (op.getSegments())
      e.store(e.toI32(segmentAt(batch, s)), e.at(segments, i, i32), 4);
    // The memory of the sums is still free.
    Value row = rotated(rowOf(Q, QStrides, batch, s, head), position, sums);
    e.loop(e.c(0), e.c(size), 1, [&](Value d) {
      e.store(e.mulf(e.load(f32, e.at(row, d, f32), 4), scale), e.at(queries, e.add(e.mul(d, block), i), f32), 4);
    });
  });
  e.loop(e.c(0), e.c(size * block), lanes, [&](Value i) { e.store(e.f32(0, lanes), e.at(sums, i, f32)); });

  auto [low, high] = keyRange(batch, start, first, e.c(block));
  auto half = [&](Value array, int h, Type type) { return e.load(e.vec(lanes, type), e.at(array, h * lanes, type)); };
  // Carried: running maximum and sum of each half.
  Values init = {e.f32(kLowest, lanes), e.f32(kLowest, lanes), e.f32(0, lanes), e.f32(0, lanes)};
  Values state = e.loop(low, high, kKeyBlock, init, [&](Value key, ValueRange carried) {
    Value count = e.min(e.c(kKeyBlock), e.sub(high, key));
    Value keys = cacheRow(Keys, batch, kvHead, key), values = cacheRow(Store, batch, kvHead, key);
    if (element.isBF16()) {
      Value elements = e.mul(count, size);
      auto widen = [&](Value from, Value to) {
        int n = size % lanes ? 4 : lanes;
        e.loop(e.c(0), elements, n, [&](Value i) { e.store(e.loadF32(element, e.at(from, i, element), n), e.at(to, i, f32)); });
      };
      widen(keys, keyBlock);
      widen(values, valueBlock);
      keys = keyBlock;
      values = valueBlock;
    }
    scoreBlock(queries, keys, count, scores);
    Value position[2], segment[2];
    for (int h = 0; h < 2; ++h) {
      position[h] = half(positions, h, i32);
      segment[h] = op.getSegments() ? half(segments, h, i32) : Value();
    }
    Values top = e.loop(e.c(0), count, 1, {carried[0], carried[1]}, [&](Value j, ValueRange maxima) {
      Value at = e.add(key, j);
      Value keySegment = op.getSegments() ? segmentAt(batch, at) : Value();
      Values next;
      for (int h = 0; h < 2; ++h) {
        Value address = e.at(scores, e.add(e.mul(j, block), h * lanes), f32);
        Value masked = mask(e.load(e.vec(lanes), address), at, position[h], keySegment, segment[h]);
        e.store(masked, address);
        next.push_back(e.maxf(maxima[h], masked));
      }
      return next;
    });
    Value shift[2], factor[2];
    for (int h = 0; h < 2; ++h) {
      // A query that has seen no key yet has the maximum -inf: shift by 0, all its terms are 0.
      Value none = e.equalf(top[h], e.f32(kLowest, lanes));
      shift[h] = e.select(none, e.f32(0, lanes), top[h]);
      factor[h] = e.exp(e.subf(carried[h], shift[h]));
    }
    Values total = e.loop(e.c(0), count, 1, {e.mulf(carried[2], factor[0]), e.mulf(carried[3], factor[1])}, [&](Value j, ValueRange c) {
      Values next;
      for (int h = 0; h < 2; ++h) {
        Value address = e.at(scores, e.add(e.mul(j, block), h * lanes), f32);
        Value p = e.exp(e.subf(e.load(e.vec(lanes), address), shift[h]));
        e.store(p, address);
        next.push_back(e.addf(c[h], p));
      }
      return next;
    });
    sumBlock(values, count, scores, sums, {factor[0], factor[1]});
    return Values{top[0], top[1], total[0], total[1]};
  });
  Value inverse[2];
  for (int h = 0; h < 2; ++h)
    inverse[h] = e.divf(e.f32(1, lanes), state[2 + h]);
  e.loop(e.c(0), e.c(size), 1, [&](Value d) {
    for (int h = 0; h < 2; ++h) {
      Value address = e.at(sums, e.add(e.mul(d, block), h * lanes), f32);
      Value y = e.mulf(e.load(e.vec(lanes), address), inverse[h]);
      e.store(e.rounded(element, y), address);
    }
  });
  e.loop(e.c(0), e.min(e.c(block), e.sub(sequence, first)), 1, [&](Value i) {
    Value token = e.add(e.mul(batch, sequence), e.add(first, i));
    Value row = e.mul(e.add(e.mul(token, heads), head), size);
    e.loop(e.c(0), e.c(size), 1, [&](Value d) {
      Value bits = e.load(i32, e.at(sums, e.add(e.mul(d, block), i), f32), 4);
      Value target = e.at(args.ptr(Out), e.add(row, d), element);
      if (!element.isBF16())
        return e.store(bits, target, 4);
      Value sixteen = arith::ConstantOp::create(e.b, e.b.getI32IntegerAttr(16));
      e.store(arith::TruncIOp::create(e.b, e.b.getI16Type(), arith::ShRUIOp::create(e.b, bits, sixteen)), target, 2);
    });
  });
}

bool emo::cpu::lowerAttention(KernelAttentionOp op, KernelLibrary &library) {
  auto q = cast<MemRefType>(op.getQ().getType()), k = cast<MemRefType>(op.getK().getType());
  int64_t heads = q.getDimSize(2), size = q.getDimSize(3);
  if (size % 4 != 0)
    return false;
  // Calls with and without a start are the same kernels.
  std::string key;
  llvm::raw_string_ostream(key) << q << k << op.getV().getType() << op.getScaleAttr() << bool(op.getCausal()) << bool(op.getTable())
                                << bool(op.getSegments());
  auto kernel = [&](StringRef kind, void (AttentionWriter::*write)()) {
    return library.get(kind + "_" + Twine(heads) + "x" + Twine(size), key, /*sameInBase=*/true, [&](KernelArgs &args) { (AttentionWriter(args, op).*write)(); });
  };
  StringRef store = kernel("attention_store", &AttentionWriter::writeStore);
  StringRef few = kernel("attention_few", &AttentionWriter::writeFewQueries);
  StringRef many = kernel("attention_many", &AttentionWriter::writeManyQueries);

  TaskHost host(op);
  Value batch = host.dim(op.getQ(), 0), sequence = host.dim(op.getQ(), 1), capacity = host.dim(op.getOuts()[1], 2);
  Value absent = host.c(0);
  Values operands = {op.getQ(), op.getK(), op.getV(), op.getOuts()[1], op.getOuts()[2], op.getOuts()[0]};
  operands.push_back(op.getTable() ? op.getTable() : absent);
  operands.push_back(op.getStart() ? op.getStart() : absent);
  operands.push_back(op.getSegments() ? op.getSegments() : absent);
  operands.push_back(sequence);
  operands.push_back(capacity);
  for (Value v : {op.getQ(), op.getK(), op.getV()})
    for (int64_t d = 0; d < 3; ++d)
      operands.push_back(host.stride(v, d));
  Value tokens = host.mul(batch, sequence);
  operands.push_back(tokens);
  host.launch(store, operands, host.ceilDiv(tokens, kStoreRows), host.c(size * 4));
  Value isFew = arith::CmpIOp::create(host.b, arith::CmpIPredicate::slt, sequence, host.c(kFewQueries));
  auto branch = scf::IfOp::create(host.b, isFew, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(host.b);
    host.b.setInsertionPointToStart(branch.thenBlock());
    host.launch(few, operands, host.mul(tokens, host.c(heads)), host.add(host.mul(capacity, host.c(4)), host.c(size * 4 + 64)));
    host.b.setInsertionPointToStart(branch.elseBlock());
    int64_t scratch = (2 * size * kTaskQueries + kKeyBlock * kTaskQueries + 2 * kKeyBlock * size + 2 * kTaskQueries) * 4 + 64;
    Value blocks = host.ceilDiv(sequence, kTaskQueries);
    host.launch(many, operands, host.mul(host.mul(batch, host.c(heads)), blocks), host.c(scratch));
  }
  op.erase();
  return true;
}
