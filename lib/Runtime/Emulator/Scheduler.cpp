// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fibers and who runs next. Lanes of a warp run one after another up to a collective; its last arrival computes for all of them.
#include "Checks.h"
#include "Report.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EMO_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#endif

using namespace emo::rt::emulator;

thread_local Sm *emo::rt::emulator::sm = nullptr;

/// With its guard page the distance of two stacks is an odd number of pages: their hot ends do not meet in the same sets of the caches.
static constexpr size_t kPage = 4096, kStack = 128 << 10, kStackStride = kStack + kPage;

/// A thread that looks at an mbarrier this often, while nobody changes a barrier, will do so for ever.
static constexpr uint32_t kFruitlessPolls = 4096;

extern "C" void emo_sim_switch_stacks(void **save, void *to);
asm(".text\n"
    ".p2align 4\n"
    ".hidden emo_sim_switch_stacks\n"
    ".globl emo_sim_switch_stacks\n"
    ".type emo_sim_switch_stacks,@function\n"
    "emo_sim_switch_stacks:\n"
    "  pushq %rbx\n  pushq %rbp\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbp\n  popq %rbx\n"
    "  ret\n"
    ".size emo_sim_switch_stacks, .-emo_sim_switch_stacks\n");

#ifdef EMO_ASAN
static thread_local const void *hostStack;
static thread_local size_t hostStackBytes;
static void switchFiber(void **save, void *to, const void *bottom, size_t bytes) {
  void *fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, bottom, bytes);
  emo_sim_switch_stacks(save, to);
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
}
#else
static void switchFiber(void **save, void *to, const void *, size_t) { emo_sim_switch_stacks(save, to); }
#endif

static char *stackOf(const Sm &machine, uint32_t thread) { return machine.stacks + thread * kStackStride + kPage; }

static void toHost(void **save) {
#ifdef EMO_ASAN
  switchFiber(save, sm->mainStack, hostStack, hostStackBytes);
#else
  switchFiber(save, sm->mainStack, nullptr, 0);
#endif
}

static void enter() {
#ifdef EMO_ASAN
  const void *bottom;
  size_t bytes;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
  if (!hostStack)
    hostStack = bottom, hostStackBytes = bytes;
#endif
  sm->kernel->kernel(sm->kernel->args);
  sm->finish();
}

Sm::Sm() {
  void *window = mmap(nullptr, 2 * kSharedWindow, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  void *memory = mmap(nullptr, kMaxThreads * kStackStride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (window == MAP_FAILED || memory == MAP_FAILED)
    return;
  uintptr_t aligned = (uintptr_t(window) + kSharedWindow - 1) & ~uintptr_t(kSharedWindow - 1);
  if (aligned != uintptr_t(window))
    munmap(window, aligned - uintptr_t(window));
  if (uintptr_t end = uintptr_t(window) + 2 * kSharedWindow; aligned + kSharedWindow != end)
    munmap(reinterpret_cast<void *>(aligned + kSharedWindow), end - aligned - kSharedWindow);
  shared = reinterpret_cast<char *>(aligned);
  stacks = static_cast<char *>(memory);
  for (uint32_t t = 0; t < kMaxThreads; ++t)
    mprotect(stacks + t * kStackStride, kPage, PROT_NONE);
  fibers.resize(kMaxThreads);
  for (uint32_t t = 0; t < kMaxThreads; ++t)
    fibers[t].thread = t, fibers[t].lane = t % kWarpSize, fibers[t].warp = &warps[t / kWarpSize];
  for (uint32_t w = 0; w < kMaxWarps; ++w)
    warps[w].index = w, warps[w].fibers = &fibers[w * kWarpSize];
}

Sm::~Sm() {
  if (shared)
    munmap(shared, kSharedWindow);
  if (stacks)
    munmap(stacks, kMaxThreads * kStackStride);
}

void Sm::start() {
  threads = kernel->threads;
  warpCount = (threads + kWarpSize - 1) / kWarpSize;
  live = threads;
  liveWarps = warpCount;
  failed = false;
  progress = progressAtPoll = fruitlessPolls = 0;
  mbarriers.clear();
  flying.clear();
  time = 0;
  random = (options.seed + 1) * 0x9e3779b97f4a7c15u ^ ctaIndex * 0xbf58476d1ce4e5b9u;
  for (Barrier &barrier : barriers)
    if (barrier.operation)
      barrier = Barrier();
  for (Warpgroup &group : warpgroups)
    group = Warpgroup();
  for (WgmmaState &state : wgmma)
    state = WgmmaState();
  for (uint32_t w = 0; w < warpCount; ++w) {
    uint32_t lanes = std::min(threads - w * kWarpSize, kWarpSize);
    warps[w].exists = warps[w].alive = warps[w].ready = lanes == kWarpSize ? kAllLanes : (1u << lanes) - 1;
    warps[w].polling = warps[w].meetings = warps[w].registers = 0;
  }
  // NaN in every floating-point type: memory that nobody wrote shows in results, with checks or without.
  memset(shared, 0xff, kernel->sharedBytes);
  for (uint32_t t = 0; t < threads; ++t) {
    Fiber &fiber = fibers[t];
    fiber.copies.clear();
    fiber.bulk.clear();
    fiber.wait = Fiber::Wait::None;
    fiber.waiting = nullptr;
    fiber.triedOnce = false;
#ifdef EMO_ASAN
    // Fibers that were abandoned have left their frames marked.
    __asan_unpoison_memory_region(stackOf(*this, t), kStack);
#endif
    // The kernel sees a stack as after a call: 8 modulo 16. Tops are spread over the sets of the first-level cache.
    void **top = reinterpret_cast<void **>(stackOf(*this, t) + kStack - (t * 448) % kPage / 64 * 64) - 1;
    *--top = reinterpret_cast<void *>(enter);
    fiber.stack = top - 6;
  }
  if (checks)
    checks->startCta();
}

bool Sm::run(uint64_t index) {
  sm = this;
  ctaIndex = index;
  cta = {uint32_t(index % kernel->grid.x), uint32_t(index / kernel->grid.x % kernel->grid.y),
         uint32_t(index / kernel->grid.x / kernel->grid.y)};
  start();
  current = first();
  switchFiber(&mainStack, current->stack, stackOf(*this, current->thread), kStack);
  sm = nullptr;
  return !failed;
}

Fiber *Sm::first() {
  switch (options.schedule) {
  case Schedule::InOrder:
    return &fibers[0];
  case Schedule::Reversed:
    return &fibers[threads - 1];
  case Schedule::RunAhead:
    return &fibers[options.seed % warpCount * kWarpSize];
  case Schedule::Random:
    return &fibers[nextRandom() % threads];
  }
  return nullptr;
}

/// The first set bit after `lane`, going round.
static uint32_t laneAfter(uint32_t mask, uint32_t lane) {
  uint32_t later = mask & ~(((2ull << lane) - 1));
  return uint32_t(std::countr_zero(later ? later : mask));
}
static uint32_t laneBefore(uint32_t mask, uint32_t lane) {
  uint32_t earlier = mask & ((1u << lane) - 1);
  return 31 - uint32_t(std::countl_zero(earlier ? earlier : mask));
}

Fiber *Sm::next() {
  for (;;) {
    Warp &own = *current->warp;
    uint32_t n = warpCount;
    switch (options.schedule) {
    case Schedule::InOrder:
      if (own.ready)
        return &own.fibers[laneAfter(own.ready, current->lane)];
      for (uint32_t i = 1, w = own.index; i <= n; ++i) {
        w = w + 1 == n ? 0 : w + 1;
        if (warps[w].ready)
          return &warps[w].fibers[std::countr_zero(warps[w].ready)];
      }
      break;
    case Schedule::Reversed:
      if (own.ready)
        return &own.fibers[laneBefore(own.ready, current->lane)];
      for (uint32_t i = 1, w = own.index; i <= n; ++i) {
        w = w == 0 ? n - 1 : w - 1;
        if (warps[w].ready)
          return &warps[w].fibers[31 - std::countl_zero(warps[w].ready)];
      }
      break;
    case Schedule::RunAhead:
      for (uint32_t i = 0, w = uint32_t(options.seed % n); i < n; ++i, w = w + 1 == n ? 0 : w + 1)
        if (warps[w].ready)
          return &warps[w].fibers[laneAfter(warps[w].ready, &warps[w] == &own ? current->lane : 31)];
      break;
    case Schedule::Random:
      for (uint32_t i = 0, w = uint32_t(nextRandom() % n); i < n; ++i, w = w + 1 == n ? 0 : w + 1)
        if (warps[w].ready)
          return &warps[w].fibers[laneAfter(warps[w].ready, nextRandom() % kWarpSize)];
      break;
    }
    // Nobody is ready: those that poll look again, when something has changed or a few times more.
    bool polling = false;
    for (uint32_t w = 0; w < n; ++w)
      polling |= warps[w].polling != 0;
    fruitlessPolls = progress == progressAtPoll ? fruitlessPolls + 1 : 0;
    progressAtPoll = progress;
    if (!polling || fruitlessPolls > kFruitlessPolls)
      failDeadlock();
    for (uint32_t w = 0; w < n; ++w)
      warps[w].ready |= warps[w].polling, warps[w].polling = 0;
  }
}

void Sm::switchTo(Fiber *to) {
  Fiber *from = current;
  if (to == from)
    return;
  current = to;
  ++counters.switches;
  switchFiber(&from->stack, to->stack, stackOf(*this, to->thread), kStack);
}

void Sm::block() {
  current->warp->ready &= ~(1u << current->lane);
  switchTo(next());
}

void Sm::yield() {
  // Another warp first: the own one may spin as a whole.
  uint32_t step = options.schedule == Schedule::Random ? uint32_t(nextRandom() % warpCount) : 0;
  for (uint32_t i = 1; i <= warpCount; ++i)
    if (const Warp &warp = warps[(current->warp->index + step + i) % warpCount]; warp.ready)
      return switchTo(&warp.fibers[laneAfter(warp.ready, &warp == current->warp ? current->lane : 31)]);
}

void Sm::poll() {
  Warp &warp = *current->warp;
  warp.ready &= ~(1u << current->lane);
  warp.polling |= 1u << current->lane;
  switchTo(next());
}

void Sm::released() {
  if (options.schedule == Schedule::RunAhead || (options.schedule == Schedule::Random && nextRandom() % 2))
    switchTo(next());
}

void Sm::finish() {
  Fiber &fiber = *current;
  Warp &warp = *fiber.warp;
  if (checks)
    checks->endThread(fiber);
  endBulk(fiber);
  warp.alive &= ~(1u << fiber.lane);
  warp.ready &= ~(1u << fiber.lane);
  --live;
  liveWarps -= !warp.alive;
  leaveMeetings(fiber);
  leaveBarriers(fiber);
  if (checks && !warp.alive) {
    endWgmma(warp);
    checks->endWarp(warp);
  }
  void *dead;
  if (!live)
    toHost(&dead);
  Fiber *to = next();
  current = to;
  ++counters.switches;
  switchFiber(&dead, to->stack, stackOf(*this, to->thread), kStack);
  __builtin_unreachable();
}

void Sm::abandon() {
  failed = true;
  void *dead;
  toHost(&dead);
  __builtin_unreachable();
}
