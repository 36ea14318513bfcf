// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What sm_90a adds: barriers in shared memory that count arrivals and bytes, copies of boxes of a tensor (TMA), and registers that warps
// hand to each other.
#ifndef EMO_LIB_TARGET_CUDA_BULK_H
#define EMO_LIB_TARGET_CUDA_BULK_H

#include "DeviceEmit.h"

namespace emo::cuda {

/// A ring of stages in shared memory that some warps fill and others read. Each stage has two barriers: its copies arrive at `full`, the
/// warps that have read it at `empty`.
class Ring {
public:
  /// Barriers lie `offset` bytes (a multiple of 8) into shared memory.
  Ring(DeviceEmit &e, int stages, int64_t offset) : e(e), stages(stages), offset(offset) {}
  int64_t barrierBytes() const { return stages * 16; }

  /// One thread; the others pass a barrier of the block before they use the ring.
  void initialise(int fullArrivals, int emptyArrivals);

  /// Where a warp is in the ring.
  struct Place {
    Value stage, phase; // i32; the phase is 0 in the first round, then 1, then 0
    Values values() const { return {stage, phase}; }
  };
  Place start() { return {e.c(0), e.c(0)}; }
  Place next(const Place &place);
  Place after(const Place &place, int64_t count);

  void waitFull(const Place &place) { wait(full(place.stage), place.phase); }
  /// Does not wait in the first round.
  void waitEmpty(const Place &place);
  Value full(Value stage) { return barrier(stage, 0); }
  /// This thread's arrival.
  void releaseStage(Value stage);

private:
  Value barrier(Value stage, int64_t first);
  void wait(Value barrier, Value phase);

  DeviceEmit &e;
  const int stages;
  const int64_t offset;
};

/// This thread's arrival at `barrier`, which also waits for `bytes` that copies bring.
void arriveExpecting(DeviceEmit &e, Value barrier, int64_t bytes);
/// This thread's arrival once its copies of 16 bytes up to here are done.
void arriveAfterCopies(DeviceEmit &e, Value barrier);
/// Starts a copy of the box at (`row`, `column`) of the tensor that `map` describes; its bytes arrive at `barrier`. Zeros are where there is
/// no tensor. Rows are 128 bytes in shared memory, laid out as SwizzledRows.
void copyBox(DeviceEmit &e, Value shared, Value map, Value row, Value column, Value barrier);
/// i1: true in one lane; all lanes of the warp ask.
Value electLane(DeviceEmit &e);
/// Registers of each thread of the warps that come here, a multiple of 8: fewer are given back, more are waited for.
void giveRegisters(DeviceEmit &e, int count);
void takeRegisters(DeviceEmit &e, int count);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_BULK_H
