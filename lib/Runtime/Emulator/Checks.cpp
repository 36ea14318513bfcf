// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Checks.h"
#include "Report.h"

using namespace emo::rt::emulator;

/// After this many accesses in a row a thread lets others run: it may wait for what they write.
static constexpr uint32_t kSpins = 1 << 16;

void Checks::startLaunch() {
  shared.startLaunch();
  global.startLaunch();
  statistics.clear();
}

void Checks::startCta() {
  shared.startCta(order.start());
  global.startCta();
  statistics.clear();
}

void Checks::endThread(Fiber &fiber) {
  if (!fiber.bulk.open.empty())
    fail(fiber.bulk.open.front().site, nullptr, "a thread ends before it has committed its bulk copy; expected cp.async.bulk.commit_group");
  for (const auto &group : fiber.bulk.groups)
    if (!group.empty())
      fail(group.front().site, nullptr,
           "a thread ends while its bulk copy may still read shared memory; expected cp.async.bulk.wait_group.read before");
}

void Checks::access(Fiber &fiber, const void *address, uint32_t bytes, uint32_t flags, const Site *site) {
  bool write = flags & EMO_SIM_WRITE, atomic = flags & EMO_SIM_ATOMIC;
  uint32_t space = flags >> EMO_SIM_SPACE_SHIFT & 15;
  if (space == 0) {
    uintptr_t top = uintptr_t(__builtin_frame_address(0)), at = uintptr_t(address);
    if (at - top < 256 << 10 && !machine.isShared(address))
      return; // the thread's own stack
    space = machine.isShared(address) ? 3 : 1;
  }
  if (spinning != &fiber || switches != machine.counters.switches)
    spinning = &fiber, switches = machine.counters.switches, spins = 0;
  if (++spins == kSpins || (machine.options.schedule == Schedule::Random && machine.nextRandom() % 32 == 0))
    machine.yield();
  // Larger accesses are several of the device.
  for (uint32_t done = 0, piece; done < bytes; done += piece) {
    piece = std::min(bytes - done, 16u);
    const char *at = static_cast<const char *>(address) + done;
    if (bytes <= 16 && std::has_single_bit(piece) && uintptr_t(at) % piece)
      fail(site, nullptr, "misaligned access of %u bytes at 0x%llx", piece,
           (unsigned long long)(space == 3 ? machine.offset(at) : uintptr_t(at)));
    if (space == 3) {
      checkSharedRange(fiber, at, piece, 1, site, nullptr);
      shared.access(fiber, machine.offset(at), piece, {write, atomic, false, true, site, nullptr});
    } else {
      global.access(fiber, at, piece, {write, atomic, site, nullptr});
    }
    statistics.add(fiber, at, piece, space == 3, site);
  }
}

extern "C" void emo_sim_access(const void *address, uint32_t bytes, uint32_t flags, const emo_sim_site *site) {
  if (sm->checks)
    sm->checks->access(*sm->current, address, bytes, flags, site);
}

void Checks::matrixAccess(Warp &warp, const char *const *rows, uint32_t matrices, bool write) {
  Fiber *running = machine.current;
  for (uint32_t m = 0; m < matrices; ++m) {
    uintptr_t addresses[8];
    for (uint32_t r = 0; r < 8; ++r) {
      Fiber &fiber = warp.fibers[8 * m + r];
      machine.current = &fiber;
      shared.access(fiber, machine.offset(rows[8 * m + r]), 16, {write, false, false, false, fiber.site, fiber.waiting});
      addresses[r] = uintptr_t(rows[8 * m + r]);
    }
    machine.counters.bankConflicts += bankConflicts(addresses, 0xff, 16);
  }
  machine.current = running;
  ++machine.counters.sharedAccesses;
}

void Checks::issueCopy(Fiber &fiber, const Copy &copy) {
  if (copy.sourceBytes) {
    global.access(fiber, copy.source, copy.sourceBytes, {false, false, copy.site, nullptr});
    statistics.add(fiber, copy.source, copy.sourceBytes, false, copy.site);
  }
  shared.beginWrite(fiber, machine.offset(copy.target), copy.bytes, {true, false, false, false, copy.site, nullptr});
}

void Checks::completeCopy(uint32_t actor, const Copy &copy) {
  shared.endWrite(actor, machine.offset(copy.target), copy.bytes, {true, false, false, false, copy.site, nullptr});
}

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
