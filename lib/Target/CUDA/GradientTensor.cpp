// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of weights by mma.sync. Rows of dy and x lie in a ring in shared memory as they come; ldmatrix transposes both.
#include "Gradient.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

namespace {

class TensorWriter {
public:
  TensorWriter(DeviceEmit &e, const Gradient &gradient, ValueRange args, const TensorTile &shape)
      : e(e), tile(e, gradient, args, shape.rows, shape.columns), shape(shape), sides{{{shape.rows}, 0}, {{shape.columns}, shape.rows * shape.depth * 2}} {}
  void write();

private:
  /// One operand in a stage.
  struct Side {
    SwizzledRows rows;
    int base;
  };
  // A thread copies the same chunk of every `apart`-th row.
  int apart(const Side &side) const { return shape.threads() / side.rows.chunks(); }
  int copies(const Side &side) const { return shape.depth / apart(side); }
  Value ownRow(const Side &side) { return e.div(e.thread(), e.c(side.rows.chunks())); }
  Values gathered(Value row) { return tile.gathered(e.add(row, ownRow(sides[1])), apart(sides[1]), copies(sides[1])); }
  void fill(Value stage, Value row, ValueRange gathered);
  Values mainLoop();
  Values multiplyStage(Value stage, ValueRange sums);

  DeviceEmit &e;
  GradientTile tile;
  const TensorTile &shape;
  Side sides[2];      // dy, x
  Values places[2];   // of a lane's matrix rows in a stage, for each 16 columns of the warp's part of the operand
};

} // namespace

void TensorWriter::fill(Value stage, Value row, ValueRange gathered) {
  for (int argument = 0; argument < 2; ++argument) {
    const Side &side = sides[argument];
    Value chunk = e.rem(e.thread(), e.c(side.rows.chunks())), own = ownRow(side);
    Value to = e.bytesAt(e.bytesAt(e.shared(), e.add(stage, side.rows.offset(e, own, chunk))), side.base);
    Value column = e.add(argument ? tile.firstColumn : tile.firstRow, e.mul(chunk, 8));
    tile.copy(argument, column, e.add(row, own), apart(side), copies(side), argument ? gathered : ValueRange(), to, int64_t(apart(side)) * side.rows.rowBytes());
  }
}

Values TensorWriter::multiplyStage(Value stage, ValueRange sums) {
  Values next(sums), at[2];
  Value base = e.bytesAt(e.shared(), stage);
  for (int argument = 0; argument < 2; ++argument)
    for (Value place : places[argument])
      at[argument].push_back(e.bytesAt(base, place));
  auto load = [&](int argument, Value address, int step) {
    return loadMatrices(e, e.bytesAt(address, int64_t(step) * 16 * sides[argument].rows.rowBytes()), /*transposed=*/true);
  };
  for (int step = 0; step < shape.depth / 16; ++step) {
    SmallVector<Values> a, b;
    for (Value address : at[0])
      a.push_back(load(0, address, step));
    for (Value address : at[1]) {
      Values four = load(1, address, step);
      b.push_back({four[0], four[1]});
      b.push_back({four[2], four[3]});
    }
    multiplyFragments(e, tile.gradient.element, a, b, next);
  }
  return next;
}

Values TensorWriter::mainLoop() {
  int ahead = (shape.stages - 1) * shape.depth;
  for (int s = 0; s < shape.stages - 1; ++s) {
    Value row = e.add(tile.first, s * shape.depth);
    e.onlyIf(e.less(row, tile.end), [&] { fill(e.c(s * shape.stageBytes()), row, gathered(row)); });
    commitCopies(e);
  }
  // Carried: sums, the stage that is multiplied, the one before it, which all have read when the barrier is behind them, and so is filled, and
  // the rows of x that go there, which were loaded a step before.
  size_t count = shape.sums();
  Values init(count, e.f32(0));
  init.append({e.c(0), e.c((shape.stages - 1) * shape.stageBytes())});
  llvm::append_range(init, gathered(e.add(tile.first, ahead)));
  Values result = e.repeatedLoop(tile.first, tile.end, shape.depth, 1, init, [&](Value row, ValueRange carried) {
    Value stage = carried[count], previous = carried[count + 1], coming = e.add(row, ahead);
    waitCopies(e, shape.stages - 2);
    e.barrier();
    e.onlyIf(e.less(coming, tile.end), [&] { fill(previous, coming, carried.drop_front(count + 2)); });
    commitCopies(e);
    Values following = gathered(e.add(coming, shape.depth));
    Values next = multiplyStage(stage, carried.take_front(count));
    Value after = e.add(stage, shape.stageBytes());
    next.append({e.select(e.equal(after, e.c(shape.stages * shape.stageBytes())), e.c(0), after), stage});
    llvm::append_range(next, following);
    return next;
  });
  result.resize(count);
  return result;
}

void TensorWriter::write() {
  Value lane = e.lane(), warp = e.warp(), eight = e.rem(lane, e.c(8)), second = e.div(lane, e.c(16)), odd = e.rem(e.div(lane, e.c(8)), e.c(2));
  int across = shape.columns / shape.warpColumns;
  Value warpRow = e.mul(e.div(warp, e.c(across)), shape.warpRows), warpColumn = e.mul(e.rem(warp, e.c(across)), shape.warpColumns);
  // Matrices of dy: 8 rows, the same by the next chunk, then both of the next 8 rows; of x: 16 rows, then the same by the next chunk.
  auto place = [&](const Side &side, Value row, Value column, Value chunk) {
    return e.add(side.rows.offset(e, row, e.add(e.div(column, e.c(8)), chunk)), side.base);
  };
  for (int i = 0; i < shape.warpRows; i += 16)
    places[0].push_back(place(sides[0], e.add(e.mul(second, 8), eight), e.add(warpRow, i), odd));
  for (int j = 0; j < shape.warpColumns; j += 16)
    places[1].push_back(place(sides[1], e.rem(lane, e.c(16)), e.add(warpColumn, j), second));

  // Without rows there is nothing to look up in `gather`, and the gradient is 0.
  auto some = scf::IfOp::create(e.b, SmallVector<Type>(shape.sums(), e.b.getF32Type()), e.less(tile.first, tile.end), /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(e.b);
    e.b.setInsertionPointToStart(some.thenBlock());
    scf::YieldOp::create(e.b, mainLoop());
    e.b.setInsertionPointToStart(some.elseBlock());
    scf::YieldOp::create(e.b, Values(shape.sums(), e.f32(0)));
  }
  tile.store(warpRow, warpColumn, shape.warpRows / 16, shape.warpColumns / 8, some.getResults());
}

void emo::cuda::launchGradientTensor(const Gradient &gradient, DeviceHost &host, KernelLibrary &library, const TensorTile &tile) {
  KernelShape shape{tile.threads(), 4, tile.sharedBytes()};
  StringRef name = library.get(gradient.kind(tile.rows, tile.columns, tile.depth), gradient.key, shape, gradient.operands,
                               [&](DeviceEmit &e, ValueRange args) { TensorWriter(e, gradient, args, tile).write(); });
  gradient.launch(name, host, shape, tile.rows, tile.columns);
}
