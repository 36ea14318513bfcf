// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_LAUNCH_H
#define EMO_LIB_RUNTIME_EMULATOR_LAUNCH_H

#include "Allocations.h"

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
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_LAUNCH_H
