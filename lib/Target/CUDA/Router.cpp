// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.router: one launch; of few tokens, whose logits are more work than a block each can do, two.
//
// Logits: a warp has some rows of the weights and some tokens, its lanes share the sums. A logit is summed in the same order whatever the
// number of tokens is, so that a token's experts do not depend on its neighbours. Selection: a warp has a token, a lane the experts lane,
// lane + 32, ...
#include "Alignment.h"
#include "Kernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 128, kWarps = kThreads / 32;
static constexpr int64_t kFewTokens = 96; // below: more and smaller pieces of work
static constexpr double kLowest = -std::numeric_limits<double>::infinity();
static constexpr int64_t kTaken = std::numeric_limits<int32_t>::min();

//===----------------------------------------------------------------------===//
// Logits
//===----------------------------------------------------------------------===//

namespace {

/// What a warp computes, and how the warps of a block lie side by side.
struct LogitTile {
  int tokens, rows;
  int tokenWarps, rowWarps;
};

/// At least 16 tokens: kFewTokens is more. kBlockTile: of a block that has all rows of its tokens, one group of rows after the other.
constexpr LogitTile kSmallTile{4, 1, 1, 4}, kLargeTile{16, 4, 2, 4}, kBlockTile{16, 4, 1, 8};

class LogitsWriter {
public:
  LogitsWriter(DeviceEmit &e, KernelRouterOp op, LogitTile tile) : e(e), tile(tile), xType(elementOf(op.getX())), weightType(elementOf(op.getWeight())) {
    size = cast<MemRefType>(op.getX().getType()).getDimSize(1);
    rows = cast<MemRefType>(op.getWeight().getType()).getDimSize(0);
  }

  /// The tile of this block.
  void write(ValueRange args);
  /// This warp's logits of a tile of a block; put(logit, token, row) for each.
  void write(Value x, Value weight, Value tokens, Value firstToken, Value firstRow, Fn<void(Value, Value, Value)> put);

private:
  /// Sums of the lanes of each of `sums`, a power of two of values: afterwards lane l holds the values from l * n / 32 on, or lanes in a row
  /// hold the same one. Lanes 16 apart are added first, in either case.
  Values reduce(Values sums);
  Value element(Value vector, int i) { return vector::ExtractOp::create(e.b, vector, ArrayRef<int64_t>{i}); }

  DeviceEmit &e;
  LogitTile tile;
  Type xType, weightType;
  int64_t size, rows;
};

} // namespace

Values LogitsWriter::reduce(Values sums) {
  Value lane = e.lane();
  for (int distance = 16; distance; distance /= 2) {
    if (sums.size() == 1) {
      sums[0] = e.addf(sums[0], e.shuffleXor(sums[0], distance));
      continue;
    }
    // Each lane keeps one half of the values and gives the other away.
    Value isUpper = arith::CmpIOp::create(e.b, arith::CmpIPredicate::ne, e.both(lane, e.c(distance)), e.c(0));
    Values half;
    for (size_t i = 0, n = sums.size() / 2; i < n; ++i) {
      Value kept = e.select(isUpper, sums[i + n], sums[i]), given = e.select(isUpper, sums[i], sums[i + n]);
      half.push_back(e.addf(kept, e.shuffleXor(given, distance)));
    }
    sums = half;
  }
  return sums;
}

void LogitsWriter::write(ValueRange args) {
  Type f32 = e.b.getF32Type();
  write(args[0], args[1], args[3], e.mul(e.block(), tile.tokenWarps * tile.tokens), e.mul(e.block(1), tile.rowWarps * tile.rows),
        [&](Value logit, Value token, Value row) { e.store(logit, e.at(e.rowAt(args[2], token, rows, f32), row, f32), 4); });
}

void LogitsWriter::write(Value from, Value weight, Value tokens, Value firstToken, Value firstRow, Fn<void(Value, Value, Value)> put) {
  int lanes = e.lanes();
  Value warp = e.warp();
  firstToken = e.add(firstToken, e.mul(e.div(warp, e.c(tile.rowWarps)), tile.tokens));
  firstRow = e.add(firstRow, e.mul(e.rem(warp, e.c(tile.rowWarps)), tile.rows));
  // A tile over the edge is moved inwards, so that its rows are a constant apart; what others compute, too, it does not store. Fewer tokens
  // than a tile has repeat the last one.
  bool isWhole = tile.tokens > kSmallTile.tokens && rows >= tile.rows;
  Value fromToken = isWhole ? e.min(firstToken, e.sub(tokens, e.c(tile.tokens))) : firstToken;
  Value fromRow = isWhole ? e.min(firstRow, e.c(rows - tile.rows)) : firstRow;
  Values x, weights;
  for (int t = 0; t < tile.tokens; ++t)
    x.push_back(isWhole ? (t ? e.at(x[0], t * size, xType) : e.rowAt(from, fromToken, size, xType))
                        : e.rowAt(from, e.min(e.add(fromToken, t), e.sub(tokens, e.c(1))), size, xType));
  for (int r = 0; r < tile.rows; ++r)
    weights.push_back(isWhole ? (r ? e.at(weights[0], r * size, weightType) : e.rowAt(weight, fromRow, size, weightType))
                              : e.rowAt(weight, e.min(e.add(fromRow, r), e.c(rows - 1)), size, weightType));
  Values init(tile.tokens * tile.rows, e.f32(0));
  auto step = [&](Value column, ValueRange carried) {
    Values w, sums(carried);
    for (Value row : weights)
      w.push_back(e.loadF32(weightType, e.at(row, column, weightType), lanes));
    for (int t = 0; t < tile.tokens; ++t) {
      Value v = e.loadF32(xType, e.at(x[t], column, xType), lanes);
      for (int i = 0; i < lanes; ++i)
        for (int r = 0; r < tile.rows; ++r) {
          Value &sum = sums[t * tile.rows + r];
          sum = e.fma(element(v, i), element(w[r], i), sum);
        }
    }
    return sums;
  };
  int unroll = tile.tokens * tile.rows > 16 ? 2 : 4;
  Value own = e.mul(e.lane(), lanes);
  Values sums;
  if (size % (32 * lanes) == 0) // all lanes take equally many steps
    sums = e.repeatedLoop(e.c(0), e.c(size), 32 * lanes, unroll, init, [&](Value i, ValueRange carried) { return step(e.add(i, own), carried); });
  else
    sums = e.loop(own, e.c(size), 32 * lanes, init, step);
  sums = reduce(sums);
  int64_t count = tile.tokens * tile.rows;
  Value first = count >= 32 ? e.mul(e.lane(), count / 32) : e.div(e.lane(), e.c(32 / count));
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value number = e.add(first, i);
    Value token = e.add(fromToken, e.div(number, e.c(tile.rows))), row = e.add(fromRow, e.rem(number, e.c(tile.rows)));
    Value isOwn = e.both(e.less(token, tokens), e.less(row, e.c(rows)));
    if (isWhole)
      isOwn = e.both(isOwn, e.both(e.less(e.sub(firstToken, e.c(1)), token), e.less(e.sub(firstRow, e.c(1)), row)));
    if (count < 32)
      isOwn = e.both(isOwn, e.equal(e.rem(e.lane(), e.c(32 / count)), e.c(0)));
    e.onlyIf(isOwn, [&] { put(sum, token, row); });
  }
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

namespace {

/// The kernel's arguments; those of operands that a router has not are null.
struct SelectArgs {
  Value weights, indices, tokens, bias, pool, poolStride, segments, scores;
};

/// Writes the selection of one token. Arrays of `count` values lie over the warp: element 32 i + l is value i of lane l.
class SelectWriter {
public:
  SelectWriter(DeviceEmit &e, KernelRouterOp op, SelectArgs args) : e(e), op(op), args(args), f32(e.b.getF32Type()), i32(e.b.getI32Type()), lane(e.lane()) {
    rows = cast<MemRefType>(op.getWeight().getType()).getDimSize(0);
    shared = op.getNumShared();
    routed = rows - (op.getSharedScored() ? shared : 0);
    topK = op.getTopK();
  }

  /// Its logits are at `logitRow`.
  void write(Value token, Value logitRow);

private:
  static int64_t slots(int64_t count) { return llvm::divideCeil(count, 32); }
  Value index(int64_t slot) { return e.add(lane, 32 * slot); }
  /// Whether the lane has element `slot` of an array of `count`: null when all lanes do.
  Value has(int64_t slot, int64_t count) { return 32 * (slot + 1) <= count ? Value() : e.less(index(slot), e.c(count)); }
  Value orElse(Value present, Value value, Value otherwise) { return present ? e.select(present, value, otherwise) : value; }
  /// Elements of an array in memory, `otherwise` behind its end.
  Values load(Value base, int64_t count, Type type, Value otherwise);
  void store(ValueRange values, Value base, int64_t count);
  void storeRow(ValueRange values, Value base, Value row, int64_t stride, int64_t first, int64_t count);

  Value warpMaximum(ValueRange values);
  Value warpSum(ValueRange values);
  /// exp(x - largest) and their sum.
  std::pair<Values, Value> powers(ValueRange values);
  Values softmax(ValueRange values);
  Values sigmoid(ValueRange values);
  Values score(ValueRange values) { return op.getScoring() == Scoring::Sigmoid ? sigmoid(values) : softmax(values); }

  /// i32 in the order of floats (not NaN); its own inverse on the bits.
  Value ordered(Value bits) { return arith::XOrIOp::create(e.b, bits, e.both(arith::ShRSIOp::create(e.b, bits, e.c(31)), e.c(0x7fffffff))); }
  Value bitsOf(Value x) { return arith::BitcastOp::create(e.b, i32, x); }
  Value floatOf(Value bits) { return arith::BitcastOp::create(e.b, f32, bits); }

  /// The pool's mask: i1 for each slot.
  Values poolMask(Value token);
  /// The choices with the largest keys, in descending order, lower indices first: their keys and indices.
  std::pair<Values, Values> choose(Values keys);
  /// values[index] for each of `indices`.
  Values pick(ValueRange values, ValueRange indices);
  void writeChoices(Value token, Values weights, Values indices);
  void writeShared(Value token, Value logitRow);

  DeviceEmit &e;
  KernelRouterOp op;
  SelectArgs args;
  Type f32, i32;
  Value lane;
  int64_t rows, routed, shared, topK;
};

} // namespace

Values SelectWriter::load(Value base, int64_t count, Type type, Value otherwise) {
  Values values;
  for (int64_t slot = 0; slot < slots(count); ++slot) {
    Value present = has(slot, count);
    Value at = present ? e.min(index(slot), e.c(count - 1)) : index(slot);
    values.push_back(orElse(present, e.loadScalar(type, e.at(base, at, type)), otherwise));
  }
  return values;
}

void SelectWriter::store(ValueRange values, Value base, int64_t count) {
  for (auto [slot, value] : llvm::enumerate(values)) {
    Value address = e.at(base, index(slot), value.getType());
    if (Value present = has(slot, count))
      e.onlyIf(present, [&] { e.store(value, address, 4); });
    else
      e.store(value, address, 4);
  }
}

void SelectWriter::storeRow(ValueRange values, Value base, Value row, int64_t stride, int64_t first, int64_t count) {
  Type type = values[0].getType();
  store(values, e.at(e.rowAt(base, row, stride, type), first, type), count);
}

Value SelectWriter::warpMaximum(ValueRange values) {
  Value top = values[0];
  for (Value value : values.drop_front())
    top = e.maxNum(top, value);
  return floatOf(ordered(e.reduceMax32(ordered(bitsOf(top)))));
}

Value SelectWriter::warpSum(ValueRange values) {
  Value sum = values[0];
  for (Value value : values.drop_front())
    sum = e.addf(sum, value);
  return e.warpAdd(sum);
}

std::pair<Values, Value> SelectWriter::powers(ValueRange values) {
  Value top = warpMaximum(values);
  Values results;
  for (Value value : values)
    results.push_back(e.nearExp(e.subf(value, top)));
  return {results, warpSum(results)};
}

Values SelectWriter::softmax(ValueRange values) {
  auto [results, sum] = powers(values);
  for (Value &value : results)
    value = e.divf(value, sum);
  return results;
}

Values SelectWriter::sigmoid(ValueRange values) {
  Values results;
  for (Value value : values) {
    Value power = e.nearExp(LLVM::MinimumOp::create(e.b, arith::NegFOp::create(e.b, value), e.f32(88)));
    results.push_back(e.divf(e.f32(1), e.addf(e.f32(1), power)));
  }
  return results;
}

Values SelectWriter::poolMask(Value token) {
  Values kept;
  Value segment = args.segments ? e.load(i32, e.elementAt(args.segments, token, i32), 4) : e.c(0);
  Value isFree = e.less(segment, e.c(0)); // of tokens outside documents
  Type byte = e.b.getI8Type();
  Value row = e.rowAt(args.pool, e.max(segment, e.c(0)), args.poolStride, byte);
  for (int64_t slot = 0; slot < slots(routed); ++slot) {
    Value at = has(slot, routed) ? e.min(index(slot), e.c(routed - 1)) : index(slot);
    Value inPool = arith::CmpIOp::create(e.b, arith::CmpIPredicate::ne, e.load(byte, e.at(row, at, byte), 1), e.c(0, byte));
    kept.push_back(args.segments ? Value(arith::OrIOp::create(e.b, inPool, isFree)) : inPool);
  }
  return kept;
}

std::pair<Values, Values> SelectWriter::choose(Values keys) {
  int64_t n = keys.size(), held = slots(topK);
  Values numbers;
  for (int64_t slot = 0; slot < n; ++slot)
    numbers.push_back(index(slot));
  // Few keys: each lane sorts its own once, equal ones by index, and then only its first one is a candidate.
  bool sorted = n <= 4;
  for (int64_t round = 0; sorted && round < n; ++round)
    for (int64_t i = round % 2; i + 1 < n; i += 2) {
      Value swap = e.less(keys[i], keys[i + 1]);
      auto exchange = [&](Values &values) {
        Value low = e.select(swap, values[i + 1], values[i]);
        values[i + 1] = e.select(swap, values[i], values[i + 1]);
        values[i] = low;
      };
      exchange(keys);
      exchange(numbers);
    }
  // State: keys, numbers (they move only when sorted), chosen keys and indices of this lane.
  Values state = keys;
  if (sorted)
    state.append(numbers);
  state.append(held, e.c(0));
  state.append(held, e.c(0));
  auto round = [&](Value j, ValueRange carried) {
    Values next(carried);
    MutableArrayRef<Value> keys = MutableArrayRef<Value>(next).take_front(n);
    MutableArrayRef<Value> own = sorted ? MutableArrayRef<Value>(next).slice(n, n) : MutableArrayRef<Value>(numbers);
    MutableArrayRef<Value> chosen = MutableArrayRef<Value>(next).take_back(2 * held);
    Value none = e.c(std::numeric_limits<int32_t>::max());
    Value top = keys[0];
    for (int64_t i = 1; i < n && !sorted; ++i)
      top = e.max(top, keys[i]);
    Value best = e.reduceMax32(top), candidate = none;
    for (int64_t i = sorted ? 0 : n - 1; i >= 0; --i)
      candidate = e.select(e.equal(keys[i], best), own[i], candidate);
    Value winner = e.reduceMin32(candidate);
    if (sorted) {
      Value isOwn = e.equal(own[0], winner);
      for (int64_t i = 0; i < n; ++i) {
        keys[i] = e.select(isOwn, i + 1 < n ? keys[i + 1] : e.c(kTaken), keys[i]);
        if (i + 1 < n)
          own[i] = e.select(isOwn, own[i + 1], own[i]);
      }
    } else {
      for (int64_t i = 0; i < n; ++i)
        keys[i] = e.select(e.equal(own[i], winner), e.c(kTaken), keys[i]);
    }
    for (int64_t i = 0; i < held; ++i) {
      Value isHere = e.equal(index(i), j);
      chosen[i] = e.select(isHere, best, chosen[i]);
      chosen[held + i] = e.select(isHere, winner, chosen[held + i]);
    }
    return next;
  };
  if (topK * n <= 64)
    for (int64_t j = 0; j < topK; ++j)
      state = round(e.c(j), state);
  else
    state = e.loop(e.c(0), e.c(topK), 1, state, round);
  ArrayRef<Value> chosen = ArrayRef<Value>(state).take_back(2 * held);
  return {Values(chosen.take_front(held)), Values(chosen.take_back(held))};
}

Values SelectWriter::pick(ValueRange values, ValueRange indices) {
  Values picked;
  for (Value index : indices) {
    Value source = e.both(index, e.c(31)), slot = arith::ShRUIOp::create(e.b, index, e.c(5));
    Value result = e.shuffleFrom(values[0], source);
    for (int64_t i = 1, n = values.size(); i < n; ++i)
      result = e.select(e.equal(slot, e.c(i)), e.shuffleFrom(values[i], source), result);
    picked.push_back(result);
  }
  return picked;
}

void SelectWriter::writeChoices(Value token, Values weights, Values indices) {
  // Lanes behind the last choice hold zeros.
  for (auto [slot, weight] : llvm::enumerate(weights))
    weight = orElse(has(slot, topK), weight, e.f32(0));
  double scale = op.getScale().convertToDouble();
  if (op.getNormalize()) {
    Value sum = e.addf(warpSum(weights), e.f32(op.getEpsilon().convertToDouble()));
    Value factor = e.divf(e.f32(scale), sum);
    for (Value &weight : weights)
      weight = e.mulf(weight, factor);
  } else if (scale != 1) {
    for (Value &weight : weights)
      weight = e.mulf(weight, e.f32(scale));
  }
  storeRow(weights, args.weights, token, topK + shared, 0, topK);
  storeRow(indices, args.indices, token, topK + shared, 0, topK);
}

void SelectWriter::writeShared(Value token, Value logitRow) {
  if (!shared)
    return;
  Values weights(slots(shared), e.f32(1)), indices;
  if (op.getSharedScored())
    weights = softmax(load(e.at(logitRow, routed, f32), shared, f32, e.f32(kLowest)));
  for (int64_t slot = 0; slot < slots(shared); ++slot)
    indices.push_back(e.add(index(slot), routed));
  storeRow(weights, args.weights, token, topK + shared, topK, shared);
  storeRow(indices, args.indices, token, topK + shared, topK, shared);
}

void SelectWriter::write(Value token, Value logitRow) {
  bool scoreFirst = op.getOrder() == RouteOrder::ScoreThenTopK, isSigmoid = op.getScoring() == Scoring::Sigmoid;
  bool all = topK == routed;
  Value lowest = e.f32(kLowest);
  Values logits = load(logitRow, routed, f32, lowest), kept;
  int64_t n = logits.size();
  if (args.pool) {
    kept = poolMask(token);
    for (int64_t i = 0; i < n; ++i)
      logits[i] = e.select(kept[i], logits[i], lowest);
  }
  Values scores;
  if (args.scores || (scoreFirst && (args.bias || isSigmoid || all))) {
    scores = score(logits);
    for (int64_t i = 0; i < n && isSigmoid && args.pool; ++i)
      scores[i] = e.select(kept[i], scores[i], e.f32(0)); // a sigmoid of -inf is 0 up to rounding only
    if (args.scores)
      storeRow(scores, args.scores, token, routed, 0, routed);
  }

  Values weights, indices;
  if (all) {
    weights = scoreFirst ? scores : logits;
    for (int64_t i = 0; i < n; ++i)
      indices.push_back(index(i));
  } else {
    // Keys; without a bias the score (or what the softmax divides by its sum) is the key itself, as it has no sign.
    bool direct = scoreFirst && !args.bias;
    Values keys, values = scoreFirst ? scores : logits;
    Value sum;
    if (scoreFirst && scores.empty())
      std::tie(values, sum) = powers(logits);
    Values biases;
    if (args.bias)
      biases = load(args.bias, routed, elementOf(op.getBias()), e.f32(0));
    for (int64_t i = 0; i < n; ++i) {
      Value key;
      if (direct) {
        key = bitsOf(values[i]);
        if (args.pool) // last, even after a score that has become 0
          key = e.select(e.equalf(logits[i], lowest), e.c(-1), key);
      } else {
        Value selection = args.bias ? e.addf(values[i], biases[i]) : values[i];
        if (args.bias && args.pool)
          selection = e.select(e.equalf(logits[i], lowest), lowest, selection);
        // No NaN, and no negative zero.
        key = ordered(bitsOf(e.addf(e.maxNum(selection, lowest), e.f32(0))));
      }
      keys.push_back(orElse(has(i, routed), key, e.c(kTaken)));
    }
    Values chosen;
    std::tie(chosen, indices) = choose(keys);
    if (args.bias) {
      weights = pick(values, indices);
    } else {
      for (Value key : chosen) {
        Value weight = floatOf(direct ? e.max(key, e.c(0)) : ordered(key));
        weights.push_back(sum ? e.divf(weight, sum) : weight);
      }
    }
  }
  if (!scoreFirst) {
    for (auto [slot, weight] : llvm::enumerate(weights))
      weight = orElse(has(slot, topK), weight, lowest);
    weights = score(weights);
  }
  writeChoices(token, weights, indices);
  writeShared(token, logitRow);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

namespace {

class RouterLaunches {
public:
  RouterLaunches(KernelRouterOp op, DeviceHost &host, KernelLibrary &library);
  bool fitsBlock() const { return kBlockTile.tokens * rows * 4 <= kSharedLimit && rows >= kBlockTile.rows; }
  void launchTogether();
  void launchLogits(LogitTile tile, Value logits);
  void launchSelection(Value logits);

  Value tokens;
  int64_t size, rows;

private:
  static constexpr int64_t kSharedLimit = 48 << 10; // what every device gives without being asked
  static int threadsOf(LogitTile tile) { return 32 * tile.tokenWarps * tile.rowWarps; }
  /// From the launch's arguments that begin with those of `selection`.
  SelectArgs selectArgs(ValueRange args);

  KernelRouterOp op;
  DeviceHost &host;
  KernelLibrary &library;
  std::string key;
  Values selection; // operands
  int bias, pool, stride, segments, scores; // positions among them of those that not every router has; -1: none
};

} // namespace

RouterLaunches::RouterLaunches(KernelRouterOp op, DeviceHost &host, KernelLibrary &library)
    : tokens(host.dim(op.getX(), 0)), size(cast<MemRefType>(op.getX().getType()).getDimSize(1)),
      rows(cast<MemRefType>(op.getWeight().getType()).getDimSize(0)), op(op), host(host), library(library), key(keyOf(op)) {
  selection = {op.getOuts()[0], op.getOuts()[1], tokens};
  auto optional = [&](Value operand) {
    if (operand)
      selection.push_back(operand);
    return operand ? int(selection.size()) - 1 : -1;
  };
  bias = optional(op.getBias());
  pool = optional(op.getPool());
  stride = optional(op.getPool() ? host.stride(op.getPool(), 0) : Value());
  segments = optional(op.getSegments());
  scores = optional(op.getOuts().size() == 3 ? op.getOuts()[2] : Value());
}

SelectArgs RouterLaunches::selectArgs(ValueRange args) {
  auto at = [&](int i) { return i < 0 ? Value() : Value(args[i]); };
  return {args[0], args[1], args[2], at(bias), at(pool), at(stride), at(segments), at(scores)};
}

/// A block has 16 tokens, whose logits stay in shared memory.
void RouterLaunches::launchTogether() {
  constexpr LogitTile tile = kBlockTile;
  KernelShape shape{threadsOf(tile), groupFor({op.getX(), op.getWeight()}, size), tile.tokens * rows * 4};
  Values operands = selection;
  operands.append({op.getX(), op.getWeight()});
  StringRef name = library.get("router_" + Twine(size) + "x" + Twine(rows), key, shape, operands, [&](DeviceEmit &e, ValueRange args) {
    SelectArgs own = selectArgs(args);
    Value x = args[selection.size()], weight = args[selection.size() + 1];
    Value first = e.mul(e.block(), tile.tokens);
    Type f32 = e.b.getF32Type();
    auto rowOf = [&](Value token) { return e.at(e.shared(), e.mul(e.sub(token, first), rows), f32); };
    e.loop(e.c(0), e.c(rows), tile.rows * tile.rowWarps, [&](Value firstRow) {
      LogitsWriter(e, op, tile).write(x, weight, own.tokens, first, firstRow,
                                      [&](Value logit, Value token, Value row) { e.store(logit, e.at(rowOf(token), row, f32), 4); });
    });
    e.barrier();
    for (int i = 0; i < tile.tokens; i += e.warps()) {
      Value token = e.add(first, e.add(e.warp(), i));
      e.onlyIf(e.less(token, own.tokens), [&] { SelectWriter(e, op, own).write(token, rowOf(token)); });
    }
  });
  host.launch(name, operands, host.ceilDiv(tokens, tile.tokens), shape);
}

void RouterLaunches::launchLogits(LogitTile tile, Value logits) {
  KernelShape shape{threadsOf(tile), groupFor({op.getX(), op.getWeight()}, size), 0};
  Values operands = {op.getX(), op.getWeight(), logits, tokens};
  StringRef name = library.get("router_logits_" + Twine(size) + "x" + Twine(rows), key + ";" + std::to_string(tile.tokens), shape, operands,
                               [&](DeviceEmit &e, ValueRange args) { LogitsWriter(e, op, tile).write(args); });
  host.launch(name, operands,
              {host.ceilDiv(tokens, tile.tokens * tile.tokenWarps), host.c(llvm::divideCeil(rows, tile.rows * tile.rowWarps))}, shape);
}

void RouterLaunches::launchSelection(Value logits) {
  KernelShape shape{kThreads, 1, 0};
  Values operands = selection;
  operands.push_back(logits);
  StringRef name = library.get("router_select_" + Twine(rows), key, shape, operands, [&](DeviceEmit &e, ValueRange args) {
    SelectArgs own = selectArgs(args);
    Value token = e.add(e.mul(e.block(), kWarps), e.warp());
    e.onlyIf(e.less(token, own.tokens),
             [&] { SelectWriter(e, op, own).write(token, e.rowAt(args[selection.size()], token, rows, e.b.getF32Type())); });
  });
  host.launch(name, operands, host.ceilDiv(tokens, kWarps), shape);
}

bool emo::cuda::lowerRouter(KernelRouterOp op, KernelLibrary &library) {
  DeviceHost host(op);
  RouterLaunches launches(op, host, library);
  if (launches.size == 0 || launches.rows == 0)
    return false;
  auto isFew = arith::CmpIOp::create(host.b, arith::CmpIPredicate::ult, launches.tokens, host.c(kFewTokens));
  auto branch = scf::IfOp::create(host.b, isFew, /*withElseRegion=*/true);
  auto launchBoth = [&](LogitTile tile) {
    auto type = MemRefType::get({ShapedType::kDynamic, launches.rows}, host.b.getF32Type());
    Value logits = memref::AllocOp::create(host.b, type, ValueRange{launches.tokens}, host.b.getI64IntegerAttr(64));
    launches.launchLogits(tile, logits);
    launches.launchSelection(logits);
  };
  OpBuilder::InsertionGuard guard(host.b);
  host.b.setInsertionPointToStart(branch.thenBlock());
  launchBoth(kSmallTile);
  host.b.setInsertionPointToStart(branch.elseBlock());
  if (launches.fitsBlock())
    launches.launchTogether();
  else
    launchBoth(kLargeTile);
  op.erase();
  return true;
}
