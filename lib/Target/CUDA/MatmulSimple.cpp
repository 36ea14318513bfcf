// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products in f32 arithmetic: for f32, and for bf16 and f16 of sizes and strides that tensor cores' loads cannot take.
#include "Matmul.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

// A block makes kTile rows and kTile sums of weights' rows; a thread 8 rows (4 each of two halves) and 4 neighbouring sums.
static constexpr int kThreads = 128, kTile = 64, kDepth = 16;
// Rows of kDepth: [k][row], padded so that loads of 16 bytes stay aligned.
static constexpr int kPitch = kTile + 4, kTileBytes = kDepth * kPitch * 4, kSharedBytes = 4 * kTileBytes;

namespace {
class SimpleWriter {
public:
  SimpleWriter(DeviceEmit &e, const Product &product, ValueRange args, int width)
      : e(e), p(e, product, args), product(product), width(width), columns(kTile / product.accumulators) {}
  void write();

  static int columnsOfTile(const Product &product) { return kTile / product.accumulators; }

private:
  /// What a thread copies: `count` pieces of `width` elements of one operand, at k = `k` + piece's, to shared memory.
  struct Pieces {
    Value row;     // address of element 0
    Values places; // [k][row] of the tile, in f32
  };
  Pieces pieces(Fn<Value(Value row)> rowAt);
  Value depthOf(int piece);
  int count() const { return kTile * kDepth / width / kThreads; }
  Values loadPieces(const Pieces &pieces, Value k);
  void storePieces(const Pieces &pieces, ValueRange values, Value base);
  Values multiply(Value lhs, Value rhs, ValueRange sums);

  DeviceEmit &e;
  ProductWriter p;
  const Product &product;
  int width, columns;
};
} // namespace

// The lanes of a warp take 32 rows of one k, so that their stores hit different banks; what they leave of a sector is read from the level-1
// cache by the next piece.
Value SimpleWriter::depthOf(int piece) { return e.mul(e.add(e.div(e.thread(), e.c(kTile)), piece * (kThreads / kTile)), width); }

SimpleWriter::Pieces SimpleWriter::pieces(Fn<Value(Value)> rowAt) {
  Value row = e.rem(e.thread(), e.c(kTile));
  Pieces result{rowAt(row), {}};
  for (int i = 0; i < count(); ++i)
    result.places.push_back(e.add(e.mul(depthOf(i), kPitch), row));
  return result;
}

/// Elements behind K are 0 in both operands.
Values SimpleWriter::loadPieces(const Pieces &pieces, Value k) {
  Values values;
  for (int i = 0; i < count(); ++i) {
    Value at = e.add(k, depthOf(i)), inside = e.min(at, e.c(product.k - width));
    Value address = e.at(pieces.row, inside, product.element);
    Values loaded;
    if (width == 1)
      loaded = {e.loadScalar(product.element, address)};
    else
      loaded = e.loadScalars(product.element, address, width);
    for (Value value : loaded)
      values.push_back(product.k % kDepth ? e.select(e.less(at, e.c(product.k)), value, e.f32(0)) : value);
  }
  return values;
}

void SimpleWriter::storePieces(const Pieces &pieces, ValueRange values, Value base) {
  Type f32 = e.b.getF32Type();
  for (int i = 0; i < count(); ++i)
    for (int j = 0; j < width; ++j)
      e.store(values[i * width + j], e.at(e.at(base, pieces.places[i], f32), j * kPitch, f32), 4);
}

Values SimpleWriter::multiply(Value lhs, Value rhs, ValueRange sums) {
  Type f32 = e.b.getF32Type();
  auto four = [&](Value base, int64_t offset) {
    Value vector = e.load(e.vec(4), e.at(base, offset, f32));
    Values scalars;
    for (int64_t i = 0; i < 4; ++i)
      scalars.push_back(vector::ExtractOp::create(e.b, vector, ArrayRef<int64_t>{i}));
    return scalars;
  };
  Values next(sums);
  for (int k = 0; k < kDepth; ++k) {
    Values a = four(lhs, k * kPitch), b = four(rhs, k * kPitch);
    a.append(four(lhs, k * kPitch + kTile / 2));
    for (int i = 0; i < 8; ++i)
      for (int j = 0; j < 4; ++j)
        next[i * 4 + j] = e.fma(a[i], b[j], next[i * 4 + j]);
  }
  return next;
}

void SimpleWriter::write() {
  auto [rowTile, columnTile] = p.tileAt(e.block(), e.blocks(), llvm::divideCeil(product.n, columns));
  RowTile tile = p.findTile(rowTile, kTile);
  Value firstColumn = e.mul(columnTile, columns), c0 = e.c(0);
  e.onlyIf(e.less(tile.first, tile.end), [&] {
    Type f32 = e.b.getF32Type();
    Value lastRow = e.sub(tile.end, e.c(1));
    Pieces lhs = pieces([&](Value row) { return p.lhsRow(e.min(e.add(tile.first, row), lastRow)); });
    // Two accumulators: weights alternate after every two columns, so that a thread has both sums of its columns.
    Pieces rhs = pieces([&](Value row) {
      Value column = row, second;
      if (product.accumulators == 2) {
        column = e.add(e.mul(e.div(row, e.c(4)), 2), e.rem(row, e.c(2)));
        second = e.equal(e.rem(e.div(row, e.c(2)), e.c(2)), e.c(1));
      }
      column = e.min(e.add(firstColumn, column), e.c(product.n - 1));
      Value address = p.weightRow(0, tile.expert, column);
      return second ? e.select(second, p.weightRow(1, tile.expert, column), address) : address;
    });
    Value base = e.shared(), threadRow = e.mul(e.div(e.thread(), e.c(16)), 4), threadSum = e.mul(e.rem(e.thread(), e.c(16)), 4);
    auto lhsBuffer = [&](Value number) { return e.at(base, e.mul(number, kTileBytes / 4), f32); };
    auto rhsBuffer = [&](Value number) { return e.at(e.at(base, 2 * kTileBytes / 4, f32), e.mul(number, kTileBytes / 4), f32); };
    storePieces(lhs, loadPieces(lhs, c0), lhsBuffer(c0));
    storePieces(rhs, loadPieces(rhs, c0), rhsBuffer(c0));
    e.barrier();
    int64_t steps = llvm::divideCeil(product.k, kDepth);
    Values sums = e.loop(c0, e.c(steps), 1, Values(32, e.f32(0)), [&](Value step, ValueRange carried) {
      // The next tiles are on their way while these are multiplied; behind the last step they are not used.
      Value nextDepth = e.mul(e.add(step, 1), kDepth), current = e.rem(step, e.c(2)), other = e.sub(e.c(1), current);
      Values nextLhs = loadPieces(lhs, nextDepth), nextRhs = loadPieces(rhs, nextDepth);
      Values next = multiply(e.at(lhsBuffer(current), threadRow, f32), e.at(rhsBuffer(current), threadSum, f32), carried);
      storePieces(lhs, nextLhs, lhsBuffer(other));
      storePieces(rhs, nextRhs, rhsBuffer(other));
      e.barrier();
      return next;
    });
    SumPlace place{tile.expert, e.add(firstColumn, e.mul(e.rem(e.thread(), e.c(16)), 4 / product.accumulators)), product.n % columns != 0,
                   16, columnTile};
    std::unique_ptr<RowConsumer> consumer = p.consumer(place);
    for (int i = 0; i < 8; ++i) {
      Value row = e.add(e.add(tile.first, threadRow), i / 4 * (kTile / 2) + i % 4);
      Values left{sums[i * 4], sums[i * 4 + 1]}, right{sums[i * 4 + 2], sums[i * 4 + 3]};
      if (product.accumulators == 2)
        consumer->row(row, tile.end, ColumnPair{0, {left, right}});
      else
        consumer->row(row, tile.end, {{0, {left}}, {2, {right}}});
    }
  });
}

void emo::cuda::launchSimple(Product &product, DeviceHost &host, KernelLibrary &library, int width) {
  KernelShape shape{kThreads, 4, kSharedBytes};
  std::string kind = product.kind() + "_simple" + (width == 1 ? "_odd" : "");
  int64_t columnTiles = llvm::divideCeil(product.n, SimpleWriter::columnsOfTile(product));
  product.aroundLaunch(columnTiles, [&] {
    StringRef name = library.get(kind, product.key, shape, product.operands,
                                 [&](DeviceEmit &e, ValueRange args) { SimpleWriter(e, product, args, width).write(); });
    host.launch(name, product.operands, host.mul(countRowTiles(host, product, kTile), host.c(columnTiles)), shape);
  });
}
