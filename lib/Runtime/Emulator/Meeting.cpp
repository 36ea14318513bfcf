// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the lanes of a warp, and the warps of a warpgroup, come together in a collective operation.
#include "Checks.h"
#include "Report.h"

using namespace emo::rt::emulator;

/// Computes, when all that live have come. The running fiber may be none of them.
static bool complete(Warp &warp, uint32_t index) {
  Meeting meeting = warp.meeting[index];
  uint32_t members = meeting.mask & warp.alive;
  if (members & ~meeting.arrived)
    return false;
  warp.meeting[index] = warp.meeting[--warp.meetings];
  ++sm->counters.collectives;
  if (sm->checks)
    sm->checks->syncWarp(warp, members, meeting.operation->orders);
  if (meeting.operation->compute(warp, members)) {
    warp.ready |= members;
    if (sm->checks)
      sm->checks->syncWarp(warp, members, meeting.operation->orders);
  }
  return true;
}

static void describe(Report &report, const Warp &warp, const Meeting &meeting) {
  forLanes(meeting.arrived, [&, first = true](uint32_t lane) mutable {
    if (first)
      report.thread("before it came:", warp.fibers[lane].thread, meeting.site);
    first = false;
  });
  report.line("lanes there: 0x%08x of 0x%08x", meeting.arrived, meeting.mask & warp.exists);
}

[[noreturn]] static void failDivergence(const Operation &operation, const Site *site, const Warp &warp, const Meeting &meeting) {
  Report report(site, operation.name,
                operation.kind == Operation::Aligned ? "divergence: the lanes of a warp are in different aligned operations"
                                                     : "divergence: lanes of one mask are in different collective operations");
  describe(report, warp, meeting);
  report.line(operation.kind == Operation::Aligned
                  ? "all lanes of a warp must execute the same call of an aligned operation: keep it out of divergent branches"
                  : "the lanes of a mask must execute the same operation");
  report.fail();
}

void emo::rt::emulator::meet(const Operation &operation, uint32_t mask, uint64_t *result, const uint64_t *args, const Site *site) {
  Fiber &fiber = *sm->current;
  Warp &warp = *fiber.warp;
  bool aligned = operation.kind == Operation::Aligned;
  if (!(mask >> fiber.lane & 1))
    fail(site, operation.name, "lane %u executes a collective operation whose mask 0x%08x does not name it", fiber.lane, mask);
  if (aligned && warp.alive != warp.exists) {
    Report report(site, operation.name, "divergence: lanes of the warp have ended before an aligned operation");
    report.line("lanes that live: 0x%08x of 0x%08x", warp.alive, warp.exists);
    report.line("all lanes of a warp must execute it: let them return together");
    report.fail();
  }
  fiber.result = result;
  fiber.args = args;
  uint32_t index = 0;
  while (index < warp.meetings && warp.meeting[index].mask != mask) {
    // Two aligned operations have the same mask; a masked one that is not this cannot be waited for at the same time.
    if (aligned && warp.meeting[index].operation->kind == Operation::Masked && warp.meeting[index].mask >> fiber.lane & 1)
      failDivergence(operation, site, warp, warp.meeting[index]);
    ++index;
  }
  if (index == warp.meetings)
    warp.meeting[warp.meetings++] = {&operation, site, mask, 0};
  Meeting &meeting = warp.meeting[index];
  if (meeting.operation != &operation || (aligned && meeting.site != site))
    failDivergence(operation, site, warp, meeting);
  meeting.arrived |= 1u << fiber.lane;
  fiber.wait = Fiber::Wait::Warp;
  fiber.waiting = operation.name;
  fiber.site = site;
  // It may still wait: for other members, or for other warps.
  if (complete(warp, index) && warp.ready >> fiber.lane & 1)
    return sm->released();
  sm->block();
}

void emo::rt::emulator::leaveMeetings(Fiber &fiber) {
  Warp &warp = *fiber.warp;
  for (uint32_t i = 0; i < warp.meetings; ++i) {
    const Meeting &meeting = warp.meeting[i];
    if (meeting.operation->kind == Operation::Aligned) {
      Report report(meeting.site, meeting.operation->name,
                    "divergence: a thread ends while other lanes of its warp wait for it in an aligned operation");
      describe(report, warp, meeting);
      report.fail();
    }
  }
  for (uint32_t i = 0; i < warp.meetings;)
    i = complete(warp, i) ? 0 : i + 1;
}

bool emo::rt::emulator::meetWarpgroup(Warp &warp, const Operation &operation) {
  Warpgroup &group = sm->warpgroups[warp.index / 4];
  const Fiber &fiber = warp.fibers[0];
  if (warp.index / 4 * 4 + 4 > sm->warpCount)
    fail(fiber.site, operation.name, "warpgroup %u has fewer than four warps; the CTA has %u threads", warp.index / 4, sm->threads);
  if (group.arrived && (group.operation != &operation || group.site != fiber.site)) {
    Report report(fiber.site, operation.name, "divergence: the warps of a warpgroup are in different operations");
    report.thread("before it came:", (warp.index / 4 * 4 + uint32_t(std::countr_zero(group.arrived))) * kWarpSize, group.site);
    report.fail();
  }
  group.operation = &operation;
  group.site = fiber.site;
  group.arrived |= 1u << warp.index % 4;
  if (group.arrived == 0xf) {
    group.arrived = 0;
    return true;
  }
  warp.ready = 0;
  for (uint32_t lane = 0; lane < kWarpSize; ++lane)
    warp.fibers[lane].wait = Fiber::Wait::Warpgroup;
  return false;
}

void emo::rt::emulator::releaseWarpgroup(Warp &warp) {
  for (uint32_t w = warp.index / 4 * 4, end = w + 4; w < end; ++w)
    sm->warps[w].ready |= sm->warps[w].alive;
  ++sm->progress;
}
