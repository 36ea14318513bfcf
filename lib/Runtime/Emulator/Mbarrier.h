// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_MBARRIER_H
#define EMO_LIB_RUNTIME_EMULATOR_MBARRIER_H

#include "Core.h"

namespace emo::rt::emulator {

/// The mbarrier at this address that the running fiber uses; its index in Sm::mbarriers.
uint32_t useMbarrier(const void *address, const Site *site, const char *operation);

/// A copy of the running fiber to shared memory that completes on an mbarrier.
void issueFlying(FlyingCopy &&copy);
/// A bulk copy needs an mbarrier whose initialisation the asynchronous proxy can see.
void requireFence(uint32_t index, const Site *site, const char *operation);

/// cp.async of this thread that arrives on mbarriers lands now.
void landArrivals(uint32_t thread);

/// fence.mbarrier_init, or another that covers it, of the running fiber.
void fenceMbarriers();

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_MBARRIER_H
