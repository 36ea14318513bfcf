// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing "kernels" as C++ functions that call the emulator as code for the host does.
#ifndef EMO_TEST_UNIT_EMULATOR_KERNELS_H
#define EMO_TEST_UNIT_EMULATOR_KERNELS_H

#include "../../../lib/Runtime/Emulator/Emulator.h"

#include "emo/Runtime/EmulatedCode.h"

#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <gtest/gtest.h>
#include <set>

using namespace emo::rt::emulator;

template <size_t N = 8>
struct Slots {
  std::array<uint64_t, N> of;
  operator uint64_t() const { return of[0]; }
  uint64_t operator[](int i) const { return of[i]; }
  float f(int i = 0) const { return std::bit_cast<float>(uint32_t(of[i])); }
};
inline uint64_t slot(const void *pointer) { return uintptr_t(pointer); }
inline uint64_t slot(float value) { return std::bit_cast<uint32_t>(value); }
template <std::integral T>
uint64_t slot(T value) {
  return sizeof(T) == 8 ? uint64_t(value) : uint32_t(value);
}

using Function = void(uint64_t *, const uint64_t *, const emo_sim_site *);
template <class... T>
inline Slots<> call(Function function, const emo_sim_site *site, T... arguments) {
  uint64_t args[sizeof...(T) + 1] = {slot(arguments)...};
  Slots<> result;
  function(result.of.data(), args, site);
  return result;
}

/// SIM(op, arguments...): one call of device code. The line of the site is that of the source.
#define SIM(name, ...)                                                                                                                     \
  ([&] {                                                                                                                                   \
    extern Function emo_sim_##name asm("emo_sim_" #name);                                                                                  \
    static const emo_sim_site site{"kernel", #name, __LINE__};                                                                             \
    return call(emo_sim_##name, &site __VA_OPT__(, ) __VA_ARGS__);                                                                         \
  }())

/// Loads and stores as instrumented code does them. Spaces: 1 global, 3 shared.
template <class T>
inline void store(T *to, std::type_identity_t<T> value, uint32_t space, const emo_sim_site *site) {
  if (emo_sim_checks)
    emo_sim_access(to, sizeof(T), EMO_SIM_WRITE | space << EMO_SIM_SPACE_SHIFT, site);
  memcpy(to, &value, sizeof value);
  asm volatile("" ::: "memory");
}
template <class T>
inline T load(const T *from, uint32_t space, const emo_sim_site *site) {
  if (emo_sim_checks)
    emo_sim_access(from, sizeof(T), space << EMO_SIM_SPACE_SHIFT, site);
  T value;
  asm volatile("" ::: "memory");
  memcpy(&value, from, sizeof value);
  return value;
}
#define EMO_ACCESS(function, spelling, space, ...)                                                                                         \
  ([&] {                                                                                                                                   \
    static const emo_sim_site site{"kernel", spelling, __LINE__};                                                                          \
    return function(__VA_ARGS__, space, &site);                                                                                            \
  }())
#define STORE_SHARED(to, value) EMO_ACCESS(store, "st.shared", 3, to, value)
#define LOAD_SHARED(from) EMO_ACCESS(load, "ld.shared", 3, from)
#define STORE_GLOBAL(to, value) EMO_ACCESS(store, "st.global", 1, to, value)
#define LOAD_GLOBAL(from) EMO_ACCESS(load, "ld.global", 1, from)

inline uint32_t tid() { return emo_sim_read_ptx_sreg_tid_x(); }
inline uint32_t lane() { return emo_sim_read_ptx_sreg_laneid(); }
inline uint32_t warpId() { return tid() / 32; }
inline uint32_t cta() { return emo_sim_read_ptx_sreg_ctaid_x(); }
template <class T = uint32_t>
T *sharedAt(uint32_t offset = 0) {
  return reinterpret_cast<T *>(static_cast<char *>(emo_sim_shared()) + offset);
}
inline void syncThreads(const emo_sim_site *site) {
  extern Function emo_sim_barrier_cta_sync_aligned_all asm("emo_sim_barrier_cta_sync_aligned_all");
  call(emo_sim_barrier_cta_sync_aligned_all, site, 0u);
}
#define SYNC()                                                                                                                             \
  ([] {                                                                                                                                    \
    static const emo_sim_site site{"kernel", "barrier", __LINE__};                                                                         \
    syncThreads(&site);                                                                                                                    \
  }())

using Kernel = void (*)(const int64_t *);
struct Shape {
  uint32_t threads = 32, shared = 0, grid = 1;
  Options options = {};
};
struct Outcome {
  bool ok;
  std::string error;
  Counters counters;
};
inline Outcome run(Kernel kernel, const Shape &run, std::initializer_list<const void *> pointers = {}) {
  std::vector<int64_t> args;
  for (const void *pointer : pointers)
    args.push_back(int64_t(pointer));
  Outcome outcome{};
  outcome.ok =
      launch({"kernel", kernel, args.data(), {run.grid, 1, 1}, run.threads, run.shared}, run.options, outcome.counters, outcome.error);
  return outcome;
}
template <class T>
T *argument(const int64_t *args, int i) {
  return reinterpret_cast<T *>(args[i]);
}

/// All schedules, eager and lazy.
inline std::vector<Options> allOptions() {
  std::vector<Options> all;
  for (bool lazy : {false, true})
    for (auto [schedule, seed] : std::initializer_list<std::pair<Schedule, uint64_t>>{{Schedule::InOrder, 0},
                                                                                      {Schedule::Reversed, 0},
                                                                                      {Schedule::RunAhead, 0},
                                                                                      {Schedule::RunAhead, 1},
                                                                                      {Schedule::Random, 1},
                                                                                      {Schedule::Random, 2}})
      all.push_back({lazy, schedule, seed, true, 1});
  return all;
}

/// A report has all of these, in this order.
inline void expectReport(const Outcome &outcome, std::initializer_list<const char *> parts) {
  EXPECT_FALSE(outcome.ok);
  size_t at = 0;
  for (const char *part : parts) {
    size_t found = outcome.error.find(part, at);
    EXPECT_NE(found, std::string::npos) << "missing: " << part << "\nin:\n" << outcome.error;
    if (found != std::string::npos)
      at = found + strlen(part);
  }
}

/// Under all options: no report; a report with these parts.
inline void expectClean(Kernel kernel, Shape how, std::initializer_list<const void *> pointers = {}) {
  for (const Options &options : allOptions()) {
    how.options = options;
    Outcome outcome = run(kernel, how, pointers);
    EXPECT_TRUE(outcome.ok) << outcome.error;
  }
}
inline void expectFound(Kernel kernel, Shape how, std::initializer_list<const char *> parts,
                        std::initializer_list<const void *> pointers = {}) {
  for (const Options &options : allOptions()) {
    how.options = options;
    expectReport(run(kernel, how, pointers), parts);
  }
}

/// With each schedule some check finds the bug, which one depends on it; each of `messages` comes up.
inline void expectOneOf(Kernel kernel, Shape how, std::initializer_list<const char *> messages, std::initializer_list<const void *> pointers = {}) {
  std::set<std::string> seen;
  for (const Options &options : allOptions()) {
    how.options = options;
    Outcome outcome = run(kernel, how, pointers);
    EXPECT_FALSE(outcome.ok);
    std::string first = outcome.error.substr(0, outcome.error.find('\n'));
    for (const char *message : messages)
      if (first.find(message) != std::string::npos)
        seen.insert(message), first.clear();
    EXPECT_EQ(first, "") << outcome.error;
  }
  EXPECT_EQ(seen.size(), messages.size());
}

#endif // EMO_TEST_UNIT_EMULATOR_KERNELS_H
