// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Router.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static Value element(DeviceEmit &e, Value vector, int i) { return vector::ExtractOp::create(e.b, vector, ArrayRef<int64_t>{i}); }

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
          sum = e.fma(element(e, v, i), element(e, w[r], i), sum);
        }
    }
    return sums;
  };
  int unroll = tile.tokens * tile.rows > 16 ? 2 : 8; // few sums wait for memory
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
