// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensor cores and asynchronous copies of sm_80.
#ifndef EMO_LIB_TARGET_CUDA_TENSOR_H
#define EMO_LIB_TARGET_CUDA_TENSOR_H

#include "DeviceEmit.h"

namespace emo::cuda {

/// Starts a copy of 16 bytes from global to shared memory. With `bytes` (16 or 0) the rest is filled with zeros, and nothing is read for 0.
void copyAsync(DeviceEmit &e, Value shared, Value global, Value bytes = {});
/// Ends a group of copies of this thread.
void commitCopies(DeviceEmit &e);
/// Waits until at most the last `left` groups of this thread are under way.
void waitCopies(DeviceEmit &e, int left);

/// Four 8x8 matrices of 16-bit elements; lane l gives the address of row l % 8 of matrix l / 8, 16 bytes.
Values loadMatrices(DeviceEmit &e, Value address, bool transposed = false);
/// c[4] + a[4] (16x16, rows) * b[2] (16x8, columns) of `element`, bf16 or f16, with f32 sums.
Values multiplyAdd(DeviceEmit &e, Type element, ValueRange a, ValueRange b, ValueRange c);

/// Sizes of a block's tile of a result and of a warp's part of it; `depth` of K at a time.
struct TensorTile {
  int rows, columns, depth, warpRows, warpColumns, stages;
  int threads() const { return rows / warpRows * (columns / warpColumns) * 32; }
  int stageBytes() const { return (rows + columns) * depth * 2; }
  int64_t sharedBytes() const { return int64_t(stages) * stageBytes(); }
  /// Of a thread.
  int sums() const { return warpRows / 16 * (warpColumns / 8) * 4; }
};
/// Adds products of all fragments to `sums`, 4 of a[0] b[0], then of a[0] b[1] and so on.
void multiplyFragments(DeviceEmit &e, Type element, llvm::ArrayRef<Values> a, llvm::ArrayRef<Values> b, Values &sums);

/// Tiles of bf16 or f16 in shared memory: rows of `depth` elements (32, 64 or 128) in chunks of 16 bytes, whose order changes from row to row so that
/// eight rows' chunks of one column lie in different banks. Rows 8 apart have the same order.
struct SwizzledRows {
  int depth;
  int chunks() const { return depth / 8; }
  int rowBytes() const { return depth * 2; }
  /// Offset in bytes of `chunk` of `row`.
  Value offset(DeviceEmit &e, Value row, Value chunk) const;
};

// sm_90a: products by warpgroups of 128 threads, which read both operands from shared memory.
/// Makes this thread's writes to shared memory, those of finished copies too, visible to wgmma.
void fenceForProducts(DeviceEmit &e);
/// The low half of the descriptor of rows of 128 bytes as SwizzledRows lays them out; `address` is an i32, a multiple of 1024.
Value productOperand(DeviceEmit &e, Value address);
/// sums + 64 rows of a * `columns` rows of b over `depth` elements of K, in order; one group. `sums`: a structure of columns / 2 f32, those
/// of a warp's 16 rows as in mma.sync's fragments. They are there after waitProducts.
Value startProducts(DeviceEmit &e, Type element, Value a, Value b, Value sums, int columns, int depth);
/// The same of transposed operands: rows of K of 64 rows of a and of `columns` rows of b.
Value startTransposedProducts(DeviceEmit &e, Type element, Value a, Value b, Value sums, int columns, int depth);
/// Ends a group of addProduct.
void commitProducts(DeviceEmit &e);
/// Waits until at most the last `left` groups are under way.
void waitProducts(DeviceEmit &e, int left);

/// The low half of the descriptor of rows of K instead: `address` is that of 16 rows whose columns, 64 side by side and the next 64 `panel`
/// bytes behind them, are rows of b.
Value transposedOperand(DeviceEmit &e, Value address, int64_t panel);
/// One step of 16 of K, to be followed by commitProducts; `a` is in registers, 4 i32 as of mma.sync's fragments of the warp's 16 rows. Before
/// the first of a group, and when registers changed, stands fenceRegisters. `sums`: columns / 2 f32; without `keeps` the old ones do not count.
void addProduct(DeviceEmit &e, Type element, mlir::ArrayRef<Value> a, Value b, bool transposed, mlir::MutableArrayRef<Value> sums,
                bool keeps = true);
void fenceRegisters(DeviceEmit &e);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_TENSOR_H
