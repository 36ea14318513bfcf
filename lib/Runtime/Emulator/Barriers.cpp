// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Barriers of the CTA: barrier.cta.sync, .arrive and .red, all threads or a number of them, aligned or not.
#include "Checks.h"
#include "Report.h"

using namespace emo::rt::emulator;

namespace {
/// What one arrival is; `args` of the intrinsics are (barrier), (barrier, threads), (barrier, predicate) or (barrier, threads, predicate).
struct Arrival {
  bool counted, waits;
  enum Reduction { None, And, Or, Popc } reduction = None;
  bool cluster = false; // the barrier of the cluster, which has no number
};
} // namespace

static void release(Barrier &barrier, uint32_t id) {
  if (sm->checks)
    sm->checks->order.completeBarrier(barrier, id);
  for (uint32_t w = 0; w < sm->warpCount; ++w)
    sm->warps[w].ready |= barrier.waiting[w];
  barrier = Barrier();
  ++sm->progress;
}

static uint64_t outcome(const Barrier &barrier, Arrival::Reduction reduction) {
  switch (reduction) {
  case Arrival::And:
    return barrier.reduced == barrier.arrived;
  case Arrival::Or:
    return barrier.reduced != 0;
  default:
    return barrier.reduced;
  }
}

/// The lanes `members` of a warp arrive; those that wait are not ready afterwards unless this completes the barrier.
static void arrive(Warp &warp, uint32_t members, const Arrival &arrival, const char *name, bool aligned) {
  const Fiber &first = warp.fibers[std::countr_zero(members)];
  uint32_t id = uint32_t(first.args[0]), expected = arrival.counted ? uint32_t(first.args[1]) : 0;
  if (id >= kNamedBarriers && !arrival.cluster)
    fail(first.site, name, "barrier %u: there are %u", id, kNamedBarriers);
  if (arrival.counted && (expected == 0 || expected % kWarpSize || expected > (sm->threads + kWarpSize - 1) / kWarpSize * kWarpSize))
    fail(first.site, name, "barrier %u is for %u threads; expected a positive multiple of 32, and at most the CTA's %u", id, expected,
         sm->threads);
  forLanes(members, [&](uint32_t lane) {
    const Fiber &fiber = warp.fibers[lane];
    if (fiber.args[0] != first.args[0] || (arrival.counted && fiber.args[1] != first.args[1])) {
      sm->current = &warp.fibers[lane];
      fail(fiber.site, name, "lanes of a warp name different barriers or numbers of threads: %u and %u", id, uint32_t(fiber.args[0]));
    }
  });
  Barrier &barrier = sm->barriers[id];
  if (barrier.operation && barrier.expected != expected) {
    Report report(first.site, name, "barrier %u is used with two numbers of threads", id);
    auto text = [](uint32_t threads) { return threads ? std::to_string(threads) : "all"; };
    report.line("here %s, before %s by %s, line %d", text(expected).c_str(), text(barrier.expected).c_str(), barrier.operation,
                barrier.site ? barrier.site->line : 0);
    report.fail();
  }
  if (barrier.arrivers[warp.index] & members) {
    Report report(first.site, name, "threads arrive again at barrier %u, which still waits for others", id);
    report.line("lanes 0x%08x of warp %u; %u of %u threads have arrived", barrier.arrivers[warp.index] & members, warp.index,
                barrier.arrived, expected ? expected : sm->live);
    report.fail();
  }
  barrier.operation = name;
  barrier.site = first.site;
  barrier.expected = expected;
  barrier.arrivers[warp.index] |= members;
  // An aligned arrival counts its whole warp; so does one of a warp that exists in part.
  barrier.arrived += aligned && arrival.counted ? kWarpSize : uint32_t(std::popcount(members));
  if (sm->checks)
    sm->checks->order.arriveBarrier(warp, members, id);
  ++sm->counters.barriers;
  ++sm->progress;
  if (arrival.reduction != Arrival::None)
    forLanes(members, [&](uint32_t lane) { barrier.reduced += warp.arg(lane, arrival.counted ? 2 : 1) & 1; });
  if (arrival.waits) {
    barrier.waiting[warp.index] |= members;
    warp.ready &= ~members;
    forLanes(members, [&](uint32_t lane) {
      Fiber &fiber = warp.fibers[lane];
      fiber.wait = Fiber::Wait::Barrier;
      fiber.waiting = name;
      fiber.waitObject = id;
    });
  }
  if (barrier.arrived < (expected ? expected : sm->live))
    return;
  if (expected && barrier.arrived > expected)
    fail(first.site, name, "barrier %u: %u threads have arrived, more than the %u it is for", id, barrier.arrived, expected);
  if (arrival.reduction != Arrival::None)
    for (uint32_t w = 0; w < sm->warpCount; ++w)
      forLanes(barrier.waiting[w], [&](uint32_t lane) {
        if (sm->warps[w].fibers[lane].result)
          sm->warps[w].setResult(lane, 0, outcome(barrier, arrival.reduction));
      });
  release(barrier, id);
}

void emo::rt::emulator::leaveBarriers(Fiber &) {
  for (uint32_t id = 0; id <= kNamedBarriers; ++id) {
    Barrier &barrier = sm->barriers[id];
    if (barrier.operation && !barrier.expected && sm->live && barrier.arrived == sm->live)
      release(barrier, id);
  }
}

template <bool counted, bool waits, Arrival::Reduction reduction>
static bool alignedArrival(Warp &warp, uint32_t members) {
  uint32_t before = warp.ready;
  arrive(warp, members, {counted, waits, reduction}, warp.fibers[std::countr_zero(members)].waiting, true);
  if (waits)
    return false;
  warp.ready = before | members;
  return true;
}
static void singleArrival(const Arrival &arrival, const char *name, uint64_t *result, const uint64_t *args, const Site *site) {
  Fiber &fiber = *sm->current;
  fiber.result = result;
  fiber.args = args;
  fiber.site = site;
  arrive(*fiber.warp, 1u << fiber.lane, arrival, name, false);
  if (!arrival.waits)
    return;
  if (fiber.warp->ready >> fiber.lane & 1)
    sm->released();
  else
    sm->block();
}

#define EMO_BARRIER(name, spelling, counted, waits, reduction)                                                                             \
  EMO_SIM_ALIGNED(barrier_cta_##name##_aligned_##counted, "barrier.cta." spelling ".aligned",                                              \
                  (alignedArrival<counted, waits, Arrival::reduction>))                                                                    \
  EMO_SIM_OP(barrier_cta_##name##_##counted) {                                                                                             \
    singleArrival({counted, waits, Arrival::reduction}, "barrier.cta." spelling, result, args, site);                                      \
  }
// The intrinsics end in `all` or `count`.
static constexpr bool all = false, count = true;
EMO_BARRIER(sync, "sync", all, true, None)
EMO_BARRIER(sync, "sync", count, true, None)
EMO_BARRIER(arrive, "arrive", count, false, None)
EMO_BARRIER(red_and, "red.and", all, true, And)
EMO_BARRIER(red_and, "red.and", count, true, And)
EMO_BARRIER(red_or, "red.or", all, true, Or)
EMO_BARRIER(red_or, "red.or", count, true, Or)
EMO_BARRIER(red_popc, "red.popc", all, true, Popc)
EMO_BARRIER(red_popc, "red.popc", count, true, Popc)

// Older names: barrier 0 of all threads; predicates are i32.
static const uint64_t zero[2] = {0, 0};
#define EMO_BARRIER0(name, reduction)                                                                                                      \
  static const Operation name##_operation{"barrier.cta." #reduction, Operation::Aligned, alignedArrival<false, true, Arrival::reduction>}; \
  EMO_SIM_OP(name) {                                                                                                                       \
    uint64_t slots[2] = {0, Arrival::reduction != Arrival::None && uint32_t(args[0]) != 0};                                                \
    meet(name##_operation, kAllLanes, result, slots, site);                                                                                \
  }
EMO_SIM_OP(barrier0) { meet(barrier_cta_sync_aligned_all_operation, kAllLanes, result, zero, site); }
EMO_BARRIER0(barrier0_and, And)
EMO_BARRIER0(barrier0_or, Or)
EMO_BARRIER0(barrier0_popc, Popc)

/// Inline PTX that nvvm.barrier.arrive becomes: (barrier, threads), or (threads) when barrier 0 is part of the text. No barrier has a
/// number that is one of threads.
EMO_SIM_OP(ptx_bar_arrive) {
  uint64_t slots[2] = {0, args[0]};
  meet(barrier_cta_arrive_aligned_count_operation, kAllLanes, result, args[0] >= kWarpSize ? slots : args, site);
}

// A cluster of this emulator is one CTA.
EMO_SIM_OP(barrier_cluster_arrive) {}
EMO_SIM_OP(barrier_cluster_arrive_aligned) {}
EMO_SIM_OP(barrier_cluster_arrive_relaxed) {}
EMO_SIM_OP(barrier_cluster_arrive_relaxed_aligned) {}
EMO_SIM_OP(barrier_cluster_wait) {
  static const uint64_t cluster[1] = {kNamedBarriers};
  singleArrival({false, true, Arrival::None, true}, "barrier.cluster.wait", result, cluster, site);
}
EMO_SIM_OP(barrier_cluster_wait_aligned) { emo_sim_barrier_cluster_wait(result, args, site); }
