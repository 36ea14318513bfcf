// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of bf16 or f16 by mma.sync: a ring of tiles in shared memory, filled by asynchronous copies.
#include "Matmul.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

namespace {
class TensorWriter {
public:
  TensorWriter(DeviceEmit &e, const Product &product, ValueRange args, const TensorTile &shape)
      : e(e), p(e, product, args), product(product), shape(shape), tileRows{shape.depth} {}
  void write();

private:
  /// What a thread copies of one operand: 16 bytes of every `step`-th row, from its own row and chunk on.
  struct Copies {
    Values from;  // addresses at k = 0
    Values bytes; // 16 or 0 for rows that do not exist; empty: all do
    int base;     // of the operand in a stage
  };
  int copyRows() const { return shape.threads() / tileRows.chunks(); } // that all threads copy at once
  Copies lhsCopies(const RowTile &tile);
  Copies weightCopies(Value expert, Value firstColumn);
  void copy(const Copies &copies, Value stage, Value k);
  Values mainLoop(const Copies &lhs, const Copies &weights);
  Values multiplyStage(Value stage, ValueRange sums);
  void finish(const RowTile &tile, Value columnTile, ValueRange sums);

  int columns() const { return shape.columns / product.accumulators; }
  bool hasDepthTail() const { return product.k % shape.depth != 0; }

  DeviceEmit &e;
  ProductWriter p;
  const Product &product;
  const TensorTile &shape;
  SwizzledRows tileRows;
  Value ownRow, ownChunk, ownPlace; // of a thread's copies
  Value warpRow, warpColumn;
  Values lhsPlaces, weightPlaces; // of a lane's matrix rows in a stage, for each 16 of the depth
};
} // namespace

TensorWriter::Copies TensorWriter::lhsCopies(const RowTile &tile) {
  Copies copies{{}, {}, 0};
  Value first = e.add(tile.first, ownRow);
  bool strided = product.gather < 0 && !ShapedType::isDynamic(product.lhsStride);
  for (int row = 0; row < shape.rows; row += copyRows()) {
    Value exists = e.less(e.add(first, row), tile.end);
    copies.bytes.push_back(e.select(exists, e.c(16), e.c(0)));
    // Rows at one distance: the copies differ in a constant.
    if (strided && row) {
      copies.from.push_back(e.at(copies.from[0], row * product.lhsStride, product.element));
      continue;
    }
    Value inside = strided ? e.add(first, row) : e.min(e.add(first, row), e.sub(tile.end, e.c(1)));
    copies.from.push_back(e.at(p.lhsRow(inside), e.mul(ownChunk, 8), product.element));
  }
  return copies;
}

/// Two accumulators: rows of the tile are 8 of the first weight, 8 of the second, so that a thread's neighbouring fragments belong
/// together.
TensorWriter::Copies TensorWriter::weightCopies(Value expert, Value firstColumn) {
  Copies copies{{}, {}, shape.rows * tileRows.rowBytes()};
  bool gated = product.accumulators == 2;
  Value column = gated ? e.add(e.mul(e.div(ownRow, e.c(16)), 8), e.rem(ownRow, e.c(8))) : ownRow;
  column = e.add(firstColumn, column);
  Value first = p.weightRow(0, expert, column);
  if (gated)
    first = e.select(e.equal(e.rem(e.div(ownRow, e.c(8)), e.c(2)), e.c(0)), first, p.weightRow(1, expert, column));
  first = e.at(first, e.mul(ownChunk, 8), product.element);
  for (int row = 0; row < shape.columns; row += copyRows()) {
    int64_t distance = row / product.accumulators;
    copies.from.push_back(e.at(first, distance * product.k, product.element));
    if (product.n % columns())
      copies.bytes.push_back(e.select(e.less(e.add(column, distance), e.c(product.n)), e.c(16), e.c(0)));
  }
  return copies;
}

void TensorWriter::copy(const Copies &copies, Value stage, Value k) {
  Value to = e.bytesAt(e.bytesAt(e.shared(), e.add(stage, ownPlace)), copies.base);
  Value exists = hasDepthTail() ? e.less(e.add(k, e.mul(ownChunk, 8)), e.c(product.k)) : Value();
  for (auto [i, from] : llvm::enumerate(copies.from)) {
    Value bytes = copies.bytes.empty() ? Value() : copies.bytes[i];
    if (exists)
      bytes = e.select(exists, bytes ? bytes : e.c(16), e.c(0));
    copyAsync(e, e.bytesAt(to, i * copyRows() * tileRows.rowBytes()), e.at(from, k, product.element), bytes);
  }
}

Values TensorWriter::multiplyStage(Value stage, ValueRange sums) {
  Values next(sums);
  Value base = e.bytesAt(e.shared(), stage);
  for (int k = 0; k < shape.depth / 16; ++k) {
    SmallVector<Values> a, b;
    Value lhs = e.bytesAt(base, lhsPlaces[k]), weights = e.bytesAt(base, weightPlaces[k]);
    for (int i = 0; i < shape.warpRows / 16; ++i)
      a.push_back(loadMatrices(e, e.bytesAt(lhs, i * 16 * tileRows.rowBytes())));
    for (int j = 0; j < shape.warpColumns / 16; ++j) {
      Values four = loadMatrices(e, e.bytesAt(weights, j * 16 * tileRows.rowBytes()));
      b.push_back({four[0], four[1]});
      b.push_back({four[2], four[3]});
    }
    multiplyFragments(e, product.element, a, b, next);
  }
  return next;
}

Values TensorWriter::mainLoop(const Copies &lhs, const Copies &weights) {
  int64_t steps = llvm::divideCeil(product.k, shape.depth);
  auto fill = [&](Value stage, Value k) {
    copy(lhs, stage, k);
    copy(weights, stage, k);
  };
  for (int s = 0; s < shape.stages - 1; ++s) {
    if (s < steps)
      fill(e.c(s * shape.stageBytes()), e.c(s * shape.depth));
    commitCopies(e);
  }
  int count = shape.sums();
  // Carried: sums, the stage that is multiplied, the one before it, which all have read when the barrier is behind them, and so is filled.
  Values init(count, e.f32(0));
  init.append({e.c(0), e.c((shape.stages - 1) * shape.stageBytes())});
  int64_t ahead = (shape.stages - 1) * shape.depth;
  Values result = e.repeatedLoop(e.c(0), e.c(steps * shape.depth), shape.depth, 1, init, [&](Value k, ValueRange carried) {
    Value stage = carried[count], previous = carried[count + 1];
    waitCopies(e, shape.stages - 2);
    e.barrier();
    if (steps >= shape.stages)
      e.onlyIf(e.less(k, e.c(steps * shape.depth - ahead)), [&] { fill(previous, e.add(k, ahead)); });
    commitCopies(e);
    Values next = multiplyStage(stage, carried.take_front(count));
    Value following = e.add(stage, shape.stageBytes());
    following = e.select(e.equal(following, e.c(shape.stages * shape.stageBytes())), e.c(0), following);
    next.append({following, stage});
    return next;
  });
  result.resize(count);
  return result;
}

/// Lane l has rows l / 4 and l / 4 + 8, columns 2 * (l % 4) and the next of each 16x8 fragment.
void TensorWriter::finish(const RowTile &tile, Value columnTile, ValueRange sums) {
  int fragments = shape.warpColumns / 8, together = product.accumulators;
  Value column = e.add(e.add(e.mul(columnTile, columns()), e.div(warpColumn, e.c(together))), e.mul(e.rem(e.lane(), e.c(4)), 2));
  Value first = e.add(e.add(tile.first, warpRow), e.div(e.lane(), e.c(4)));
  int64_t across = shape.columns / shape.warpColumns;
  Value part = e.add(e.mul(columnTile, across), e.div(warpColumn, e.c(shape.warpColumns)));
  std::unique_ptr<RowConsumer> consumer = p.consumer({tile.expert, column, product.n % columns() != 0, 4, part});
  for (int i = 0; i < shape.warpRows / 16; ++i)
    for (int half = 0; half < 2; ++half) {
      SmallVector<ColumnPair> pairs;
      for (int j = 0; j < fragments; j += together) {
        ColumnPair &pair = pairs.emplace_back();
        pair.offset = j / together * 8;
        for (int accumulator = 0; accumulator < together; ++accumulator) {
          int at = (i * fragments + j + accumulator) * 4 + half * 2;
          pair.sums.push_back({sums[at], sums[at + 1]});
        }
      }
      consumer->row(e.add(first, i * 16 + half * 8), tile.end, pairs);
    }
}

void TensorWriter::write() {
  auto [rowTile, columnTile] = p.tileAt(e.block(), e.blocks(), llvm::divideCeil(product.n, columns()));
  RowTile tile = p.findTile(rowTile, shape.rows);
  Value firstColumn = e.mul(columnTile, columns());
  e.onlyIf(e.less(tile.first, tile.end), [&] {
    Value thread = e.thread(), lane = e.lane(), warp = e.warp();
    ownRow = e.div(thread, e.c(tileRows.chunks()));
    ownChunk = e.rem(thread, e.c(tileRows.chunks()));
    ownPlace = tileRows.offset(e, ownRow, ownChunk);
    int across = shape.columns / shape.warpColumns;
    warpRow = e.mul(e.div(warp, e.c(across)), shape.warpRows);
    warpColumn = e.mul(e.rem(warp, e.c(across)), shape.warpColumns);
    // lhs: rows 0..15 of the first chunk, then of the second. Weights: rows 0..7 of both chunks, then rows 8..15.
    Value eight = e.rem(lane, e.c(8)), second = e.div(lane, e.c(16)), odd = e.rem(e.div(lane, e.c(8)), e.c(2));
    Value lhsRow = e.add(warpRow, e.rem(lane, e.c(16)));
    Value weightRow = e.add(warpColumn, e.add(e.mul(second, 8), eight));
    for (int k = 0; k < shape.depth / 16; ++k) {
      lhsPlaces.push_back(tileRows.offset(e, lhsRow, e.add(second, 2 * k)));
      weightPlaces.push_back(e.add(tileRows.offset(e, weightRow, e.add(odd, 2 * k)), shape.rows * tileRows.rowBytes()));
    }
    Copies lhs = lhsCopies(tile), weights = weightCopies(tile.expert, firstColumn);
    finish(tile, columnTile, mainLoop(lhs, weights));
  });
}

void emo::cuda::launchTensor(Product &product, DeviceHost &host, KernelLibrary &library, const TensorTile &tile) {
  KernelShape shape{tile.threads(), 4, tile.sharedBytes()};
  std::string kind = llvm::formatv("{0}_{1}x{2}x{3}", product.kind(), tile.rows, tile.columns, tile.depth);
  int64_t columnTiles = llvm::divideCeil(product.n, tile.columns / product.accumulators);
  product.aroundLaunch(columnTiles * (tile.columns / tile.warpColumns), [&] {
    StringRef name = library.get(kind, product.key, shape, product.operands,
                                 [&](DeviceEmit &e, ValueRange args) { TensorWriter(e, product, args, tile).write(); });
    host.launch(name, product.operands, host.mul(countRowTiles(host, product, tile.rows), host.c(columnTiles)), shape);
  });
}
