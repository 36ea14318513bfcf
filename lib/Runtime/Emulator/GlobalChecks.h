// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_GLOBALCHECKS_H
#define EMO_LIB_RUNTIME_EMULATOR_GLOBALCHECKS_H

#include "Allocations.h"

namespace emo::rt::emulator {

/// The last write and the last read of 4 bytes of device memory.
struct GlobalCell {
  uint32_t cta, time;
  uint16_t launch; // 0: never
  uint16_t actor;  // thread of the CTA
  uint16_t site;
  uint8_t bytes; // a bit for each
  uint8_t atomic;
};
struct GlobalWord {
  GlobalCell write, read;
};
inline size_t globalWords(const Allocation &allocation) { return (allocation.end() + 3) / 4 - allocation.begin / 4; }

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_GLOBALCHECKS_H
