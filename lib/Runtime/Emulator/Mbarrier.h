// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_MBARRIER_H
#define EMO_LIB_RUNTIME_EMULATOR_MBARRIER_H

#include "Core.h"

namespace emo::rt::emulator {

/// Copies of this thread that arrive on an mbarrier when they land: now.
void landArrivals(uint32_t thread);

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_MBARRIER_H
