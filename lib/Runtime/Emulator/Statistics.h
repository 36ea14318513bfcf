// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What accesses cost a warp: passes over the banks of shared memory, sectors of device memory. Lanes run one after another, so their
// accesses are put together again: the n-th of a call in each lane since the warp last met is one access of the warp.
#ifndef EMO_LIB_RUNTIME_EMULATOR_STATISTICS_H
#define EMO_LIB_RUNTIME_EMULATOR_STATISTICS_H

#include "Core.h"

namespace emo::rt::emulator {

/// Passes beyond the first that 32 banks of 4 bytes need for these accesses of `bytes` each: 16 bytes go in phases of 8 lanes, 8 in phases
/// of 16, and lanes that want the same word share it.
uint32_t bankConflicts(const uintptr_t *addresses, uint32_t lanes, uint32_t bytes);

class Statistics {
public:
  void add(const Fiber &fiber, const void *address, uint32_t bytes, bool shared, const Site *site);
  /// All lanes of the warp are at the same place: what they did until now is complete.
  void flush(uint32_t warp) {
    if (open[warp])
      count(warp);
  }
  void clear();

private:
  /// Longer runs are counted by their beginning.
  static constexpr uint32_t kLongest = 1024;
  struct Group {
    uintptr_t address[kWarpSize];
    uint32_t lanes;
  };
  struct Stream {
    const Site *site = nullptr;
    uint32_t bytes = 0;
    bool shared = false;
    uint32_t occurrences[kWarpSize] = {};
    uint32_t used = 0;
    std::vector<Group> groups;
  };
  void count(uint32_t warp);

  std::vector<Stream> streams[kMaxWarps];
  uint32_t latest[kMaxWarps] = {}; // stream that was used last
  uint32_t open[kMaxWarps] = {};   // streams in use
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_STATISTICS_H
