// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Router.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr double kLowest = -std::numeric_limits<double>::infinity();
static constexpr int64_t kTaken = std::numeric_limits<int32_t>::min();

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
