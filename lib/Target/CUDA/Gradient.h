// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the forms of emo.kernel.weight_gradient share. A block has a tile of one expert's gradient and goes through the expert's rows: sums are made
// in their order, by one block, so that results are the same each time.
#ifndef EMO_LIB_TARGET_CUDA_GRADIENT_H
#define EMO_LIB_TARGET_CUDA_GRADIENT_H

#include "Kernels.h"
#include "Tensor.h"

namespace emo::cuda {

/// One op: its static facts and the arguments of its kernels.
struct Gradient {
  Gradient(KernelWeightGradientOp op, DeviceHost &host);

  /// The beginning of kernels' names.
  std::string kind(int rows, int columns, int depth) const;
  /// Launches a kernel with a block for each tile of `rows` by `columns` of each expert.
  void launch(llvm::StringRef kernel, DeviceHost &host, const KernelShape &shape, int64_t rows, int64_t columns) const;

  std::string key;
  Type element, outElement;
  int64_t n, k, experts; // experts 0: all rows are one expert's
  int64_t dyStride, xStride;
  int gather = -1, offsets = -1, out, rowCount; // positions among the arguments; dy and x come first
  Values operands;
};

/// The block's tile in one of the kernels: `rows` of N by `columns` of K.
class GradientTile {
public:
  GradientTile(DeviceEmit &e, const Gradient &gradient, ValueRange args, int rows, int columns);

  DeviceEmit &e;
  const Gradient &gradient;
  ValueRange args;
  const int rows, columns;
  Value first, end;            // rows of the expert
  Value firstRow, firstColumn; // of the tile in the gradient

  /// `count` rows of x, `apart` rows from each other, that a thread copies from `row` on; none without `gather`. Needs a row that exists.
  Values gathered(Value row, int apart, int count);
  /// Starts copies of 16 bytes: of operand `argument` (0: dy, 1: x) 8 elements from `column` on, of `count` rows from `row` on, to `shared` and
  /// `bytesApart` bytes further each. What does not exist is 0.
  void copy(int argument, Value column, Value row, int apart, int count, ValueRange gathered, Value shared, int64_t bytesApart);
  /// Stores sums of 16x8 fragments as mma.sync has them: `down` by `across` from (`row`, `column`) of the tile on.
  void store(Value row, Value column, int down, int across, ValueRange sums);

private:
  Value expert; // null: all rows are one expert's
};

// The forms. Each launches its kernel where the host stands.
/// By mma.sync.
void launchGradientTensor(const Gradient &gradient, DeviceHost &host, KernelLibrary &library, const TensorTile &tile);
/// By wgmma, in tiles of 128 x 256.
void launchGradientWarpgroups(const Gradient &gradient, DeviceHost &host, KernelLibrary &library);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_GRADIENT_H
