// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// bf16 products on tile registers (AMX): copied rows [K step][row][32] times one packed panel.
#ifndef EMO_LIB_TARGET_CPU_MATRIXTILES_H
#define EMO_LIB_TARGET_CPU_MATRIXTILES_H

#include "IsaEmit.h"

namespace emo::cpu {

class MatrixTiles {
public:
  /// Rows of a tile. Row blocks have memory for whole tiles; what is behind the last row is multiplied and ignored.
  static constexpr int64_t kRows = 16;

  explicit MatrixTiles(IsaEmit &e) : e(e) {}

  /// sums [rows][32] f32 = rows x panel. `rows`: a multiple of kRows; `steps`: K / 32, rounded up; `next`: the panel to prefetch.
  void multiply(Value data, Value rows, Value steps, Value panel, Value next, Value sums);

private:
  void write(ValueRange args);
  void pair(int tileRows, Value data, Value stepBytes, Value count, Value panel, Value ahead, Value lines, Value sums, Value first);
  // Emulated tiles are 1 KiB of memory each, `slot` by `slot`; real ones are values.
  Value memoryOf(int slot);
  Value zero(int slot);
  Value load(int slot, Value address, Value stride, bool stream);
  Value dot(Value sum, Value a, Value b);
  void store(Value tile, Value address, Value stride);
  bool isEmulated() const { return e.isa.tiles == IsaTiles::Emulated; }

  IsaEmit &e;
  llvm::SmallVector<Value, 8> memory; // of emulated tiles
};

} // namespace emo::cpu
#endif // EMO_LIB_TARGET_CPU_MATRIXTILES_H
