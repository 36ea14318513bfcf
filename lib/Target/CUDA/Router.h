// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The two parts of emo.kernel.router.
#ifndef EMO_LIB_TARGET_CUDA_ROUTER_H
#define EMO_LIB_TARGET_CUDA_ROUTER_H

#include "Kernels.h"

namespace emo::cuda {

/// What a warp computes, and how the warps of a block lie side by side.
struct LogitTile {
  int tokens, rows;
  int tokenWarps, rowWarps;
};

/// At least 16 tokens: kFewTokens is more. kBlockTile: of a block that has all rows of its tokens, one group of rows after the other.
inline constexpr LogitTile kSmallTile{4, 1, 1, 4}, kLargeTile{16, 4, 2, 4}, kBlockTile{16, 4, 1, 8};

/// Logits: a warp has some rows of the weights and some tokens, its lanes share the sums. A logit is summed in the same order whatever the
/// number of tokens is, so that a token's experts do not depend on its neighbours.
class LogitsWriter {
public:
  LogitsWriter(DeviceEmit &e, KernelRouterOp op, LogitTile tile) : e(e), tile(tile), xType(elementOf(op.getX())), weightType(elementOf(op.getWeight())) {
    size = mlir::cast<mlir::MemRefType>(op.getX().getType()).getDimSize(1);
    rows = mlir::cast<mlir::MemRefType>(op.getWeight().getType()).getDimSize(0);
  }

  /// The tile of this block.
  void write(ValueRange args);
  /// This warp's logits of a tile of a block; put(logit, token, row) for each.
  void write(Value x, Value weight, Value tokens, Value firstToken, Value firstRow, Fn<void(Value, Value, Value)> put);

private:
  /// Sums of the lanes of each of `sums`, a power of two of values: afterwards lane l holds the values from l * n / 32 on, or lanes in a row
  /// hold the same one. Lanes 16 apart are added first, in either case.
  Values reduce(Values sums);

  DeviceEmit &e;
  LogitTile tile;
  Type xType, weightType;
  int64_t size, rows;
};

/// The kernel's arguments; those of operands that a router has not are null.
struct SelectArgs {
  Value weights, indices, tokens, bias, pool, poolStride, segments, scores;
};

/// Selection: a warp has a token. Arrays of `count` values lie over the warp: element 32 i + l is value i of lane l.
class SelectWriter {
public:
  SelectWriter(DeviceEmit &e, KernelRouterOp op, SelectArgs args) : e(e), op(op), args(args), f32(e.b.getF32Type()), i32(e.b.getI32Type()), lane(e.lane()) {
    rows = mlir::cast<mlir::MemRefType>(op.getWeight().getType()).getDimSize(0);
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
  Value ordered(Value bits) { return mlir::arith::XOrIOp::create(e.b, bits, e.both(mlir::arith::ShRSIOp::create(e.b, bits, e.c(31)), e.c(0x7fffffff))); }
  Value bitsOf(Value x) { return mlir::arith::BitcastOp::create(e.b, i32, x); }
  Value floatOf(Value bits) { return mlir::arith::BitcastOp::create(e.b, f32, bits); }

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

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_ROUTER_H
