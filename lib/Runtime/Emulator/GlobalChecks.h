// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bounds of device memory, and races on it between threads and CTAs of one launch.
#ifndef EMO_LIB_RUNTIME_EMULATOR_GLOBALCHECKS_H
#define EMO_LIB_RUNTIME_EMULATOR_GLOBALCHECKS_H

#include "Allocations.h"
#include "Order.h"

namespace emo::rt::emulator {

/// A write or a read of 4 bytes of device memory; of the latest launch and, for each word, the last.
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

/// Before numbers of launches repeat.
void forgetGlobalWords(const AllocationList &list);

struct GlobalAccess {
  bool write = false, atomic = false;
  const Site *site = nullptr;
  const char *operation = nullptr; // null: the site's
};

class GlobalChecks {
public:
  GlobalChecks(Sm &machine, Order &order) : machine(machine), order(order) {}
  void startLaunch();
  void startCta() { synchronised = false; }
  /// Reports what is wrong with an access of the running fiber.
  void access(const Fiber &fiber, const void *address, uint32_t bytes, const GlobalAccess &access);

private:
  Allocation *find(uintptr_t address);
  void race(Allocation &allocation, const Fiber &fiber, uintptr_t address, uint32_t bytes, const GlobalAccess &access);
  bool conflicts(const GlobalCell &cell, uint32_t mask, const Fiber &fiber, const GlobalAccess &access) const;
  [[noreturn]] void failBounds(uintptr_t address, uint32_t bytes, const GlobalAccess &access);
  [[noreturn]] void failRace(const Allocation &allocation, uintptr_t address, const GlobalCell &cell, bool otherWrites,
                             const GlobalAccess &access);

  Sm &machine;
  Order &order;
  Allocation *last = nullptr;
  bool synchronised = false; // the CTA has done an atomic, which may tell it about other CTAs
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_GLOBALCHECKS_H
