// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

// Warps rotate values through shared memory.
static void rotateKernel(const int64_t *args) {
  uint32_t value = tid();
  for (int round = 0; round < 4; ++round) {
    STORE_SHARED(sharedAt() + tid(), value);
    SYNC();
    value = LOAD_SHARED(sharedAt() + (tid() + 32) % 128);
    SYNC();
  }
  STORE_GLOBAL(argument<uint32_t>(args, 0) + tid(), value);
}
TEST(Barriers, All) {
  Memory memory;
  auto *out = static_cast<uint32_t *>(memory.allocate(512, "out"));
  for (const Options &options : allOptions()) {
    Outcome outcome = run(rotateKernel, {128, 512, 3, options}, {out});
    // Three CTAs write the same values to the same place.
    expectReport(outcome, {"data race on device memory 'out'"});
    outcome = run(rotateKernel, {128, 512, 1, options}, {out});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    for (uint32_t t = 0; t < 128; ++t)
      EXPECT_EQ(out[t], t);
  }
}

// Producer warps arrive, consumers wait: barrier 1 says full, barrier 2 says empty.
static void pipelineKernel(const int64_t *args) {
  auto *out = argument<uint32_t>(args, 0);
  for (uint32_t i = 0; i < 10; ++i) {
    if (warpId() == 0) {
      if (i)
        SIM(barrier_cta_sync_aligned_count, 2u, 64u);
      STORE_SHARED(sharedAt() + lane(), i * 100 + lane());
      SIM(barrier_cta_arrive_aligned_count, 1u, 64u);
    } else {
      SIM(barrier_cta_sync_aligned_count, 1u, 64u);
      uint32_t value = LOAD_SHARED(sharedAt() + (lane() + 1) % 32);
      if (i < 9)
        SIM(barrier_cta_arrive_aligned_count, 2u, 64u);
      STORE_GLOBAL(out + i * 32 + lane(), value);
    }
  }
}
TEST(Barriers, Named) {
  Memory memory;
  auto *out = static_cast<uint32_t *>(memory.allocate(1280, "out"));
  for (const Options &options : allOptions()) {
    Outcome outcome = run(pipelineKernel, {64, 128, 1, options}, {out});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    for (uint32_t i = 0; i < 320; ++i)
      EXPECT_EQ(out[i], i / 32 * 100 + (i + 1) % 32);
  }
}

TEST(Barriers, Reductions) {
  uint32_t out[96][6] = {};
  Outcome outcome = run(
      [](const int64_t *args) {
        uint32_t *out = argument<uint32_t>(args, 0) + tid() * 6;
        out[0] = uint32_t(SIM(barrier_cta_red_popc_aligned_all, 0u, tid() % 2 == 0));
        out[1] = uint32_t(SIM(barrier_cta_red_and_aligned_all, 0u, tid() < 96));
        out[2] = uint32_t(SIM(barrier_cta_red_and_aligned_all, 0u, tid() < 95));
        out[3] = uint32_t(SIM(barrier_cta_red_or_aligned_all, 3u, tid() == 64));
        out[4] = uint32_t(SIM(barrier0_popc, 5u));
        SIM(barrier0);
        out[5] = uint32_t(SIM(barrier_cta_red_or_all, 0u, false));
      },
      {96, 0, 1, {}}, {out});
  ASSERT_TRUE(outcome.ok) << outcome.error;
  for (auto &of : out) {
    const uint32_t expected[6] = {48, 1, 0, 1, 96, 0};
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(of[i], expected[i]) << i;
  }
}

// Warps that have ended are not waited for.
TEST(Barriers, EndedWarps) {
  Outcome outcome = run(
      [](const int64_t *) {
        if (warpId() == 1)
          return;
        SYNC();
      },
      {96, 0, 1, {}});
  EXPECT_TRUE(outcome.ok) << outcome.error;
}
// A last warp with few lanes, and threads that arrive one by one.
TEST(Barriers, PartialWarp) {
  Outcome outcome = run(
      [](const int64_t *) {
        SYNC();
        SIM(barrier_cta_sync_all, 1u);
        SIM(barrier_cta_sync_aligned_count, 2u, 64u);
        SIM(barrier_cluster_arrive_aligned);
        SIM(barrier_cluster_wait_aligned);
      },
      {40, 0, 1, {}});
  EXPECT_TRUE(outcome.ok) << outcome.error;
}

TEST(Barriers, DivergentBranches) {
  Outcome outcome = run(
      [](const int64_t *) {
        if (lane() < 16)
          SYNC();
        else
          SYNC();
      },
      {32, 0, 1, {}});
  expectReport(outcome, {"error: divergence: the lanes of a warp are in different aligned operations",
                         "operation: barrier.cta.sync.aligned, line", "thread 16 (warp 0, lane 16)",
                         "before it came: thread 0 (warp 0, lane 0), barrier, line", "lanes there: 0x0000ffff of 0xffffffff"});
}
TEST(Barriers, MissingLanes) {
  Outcome outcome = run(
      [](const int64_t *) {
        if (lane() != 3)
          SYNC();
      },
      {32, 0, 1, {}});
  expectReport(outcome, {"error: divergence: a thread ends while other lanes of its warp wait for it in an aligned operation",
                         "thread 3 (warp 0, lane 3)", "lanes there: 0x00000007 of 0xffffffff"});
  Options reversed;
  reversed.schedule = Schedule::Reversed;
  outcome = run(
      [](const int64_t *) {
        if (lane() != 31)
          SYNC();
      },
      {32, 0, 1, reversed});
  expectReport(outcome, {"error: divergence: lanes of the warp have ended before an aligned operation",
                         "lanes that live: 0x7fffffff of 0xffffffff"});
}
TEST(Barriers, Deadlock) {
  Outcome outcome = run(
      [](const int64_t *) {
        if (warpId() == 0)
          SIM(barrier_cta_sync_aligned_count, 1u, 64u);
        else if (warpId() == 1)
          SIM(bar_warp_sync, ~0u), SIM(barrier_cta_sync_aligned_count, 2u, 96u);
      },
      {96, 0, 1, {}});
  expectReport(outcome, {"error: deadlock: no thread of the CTA can go on", "kernel: kernel", "where: CTA (0,0,0)",
                         "threads 0-31: barrier.cta.sync.aligned, line", "barrier 1: 32 of 64 threads have arrived",
                         "threads 32-63: barrier.cta.sync.aligned, line", "barrier 2: 32 of 96 threads have arrived",
                         "32 of 96 threads have ended"});
}
TEST(Barriers, WrongUse) {
  auto report = [](Kernel kernel, std::initializer_list<const char *> parts) { expectReport(run(kernel, {64, 0, 1, {}}), parts); };
  report([](const int64_t *) { SIM(barrier_cta_sync_aligned_count, 1u, 63u); },
         {"error: barrier 1 is for 63 threads; expected a positive multiple of 32, and at most the CTA's 64"});
  report([](const int64_t *) { SIM(barrier_cta_sync_aligned_all, 16u); }, {"error: barrier 16: there are 16"});
  report(
      [](const int64_t *) { SIM(barrier_cta_sync_aligned_count, 1u, warpId() ? 64u : 32u), SIM(barrier_cta_sync_aligned_count, 1u, 64u); },
      {"deadlock"});
  report([](const int64_t *) { warpId() ? SIM(barrier_cta_sync_aligned_all, 1u) : SIM(barrier_cta_arrive_aligned_count, 1u, 64u); },
         {"error: barrier 1 is used with two numbers of threads", "here all, before 64 by barrier.cta.arrive.aligned, line"});
  report([](const int64_t *) { SIM(barrier_cta_sync_aligned_all, lane()); },
         {"error: lanes of a warp name different barriers or numbers of threads: 0 and 1"});
  report([](const int64_t *) { SIM(barrier_cta_arrive_aligned_count, 1u, 64u), SIM(barrier_cta_arrive_aligned_count, 1u, 64u); },
         {"error: threads arrive again at barrier 1, which still waits for others", "lanes 0xffffffff of warp 0; 32 of 64"});
}
