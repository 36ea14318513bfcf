// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of bf16 or f16 on sm_90a: one warpgroup copies tiles of rows and weights to a ring in shared memory, two others multiply them by wgmma.
// Blocks stay for many tiles, so that the copies of the next one go on while a tile is finished.
#include "Matmul.h"
#include "Warpgroups.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kRows = 128, kDepth = 64, kRowBytes = kDepth * 2;

namespace {
/// `columns` rows of weights in a tile, all accumulators together.
struct WarpgroupTile {
  int columns, stages;
  int64_t stageBytes() const { return int64_t(kRows + columns) * kRowBytes; }
  int64_t ringBytes() const { return stages * stageBytes(); }
  int64_t sharedBytes() const { return ringBytes() + stages * 16; }
};

class WarpgroupWriter {
public:
  /// args: those of the product, the number of tiles, then maps of the weights and, when its rows are not gathered, of lhs.
  WarpgroupWriter(DeviceEmit &e, const Product &product, ValueRange args, const WarpgroupTile &shape)
      : e(e), p(e, product, args), product(product), shape(shape), ring(e, shape.stages, shape.ringBytes()),
        tiles(args[product.operands.size()]), maps(args.drop_front(product.operands.size() + 1)) {}
  void write();

private:
  /// Runs `body` for the block's tiles that have rows; it gets and gives the place in the ring.
  void eachTile(Fn<Ring::Place(const RowTile &, Value columnTile, Ring::Place)> body);
  Ring::Place copyTile(const RowTile &tile, Value columnTile, Ring::Place place);
  void copyBoxes(const RowTile &tile, Value columnTile, Value stage, Value k);
  Ring::Place multiplyTile(const RowTile &tile, Value columnTile, Ring::Place place, Value warpgroup);
  void finish(const RowTile &tile, Value columnTile, ValueRange sums);

  bool gathers() const { return product.gather >= 0; }
  int columns() const { return shape.columns / product.accumulators; }
  int64_t steps() const { return llvm::divideCeil(product.k, kDepth); }
  /// Offset of a stage.
  Value stageAt(Value stage) { return e.mul(stage, shape.stageBytes()); }

  DeviceEmit &e;
  ProductWriter p;
  const Product &product;
  const WarpgroupTile &shape;
  Ring ring;
  Value tiles;
  ValueRange maps;
  Value ownThread; // of its warpgroup
};
} // namespace

void WarpgroupWriter::eachTile(Fn<Ring::Place(const RowTile &, Value, Ring::Place)> body) {
  int64_t columnTiles = llvm::divideCeil(product.n, columns());
  // The step is known to the launch only.
  auto loop = scf::ForOp::create(e.b, e.block(), tiles, e.blocks(), ring.start().values());
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  Ring::Place place{loop.getRegionIterArg(0), loop.getRegionIterArg(1)};
  auto [rowTile, columnTile] = p.tileAt(loop.getInductionVar(), tiles, columnTiles);
  RowTile tile = p.findTile(rowTile, kRows);
  auto some = scf::IfOp::create(e.b, TypeRange{place.stage.getType(), place.phase.getType()}, e.less(tile.first, tile.end), true);
  e.b.setInsertionPointToStart(some.thenBlock());
  scf::YieldOp::create(e.b, body(tile, columnTile, place).values());
  e.b.setInsertionPointToStart(some.elseBlock());
  scf::YieldOp::create(e.b, place.values());
  e.b.setInsertionPointAfter(some);
  scf::YieldOp::create(e.b, some.getResults());
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Weights, and rows that are neighbours, come as boxes, by one thread.
void WarpgroupWriter::copyBoxes(const RowTile &tile, Value columnTile, Value stage, Value k) {
  Value full = ring.full(stage), to = e.bytesAt(e.shared(), stageAt(stage));
  int64_t weightBytes = int64_t(shape.columns) * kRowBytes;
  arriveExpecting(e, full, weightBytes + (gathers() ? 0 : kRows * kRowBytes));
  Value column = e.mul(columnTile, columns());
  Value weightRow = tile.expert ? e.add(e.mul(tile.expert, product.n), column) : column;
  for (int j = 0; j < product.accumulators; ++j)
    copyBox(e, e.bytesAt(to, kRows * kRowBytes + j * int64_t(columns()) * kRowBytes), maps[j], weightRow, k, full);
  if (!gathers())
    copyBox(e, to, maps[product.accumulators], tile.first, k, full);
}

Ring::Place WarpgroupWriter::copyTile(const RowTile &tile, Value columnTile, Ring::Place place) {
  // A thread copies 16 bytes of every 16th gathered row.
  constexpr int kChunks = kRowBytes / 16, kStep = 128 / kChunks;
  Value ownRow = e.div(ownThread, e.c(kChunks)), ownChunk = e.rem(ownThread, e.c(kChunks));
  Value ownPlace = SwizzledRows{kDepth}.offset(e, ownRow, ownChunk);
  Values from, bytes;
  for (int row = 0; gathers() && row < kRows; row += kStep) {
    Value index = e.add(tile.first, e.add(ownRow, row));
    bytes.push_back(e.select(e.less(index, tile.end), e.c(16), e.c(0)));
    from.push_back(e.at(p.lhsRow(e.min(index, e.sub(tile.end, e.c(1)))), e.mul(ownChunk, 8), product.element));
  }
  bool hasTail = product.k % kDepth != 0;
  Value firstWarp = e.less(ownThread, e.c(32));
  Value chosen = electLane(e), issues = e.both(firstWarp, chosen);
  auto step = [&](Value k, Ring::Place at) {
    ring.waitEmpty(at);
    e.onlyIf(issues, [&] { copyBoxes(tile, columnTile, at.stage, k); });
    if (!gathers())
      return;
    Value to = e.bytesAt(e.shared(), e.add(stageAt(at.stage), ownPlace));
    Value exists = hasTail ? e.less(e.add(k, e.mul(ownChunk, 8)), e.c(product.k)) : Value();
    for (auto [i, address] : llvm::enumerate(from))
      copyAsync(e, e.bytesAt(to, int64_t(i) * kStep * kRowBytes), e.at(address, k, product.element),
                exists ? e.select(exists, bytes[i], e.c(0)) : bytes[i]);
    arriveAfterCopies(e, ring.full(at.stage));
  };
  auto copyAll = [&] {
    e.repeatedLoop(e.c(0), e.c(steps() * kDepth), kDepth, 1, place.values(), [&](Value k, ValueRange carried) {
      Ring::Place at{carried[0], carried[1]};
      step(k, at);
      return ring.next(at).values();
    });
  };
  // A lane that only waits would not be waited for: it could miss a whole round of the ring and wait for ever.
  if (gathers())
    copyAll();
  else
    e.onlyIf(issues, copyAll);
  return ring.after(place, steps());
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Ring::Place WarpgroupWriter::multiplyTile(const RowTile &tile, Value columnTile, Ring::Place place, Value warpgroup) {
  Value base = LLVM::PtrToIntOp::create(e.b, e.b.getI32Type(), e.shared()), ownRows = e.mul(warpgroup, 64 * kRowBytes);
  auto [sums, behind] = Warpgroups(e, ring).multiply(place, e.c(steps()), shape.columns / 2, [&](Value stage, Value sums) {
    // Copies of 16 bytes are no bulk copies: wgmma sees what they wrote behind a fence only.
    if (gathers())
      fenceForProducts(e);
    Value address = e.add(base, stageAt(stage));
    return startProducts(e, product.element, productOperand(e, e.add(address, ownRows)), productOperand(e, e.add(address, kRows * kRowBytes)), sums,
                         shape.columns, kDepth);
  });
  finish(tile, columnTile, sums);
  return behind;
}

/// Sums lie as in mma.sync's fragments; those of the second weight come behind all of the first.
void WarpgroupWriter::finish(const RowTile &tile, Value columnTile, ValueRange sums) {
  Value column = e.add(e.mul(columnTile, columns()), e.mul(e.rem(e.lane(), e.c(4)), 2));
  Value first = e.add(e.add(tile.first, e.mul(e.warp(), 16)), e.div(e.lane(), e.c(4)));
  std::unique_ptr<RowConsumer> consumer = p.consumer({tile.expert, column, product.n % columns() != 0, 4, columnTile});
  for (int half = 0; half < 2; ++half) {
    SmallVector<ColumnPair> pairs;
    for (int j = 0; j < columns() / 8; ++j) {
      ColumnPair &pair = pairs.emplace_back();
      pair.offset = j * 8;
      for (int accumulator = 0; accumulator < product.accumulators; ++accumulator) {
        int at = (accumulator * columns() / 8 + j) * 4 + half * 2;
        pair.sums.push_back({sums[at], sums[at + 1]});
      }
    }
    consumer->row(e.add(first, half * 8), tile.end, pairs);
  }
}

void WarpgroupWriter::write() {
  ownThread = e.rem(e.thread(), e.c(128));
  auto multiply = [&](Value warpgroup) {
    eachTile([&](const RowTile &tile, Value columnTile, Ring::Place place) { return multiplyTile(tile, columnTile, place, warpgroup); });
  };
  auto copyAll = [&] {
    eachTile([&](const RowTile &tile, Value columnTile, Ring::Place place) { return copyTile(tile, columnTile, place); });
  };
  Warpgroups(e, ring).split(gathers() ? 1 + 128 : 1, multiply, [&] {
    if (gathers())
      copyAll();
    else
      e.onlyIf(e.less(ownThread, e.c(32)), copyAll);
  });
}

void emo::cuda::launchWarpgroups(Product &product, DeviceHost &host, KernelLibrary &library) {
  int64_t all = product.n * product.accumulators;
  WarpgroupTile tile = all > 128 && product.consumer == nullptr ? WarpgroupTile{256, 4} : WarpgroupTile{128, 6};
  int64_t columns = tile.columns / product.accumulators, columnTiles = llvm::divideCeil(product.n, columns);
  KernelShape shape{Warpgroups::kThreads, 4, tile.sharedBytes()};
  std::string kind = llvm::formatv("{0}_{1}x{2}x{3}", product.kind(), kRows, tile.columns, kDepth);
  product.aroundLaunch(columnTiles, [&] {
    Value tiles = host.mul(countRowTiles(host, product, kRows), host.c(columnTiles));
    Values operands = product.operands;
    operands.push_back(tiles);
    SmallVector<TensorBoxes> maps;
    for (int j = 0; j < product.accumulators; ++j)
      maps.push_back({product.operands[product.weights + j], columns, kDepth});
    if (product.gather < 0)
      maps.push_back({product.operands[0], kRows, kDepth});
    StringRef name = library.get(
        kind, product.key, shape, operands, [&](DeviceEmit &e, ValueRange args) { WarpgroupWriter(e, product, args, tile).write(); },
        maps.size());
    host.launch(name, operands, host.min(tiles, host.c(library.arch.multiprocessors)), shape, maps);
  });
}
