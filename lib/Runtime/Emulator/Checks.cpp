// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Checks.h"
#include "Mbarrier.h"
#include "Report.h"

using namespace emo::rt::emulator;

void emo::rt::emulator::checkSharedRange(const Fiber &fiber, const void *address, uint32_t bytes, uint32_t align, const Site *site,
                                         const char *operation) {
  uint64_t offset = uintptr_t(address) - uintptr_t(sm->shared);
  bool misaligned = uintptr_t(address) % align != 0;
  if (offset + bytes <= sm->kernel->sharedBytes && offset < kSharedWindow && !misaligned)
    return;
  sm->current = const_cast<Fiber *>(&fiber);
  if (offset >= kSharedWindow)
    fail(site, operation, "the address 0x%llx is not in shared memory", (unsigned long long)uintptr_t(address));
  if (misaligned)
    fail(site, operation, "misaligned shared memory address: offset 0x%llx, expected a multiple of %u", (unsigned long long)offset, align);
  Report report(site, operation, "shared memory out of bounds: bytes 0x%llx to 0x%llx of 0x%x", (unsigned long long)offset,
                (unsigned long long)(offset + bytes - 1), sm->kernel->sharedBytes);
  report.line("the launch gives each CTA %u bytes of shared memory", sm->kernel->sharedBytes);
  report.fail();
}
extern "C" void emo_sim_access(const void *, uint32_t, uint32_t, const emo_sim_site *) {}
