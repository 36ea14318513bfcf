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
/// c[4] + a[4] (16x16, rows) * b[2] (16x8, columns) in bf16 with f32 sums.
Values multiplyAdd(DeviceEmit &e, ValueRange a, ValueRange b, ValueRange c);

/// Tiles of bf16 in shared memory: rows of `depth` elements (32 or 64) in chunks of 16 bytes, whose order changes from row to row so that eight rows'
/// chunks of one column lie in different banks. Rows 8 apart have the same order.
struct SwizzledRows {
  int depth;
  int chunks() const { return depth / 8; }
  int rowBytes() const { return depth * 2; }
  /// Offset in bytes of `chunk` of `row`.
  Value offset(DeviceEmit &e, Value row, Value chunk) const;
};

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_TENSOR_H
