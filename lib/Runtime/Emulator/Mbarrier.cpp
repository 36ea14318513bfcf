// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mbarrier objects: arrivals, transactions, phases, and the copies that complete on them.
#include "Mbarrier.h"
#include "AsyncCopy.h"
#include "Report.h"

#include <algorithm>

using namespace emo::rt::emulator;

static constexpr uint32_t kMaxCount = (1 << 20) - 1;

static uint32_t find(uint32_t offset) {
  for (uint32_t i = 0; i < sm->mbarriers.size(); ++i)
    if (sm->mbarriers[i].offset == offset)
      return i;
  return uint32_t(sm->mbarriers.size());
}

uint32_t emo::rt::emulator::useMbarrier(const void *address, const Site *site, const char *operation) {
  Fiber &fiber = *sm->current;
  checkSharedRange(fiber, address, 8, 8, site, operation);
  uint32_t offset = sm->offset(address), index = find(offset);
  if (index == sm->mbarriers.size() || !sm->mbarriers[index].valid)
    fail(site, operation, "no mbarrier object at offset 0x%x; expected mbarrier.init before", offset);
  const Mbarrier &barrier = sm->mbarriers[index];
  if (sm->checks && !sm->checks->order.before(barrier.initThread, barrier.initTime, fiber)) {
    Report report(site, operation, "the mbarrier at offset 0x%x is used, and nothing orders that after its initialisation", offset);
    report.thread("initialised by", barrier.initThread, barrier.initSite);
    report.line("expected: a barrier between them");
    report.fail();
  }
  return index;
}

static void initialise(const void *address, uint32_t count, const Site *site) {
  const char *name = "mbarrier.init";
  Fiber &fiber = *sm->current;
  checkSharedRange(fiber, address, 8, 8, site, name);
  uint32_t offset = sm->offset(address), index = find(offset);
  if (count == 0 || count > kMaxCount)
    fail(site, name, "an mbarrier for %u arrivals; expected 1 to %u", count, kMaxCount);
  if (index == sm->mbarriers.size()) {
    if (index == kMaxMbarriers)
      fail(site, name, "more than %u mbarriers in one CTA", kMaxMbarriers);
    sm->mbarriers.emplace_back();
  } else if (sm->mbarriers[index].valid) {
    fail(site, name, "there is a valid mbarrier object at offset 0x%x; expected mbarrier.inval before", offset);
  }
  Mbarrier &barrier = sm->mbarriers[index] = Mbarrier();
  barrier.offset = offset;
  barrier.valid = true;
  barrier.expected = barrier.pending = count;
  barrier.initThread = fiber.thread;
  barrier.initSite = site;
  if (sm->checks) {
    sm->checks->shared.access(fiber, offset, 8, {true, false, false, false, site, name});
    sm->checks->shared.markMbarrier(offset, true);
    barrier.initTime = sm->checks->order.now;
    sm->checks->phases(index).reset();
  }
}
EMO_SIM_OP(mbarrier_init) { initialise(asPointer<void>(args[0]), uint32_t(args[1]), site); }
EMO_SIM_OP(mbarrier_init_shared) { initialise(asPointer<void>(args[0]), uint32_t(args[1]), site); }

static void invalidate(const void *address, const Site *site) {
  uint32_t index = useMbarrier(address, site, "mbarrier.inval");
  Mbarrier &barrier = sm->mbarriers[index];
  for (uint32_t lanes : barrier.waiting)
    if (lanes)
      fail(site, "mbarrier.inval", "threads still wait on the mbarrier at offset 0x%x", barrier.offset);
  for (const FlyingCopy &copy : sm->flying)
    if (copy.mbarrier == index && !copy.landed)
      fail(site, "mbarrier.inval", "a copy will still complete on the mbarrier at offset 0x%x", barrier.offset);
  barrier.valid = false;
  if (sm->checks)
    sm->checks->shared.markMbarrier(barrier.offset, false);
}
EMO_SIM_OP(mbarrier_inval) { invalidate(asPointer<void>(args[0]), site); }
EMO_SIM_OP(mbarrier_inval_shared) { invalidate(asPointer<void>(args[0]), site); }

void emo::rt::emulator::fenceMbarriers() {
  for (Mbarrier &barrier : sm->mbarriers)
    if (barrier.initThread == sm->current->thread)
      barrier.fenced = true;
}
EMO_SIM_OP(fence_mbarrier_init_release_cluster) { fenceMbarriers(); }

// ---- Phases

static bool waited(const Mbarrier &barrier) {
  for (uint32_t w = 0; w < sm->warpCount; ++w)
    if (barrier.waiting[w])
      return true;
  return false;
}

static void land(FlyingCopy &copy);

/// Completes the phase when all have arrived and all bytes have come.
static void advance(uint32_t index) {
  Mbarrier &barrier = sm->mbarriers[index];
  ++sm->progress;
  if (barrier.pending || barrier.transactions)
    return;
  ++barrier.phase;
  barrier.pending = barrier.expected;
  if (sm->checks)
    sm->checks->phases(index).complete();
  for (uint32_t w = 0; w < sm->warpCount; ++w) {
    sm->warps[w].ready |= barrier.waiting[w];
    barrier.waiting[w] = 0;
  }
}

/// Lazily: copies land when that completes a phase for which somebody waits.
static void landNeeded(uint32_t index, bool somebodyWaits) {
  Mbarrier &barrier = sm->mbarriers[index];
  if (!sm->options.lazy || !(somebodyWaits || waited(barrier)))
    return;
  uint32_t arrivals = 0;
  int64_t bytes = 0;
  for (const FlyingCopy &copy : sm->flying)
    if (copy.mbarrier == index && !copy.landed)
      arrivals += copy.arrives, bytes += copy.arrives ? 0 : copy.bytes;
  if (barrier.pending != arrivals || barrier.transactions != bytes)
    return;
  for (FlyingCopy &copy : sm->flying)
    if (copy.mbarrier == index && !copy.landed)
      land(copy);
}

static void transact(uint32_t index, int64_t bytes, const Site *site, const char *operation) {
  Mbarrier &barrier = sm->mbarriers[index];
  barrier.transactions += bytes;
  if (std::abs(barrier.transactions) > kMaxCount)
    fail(site, operation, "%lld bytes outstanding on the mbarrier at offset 0x%x; at most %u can be", (long long)barrier.transactions,
         barrier.offset, kMaxCount);
}

static uint64_t arriveOn(uint32_t index, uint32_t count, const Site *site, const char *operation) {
  Mbarrier &barrier = sm->mbarriers[index];
  if (count == 0 || count > barrier.pending)
    fail(site, operation, "%u arrivals on the mbarrier at offset 0x%x, which waits for %u of %u", count, barrier.offset, barrier.pending,
         barrier.expected);
  uint64_t state = barrier.phase << 32 | barrier.pending;
  barrier.pending -= count;
  if (sm->checks)
    sm->checks->order.release(*sm->current, sm->checks->phases(index).open);
  advance(index);
  landNeeded(index, false);
  return state;
}

/// Moves the data, and counts them on the mbarrier.
static void land(FlyingCopy &copy) {
  for (const Copy &piece : copy.pieces)
    landCopy(piece);
  copy.landed = true;
  Mbarrier &barrier = sm->mbarriers[copy.mbarrier];
  copy.phase = barrier.phase;
  if (copy.arrives)
    --barrier.pending;
  else
    transact(copy.mbarrier, -int64_t(copy.bytes), copy.site, nullptr);
  advance(copy.mbarrier);
}

void emo::rt::emulator::requireFence(uint32_t index, const Site *site, const char *operation) {
  const Mbarrier &barrier = sm->mbarriers[index];
  if (!sm->checks || barrier.fenced)
    return;
  Report report(site, operation, "a bulk copy completes on the mbarrier at offset 0x%x, whose initialisation has not been fenced",
                barrier.offset);
  report.thread("initialised by", barrier.initThread, barrier.initSite);
  report.line("expected: fence.mbarrier_init by that thread, after mbarrier.init and before a barrier");
  report.fail();
}

void emo::rt::emulator::issueFlying(FlyingCopy &&copy) {
  sm->flying.push_back(std::move(copy));
  FlyingCopy &flying = sm->flying.back();
  if (!sm->options.lazy) {
    land(flying);
    if (!sm->checks)
      sm->flying.pop_back();
    return;
  }
  for (const Copy &piece : flying.pieces)
    memset(piece.target, 0xff, piece.bytes);
  landNeeded(flying.mbarrier, false);
}

/// Somebody has waited for the phases up to now: what landed in them can be used by whoever is after this.
static void observe(uint32_t index) {
  uint64_t phase = sm->mbarriers[index].phase;
  bool any = false;
  for (size_t i = 0; i < sm->flying.size();) {
    FlyingCopy &copy = sm->flying[i];
    if (copy.mbarrier != index || !copy.landed || copy.phase >= phase) {
      ++i;
      continue;
    }
    if (sm->checks) {
      any = true;
      for (const Copy &piece : copy.pieces)
        sm->checks->shared.endWrite(kMbarrierActors + index, sm->offset(piece.target), piece.bytes,
                                    {true, false, copy.async, false, copy.site, nullptr});
    }
    std::swap(copy, sm->flying.back());
    sm->flying.pop_back();
  }
  if (!sm->checks)
    return;
  Phases &phases = sm->checks->phases(index);
  if (any)
    phases.closed.addAsync(kMbarrierActors + index, sm->checks->order.now++);
  sm->checks->order.acquire(*sm->current, phases.closed);
}

void emo::rt::emulator::landArrivals(uint32_t thread) {
  for (size_t i = 0; i < sm->flying.size();) {
    FlyingCopy &copy = sm->flying[i];
    if (!copy.arrives || copy.thread != thread) {
      ++i;
      continue;
    }
    bool landed = copy.landed;
    if (sm->checks)
      for (const Copy &piece : copy.pieces)
        sm->checks->completeCopy(thread, piece);
    if (!landed)
      land(copy);
    std::swap(copy, sm->flying.back());
    sm->flying.pop_back();
  }
}

// ---- Arrivals

static uint64_t arrive(uint64_t address, uint32_t count, int64_t bytes, bool drop, const char *name, const Site *site) {
  uint32_t index = useMbarrier(asPointer<void>(address), site, name);
  if (bytes)
    transact(index, bytes, site, name);
  Mbarrier &barrier = sm->mbarriers[index];
  if (drop) {
    if (count > barrier.expected)
      fail(site, name, "%u arrivals are dropped from the mbarrier at offset 0x%x, which is for %u", count, barrier.offset,
           barrier.expected);
    barrier.expected -= count;
  }
  return arriveOn(index, count, site, name);
}

// Of a barrier in the cluster's space nothing comes back.
static void setState(uint64_t *result, uint64_t state) {
  if (result)
    result[0] = state;
}

EMO_SIM_OP(mbarrier_arrive) { setState(result, arrive(args[0], 1, 0, false, "mbarrier.arrive", site)); }
EMO_SIM_OP(mbarrier_arrive_shared) { setState(result, arrive(args[0], 1, 0, false, "mbarrier.arrive", site)); }
EMO_SIM_OP(mbarrier_arrive_drop) { setState(result, arrive(args[0], 1, 0, true, "mbarrier.arrive_drop", site)); }
EMO_SIM_OP(mbarrier_arrive_drop_shared) { setState(result, arrive(args[0], 1, 0, true, "mbarrier.arrive_drop", site)); }

static uint64_t arriveWithoutEnd(uint64_t address, uint32_t count, bool drop, const char *name, const Site *site) {
  const Mbarrier &barrier = sm->mbarriers[useMbarrier(asPointer<void>(address), site, name)];
  if (count >= barrier.pending)
    fail(site, name, "%u arrivals on the mbarrier at offset 0x%x complete its phase, which waits for %u", count, barrier.offset,
         barrier.pending);
  return arrive(address, count, 0, drop, name, site);
}
#define EMO_ARRIVE_NOCOMPLETE(suffix)                                                                                                      \
  EMO_SIM_OP(mbarrier_arrive_noComplete##suffix) {                                                                                         \
    setState(result, arriveWithoutEnd(args[0], uint32_t(args[1]), false, "mbarrier.arrive.noComplete", site));                             \
  }                                                                                                                                        \
  EMO_SIM_OP(mbarrier_arrive_drop_noComplete##suffix) {                                                                                    \
    setState(result, arriveWithoutEnd(args[0], uint32_t(args[1]), true, "mbarrier.arrive_drop.noComplete", site));                         \
  }
EMO_ARRIVE_NOCOMPLETE()
EMO_ARRIVE_NOCOMPLETE(_shared)

#define EMO_ARRIVE(suffix)                                                                                                                 \
  EMO_SIM_OP(mbarrier_arrive_##suffix) { setState(result, arrive(args[0], uint32_t(args[1]), 0, false, "mbarrier.arrive", site)); }        \
  EMO_SIM_OP(mbarrier_arrive_drop_##suffix) {                                                                                              \
    setState(result, arrive(args[0], uint32_t(args[1]), 0, true, "mbarrier.arrive_drop", site));                                           \
  }                                                                                                                                        \
  EMO_SIM_OP(mbarrier_arrive_expect_tx_##suffix) {                                                                                         \
    setState(result, arrive(args[0], 1, uint32_t(args[1]), false, "mbarrier.arrive.expect_tx", site));                                     \
  }                                                                                                                                        \
  EMO_SIM_OP(mbarrier_arrive_drop_expect_tx_##suffix) {                                                                                    \
    setState(result, arrive(args[0], 1, uint32_t(args[1]), true, "mbarrier.arrive_drop.expect_tx", site));                                 \
  }
#define EMO_TRANSACT(suffix)                                                                                                               \
  EMO_SIM_OP(mbarrier_expect_tx_##suffix) {                                                                                                \
    transact(useMbarrier(asPointer<void>(args[0]), site, "mbarrier.expect_tx"), uint32_t(args[1]), site, "mbarrier.expect_tx");            \
  }                                                                                                                                        \
  EMO_SIM_OP(mbarrier_complete_tx_##suffix) {                                                                                              \
    uint32_t index = useMbarrier(asPointer<void>(args[0]), site, "mbarrier.complete_tx");                                                  \
    transact(index, -int64_t(uint32_t(args[1])), site, "mbarrier.complete_tx");                                                            \
    advance(index);                                                                                                                        \
  }
#define EMO_SCOPES(X) X(scope_cta_space_cta) X(scope_cta_space_cluster) X(scope_cluster_space_cta) X(scope_cluster_space_cluster)
#define EMO_RELAXED(X)                                                                                                                     \
  X(relaxed_scope_cta_space_cta)                                                                                                           \
  X(relaxed_scope_cta_space_cluster) X(relaxed_scope_cluster_space_cta) X(relaxed_scope_cluster_space_cluster)
EMO_SCOPES(EMO_ARRIVE)
EMO_RELAXED(EMO_ARRIVE)
EMO_SCOPES(EMO_TRANSACT)

// ---- Waits

static bool finished(const Mbarrier &barrier, bool parity, uint64_t value) {
  return parity ? (barrier.phase & 1) != (value & 1) : barrier.phase > value >> 32;
}

/// Whether the phase is complete. `blocks`: returns when it is; lazily, the first answer is no.
static bool wait(uint64_t address, bool parity, uint64_t value, bool blocks, const char *name, const Site *site) {
  uint32_t index = useMbarrier(asPointer<void>(address), site, name);
  Fiber &fiber = *sm->current;
  ++sm->counters.mbarrierWaits;
  fiber.waiting = name;
  fiber.site = site;
  fiber.waitObject = sm->mbarriers[index].offset;
  fiber.waitParity = uint32_t(parity ? value & 1 : value >> 32 & 1);
  if (!finished(sm->mbarriers[index], parity, value))
    landNeeded(index, true);
  if (!finished(sm->mbarriers[index], parity, value)) {
    // A device may give up waiting at any time: a kernel must ask again.
    if (blocks && sm->options.lazy && !fiber.triedOnce) {
      fiber.triedOnce = true;
      return false;
    }
    if (!blocks) {
      fiber.wait = Fiber::Wait::Poll;
      sm->poll();
      if (!finished(sm->mbarriers[index], parity, value))
        return false;
    }
  }
  while (!finished(sm->mbarriers[index], parity, value)) {
    fiber.wait = Fiber::Wait::Mbarrier;
    sm->mbarriers[index].waiting[fiber.warp->index] |= 1u << fiber.lane;
    sm->block();
  }
  fiber.triedOnce = false;
  observe(index);
  return true;
}

EMO_SIM_OP(mbarrier_test_wait) { result[0] = wait(args[0], false, args[1], false, "mbarrier.test_wait", site); }
EMO_SIM_OP(mbarrier_test_wait_shared) { result[0] = wait(args[0], false, args[1], false, "mbarrier.test_wait", site); }
#define EMO_WAIT(suffix)                                                                                                                   \
  EMO_SIM_OP(mbarrier_test_wait_##suffix) { result[0] = wait(args[0], false, args[1], false, "mbarrier.test_wait", site); }                \
  EMO_SIM_OP(mbarrier_test_wait_parity_##suffix) { result[0] = wait(args[0], true, args[1], false, "mbarrier.test_wait.parity", site); }   \
  EMO_SIM_OP(mbarrier_try_wait_##suffix) { result[0] = wait(args[0], false, args[1], true, "mbarrier.try_wait", site); }                   \
  EMO_SIM_OP(mbarrier_try_wait_tl_##suffix) { result[0] = wait(args[0], false, args[1], true, "mbarrier.try_wait", site); }                \
  EMO_SIM_OP(mbarrier_try_wait_parity_##suffix) { result[0] = wait(args[0], true, args[1], true, "mbarrier.try_wait.parity", site); }      \
  EMO_SIM_OP(mbarrier_try_wait_parity_tl_##suffix) { result[0] = wait(args[0], true, args[1], true, "mbarrier.try_wait.parity", site); }
EMO_WAIT(scope_cta_space_cta)
EMO_WAIT(scope_cluster_space_cta)
EMO_WAIT(relaxed_scope_cta_space_cta)
EMO_WAIT(relaxed_scope_cluster_space_cta)
EMO_SIM_OP(mbarrier_pending_count) { result[0] = uint32_t(args[0]); }

// ---- cp.async that arrives

static void arriveAfterCopies(const void *address, bool increment, const Site *site) {
  const char *name = increment ? "cp.async.mbarrier.arrive" : "cp.async.mbarrier.arrive.noinc";
  uint32_t index = useMbarrier(address, site, name);
  Fiber &fiber = *sm->current;
  Mbarrier &barrier = sm->mbarriers[index];
  if (increment && ++barrier.pending > kMaxCount)
    fail(site, name, "more than %u pending arrivals on the mbarrier at offset 0x%x", kMaxCount, barrier.offset);
  uint32_t before = 0;
  for (const FlyingCopy &copy : sm->flying)
    before += copy.mbarrier == index && copy.arrives && !copy.landed;
  if (barrier.pending <= before)
    fail(site, name, "more arrivals on the mbarrier at offset 0x%x than it waits for: %u", barrier.offset, barrier.pending);
  CopyQueue &queue = fiber.copies;
  FlyingCopy copy{{queue.copies.begin() + long(queue.done), queue.copies.end()}, index, 0, fiber.thread, true, false, false, 0, site};
  // Their groups are empty from now on.
  queue.copies.clear();
  queue.done = 0;
  std::fill(queue.ends.begin(), queue.ends.end(), 0);
  issueFlying(std::move(copy));
}
EMO_SIM_OP(cp_async_mbarrier_arrive) { arriveAfterCopies(asPointer<void>(args[0]), true, site); }
EMO_SIM_OP(cp_async_mbarrier_arrive_shared) { arriveAfterCopies(asPointer<void>(args[0]), true, site); }
EMO_SIM_OP(cp_async_mbarrier_arrive_noinc) { arriveAfterCopies(asPointer<void>(args[0]), false, site); }
EMO_SIM_OP(cp_async_mbarrier_arrive_noinc_shared) { arriveAfterCopies(asPointer<void>(args[0]), false, site); }

// ---- What MLIR writes as inline PTX: with a predicate, or as a loop

EMO_SIM_OP(ptx_mbarrier_init_shared_b64) {
  if (args[2] & 1)
    initialise(asPointer<void>(args[0]), uint32_t(args[1]), site);
}
EMO_SIM_OP(ptx_mbarrier_arrive_expect_tx_shared_b64) {
  if (args[2] & 1)
    arrive(args[0], 1, uint32_t(args[1]), false, "mbarrier.arrive.expect_tx", site);
}
EMO_SIM_OP(ptx_mbarrier_try_wait_parity_shared_b64) {
  while (!wait(args[0], true, args[1], true, "mbarrier.try_wait.parity", site))
    ;
}
