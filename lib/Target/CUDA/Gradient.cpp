// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.weight_gradient: which form of it an op takes, and what the forms share.
#include "Gradient.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

/// Distance of rows that begin at multiples of 16 bytes and are made of whole ones; 0 when they may not.
static int64_t strideOfChunks(Value matrix) {
  auto type = cast<MemRefType>(matrix.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  auto whole = [](int64_t size) { return !ShapedType::isDynamic(size) && size % 8 == 0; };
  bool fits = succeeded(type.getStridesAndOffset(strides, offset)) && whole(offset) && whole(strides[0]) && whole(type.getDimSize(1));
  return fits ? strides[0] : 0;
}

Gradient::Gradient(KernelWeightGradientOp op, DeviceHost &host) : key(keyOf(op)) {
  Value result = op.getOuts()[0];
  ArrayRef<int64_t> shape = cast<MemRefType>(result.getType()).getShape();
  element = elementOf(op.getDy());
  outElement = elementOf(result);
  n = shape[shape.size() - 2];
  k = shape.back();
  experts = op.getOffsets() ? shape[0] : 0;
  dyStride = strideOfChunks(op.getDy());
  xStride = strideOfChunks(op.getX());
  operands = {op.getDy(), op.getX()};
  if (op.getGather()) {
    gather = operands.size();
    operands.push_back(op.getGather());
  }
  if (op.getOffsets()) {
    offsets = operands.size();
    operands.push_back(op.getOffsets());
  }
  out = operands.size();
  operands.push_back(result);
  rowCount = operands.size();
  operands.push_back(host.dim(op.getDy(), 0));
}

//===----------------------------------------------------------------------===//
// A tile
//===----------------------------------------------------------------------===//

GradientTile::GradientTile(DeviceEmit &e, const Gradient &gradient, ValueRange args, int rows, int columns)
    : e(e), gradient(gradient), args(args), rows(rows), columns(columns) {
  int64_t across = llvm::divideCeil(gradient.k, columns);
  firstRow = e.mul(e.div(e.block(), e.c(across)), rows);
  firstColumn = e.mul(e.rem(e.block(), e.c(across)), columns);
  first = e.c(0);
  end = args[gradient.rowCount];
  if (gradient.experts) {
    expert = e.block(1);
    first = e.loadI32(args[gradient.offsets], expert);
    end = e.loadI32(args[gradient.offsets], e.add(expert, 1));
  }
}

Values GradientTile::gathered(Value row, int apart, int count) {
  Values found;
  for (int i = 0; gradient.gather >= 0 && i < count; ++i)
    found.push_back(e.loadI32(args[gradient.gather], e.min(e.add(row, i * apart), e.sub(end, e.c(1)))));
  return found;
}

void GradientTile::copy(int argument, Value column, Value row, int apart, int count, ValueRange gathered, Value shared, int64_t bytesApart) {
  int64_t size = argument ? gradient.k : gradient.n, tile = argument ? columns : rows, stride = argument ? gradient.xStride : gradient.dyStride;
  Value memory = e.elementAt(args[argument], column, gradient.element), from;
  for (int i = 0; i < count; ++i) {
    Value exists = e.less(e.add(row, i * apart), end);
    if (size % tile)
      exists = e.both(exists, e.less(column, e.c(size)));
    if (!gathered.empty())
      from = e.rowAt(memory, gathered[i], stride, gradient.element);
    else
      from = i ? e.at(from, apart * stride, gradient.element) : e.rowAt(memory, row, stride, gradient.element);
    copyAsync(e, e.bytesAt(shared, i * bytesApart), from, e.select(exists, e.c(16), e.c(0)));
  }
}

/// Lane l has rows l / 4 and l / 4 + 8, columns 2 * (l % 4) and the next of each fragment.
void GradientTile::store(Value row, Value column, int down, int across, ValueRange sums) {
  row = e.add(e.add(firstRow, row), e.div(e.lane(), e.c(4)));
  column = e.add(e.add(firstColumn, column), e.mul(e.rem(e.lane(), e.c(4)), 2));
  auto inside = [&](Value at, int64_t size, int64_t tile, Fn<void()> body) {
    if (size % tile)
      e.onlyIf(e.less(at, e.c(size)), body);
    else
      body();
  };
  Value memory = e.elementAt(args[gradient.out], column, gradient.outElement);
  for (int i = 0; i < 2 * down; ++i) {
    Value own = e.add(row, i * 8);
    inside(own, gradient.n, rows, [&] {
      Value to = e.rowAt(memory, expert ? e.add(e.mul(expert, gradient.n), own) : own, gradient.k, gradient.outElement);
      for (int j = 0; j < across; ++j)
        inside(e.add(column, j * 8), gradient.k, columns, [&] {
          int at = (i / 2 * across + j) * 4 + i % 2 * 2;
          Value pair = vector::FromElementsOp::create(e.b, e.vec(2), ValueRange{sums[at], sums[at + 1]});
          e.storeF32(pair, gradient.outElement, e.at(to, int64_t(j) * 8, gradient.outElement));
        });
    });
  }
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

std::string Gradient::kind(int rows, int columns, int depth) const { return llvm::formatv("gradient_{0}x{1}_{2}x{3}x{4}", n, k, rows, columns, depth); }

void Gradient::launch(StringRef kernel, DeviceHost &host, const KernelShape &shape, int64_t rows, int64_t columns) const {
  int64_t tiles = llvm::divideCeil(n, rows) * llvm::divideCeil(k, columns);
  host.launch(kernel, operands, {host.c(tiles), host.c(std::max<int64_t>(1, experts))}, shape);
}

static constexpr TensorTile kSmall{64, 64, 32, 32, 32, 4}, kLarge{128, 128, 32, 64, 64, 4};

bool emo::cuda::lowerWeightGradient(KernelWeightGradientOp op, KernelLibrary &library) {
  if (!isNarrow(elementOf(op.getDy())) || !strideOfChunks(op.getDy()) || !strideOfChunks(op.getX()))
    return false;
  DeviceHost host(op);
  Gradient gradient(op, host);
  bool large = gradient.n > 64 && gradient.k > 64;
  if (large && library.arch.hasWgmma())
    launchGradientWarpgroups(gradient, host, library);
  else
    launchGradientTensor(gradient, host, library, large ? kLarge : kSmall);
  op.erase();
  return true;
}
