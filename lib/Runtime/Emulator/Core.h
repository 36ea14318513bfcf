// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the parts of the emulator share: an Sm runs one CTA at a time on one thread of the host, its CUDA threads are fibers.
#ifndef EMO_LIB_RUNTIME_EMULATOR_CORE_H
#define EMO_LIB_RUNTIME_EMULATOR_CORE_H

#include "Emulator.h"

#include "emo/Runtime/EmulatedCode.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace emo::rt::emulator {

constexpr uint32_t kWarpSize = 32, kMaxThreads = 1024, kMaxWarps = 32, kNamedBarriers = 16;
/// Descriptors of wgmma carry the address bits 4..17, so the window of shared memory lies at a multiple of this.
constexpr uint32_t kSharedWindow = 256 << 10;
/// What one CTA can have at most (sm_90).
constexpr uint32_t kMaxShared = 227 << 10;
constexpr uint32_t kAllLanes = ~0u;

using Site = emo_sim_site;

struct Sm;
struct Warp;
struct Checks;

/// A fiber's own asynchronous copies. Groups are marked by their end in `copies`, so that waiting takes copies from the front.
struct Copy {
  char *target;
  const char *source;
  uint32_t bytes, sourceBytes; // the rest is zero
  const Site *site;
};
struct CopyQueue {
  std::vector<Copy> copies;
  std::vector<size_t> ends; // of committed groups
  size_t done = 0;          // copies and groups before these have landed
  size_t doneGroups = 0;
  void clear() {
    copies.clear(), ends.clear();
    done = doneGroups = 0;
  }
};

/// A bulk copy to global memory: what it reads and what it writes.
struct BulkStore {
  std::vector<Copy> pieces;
  const Site *site;
};
struct BulkQueue {
  std::vector<BulkStore> open;
  std::vector<std::vector<BulkStore>> groups; // committed and not finished, oldest first
  void clear() { open.clear(), groups.clear(); }
};

struct Fiber {
  void *stack = nullptr; // saved stack pointer
  uint32_t thread = 0, lane = 0;
  Warp *warp = nullptr;
  // The call it waits in.
  const char *waiting = nullptr;
  const Site *site = nullptr;
  uint64_t *result = nullptr;
  const uint64_t *args = nullptr;
  uint32_t waitObject = 0; // number of a barrier or address of an mbarrier
  enum class Wait : uint8_t { None, Warp, Warpgroup, Barrier, Mbarrier, Poll, Registers } wait = Wait::None;
  bool triedOnce = false; // lazily, the first try_wait of an open phase fails
  uint32_t waitParity = 0;
  CopyQueue copies;
  BulkQueue bulk;
};

/// The members of a warp that call a collective, from the first arrival to the last.
struct Operation;
struct Meeting {
  const Operation *operation;
  const Site *site;
  uint32_t mask, arrived;
};

struct Warp {
  uint32_t index = 0;
  uint32_t exists = 0;  // lanes at the start
  uint32_t alive = 0;   // that have not ended
  uint32_t ready = 0;   // that can run
  uint32_t polling = 0; // that look at an mbarrier again and again
  uint32_t meetings = 0;
  Meeting meeting[kWarpSize];
  Fiber *fibers = nullptr; // of its 32 lanes
  uint32_t registers = 0;  // by setmaxnreg; 0: as launched

  uint64_t arg(uint32_t lane, uint32_t index) const { return fibers[lane].args[index]; }
  void setResult(uint32_t lane, uint32_t index, uint64_t value) { fibers[lane].result[index] = value; }
};

/// A warp-level operation: what it does when its last member has arrived. False: its members stay blocked and somebody else frees them.
struct Operation {
  const char *name;
  enum Kind { Masked, Aligned } kind; // aligned: all 32 lanes, at the same call
  bool (*compute)(Warp &, uint32_t members);
  /// Whether what the lanes do before it in memory is before what they do behind it. Exchanging registers gives no order.
  bool orders = true;
};

struct Barrier {
  uint32_t arrived = 0;  // threads
  uint32_t expected = 0; // 0: all threads of the CTA that live
  uint32_t waiting[kMaxWarps] = {};
  uint32_t arrivers[kMaxWarps] = {}; // lanes, waiting or not
  uint32_t reduced = 0;              // of the predicate
  const char *operation = nullptr;   // null: nobody is here
  const Site *site = nullptr;
};

/// An mbarrier object: its bytes in shared memory mean nothing, this is its state.
struct Mbarrier {
  uint32_t offset = 0;
  bool valid = false;
  bool fenced = false; // for the asynchronous proxy
  uint32_t expected = 0, pending = 0;
  int64_t transactions = 0; // bytes that are expected and have not come
  uint64_t phase = 0;
  uint32_t initThread = 0, initTime = 0;
  const Site *initSite = nullptr;
  uint32_t waiting[kMaxWarps] = {}; // lanes
};

/// Copies that complete on an mbarrier, until somebody has waited for its phase.
struct FlyingCopy {
  std::vector<Copy> pieces;
  uint32_t mbarrier; // index
  uint32_t bytes;
  uint32_t thread; // that has issued it
  bool arrives;    // cp.async: an arrival instead of transactions
  bool async;      // through the asynchronous proxy
  bool landed = false;
  uint64_t phase = 0; // in which it landed
  const Site *site = nullptr;
};

struct Warpgroup {
  uint32_t arrived = 0; // warps, 4 bits
  const Operation *operation = nullptr;
  const Site *site = nullptr;
};

/// A group of wgmma: its operands in shared memory, offsets of 16 bytes, which may be read until it is over.
struct WgmmaReads {
  std::vector<uint32_t> chunks;
  const Site *site = nullptr;
  bool over = false;
  uint32_t time = 0;   // at which it was over
  uint32_t waited = 0; // warps of the warpgroup
};
struct WgmmaState {
  WgmmaReads open;
  std::vector<WgmmaReads> groups; // for which not all four warps have waited, oldest first
  uint64_t finished = 0;          // groups before these
  uint64_t committed[4] = {};     // by warp
  uint32_t fenced = 0;            // warps
};

struct LaunchState;

struct Sm {
  // The CTA.
  LaunchState *launch = nullptr;
  const Launch *kernel = nullptr;
  Options options;
  Dim cta;
  uint64_t ctaIndex = 0;
  uint32_t threads = 0, warpCount = 0, live = 0, liveWarps = 0;
  Fiber *current = nullptr;
  std::vector<Fiber> fibers;
  Warp warps[kMaxWarps];
  Barrier barriers[kNamedBarriers + 1]; // the last is the cluster's
  Warpgroup warpgroups[kMaxWarps / 4];
  WgmmaState wgmma[kMaxWarps / 4];
  std::vector<Mbarrier> mbarriers;
  std::vector<FlyingCopy> flying;
  std::vector<Copy> pieces; // of the copy that is being issued: a fiber that is abandoned must own nothing
  uint64_t progress = 0;    // changes of barriers, which pollers wait for
  uint64_t progressAtPoll = 0;
  uint32_t fruitlessPolls = 0;
  uint64_t time = 0; // of the clock registers: deterministic
  uint64_t random = 0;
  Counters counters;
  char *shared = nullptr;
  Checks *checks = nullptr; // null when off
  std::unique_ptr<Checks> checksStore;

  // The host.
  char *stacks = nullptr;
  void *mainStack = nullptr;
  bool failed = false;
  std::string report;

  Sm();
  ~Sm();
  Sm(const Sm &) = delete;
  /// Runs the CTA with this number; false when a check failed, then `report` says which.
  bool run(uint64_t index);

  /// Blocks the running fiber until somebody makes it ready.
  void block();
  /// Lets others go first.
  void yield();
  /// Lets others go first, and fails when nobody can do anything else but this, again and again.
  void poll();
  /// After the running fiber has made others ready: who goes on, by the schedule.
  void released();
  /// The running fiber has reached the end of the kernel.
  [[noreturn]] void finish();
  /// Ends the launch with `report`.
  [[noreturn]] void abandon();

  bool isShared(const void *address) const { return uintptr_t(address) - uintptr_t(shared) < kSharedWindow; }
  uint32_t offset(const void *address) const { return uint32_t(uintptr_t(address) - uintptr_t(shared)); }
  uint64_t nextRandom() {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return random >> 33;
  }

private:
  Fiber *first();
  Fiber *next();
  void switchTo(Fiber *to);
  void start();
};

extern thread_local Sm *sm __attribute__((tls_model("initial-exec")));

/// Meets the other lanes of `mask` in this operation of the running fiber's warp.
void meet(const Operation &operation, uint32_t mask, uint64_t *result, const uint64_t *args, const Site *site);
/// Of a fiber that ends: meetings of its warp that now are complete or never will be.
void leaveMeetings(Fiber &fiber);
void leaveBarriers(Fiber &fiber);

/// Called in an Operation's compute: waits for the other three warps of the warpgroup. True for the last, which then computes for all
/// and makes them ready.
bool meetWarpgroup(Warp &warp, const Operation &operation);
void releaseWarpgroup(Warp &warp);

/// Of a warp that ends: its wgmma must be over.
void endWgmma(const Warp &warp);
/// Of the CTA, by its number of threads.
uint32_t launchedRegisters();
/// Of a thread that ends: lazily, its bulk copies land.
void endBulk(Fiber &fiber);

/// Arguments and results as the convention has them.
inline float asFloat(uint64_t slot) { return std::bit_cast<float>(uint32_t(slot)); }
inline uint64_t asSlot(float value) { return std::bit_cast<uint32_t>(value); }
template <class T>
T *asPointer(uint64_t slot) {
  return reinterpret_cast<T *>(uintptr_t(slot));
}

/// Shared memory that an operation other than a plain access touches: always checked, because it costs next to nothing.
void checkSharedRange(const Fiber &fiber, const void *address, uint32_t bytes, uint32_t align, const Site *site, const char *operation);

/// Calls `body(lane)` for each lane of a mask, ascending.
template <class F>
void forLanes(uint32_t mask, F body) {
  for (; mask; mask &= mask - 1)
    body(uint32_t(std::countr_zero(mask)));
}

#define EMO_SIM_OP(name)                                                                                                                   \
  extern "C" void emo_sim_##name([[maybe_unused]] uint64_t *result, [[maybe_unused]] const uint64_t *args,                                 \
                                 [[maybe_unused]] const emo_sim_site *site)

/// A warp collective on registers: the function of the convention, its mask and what it does.
#define EMO_SIM_MASKED(name, spelling, mask, compute)                                                                                      \
  static const Operation name##_operation{spelling, Operation::Masked, compute, false};                                                    \
  EMO_SIM_OP(name) { meet(name##_operation, uint32_t(mask), result, args, site); }
#define EMO_SIM_ALIGNED(name, spelling, compute)                                                                                           \
  static const Operation name##_operation{spelling, Operation::Aligned, compute};                                                          \
  EMO_SIM_OP(name) { meet(name##_operation, kAllLanes, result, args, site); }
/// The same on matrices, which gives no order of memory either.
#define EMO_SIM_MATRIX(name, spelling, compute)                                                                                            \
  static const Operation name##_operation{spelling, Operation::Aligned, compute, false};                                                   \
  EMO_SIM_OP(name) { meet(name##_operation, kAllLanes, result, args, site); }

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_CORE_H
