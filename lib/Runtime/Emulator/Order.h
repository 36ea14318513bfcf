// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What happens before what within a CTA. Every access is stamped with its actor and the time, which is a count of synchronisations.
#ifndef EMO_LIB_RUNTIME_EMULATOR_ORDER_H
#define EMO_LIB_RUNTIME_EMULATOR_ORDER_H

#include "Core.h"

namespace emo::rt::emulator {

/// Actors are the threads, then the wgmma of each warpgroup, then asynchronous copies: one actor for each mbarrier they complete on.
constexpr uint32_t kAsyncActors = kMaxThreads, kMbarrierActors = kAsyncActors + kMaxWarps / 4, kMaxMbarriers = 960;

/// The past of somebody: for each actor the time before which its accesses are over. Kept by warps, and by lanes where they differ.
class View {
public:
  uint32_t warps[kMaxWarps] = {}; // all lanes: times < this
  void clear();
  void merge(const View &other);
  /// Accesses of this thread up to and including `time`.
  void addThread(uint32_t thread, uint32_t time);
  void addAsync(uint32_t actor, uint32_t time);
  /// All lanes of the warp: times < `time`.
  void addWarp(uint32_t warp, uint32_t time) {
    warps[warp] = std::max(warps[warp], time);
    lanesOf &= ~(1u << warp);
  }
  bool has(uint32_t actor, uint32_t time) const {
    if (actor >= kAsyncActors)
      return actor - kAsyncActors < async.size() && time <= async[actor - kAsyncActors];
    uint32_t warp = actor / kWarpSize;
    return time < warps[warp] || (lanesOf >> warp & 1 && time <= lanes[warp][actor % kWarpSize]);
  }

private:
  uint32_t lanesOf = 0; // warps whose row of `lanes` counts
  uint32_t lanes[kMaxWarps][kWarpSize];
  std::vector<uint32_t> async;
};

class Order {
public:
  /// No more than this much time passes between two calls of start.
  static constexpr uint32_t kLongest = 1u << 30;

  Order() : warpViews(kMaxWarps), own(kMaxThreads), barrierViews(kNamedBarriers + 1) {}
  /// A CTA begins. True when time begins anew, and stamps of earlier CTAs mean nothing any more.
  bool start();

  uint32_t now = 1;
  uint32_t ctaStart = 1;
  /// Accesses before this are before everything that happens now.
  uint32_t everything = 1;

  bool before(uint32_t actor, uint32_t time, const Fiber &fiber) const {
    return time < everything || actor == fiber.thread || view(fiber).has(actor, time);
  }
  /// The lanes of a warp synchronise with each other.
  void syncWarp(Warp &warp, uint32_t members);
  void arriveBarrier(Warp &warp, uint32_t members, uint32_t id);
  /// All that wait at a barrier have seen all that arrived.
  void completeBarrier(const Barrier &barrier, uint32_t id);
  /// What this thread has done and seen goes to `into`; what `from` holds it has seen.
  void release(const Fiber &fiber, View &into);
  /// All lanes of a warp, which meet, have waited for this actor.
  void acquire(const Warp &warp, uint32_t actor, uint32_t time) { warpViews[warp.index].addAsync(actor, time); }
  void acquire(const Fiber &fiber, const View &from);

private:
  const View &view(const Fiber &fiber) const {
    uint32_t warp = fiber.thread / kWarpSize;
    return deviating[warp] >> fiber.lane & 1 ? own[fiber.thread] : warpViews[warp];
  }
  View &ownView(const Fiber &fiber);
  void merge(Warp &warp, uint32_t members, View &into) const;

  std::vector<View> warpViews, own, barrierViews;
  uint32_t deviating[kMaxWarps] = {}; // lanes with a view of their own
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_ORDER_H
