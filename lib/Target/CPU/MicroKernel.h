// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The inner product of CPU kernels: a block of rows times packed panels of weights, accumulators in registers.
//
// Packed weights (#emo.pack): [panel][K step][..], a panel is 32 columns. A *unit* is what two vector registers hold of a panel:
// columns j*lanes .. of its first half and of its second half (gate and up of a gated panel), j < 16 / lanes.
#ifndef EMO_LIB_TARGET_CPU_MICROKERNEL_H
#define EMO_LIB_TARGET_CPU_MICROKERNEL_H

#include "Kernels.h"

namespace emo::cpu {

/// Rows copied next to each other, in the form that the inner loop broadcasts: bf16 pairs for vdpbf16ps, else f32.
struct RowBlock {
  Value sums;          // memory for the sums of one tile, kSumBytes
  Value data;          // of row 0
  int64_t strideBytes; // between rows

  static constexpr int64_t kSumBytes = 2048;
  /// A block in `scratch`, which has kSumBytes + rows * stride bytes.
  static RowBlock in(Emit &e, Value scratch, int64_t strideBytes) { return {scratch, e.bytesAt(scratch, e.c(kSumBytes)), strideBytes}; }
};

class MicroKernel {
public:
  /// `element`: of weights and rows; K: logical depth.
  MicroKernel(Emit &e, Type element, int64_t k) : e(e), element(element), k(k) {}

  /// Bytes between the copied rows of a block: a multiple of 64 that is no multiple of 4096, so that rows do not share cache sets.
  static int64_t rowStride(const IsaLevel &isa, Type element, int64_t k);
  /// The same, the largest of all levels: scratch sizes are host code and do not know the level.
  static int64_t maxRowStride(int64_t k);

  /// Copies row `source` (elements of type `element`) to row `row` of the block, zeros behind K.
  void copyRow(const RowBlock &block, Value row, Value source);

  int64_t unitsPerPanel() const { return 16 / e.lanes(); }

  using Store = Fn<void(Value row, Value unit, Value first, Value second)>;
  /// All rows 0..rows of the block times units begin..end of the packed weights of one expert. `store` gets the two vectors of f32
  /// sums of each (row, unit).
  void run(const RowBlock &block, Value rows, Value weights, Value begin, Value end, Store store);

private:
  /// A register tile. Several units only where a unit is a whole panel.
  struct Tile {
    int rows, units;
  };
  /// Memory to prefetch meanwhile: `lines` cache lines for each quarter of a K step, one after the other.
  struct Ahead {
    Value address, lines;
  };
  llvm::ArrayRef<Tile> tiles() const;
  void tile(const RowBlock &block, Value row, int rows, Value weights, Value unit, int units, const Ahead &ahead);
  Values step(const RowBlock &block, Value rowBase, int64_t rowBytes, int rows, Value panelBase, int units, Value offset,
              ValueRange sums);
  Value panelOf(Value weights, Value unit);
  bool dot() const { return element.isBF16() && e.isa.bf16Dot; }

  Emit &e;
  Type element;
  int64_t k;
};

} // namespace emo::cpu
#endif // EMO_LIB_TARGET_CPU_MICROKERNEL_H
