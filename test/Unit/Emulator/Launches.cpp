// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches on several threads of the host: same results, same counters, same report.
#include "Kernels.h"

#include <cmath>

// Each CTA sums its part of a vector; the number of rounds differs, so that CTAs overtake each other.
static void sumKernel(const int64_t *args) {
  auto *in = argument<float>(args, 0), *out = argument<float>(args, 1);
  float sum = 0;
  for (uint32_t round = 0; round < 1 + cta() % 7; ++round)
    for (uint32_t i = tid(); i < 512; i += 64)
      sum += LOAD_GLOBAL(in + cta() * 512 + i);
  for (uint32_t step = 16; step; step /= 2)
    sum += std::bit_cast<float>(uint32_t(SIM(shfl_sync_bfly_f32, ~0u, sum, step, 31u)));
  if (lane() == 0)
    STORE_SHARED(sharedAt<float>() + warpId(), sum);
  SYNC();
  if (tid() == 0)
    STORE_GLOBAL(out + cta(), LOAD_SHARED(sharedAt<float>()) + LOAD_SHARED(sharedAt<float>() + 1));
}
TEST(Launches, Threads) {
  Memory memory;
  constexpr uint32_t ctas = 200;
  auto *in = static_cast<float *>(memory.allocate(ctas * 2048, "in")), *out = static_cast<float *>(memory.allocate(ctas * 4, "out"));
  for (uint32_t i = 0; i < ctas * 512; ++i)
    in[i] = float(i * 2654435761u >> 8) * 0x1p-24f;
  std::vector<float> first;
  Counters counters;
  for (int threads : {1, 2, 4, 9}) {
    Options options;
    options.threads = threads;
    memset(out, 0, ctas * 4);
    Outcome outcome = run(sumKernel, {64, 8, ctas, options}, {in, out});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    std::vector<float> found(out, out + ctas);
    if (threads == 1)
      first = found, counters = outcome.counters;
    EXPECT_EQ(found, first);
    EXPECT_EQ(memcmp(&outcome.counters, &counters, sizeof counters), 0) << threads;
  }
}
// CTAs 40 and up fail; whoever is first in time, CTA 40 is reported.
TEST(Launches, FirstFailure) {
  auto kernel = [](const int64_t *) {
    for (uint32_t i = 0; i < (cta() == 40 ? 3000u : 1u); ++i)
      SIM(bar_warp_sync, ~0u);
    if (cta() >= 40)
      LOAD_SHARED(sharedAt());
  };
  for (int threads : {1, 4, 8})
    for (Schedule schedule : {Schedule::InOrder, Schedule::Reversed}) {
      Options options;
      options.threads = threads, options.schedule = schedule;
      Outcome outcome = run(kernel, {32, 16, 100, options});
      expectReport(outcome, {"error: read of shared memory at offset 0x0",
                             schedule == Schedule::InOrder ? "where: CTA (40,0,0), thread " : "where: CTA (99,0,0), thread "});
    }
}
// Counting in device memory by all CTAs at once.
TEST(Launches, Atomics) {
  Memory memory;
  auto *counter = static_cast<uint32_t *>(memory.allocate(4, "counter"));
  auto kernel = [](const int64_t *args) {
    static const emo_sim_site site{"kernel", "atom.global.add", 1};
    auto *counter = argument<uint32_t>(args, 0);
    if (emo_sim_checks)
      emo_sim_access(counter, 4, EMO_SIM_WRITE | EMO_SIM_ATOMIC | 1 << EMO_SIM_SPACE_SHIFT, &site);
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
  };
  Options options;
  options.threads = 4;
  Outcome outcome = run(kernel, {96, 0, 64, options}, {counter});
  ASSERT_TRUE(outcome.ok) << outcome.error;
  EXPECT_EQ(*counter, 96u * 64);
}
// Races between CTAs are found on several threads, too.
TEST(Launches, RacesBetweenThreads) {
  Memory memory;
  auto *data = static_cast<uint32_t *>(memory.allocate(128, "data"));
  Options options;
  options.threads = 4;
  Outcome outcome =
      run([](const int64_t *args) { STORE_GLOBAL(argument<uint32_t>(args, 0) + tid(), cta()); }, {32, 0, 64, options}, {data});
  expectReport(outcome, {"error: data race on device memory 'data'", "the other: write by CTA number "});
}
// Every order of CTAs visits each once.
TEST(Launches, OrdersOfCtas) {
  Memory memory;
  for (uint32_t grid : {1u, 7u, 12u, 97u, 128u})
    for (uint64_t seed = 0; seed < 5; ++seed) {
      auto *data = static_cast<uint32_t *>(memory.allocate(grid * 4, "data"));
      Options options;
      options.schedule = Schedule::Random, options.seed = seed;
      auto kernel = [](const int64_t *args) { STORE_GLOBAL(argument<uint32_t>(args, 0) + cta(), cta() + 1); };
      Outcome outcome = run(kernel, {1, 0, grid, options}, {data});
      ASSERT_TRUE(outcome.ok) << outcome.error;
      for (uint32_t i = 0; i < grid; ++i)
        EXPECT_EQ(data[i], i + 1);
      memory.release(data);
    }
}

// Is destroyed after everything that was made later.
static Memory global;
TEST(Launches, GlobalMemory) { EXPECT_NE(global.allocate(64, "global"), nullptr); }
