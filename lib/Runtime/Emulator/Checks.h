// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything that only runs with checks: one object for each Sm.
#ifndef EMO_LIB_RUNTIME_EMULATOR_CHECKS_H
#define EMO_LIB_RUNTIME_EMULATOR_CHECKS_H

#include "GlobalChecks.h"
#include "SharedChecks.h"
#include "Statistics.h"

namespace emo::rt::emulator {

/// What the phases of an mbarrier hand on: the open one, and all that are complete.
struct Phases {
  View open, closed;
  void reset() { open.clear(), closed.clear(); }
  void complete() {
    closed.merge(open);
    open.clear();
  }
};

struct Checks {
  explicit Checks(Sm &machine) : machine(machine), shared(machine, order), global(machine, order) {}

  void startLaunch();
  void startCta();
  void endThread(Fiber &fiber);
  void endWarp(Warp &warp) { statistics.flush(warp.index); }

  /// The lanes meet.
  void syncWarp(Warp &warp, uint32_t members, bool orders) {
    if (members == warp.alive)
      statistics.flush(warp.index);
    if (orders)
      order.syncWarp(warp, members);
  }

  /// A plain load, store or atomic.
  void access(Fiber &fiber, const void *address, uint32_t bytes, uint32_t flags, const Site *site);
  /// ldmatrix or stmatrix of these rows, 8 for each matrix; row i is of lane i.
  void matrixAccess(Warp &warp, const char *const *rows, uint32_t matrices, bool write);
  /// cp.async.
  void issueCopy(Fiber &fiber, const Copy &copy);
  void completeCopy(uint32_t actor, const Copy &copy);

  Phases &phases(uint32_t mbarrier) {
    while (mbarriers.size() <= mbarrier)
      mbarriers.push_back(std::make_unique<Phases>());
    return *mbarriers[mbarrier];
  }

  Sm &machine;
  Order order;
  SharedChecks shared;
  GlobalChecks global;
  Statistics statistics;

private:
  std::vector<std::unique_ptr<Phases>> mbarriers;
  /// Accesses of the running fiber since another one ran.
  const Fiber *spinning = nullptr;
  uint64_t switches = 0;
  uint32_t spins = 0;
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_CHECKS_H
