// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "MicroKernel.h"

#include "MatrixTiles.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

/// Rows of the largest tile, so many that the sums of a tile of any level fit.
static constexpr int64_t kTileSumBytes = 2048;

/// Up to so many rows tile registers have nothing to gain: memory is the limit.
static constexpr int64_t kFewRows = 4;

int64_t RowBlock::bytes(int64_t rows, int64_t k) {
  rows = llvm::alignTo(rows, MatrixTiles::kRows);
  return std::max(kTileSumBytes, rows * 32 * 4) + rows * llvm::alignTo(k, kStep) * 4;
}

int64_t MicroKernel::rowGranule() const { return hasTiles() ? MatrixTiles::kRows : tiles().back().rows; }
Type MicroKernel::rowType() const { return dot() ? element : e.b.getF32Type(); }
int64_t MicroKernel::rowBytes() const { return kStep * bytesOf(rowType()); }
int64_t MicroKernel::panelBytes() const { return element.isBF16() ? llvm::divideCeil(k, kStep) * weightStepBytes() : k * 128; }

RowBlock MicroKernel::blockAt(Value scratch, Value count, int64_t most) {
  if (hasTiles())
    count = e.mul(e.ceilDiv(count, e.c(MatrixTiles::kRows)), MatrixTiles::kRows);
  int64_t sums = std::max<int64_t>(kTileSumBytes, llvm::alignTo(most, MatrixTiles::kRows) * 32 * 4);
  return {scratch, e.bytesAt(scratch, sums), count};
}

void MicroKernel::copyRow(const RowBlock &block, Value row, Value source) {
  // The bits as they are, or widened.
  auto copy = [&](Value from, Value at, int lanes) {
    if (rowType() == element) {
      Type raw = e.vec(lanes, e.b.getIntegerType(element.getIntOrFloatBitWidth()));
      return e.store(e.load(raw, from), at);
    }
    e.storeF32(e.loadF32(element, from, lanes), rowType(), at);
  };
  Values args = {e.bytesAt(block.data, e.mul(row, rowBytes())), e.mul(block.rows, rowBytes()), source, e.c(k)};
  e.call(("copy_row_" + kind()).str(), Emit::Inline::Never, args, [&](ValueRange inner) {
    Value to = inner[0], stepBytes = inner[1], from = inner[2], depth = inner[3];
    Value whole = e.div(depth, e.c(kStep)), left = e.rem(depth, e.c(kStep));
    int lanes = rowType() == element ? int(64 / bytesOf(element)) : e.lanes();
    e.loop(e.c(0), whole, 1, [&](Value number) {
      Value source = e.at(from, e.mul(number, kStep), element), at = e.bytesAt(to, e.mul(number, stepBytes));
      for (int64_t i = 0; i < kStep; i += lanes)
        copy(e.at(source, i, element), e.at(at, i, rowType()), lanes);
    });
    e.onlyIf(e.less(e.c(0), left), [&] {
      Value source = e.at(from, e.mul(whole, kStep), element), at = e.bytesAt(to, e.mul(whole, stepBytes));
      Value zero = arith::ConstantOp::create(e.b, e.b.getZeroAttr(e.vec(16, e.b.getI32Type())));
      for (int64_t i = 0; i < rowBytes(); i += 64)
        e.store(zero, e.bytesAt(at, i));
      e.loop(e.c(0), left, 1, [&](Value i) { copy(e.at(source, i, element), e.at(at, i, rowType()), 1); });
    });
    return Values();
  });
}

/// Start of the unit's columns at K step 0. Units of one panel are neighbours: panel = unit / unitsPerPanel.
Value MicroKernel::panelOf(Value weights, Value unit) {
  int64_t perPanel = unitsPerPanel();
  if (perPanel == 1)
    return e.bytesAt(weights, e.mul(unit, panelBytes()));
  Value panel = e.div(unit, e.c(perPanel)), part = e.rem(unit, e.c(perPanel));
  // A column is four bytes: one f32, or a pair of bf16.
  return e.bytesAt(weights, e.add(e.mul(panel, panelBytes()), e.mul(part, e.lanes() * 4)));
}

/// Weights of one k (f32) or one pair of k (bf16) in one vector of the tile's columns: of half `i` % 2 of unit `i` / 2. `ahead`: the two lines
/// of the panel to ask for meanwhile.
Value MicroKernel::loadColumn(Tile shape, Value weights, Value ahead, Value panelBytes, int64_t i) {
  int lanes = e.lanes();
  int64_t perPanel = unitsPerPanel(), unit = i / 2, half = element.isBF16() ? weightStepBytes() / 2 : 64; // to the panel's second half
  auto inPanel = [&](Value base, int64_t bytes) {
    return e.bytesAt(unit / perPanel ? e.bytesAt(base, e.mul(panelBytes, unit / perPanel)) : base, bytes);
  };
  Value address = inPanel(weights, i % 2 * half + unit % perPanel * lanes * 4);
  // Few rows compute while lines come: ask for them early, in the order of memory. A single row of wide vectors only waits, and the hardware
  // does that better.
  if (shape.units > 1 && (shape.rows > 1 || lanes < 16) && unit % perPanel == 0)
    LLVM::Prefetch::create(e.b, inPanel(ahead, i % 2 * 64), /*rw=*/0, /*hint=*/3, /*cache=*/1);
  return e.load(!element.isBF16() ? e.vec(lanes) : dot() ? e.vec(lanes * 2, e.b.getBF16Type()) : e.vec(lanes, e.b.getI32Type()), address);
}

/// Multiplies one k (f32) or one pair of k (bf16) at `row` and `weights` into the sums.
Values MicroKernel::step(Tile shape, Value row, Value weights, Value ahead, Value panelBytes, ValueRange sums) {
  int lanes = e.lanes();
  Type i32 = e.b.getI32Type(), f32 = e.b.getF32Type();
  int64_t columns = 2 * shape.units;
  Values next(sums);
  auto column = [&](int64_t i) { return loadColumn(shape, weights, ahead, panelBytes, i); };
  Values all;
  for (int64_t i = 0; i < columns && (dot() || shape.rows > 2); ++i)
    all.push_back(column(i));
  if (dot()) {
    for (int r = 0; r < shape.rows; ++r) {
      Value pair = e.splat(e.load(i32, e.bytesAt(row, r * rowBytes()), 4), lanes);
      Value a = vector::BitCastOp::create(e.b, e.vec(lanes * 2, e.b.getBF16Type()), pair);
      for (int64_t i = 0; i < columns; ++i) {
        Value &sum = next[r * columns + i];
        sum = e.intrinsic("llvm.x86.avx512bf16.dpbf16ps.512", sum.getType(), {sum, a, all[i]});
      }
    }
    return next;
  }
  int64_t many = element.isBF16() ? 2 : 1; // k at a time
  auto rowValue = [&](int r, int64_t k) { return e.splat(e.load(f32, e.bytesAt(row, r * rowBytes() + 4 * k), 4), lanes); };
  auto weight = [&](Value column, int64_t k) { return element.isBF16() ? unpack(column, k) : column; };
  // Registers hold the sums and little else: with few rows their values, column by column, with many the weights of one k after the other.
  if (shape.rows <= 2) {
    SmallVector<Values> values(many);
    for (int64_t k = 0; k < many; ++k)
      for (int r = 0; r < shape.rows; ++r)
        values[k].push_back(rowValue(r, k));
    for (int64_t i = 0; i < columns; ++i) {
      Value loaded = column(i);
      for (int64_t k = 0; k < many; ++k) {
        Value w = weight(loaded, k);
        for (int r = 0; r < shape.rows; ++r)
          next[r * columns + i] = e.fma(values[k][r], w, next[r * columns + i]);
      }
    }
    return next;
  }
  for (int64_t k = 0; k < many; ++k) {
    Values wide;
    for (Value loaded : all)
      wide.push_back(weight(loaded, k));
    for (int r = 0; r < shape.rows; ++r) {
      Value a = rowValue(r, k);
      for (int64_t i = 0; i < columns; ++i)
        next[r * columns + i] = e.fma(a, wide[i], next[r * columns + i]);
    }
  }
  return next;
}

/// The first or second bf16 of each pair, as f32.
Value MicroKernel::unpack(Value pairs, int64_t second) {
  auto wide = cast<VectorType>(pairs.getType());
  auto constant = [&](uint32_t bits) { return arith::ConstantOp::create(e.b, DenseElementsAttr::get(wide, e.b.getI32IntegerAttr(int32_t(bits)))); };
  Value bits = second ? Value(arith::AndIOp::create(e.b, pairs, constant(0xffff0000))) : arith::ShLIOp::create(e.b, pairs, constant(16)).getResult();
  return arith::BitcastOp::create(e.b, e.vec(e.lanes()), bits);
}

void MicroKernel::writeTile(Tile shape, ValueRange args) {
  Value data = args[Data], stepBytes = args[StepBytes], depth = args[Depth], weights = args[Weights], panelBytes = args[PanelBytes];
  bool bf16 = element.isBF16();
  // A K step is 16 pairs or 32 single k; a quarter of it at a time.
  int64_t inQuarter = bf16 ? 4 : 8, bytes = bf16 && !dot() ? 8 : 4;
  int64_t advance = bf16 ? 64 : 128; // of weights for a pair or a single k
  auto quarters = [&](Value number, ValueRange carried) {
    Value row = e.bytesAt(data, e.mul(number, stepBytes)), panel = e.bytesAt(weights, e.mul(number, weightStepBytes()));
    return e.loop(e.c(0), e.c(4), 1, carried, [&](Value quarter, ValueRange outer) {
      Value a = e.bytesAt(row, e.mul(quarter, inQuarter * bytes)), w = e.bytesAt(panel, e.mul(quarter, inQuarter * advance));
      Values current = e.repeatedLoop(e.c(0), e.c(inQuarter), 1, Emit::kWhole, outer, [&](Value j, ValueRange inner) {
        Value ahead = e.bytesAt(panel, e.add(e.mul(e.add(e.mul(quarter, inQuarter), j), 128), weightStepBytes()));
        return step(shape, e.bytesAt(a, e.mul(j, bytes)), e.bytesAt(w, e.mul(j, advance)), ahead, panelBytes, inner);
      });
      if (prefetches(shape)) {
        Value from = e.bytesAt(args[Ahead], e.mul(e.mul(e.add(e.mul(number, 4), quarter), args[Lines]), 64));
        e.loop(e.c(0), args[Lines], 1, [&](Value line) {
          LLVM::Prefetch::create(e.b, e.bytesAt(from, e.mul(line, 64)), /*rw=*/0, /*hint=*/2, /*cache=*/1);
        });
      }
      return current;
    });
  };
  Values init(shape.rows * shape.units * 2, e.f32(0, e.lanes()));
  Value whole = bf16 ? e.ceilDiv(depth, e.c(kStep)) : e.div(depth, e.c(kStep));
  Values result = e.loop(e.c(0), whole, 1, init, quarters);
  if (!bf16) {
    // f32 weights have no zeros behind K.
    Value row = e.bytesAt(data, e.mul(whole, stepBytes)), panel = e.bytesAt(weights, e.mul(whole, weightStepBytes()));
    result = e.loop(e.c(0), e.sub(depth, e.mul(whole, kStep)), 1, result, [&](Value j, ValueRange carried) {
      Value w = e.bytesAt(panel, e.mul(j, advance));
      return step(shape, e.bytesAt(row, e.mul(j, bytes)), w, /*ahead=*/w, panelBytes, carried);
    });
  }
  for (auto [i, sum] : llvm::enumerate(result))
    e.store(sum, e.at(args[Sums], i * e.lanes(), e.b.getF32Type()));
}

void MicroKernel::callTile(Tile shape, ValueRange args) {
  std::string name = ("tile_" + kind() + "_" + Twine(shape.rows) + "x" + Twine(shape.units)).str();
  e.call(name, Emit::Inline::Never, args.take_front(prefetches(shape) ? Rows : Ahead), [&](ValueRange inner) {
    writeTile(shape, inner);
    return Values();
  });
}

/// Register tiles: `rows` rows by `units` units. Few rows take several units at a time: more independent sums, whole lines of memory and more
/// streams of it.
ArrayRef<MicroKernel::Tile> MicroKernel::tiles() const {
  static constexpr Tile many[] = {{1, 4}, {2, 4}, {4, 2}, {1, 1}, {2, 1}, {4, 1}, {6, 1}, {8, 1}, {10, 1}, {12, 1}};
  static constexpr Tile few[] = {{1, 4}, {2, 2}, {3, 2}, {1, 1}, {2, 1}, {4, 1}, {6, 1}};
  return e.isa.registers >= 32 ? ArrayRef<Tile>(many) : ArrayRef<Tile>(few);
}

void MicroKernel::storeSums(const RowBlock &block, Value row, Value rows, Value unit, Value units, Store store) {
  int lanes = e.lanes();
  e.loop(e.c(0), e.mul(rows, units), 1, [&](Value i) {
    Value r = e.div(i, units), u = e.rem(i, units);
    Value pair = e.at(block.sums, e.mul(i, 2 * lanes), e.b.getF32Type());
    store(e.add(row, r), e.add(unit, u), e.load(e.vec(lanes), pair), e.load(e.vec(lanes), e.at(pair, lanes, e.b.getF32Type())));
  });
}

/// The sums of at most as many rows and units as one tile has, or of any number of rows and one panel in tile registers.
void MicroKernel::multiply(ValueRange args) {
  e.call(("multiply_" + kind()).str(), Emit::Inline::Never, args, [&](ValueRange inner) {
    Value rows = inner[Rows], units = inner[Units];
    int previous = 0, previousUnits = 0;
    for (Tile shape : tiles()) {
      if (hasTiles() && shape.rows > kFewRows)
        break;
      if (shape.units != previousUnits)
        previous = 0;
      Value fits = e.both(e.less(e.c(previous), rows), e.less(rows, e.c(shape.rows + 1)));
      previous = shape.rows, previousUnits = shape.units;
      e.onlyIf(e.both(fits, e.equal(units, e.c(shape.units))), [&] { callTile(shape, inner); });
    }
    if (hasTiles())
      e.onlyIf(e.less(e.c(kFewRows), rows), [&] {
        Value blockRows = e.div(inner[StepBytes], e.c(rowBytes())), steps = e.ceilDiv(inner[Depth], e.c(kStep));
        MatrixTiles(e).multiply(inner[Data], blockRows, steps, inner[Weights], inner[Ahead], inner[Sums]);
      });
    return Values();
  });
}

/// Panels are the outer loop, so that one is read from memory once and serves all rows; while it does, the next one is prefetched, a part of it
/// by each unit.
void MicroKernel::run(const RowBlock &block, Value rows, Value weights, Value begin, Value end, Store store) {
  Value zero = e.c(0), one = e.c(1);
  Value most = e.c(tiles().back().rows);
  if (hasTiles())
    most = e.select(e.less(e.c(kFewRows), rows), rows, most);
  // Groups of several units while few rows allow it, then single units.
  Value wide = one;
  for (Tile tile : llvm::reverse(tiles()))
    if (tile.units > 1)
      wide = e.select(e.less(rows, e.c(tile.rows + 1)), e.c(tile.units), wide);
  Value wholeGroups = e.div(e.sub(end, begin), wide);
  Value groups = e.add(wholeGroups, e.rem(e.sub(end, begin), wide));
  Value passes = e.ceilDiv(rows, most);
  // Lines of the next unit for each quarter of a K step (bf16: 8 in all; f32: 16), divided among the passes over the rows.
  int64_t quarterLines = weightStepBytes() / 4 / 64, perPanel = unitsPerPanel();
  Value lines = e.ceilDiv(e.c(quarterLines / perPanel), passes);
  e.loop(zero, groups, 1, [&](Value group) {
    Value isWide = e.less(group, wholeGroups);
    Value units = e.select(isWide, wide, one);
    Value unit = e.add(begin, e.select(isWide, e.mul(group, wide), e.add(e.mul(wholeGroups, wide), e.sub(group, wholeGroups))));
    Value panel = panelOf(weights, unit);
    Value nextPanel = e.bytesAt(weights, e.mul(e.add(e.div(unit, e.c(perPanel)), one), panelBytes()));
    Value next = e.bytesAt(nextPanel, e.mul(e.rem(unit, e.c(perPanel)), panelBytes() / perPanel));
    e.loop(zero, passes, 1, [&](Value pass) {
      Value row = e.mul(pass, most);
      Value left = e.min(most, e.sub(rows, row));
      Values args(NumArguments);
      args[Data] = e.bytesAt(block.data, e.mul(row, rowBytes()));
      args[StepBytes] = e.mul(block.rows, rowBytes());
      args[Depth] = e.c(k);
      args[Weights] = panel;
      args[PanelBytes] = e.c(panelBytes());
      args[Sums] = block.sums;
      args[Ahead] = e.bytesAt(next, e.mul(e.mul(pass, lines), panelBytes() / quarterLines));
      args[Lines] = lines;
      args[Rows] = left;
      args[Units] = units;
      multiply(args);
      storeSums(block, row, left, unit, units, store);
    });
  });
}
