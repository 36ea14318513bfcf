// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Spreads the CTAs of a launch over threads of the host.
#include "Launch.h"

#include "../Threads.h"
#include "Checks.h"
#include "GlobalChecks.h"

#include <mutex>

using namespace emo::rt::emulator;

int32_t emo_sim_checks = 1;

Counters &Counters::operator+=(const Counters &other) {
  // All members are sums of 64 bits.
  static_assert(sizeof(Counters) % sizeof(uint64_t) == 0);
  auto *to = reinterpret_cast<uint64_t *>(this);
  auto *from = reinterpret_cast<const uint64_t *>(&other);
  for (size_t i = 0; i < sizeof(Counters) / sizeof(uint64_t); ++i)
    to[i] += from[i];
  return *this;
}

/// The CTA that is started as number `position`: the device promises no order.
static uint64_t ctaAt(uint64_t position, uint64_t count, const Options &options) {
  switch (options.schedule) {
  case Schedule::Reversed:
    return count - 1 - position;
  case Schedule::Random: {
    // A step that has no factor in common with the count visits all of them.
    uint64_t step = (options.seed * 0x9e3779b97f4a7c15u >> 33) % count + 1, a = step, b = count;
    while (b) {
      uint64_t rest = a % b;
      a = b, b = rest;
    }
    return uint64_t(((unsigned __int128)position * (a == 1 ? step : 1) + options.seed) % count);
  }
  default:
    return position;
  }
}

static void work(Sm &machine, LaunchState &state) {
  for (;;) {
    uint64_t position = state.next++;
    // CTAs before the first that failed still run: which failure is reported does not depend on the threads.
    if (position >= state.count || position > state.failedAt)
      return;
    if (machine.run(ctaAt(position, state.count, machine.options)))
      continue;
    std::lock_guard<std::mutex> lock(state.mutex);
    if (position < state.failedAt) {
      state.failedAt = position;
      state.report = machine.report;
    }
  }
}

static bool refuse(const Launch &kernel, std::string &error, const std::string &why) {
  error = "error: " + why + "\n  kernel: " + (kernel.name ? kernel.name : "?");
  return false;
}

static bool prepare(Sm &machine, const Launch &kernel, const Options &options, LaunchState &state) {
  if (!machine.shared)
    return false;
  machine.kernel = &kernel;
  machine.options = options;
  machine.launch = &state;
  machine.counters = Counters();
  if (options.checks && !machine.checksStore)
    machine.checksStore = std::make_unique<Checks>(machine);
  machine.checks = options.checks ? machine.checksStore.get() : nullptr;
  if (machine.checks)
    machine.checks->startLaunch();
  return true;
}

bool emo::rt::emulator::launch(const Launch &kernel, const Options &options, Counters &counters, std::string &error) {
  static std::mutex mutex;
  static std::vector<std::unique_ptr<Sm>> machines;
  std::lock_guard<std::mutex> lock(mutex);
  if (!__builtin_cpu_supports("x86-64-v3"))
    return refuse(kernel, error, "emulated kernels need a CPU of level x86-64-v3 (AVX2, FMA, F16C)");
  if (kernel.threads == 0 || kernel.threads > kMaxThreads)
    return refuse(kernel, error, std::to_string(kernel.threads) + " threads in a CTA; expected 1 to " + std::to_string(kMaxThreads));
  if (kernel.sharedBytes > kMaxShared)
    return refuse(kernel, error,
                  std::to_string(kernel.sharedBytes) + " bytes of shared memory; a CTA has at most " + std::to_string(kMaxShared));
  uint64_t count = uint64_t(kernel.grid.x) * kernel.grid.y * kernel.grid.z;
  if (count == 0 || kernel.grid.x > INT32_MAX || kernel.grid.y > 65535 || kernel.grid.z > 65535)
    return refuse(kernel, error,
                  "grid " + std::to_string(kernel.grid.x) + " x " + std::to_string(kernel.grid.y) + " x " + std::to_string(kernel.grid.z) +
                      "; expected 1..2147483647 x 1..65535 x 1..65535");
  LaunchState state;
  state.count = state.failedAt = count;
  state.allocations = allAllocations();
  // Words of the race detector hold 16 bits of it, and 0 for never.
  static uint64_t launches = 0;
  if (uint16_t(++launches) == 0) {
    ++launches;
    forgetGlobalWords(state.allocations);
  }
  state.number = launches;
  state.locked = options.threads > 1;
  if (options.checks) {
    state.sites = std::vector<std::atomic<const Site *>>(LaunchState::kSites);
    state.lastAtomic = std::vector<std::atomic<uint32_t>>(count);
  }
  emo_sim_checks = options.checks;
  size_t workers = size_t(std::min<uint64_t>(uint64_t(std::max(options.threads, 1)), count));
  while (machines.size() < workers)
    machines.push_back(std::make_unique<Sm>());
  for (size_t i = 0; i < workers; ++i)
    if (!prepare(*machines[i], kernel, options, state))
      return refuse(kernel, error, "no address space for the stacks of the emulated threads");

  struct Job {
    Sm *machine;
    LaunchState *state;
    void run() { work(*machine, *state); }
  };
  std::vector<Job> jobs;
  for (size_t i = 0; i < workers; ++i)
    jobs.push_back({machines[i].get(), &state});
  std::vector<pthread_t> others;
  for (size_t i = 1; i < workers; ++i) {
    pthread_t other;
    if (emo::rt::startThread<&Job::run>(other, jobs[i]))
      others.push_back(other);
  }
  work(*machines[0], state);
  for (pthread_t other : others)
    pthread_join(other, nullptr);
  for (size_t i = 0; i < workers; ++i)
    counters += machines[i]->counters;
  if (state.failedAt < count) {
    error = std::move(state.report);
    return false;
  }
  int64_t offset;
  if (const Allocation *damaged = findDamage(state.allocations, offset)) {
    repairRedzones(*damaged);
    return refuse(kernel, error,
                  "memory beside '" + damaged->what + "' was written to: at byte " + std::to_string(offset) + " of its " +
                      std::to_string(damaged->bytes) + "; run it with checks to see by whom");
  }
  return true;
}
