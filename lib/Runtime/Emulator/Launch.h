// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_LAUNCH_H
#define EMO_LIB_RUNTIME_EMULATOR_LAUNCH_H

#include "Allocations.h"
#include "Core.h"

#include <mutex>

namespace emo::rt::emulator {

/// What the threads of the host that run a launch share.
struct LaunchState {
  std::atomic<uint64_t> next{0};     // position of the CTA to start
  std::atomic<uint64_t> failedAt{0}; // the first that failed, or count
  uint64_t count = 0;                // of CTAs
  uint64_t number = 0;               // of the launch in the process
  bool locked = false;               // several threads use the words of the race detector
  AllocationList allocations;
  std::mutex mutex;
  std::string report;

  static constexpr uint32_t kSites = 4096;
  std::vector<std::atomic<const Site *>> sites;  // of accesses to device memory
  std::vector<std::atomic<uint32_t>> lastAtomic; // by CTA: when

  /// 0 when there is no room.
  uint16_t siteIndex(const Site *site) {
    uint32_t hash = uint32_t((uintptr_t(site) >> 3) * 0x9e3779b1u >> 12);
    for (uint32_t i = 0; i < 8; ++i) {
      uint32_t index = (hash + i) % kSites;
      if (!index)
        continue;
      const Site *found = sites[index].load(std::memory_order_relaxed);
      if (!found && sites[index].compare_exchange_strong(found, site))
        found = site;
      if (found == site)
        return uint16_t(index);
    }
    return 0;
  }
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_LAUNCH_H
