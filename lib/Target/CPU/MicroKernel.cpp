// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "MicroKernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

static int64_t paddedStride(int64_t bytes) {
  bytes = llvm::alignTo(bytes, 64);
  return bytes % 4096 == 0 ? bytes + 64 : bytes;
}

int64_t MicroKernel::rowStride(const IsaLevel &isa, Type element, int64_t k) {
  bool dot = element.isBF16() && isa.bf16Dot;
  return paddedStride(dot ? llvm::alignTo(k, 32) * 2 : llvm::alignTo(k, 32) * 4);
}

int64_t MicroKernel::maxRowStride(int64_t k) { return paddedStride(llvm::alignTo(k, 32) * 4); }

void MicroKernel::copyRow(const RowBlock &block, Value row, Value source) {
  Value to = e.bytesAt(block.data, e.mul(row, block.strideBytes));
  if (dot()) {
    // Raw bf16, 32 at a time.
    Type raw = e.vec(32, e.b.getI16Type());
    int64_t whole = k / 32 * 32;
    e.loop(e.c(0), e.c(whole), 32, [&](Value i) {
      e.store(e.load(raw, e.at(source, i, e.b.getI16Type())), e.at(to, i, e.b.getI16Type()));
    });
    if (whole == k)
      return;
    Value zero = arith::ConstantOp::create(e.b, e.b.getZeroAttr(raw));
    e.store(zero, e.at(to, whole, e.b.getI16Type()));
    e.loop(e.c(whole), e.c(k), 1, [&](Value i) {
      e.store(e.load(e.b.getI16Type(), e.at(source, i, e.b.getI16Type()), 2), e.at(to, i, e.b.getI16Type()), 2);
    });
    return;
  }
  Type f32 = e.b.getF32Type();
  e.eachVector(k, [&](Value i, int lanes) {
    e.storeF32(e.loadF32(element, e.at(source, i, element), lanes), f32, e.at(to, i, f32));
  });
  e.loop(e.c(k), e.c(llvm::alignTo(k, 32)), 1, [&](Value i) { e.store(e.f32(0), e.at(to, i, f32), 4); });
}

/// Start of the unit's columns at K step 0. Units of one panel are neighbours: panel = unit / unitsPerPanel.
Value MicroKernel::panelOf(Value weights, Value unit) {
  int64_t panelElements = element.isBF16() ? llvm::divideCeil(k, 32) * 1024 : k * 32;
  int64_t perPanel = unitsPerPanel();
  if (perPanel == 1)
    return e.at(weights, e.mul(unit, panelElements), element);
  Value panel = e.div(unit, e.c(perPanel)), part = e.rem(unit, e.c(perPanel));
  // A column is two elements (a pair of k) in bf16 panels.
  int64_t columnElements = element.isBF16() ? 2 : 1;
  return e.at(weights, e.add(e.mul(panel, panelElements), e.mul(part, e.lanes() * columnElements)), element);
}

/// Multiplies one k (f32) or one pair of k (bf16) into the sums. `offset`: of the weights' row in elements from the panel base;
/// the first row's broadcast operand is `rowBytes` behind `rowBase`.
Values MicroKernel::step(const RowBlock &block, Value rowBase, int64_t rowBytes, int rows, Value panelBase, int units,
                         Value offset, ValueRange sums) {
  int lanes = e.lanes();
  Values next(sums);
  bool bf16 = element.isBF16();
  int64_t panelElements = bf16 ? llvm::divideCeil(k, 32) * 1024 : k * 32;
  int64_t half = bf16 ? 512 : 16; // from the first half of a panel to the second
  Type i32 = e.b.getI32Type();
  SmallVector<std::array<Value, 2>> weights; // even and odd k, or the pair
  for (int u = 0; u < units; ++u)
    for (int h = 0; h < 2; ++h) {
      Value address = e.at(panelBase, e.add(offset, u * panelElements + h * half), element);
      if (!bf16) {
        weights.push_back({e.load(e.vec(lanes), address), Value()});
      } else if (dot()) {
        weights.push_back({e.load(e.vec(lanes * 2, e.b.getBF16Type()), address), Value()});
      } else {
        auto wide = e.vec(lanes, i32);
        Value pair = e.load(wide, address);
        Value sixteen = arith::ConstantOp::create(e.b, DenseElementsAttr::get(wide, e.b.getI32IntegerAttr(16)));
        Value mask = arith::ConstantOp::create(e.b, DenseElementsAttr::get(wide, e.b.getI32IntegerAttr(int32_t(0xffff0000))));
        Value even = arith::BitcastOp::create(e.b, e.vec(lanes), arith::ShLIOp::create(e.b, pair, sixteen));
        Value odd = arith::BitcastOp::create(e.b, e.vec(lanes), arith::AndIOp::create(e.b, pair, mask));
        weights.push_back({even, odd});
      }
    }
  for (int r = 0; r < rows; ++r) {
    Value address = e.bytesAt(rowBase, e.c(r * block.strideBytes + rowBytes));
    if (dot()) {
      Value pair = e.splat(e.load(i32, address, 4), lanes);
      Value a = vector::BitCastOp::create(e.b, e.vec(lanes * 2, e.b.getBF16Type()), pair);
      for (auto [i, w] : llvm::enumerate(weights)) {
        Value &sum = next[r * weights.size() + i];
        sum = LLVM::CallIntrinsicOp::create(e.b, sum.getType(), e.b.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512"),
                                            ValueRange{sum, a, w[0]}).getResult(0);
      }
      continue;
    }
    Value even = e.splat(e.load(e.b.getF32Type(), address, 4), lanes);
    Value odd = bf16 ? e.splat(e.load(e.b.getF32Type(), e.bytesAt(address, e.c(4)), 4), lanes) : Value();
    for (auto [i, w] : llvm::enumerate(weights)) {
      Value &sum = next[r * weights.size() + i];
      sum = e.fma(even, w[0], sum);
      if (bf16)
        sum = e.fma(odd, w[1], sum);
    }
  }
  return next;
}

/// Asks for `lines` cache lines at `address` to be brought to the level-2 cache.
static void prefetchLines(Emit &e, Value address, Value lines) {
  e.loop(e.c(0), lines, 1, [&](Value line) {
    LLVM::Prefetch::create(e.b, e.bytesAt(address, e.mul(line, 64)), /*rw=*/0, /*hint=*/2, /*cache=*/1);
  });
}

/// The sums of `rows` rows (from `row`) with `units` units, over all of K, into block.sums as [row][unit][first and second vector].
void MicroKernel::tile(const RowBlock &block, Value row, int rows, Value weights, Value unit, int units, const Ahead &ahead) {
  Value panel = panelOf(weights, unit);
  Value rowBase = e.bytesAt(block.data, e.mul(row, block.strideBytes));
  Values sums(rows * units * 2, e.f32(0, e.lanes()));
  if (element.isBF16()) {
    // K steps of 32 are 16 pairs; the inner loop takes 4 of them. Rows and weights are padded with zeros to whole steps.
    int64_t pairBytes = dot() ? 4 : 8;
    auto pairs = [&](Value kStep, ValueRange carried) {
      return e.loop(e.c(0), e.c(16), 4, carried, [&](Value pair, ValueRange inner) {
        Values current(inner);
        Value base = e.add(e.mul(kStep, 1024), e.mul(pair, 32));
        Value a = e.bytesAt(rowBase, e.add(e.mul(kStep, 16 * pairBytes), e.mul(pair, pairBytes)));
        for (int64_t j = 0; j < 4; ++j)
          current = step(block, a, j * pairBytes, rows, panel, units, e.add(base, j * 32), current);
        if (ahead.address) {
          Value quarter = e.add(e.mul(kStep, 4), e.div(pair, e.c(4)));
          prefetchLines(e, e.bytesAt(ahead.address, e.mul(e.mul(quarter, ahead.lines), 64)), ahead.lines);
        }
        return current;
      });
    };
    int64_t steps = llvm::divideCeil(k, 32);
    sums = e.loop(e.c(0), e.c(steps), 1, sums, [&](Value kStep, ValueRange carried) { return pairs(kStep, carried); });
  } else {
    int64_t whole = k / 4 * 4;
    auto one = [&](Value at, int64_t j, ValueRange carried) {
      return step(block, e.bytesAt(rowBase, e.mul(at, 4)), j * 4, rows, panel, units, e.mul(e.add(at, j), 32), carried);
    };
    sums = e.loop(e.c(0), e.c(whole), 4, sums, [&](Value at, ValueRange carried) {
      Values current(carried);
      for (int64_t j = 0; j < 4; ++j)
        current = one(at, j, current);
      if (ahead.address)
        prefetchLines(e, e.bytesAt(ahead.address, e.mul(e.mul(at, ahead.lines), 16)), ahead.lines);
      return current;
    });
    if (whole != k)
      sums = e.loop(e.c(whole), e.c(k), 1, sums, [&](Value at, ValueRange carried) { return one(at, 0, carried); });
  }
  // Through memory, so that the epilogue is written once and not once per shape.
  for (auto [i, sum] : llvm::enumerate(sums))
    e.store(sum, e.at(block.sums, i * e.lanes(), e.b.getF32Type()));
}

/// Register tiles: `rows` rows by `units` units. Few rows take several panels at a time: more independent sums and more memory streams.
ArrayRef<MicroKernel::Tile> MicroKernel::tiles() const {
  static constexpr Tile many[] = {{1, 4}, {2, 4}, {4, 2}, {1, 1}, {2, 1}, {4, 1}, {6, 1}, {8, 1}, {10, 1}, {12, 1}};
  static constexpr Tile few[] = {{1, 1}, {2, 1}, {4, 1}};
  return e.isa.registers >= 32 ? ArrayRef<Tile>(many) : ArrayRef<Tile>(few);
}

/// Panels are the outer loop, so that one is read from memory once and serves all rows; while it does, the next one is prefetched.
void MicroKernel::run(const RowBlock &block, Value rows, Value weights, Value begin, Value end, Store store) {
  int64_t lanes = e.lanes();
  Value zero = e.c(0), one = e.c(1);
  int largest = tiles().back().rows;
  // Groups of several units while few rows allow it, then single units.
  Value wide = one;
  for (Tile tile : llvm::reverse(tiles()))
    if (tile.units > 1)
      wide = e.select(e.less(rows, e.c(tile.rows + 1)), e.c(tile.units), wide);
  Value wholeGroups = e.div(e.sub(end, begin), wide);
  Value groups = e.add(wholeGroups, e.rem(e.sub(end, begin), wide));
  Value passes = e.ceilDiv(rows, e.c(largest));
  // Lines of the next unit for each quarter of a K step (bf16: 8 in all; f32: 4 k, 8 lines), divided among the passes over the rows.
  Value lines = e.ceilDiv(e.c(8 / unitsPerPanel()), passes);
  e.loop(zero, groups, 1, [&](Value group) {
    Value isWide = e.less(group, wholeGroups);
    Value units = e.select(isWide, wide, one);
    Value unit = e.add(begin, e.select(isWide, e.mul(group, wide), e.add(e.mul(wholeGroups, wide), e.sub(group, wholeGroups))));
    Value next = panelOf(weights, e.add(unit, one));
    e.loop(zero, rows, largest, [&](Value row) {
      Value left = e.min(e.c(largest), e.sub(rows, row));
      int previous = 0, previousUnits = 0;
      for (Tile shape : tiles()) {
        if (shape.units != previousUnits)
          previous = 0;
        Value fits = e.both(e.less(e.c(previous), left), e.less(left, e.c(shape.rows + 1)));
        previous = shape.rows, previousUnits = shape.units;
        e.onlyIf(e.both(fits, e.equal(units, e.c(shape.units))), [&] {
          Ahead ahead;
          if (shape.units == 1 && shape.rows >= 4 && lanes == 16) {
            Value pass = e.div(row, e.c(largest));
            int64_t unitBytes = (element.isBF16() ? llvm::divideCeil(k, 32) * 1024 * 2 : k * 128);
            Value share = e.mul(lines, unitBytes / 8);
            ahead = {e.bytesAt(next, e.mul(pass, share)), lines};
          }
          tile(block, row, shape.rows, weights, unit, shape.units, ahead);
        });
      }
      e.loop(zero, e.mul(left, units), 1, [&](Value i) {
        Value r = e.div(i, units), u = e.rem(i, units);
        Value pair = e.at(block.sums, e.mul(i, 2 * lanes), e.b.getF32Type());
        store(e.add(row, r), e.add(unit, u), e.load(e.vec(lanes), pair), e.load(e.vec(lanes), e.at(pair, lanes, e.b.getF32Type())));
      });
    });
  });
}
