// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The inner product of CPU kernels: a block of rows times packed panels of weights, accumulators in registers.
//
// Packed weights (#emo.pack): [panel][K step][..], a panel is 32 columns. A *unit* is what two vector registers hold of a panel:
// columns j*lanes .. of its first half and of its second half (gate and up of a gated panel), j < 16 / lanes.
// The loops over K are functions of the level, shared by all of its kernels.
#ifndef EMO_LIB_TARGET_CPU_MICROKERNEL_H
#define EMO_LIB_TARGET_CPU_MICROKERNEL_H

#include "Kernels.h"

namespace emo::cpu {

/// Elements of K that are next to each other in a copied row.
constexpr int64_t kStep = 32;

/// Rows copied next to each other, [K step of 32][row][32], zeros behind K: bf16 where the level multiplies bf16, else f32.
struct RowBlock {
  Value sums; // memory for the sums of a tile, or of the block and one panel
  Value data; // of row 0
  Value rows; // that a K step has memory for: the block's own, in whole tiles

  /// Memory for a block of at most `rows` rows, whatever the level.
  static int64_t bytes(int64_t rows, int64_t k);
};

class MicroKernel {
public:
  /// `element`: of weights and rows; K: logical depth.
  MicroKernel(IsaEmit &e, Type element, int64_t k) : e(e), element(element), k(k) {}

  /// Whether levels that differ only in how bf16 is multiplied share kernels that multiply `element`.
  static bool isSameInBase(Type element) { return !element.isBF16(); }
  /// Blocks of a multiple of it leave no row tile half full.
  int64_t rowGranule() const;

  /// The block of `count` rows (at most `most`) at `scratch`, which has RowBlock::bytes.
  RowBlock blockAt(Value scratch, Value count, int64_t most);
  /// Copies row `source` (elements of type `element`) to row `row` of the block.
  void copyRow(const RowBlock &block, Value row, Value source);

  int64_t unitsPerPanel() const { return 16 / e.lanes(); }

  using Store = Fn<void(Value row, Value unit, Value first, Value second)>;
  /// All rows 0..rows of the block times units begin..end of the packed weights of one expert. `store` gets the two vectors of f32
  /// sums of each (row, unit).
  void run(const RowBlock &block, Value rows, Value weights, Value begin, Value end, Store store);

private:
  /// A register tile. Several units are whole panels, or parts of one.
  struct Tile {
    int rows, units;
  };
  /// Arguments of the level's functions: `data` of the first row, bytes between its K steps, K, weights of the first unit, bytes between
  /// panels, sums [row][unit][2 vectors], address to prefetch from and lines of it for each quarter of a K step, and number of rows and units.
  enum Argument { Data, StepBytes, Depth, Weights, PanelBytes, Sums, Ahead, Lines, Rows, Units, NumArguments };

  llvm::ArrayRef<Tile> tiles() const;
  void multiply(ValueRange args);
  void callTile(Tile shape, ValueRange args);
  void writeTile(Tile shape, ValueRange args);
  Value loadColumn(Tile shape, Value weights, Value ahead, Value panelBytes, int64_t i);
  Values step(Tile shape, Value row, Value weights, Value ahead, Value panelBytes, ValueRange sums);
  Value unpack(Value pairs, int64_t second);
  void storeSums(const RowBlock &block, Value row, Value rows, Value unit, Value units, Store store);
  Value panelOf(Value weights, Value unit);
  llvm::StringRef kind() const { return !element.isBF16() ? "f32" : dot() ? "bf16_pairs" : "bf16"; }
  bool prefetches(Tile shape) const { return shape.units == 1 && shape.rows >= 4; }
  bool dot() const { return element.isBF16() && e.isa.bf16Dot; }
  bool hasTiles() const { return dot() && e.isa.tiles != IsaTiles::None; }
  Type rowType() const;     // of copied elements
  int64_t rowBytes() const; // of a K step of one row
  int64_t panelBytes() const; // of one expert's panel
  int64_t weightStepBytes() const { return kStep * 32 * bytesOf(element); }

  IsaEmit &e;
  Type element;
  int64_t k;
};

} // namespace emo::cpu
#endif // EMO_LIB_TARGET_CPU_MICROKERNEL_H
