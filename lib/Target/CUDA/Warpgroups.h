// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Blocks of sm_90a whose warpgroups have roles: one copies to a ring in shared memory, two multiply what is there by wgmma.
#ifndef EMO_LIB_TARGET_CUDA_WARPGROUPS_H
#define EMO_LIB_TARGET_CUDA_WARPGROUPS_H

#include "Bulk.h"
#include "Tensor.h"

namespace emo::cuda {

class Warpgroups {
public:
  static constexpr int kMultipliers = 2, kThreads = 128 * (kMultipliers + 1);

  Warpgroups(DeviceEmit &e, Ring &ring) : e(e), ring(ring) {}

  /// Writes the block: `arrivals` fill a stage. `multiply` gets the number of its warpgroup.
  void split(int arrivals, Fn<void(Value warpgroup)> multiply, Fn<void()> copy);

  /// Goes through `steps` stages from `place` on; `start` begins the products of one stage, added to `sums`. Gives `count` sums, as of mma.sync's
  /// fragments, and the place behind them. A stage is free for copies when the products of the step after it are under way: those that read
  /// it have ended then; the last one is free at the end.
  std::pair<Values, Ring::Place> multiply(Ring::Place place, Value steps, int count, Fn<Value(Value stage, Value sums)> start);

private:
  DeviceEmit &e;
  Ring &ring;
};

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_WARPGROUPS_H
