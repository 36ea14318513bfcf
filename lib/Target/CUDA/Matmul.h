// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the forms of emo.kernel.matmul and emo.kernel.loss share: operands, tiles of rows of one expert, and what becomes of the sums.
#ifndef EMO_LIB_TARGET_CUDA_MATMUL_H
#define EMO_LIB_TARGET_CUDA_MATMUL_H

#include "Kernels.h"
#include "Tensor.h"
#include "llvm/ADT/DenseMap.h"

#include <functional>
#include <memory>

namespace emo::cuda {

/// Two neighbouring columns from `offset` on: sums[accumulator][column].
struct ColumnPair {
  int64_t offset;
  llvm::SmallVector<Values, 2> sums;
};

/// Takes the sums of a thread row by row.
class RowConsumer {
public:
  virtual ~RowConsumer() = default;
  /// Rows from `end` on do not exist.
  virtual void row(Value row, Value end, llvm::ArrayRef<ColumnPair> pairs) = 0;
};

class ProductWriter;

/// Where a thread's sums lie.
struct SumPlace {
  Value expert, column; // column: of offset 0
  bool masked;          // some columns may not exist
  int lanes;            // neighbouring lanes that have the same rows
  Value part;           // number of the columns that these lanes have together
};

/// One op: its static facts and the arguments that all of its kernels take.
class Product {
public:
  Product(KernelMatmulOp op, DeviceHost &host);
  static bool supports(KernelMatmulOp op);
  Product(KernelLossOp op, DeviceHost &host);

  /// Makes what takes the sums; null: the epilogue of `op`.
  using Consumer = std::unique_ptr<RowConsumer>(ProductWriter &, const SumPlace &);
  Consumer *consumer = nullptr;
  /// Runs around each launch, with the number of parts that columns are divided into; may add operands.
  std::function<void(int64_t parts, Fn<void()> launch)> around;
  void aroundLaunch(int64_t parts, Fn<void()> launch) {
    if (around)
      around(parts, launch);
    else
      launch();
  }

  bool grouped() const { return experts != 0; }
  /// "linear_256x768" or "expert_256x768".
  std::string kind() const;
  /// Whether `elements` of lhs and of the weights may be loaded at once. `unknown` is set when that depends on lhs's stride and offset.
  bool isAligned(Value lhs, int64_t elements, bool &unknown) const;

  mutable KernelMatmulOp op; // a handle; its accessors are not const
  std::string key;           // of its kernels
  Type element;
  int64_t k, n, experts = 0; // experts 0: one weight for all rows
  int accumulators;
  int64_t lhsStride; // or kDynamic
  Value rows;        // of the result, on the host

  // Positions among the arguments.
  int weights, gather = -1, offsets = -1, extras, outs, rowCount, stride, extraStrides;
  Values operands;
};

/// Rows first..end of one expert; nothing when first is not less than end.
struct RowTile {
  Value expert, first, end; // expert: null without groups
};

/// A product inside one of its kernels.
class ProductWriter {
public:
  ProductWriter(DeviceEmit &e, const Product &product, ValueRange args);

  /// Splits tile number `index` of `count` into a tile of rows and a tile of columns, so that neighbours, which run together, share rows and
  /// weights in the level-2 cache.
  std::pair<Value, Value> tileAt(Value index, Value count, int64_t columnTiles);
  /// Tile number `tile` of `size` rows. Whole warps must call it.
  RowTile findTile(Value tile, int64_t size);
  /// The expert of one row; whole warps must call it. Null without groups.
  Value expertOf(Value row);
  /// lhs's row for a row of the result.
  Value lhsRow(Value row);
  /// Row `column` of a weight.
  Value weightRow(int j, Value expert, Value column);
  std::unique_ptr<RowConsumer> consumer(const SumPlace &place);

  DeviceEmit &e;
  const Product &product;
  ValueRange args;
};

/// Number of row tiles on the host: exact without groups, an upper bound with them.
Value countRowTiles(DeviceHost &host, const Product &product, int64_t size);

/// Applies the epilogue to sums around (row, column) and stores the results. Loads behind the last row or column are moved inside, stores
/// left out.
class Epilogue : public RowConsumer {
public:
  struct Row {
    Value valid; // null: always
    Values outs, elements, scalars;
  };
  Epilogue(ProductWriter &p, const SumPlace &place) : p(p), e(p.e), expert(place.expert), column(place.column), masked(place.masked) {}
  void row(Value row, Value end, llvm::ArrayRef<ColumnPair> pairs) override;

  /// `end` null: the row exists.
  Row at(Value row, Value end = {});
  /// One or two neighbouring columns from `column` + `offset` on; sums[accumulator][column].
  void store(const Row &row, int64_t offset, llvm::ArrayRef<Values> sums);

private:
  void storeLanes(const Row &row, int64_t offset, int lanes, llvm::ArrayRef<Values> sums, int first);
  Value delta(int64_t offset, int lanes);
  Value loadAt(Type element, Value address, int lanes, bool paired);

  ProductWriter &p;
  DeviceEmit &e;
  Value expert, column;
  bool masked;
  llvm::DenseMap<int64_t, Value> deltas;
  llvm::DenseMap<int64_t, Values> columnExtras;
};

// The forms. Each launches its kernel where the host stands.
/// Up to 8 rows: a warp sums whole rows of weights. `width`: elements that a lane loads at once.
void launchFewRows(Product &product, DeviceHost &host, KernelLibrary &library, int width, int rows);
/// Tiles in shared memory and f32 arithmetic; any size and type.
void launchSimple(Product &product, DeviceHost &host, KernelLibrary &library, int width);

/// bf16 or f16 by mma.sync; K and lhs's stride are multiples of 8.
void launchTensor(Product &product, DeviceHost &host, KernelLibrary &library, const TensorTile &tile);
/// The same by wgmma, in tiles of 128 rows.
void launchWarpgroups(Product &product, DeviceHost &host, KernelLibrary &library);
/// The one of the two that fits rows and their number.
void launchTiled(Product &product, DeviceHost &host, KernelLibrary &library, int width);
/// Runs `launch` with elements of the largest width that lhs's rows allow (width 1: single ones), which may be known at run time only.
void launchByWidth(Product &product, Value lhs, DeviceHost &host, Fn<void(int width)> launch);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_MATMUL_H
