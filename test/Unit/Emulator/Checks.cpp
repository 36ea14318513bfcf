// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A seeded bug for each check, with its report; and the kernel without the bug, which has none under any schedule.
#include "Kernels.h"

// ---- Races on shared memory

template <bool sync>
static void acrossWarps(const int64_t *) {
  STORE_SHARED(sharedAt() + tid(), tid());
  if (sync)
    SYNC();
  LOAD_SHARED(sharedAt() + (tid() ^ 32));
}
TEST(SharedRaces, AcrossWarps) {
  expectClean(acrossWarps<true>, {64, 256});
  Outcome outcome = run(acrossWarps<false>, {64, 256});
  expectReport(outcome, {"error: read of shared memory at offset 0x80, which nobody has written"});
  // Where something has been written before, it is a race.
  auto kernel = [](const int64_t *) {
    STORE_SHARED(sharedAt() + tid(), 0u);
    SYNC();
    STORE_SHARED(sharedAt() + tid(), tid());
    LOAD_SHARED(sharedAt() + (tid() ^ 32));
  };
  expectFound(kernel, {64, 256},
              {"error: data race on shared memory at offset 0x",
               "this access: ", "the other: ", "expected: a barrier or an mbarrier between them"});
  outcome = run(kernel, {64, 256});
  expectReport(outcome, {"error: data race on shared memory at offset 0x0\n  kernel: kernel\n  operation: st.shared, line ",
                         "\n  where: CTA (0,0,0), thread 0 (warp 0, lane 0)\n  this access: write\n"
                         "  the other: read by thread 32 (warp 1, lane 0), ld.shared, line ",
                         "\n  expected: a barrier or an mbarrier between them"});
}

template <int how>
static void acrossLanes(const int64_t *) {
  STORE_SHARED(sharedAt() + lane(), lane());
  if (how == 1)
    SIM(bar_warp_sync, ~0u);
  if (how == 2)
    SIM(vote_all_sync, ~0u, true);
  if (how == 3) // only within halves
    SIM(bar_warp_sync, lane() < 16 ? 0xffffu : 0xffff0000u);
  STORE_SHARED(sharedAt() + (lane() ^ (how == 4 ? 8 : 16)), 1u);
}
TEST(SharedRaces, AcrossLanes) {
  expectClean(acrossLanes<1>, {32, 128});
  expectFound(acrossLanes<0>, {32, 128},
              {"error: data race on shared memory at offset 0x", "this access: write", "the other: write by thread",
               "expected: bar.warp.sync between them"});
  expectFound(acrossLanes<2>, {32, 128}, {"error: data race on shared memory"}); // gives no order of memory
  expectFound(acrossLanes<3>, {32, 128}, {"error: data race on shared memory"});
}
TEST(SharedRaces, HalfOfAWarp) {
  expectClean(
      [](const int64_t *) {
        STORE_SHARED(sharedAt() + lane(), lane());
        SIM(bar_warp_sync, lane() < 16 ? 0xffffu : 0xffff0000u);
        LOAD_SHARED(sharedAt() + (lane() ^ 8));
        SIM(bar_warp_sync, lane() < 16 ? 0xffffu : 0xffff0000u);
        STORE_SHARED(sharedAt() + (lane() ^ 4), 1u);
      },
      {32, 128});
}

// Reading is a reason to wait, too.
template <bool sync>
static void overwriteWhatIsRead(const int64_t *) {
  STORE_SHARED(sharedAt() + tid(), tid());
  SYNC();
  for (uint32_t w = 0; w < 4; ++w)
    LOAD_SHARED(sharedAt() + (tid() + 32 * w) % 128);
  if (sync)
    SYNC();
  STORE_SHARED(sharedAt() + tid(), tid());
}
TEST(SharedRaces, WriteAfterRead) {
  expectClean(overwriteWhatIsRead<true>, {128, 512});
  expectFound(overwriteWhatIsRead<false>, {128, 512}, {"error: data race on shared memory"});
}

// Bytes, not words, make a race.
TEST(SharedRaces, HalvesOfAWord) {
  expectClean(
      [](const int64_t *) {
        STORE_SHARED(sharedAt<uint16_t>() + tid(), 1);
        LOAD_SHARED(sharedAt<uint16_t>() + tid());
      },
      {64, 128});
}
TEST(SharedRaces, Atomics) {
  auto good = [](const int64_t *) {
    static const emo_sim_site site{"kernel", "atom.shared.add", 1};
    if (tid() == 0)
      STORE_SHARED(sharedAt(), 0u);
    SYNC();
    emo_sim_access(sharedAt(), 4, EMO_SIM_WRITE | EMO_SIM_ATOMIC | 3 << EMO_SIM_SPACE_SHIFT, &site);
    ++*sharedAt();
    SYNC();
    if (LOAD_SHARED(sharedAt()) != 64)
      __builtin_trap();
  };
  expectClean(good, {64, 4});
  auto bad = [](const int64_t *) {
    static const emo_sim_site site{"kernel", "atom.shared.add", 1};
    if (tid() == 0)
      STORE_SHARED(sharedAt(), 0u);
    SYNC();
    if (tid() == 40)
      LOAD_SHARED(sharedAt());
    else
      emo_sim_access(sharedAt(), 4, EMO_SIM_WRITE | EMO_SIM_ATOMIC | 3 << EMO_SIM_SPACE_SHIFT, &site);
  };
  expectFound(bad, {64, 4}, {"error: data race on shared memory at offset 0x0", "the other: "});
}
// An atomic load is a read: of memory that may only be read, too.
TEST(DeviceMemory, AtomicLoad) {
  Memory memory;
  uint32_t weights[4] = {};
  memory.registerHost(weights, sizeof weights, "weights", true);
  static const emo_sim_site site{"kernel", "load", 1};
  expectClean([](const int64_t *args) { emo_sim_access(argument<void>(args, 0), 4, EMO_SIM_ATOMIC | 1 << EMO_SIM_SPACE_SHIFT, &site); },
              {32, 0, 2}, {weights});
  (void)site;
}
// A barrier of some warps orders these and no others.
TEST(SharedRaces, NamedBarrierOfOthers) {
  auto kernel = [](const int64_t *) {
    if (warpId() == 0)
      STORE_SHARED(sharedAt() + lane(), 1u);
    if (warpId() < 2)
      SIM(barrier_cta_sync_aligned_count, 1u, 64u);
    if (warpId() == 1)
      LOAD_SHARED(sharedAt() + lane());
    if (warpId() == 2)
      STORE_SHARED(sharedAt() + lane(), 2u);
  };
  expectFound(kernel, {96, 128}, {"error: data race on shared memory"});
}

// ---- Unwritten memory, bounds, alignment

TEST(SharedMemory, Unwritten) {
  expectFound([](const int64_t *) { LOAD_SHARED(sharedAt<uint64_t>(8)); }, {1, 16},
              {"error: read of shared memory at offset 0x8, which nobody has written", "operation: ld.shared, line",
               "where: CTA (0,0,0), thread 0", "shared memory has no value when a CTA starts"});
  // Half of what is read.
  expectFound([](const int64_t *) { STORE_SHARED(sharedAt<uint16_t>(4), 1), LOAD_SHARED(sharedAt(4)); }, {1, 16},
              {"error: read of shared memory at offset 0x6"});
  // What an earlier CTA wrote is gone.
  expectFound(
      [](const int64_t *) {
        if (cta() == 0)
          STORE_SHARED(sharedAt(), 1u);
        LOAD_SHARED(sharedAt());
      },
      {1, 16, 2}, {"error: read of shared memory at offset 0x0", "where: CTA (1,0,0)"});
}
TEST(SharedMemory, Bounds) {
  expectFound([](const int64_t *) { STORE_SHARED(sharedAt(1024), 1u); }, {1, 1024},
              {"error: shared memory out of bounds: bytes 0x400 to 0x403 of 0x400", "operation: st.shared, line",
               "the launch gives each CTA 1024 bytes of shared memory"});
  expectFound([](const int64_t *) { STORE_SHARED(sharedAt<uint64_t>(1016) - 128, 1u); }, {1, 1024},
              {"error: the address 0x", "is not in shared memory"});
}
TEST(SharedMemory, Alignment) {
  expectFound([](const int64_t *) { STORE_SHARED(sharedAt(2), 1u); }, {1, 1024}, {"error: misaligned access of 4 bytes at 0x2"});
  expectFound([](const int64_t *) { SIM(ldmatrix_sync_aligned_m8n8_x1_b16_p3, sharedAt(8)); }, {32, 1024},
              {"error: misaligned shared memory address: offset 0x8, expected a multiple of 16", "ldmatrix.sync.aligned.m8n8.x1.b16"});
}

// ---- Device memory

TEST(DeviceMemory, Bounds) {
  Memory memory;
  auto *a = static_cast<uint32_t *>(memory.allocate(64, "a"));
  auto *b = static_cast<uint32_t *>(memory.allocate(64, "b"));
  (void)b;
  auto kernel = [](const int64_t *args) { STORE_GLOBAL(argument<uint32_t>(args, 0) + 16, 1u); };
  expectFound(kernel, {1, 0},
              {"error: write of 4 bytes outside of device memory, at 0x", "operation: st.global, line",
               "nearest: 'a' of 64 bytes; the access is at byte 64 of it"},
              {a});
  auto below = [](const int64_t *args) { LOAD_GLOBAL(argument<uint64_t>(args, 0) - 1); };
  expectFound(below, {1, 0},
              {"error: read of 8 bytes outside of device memory", "nearest: 'a' of 64 bytes; the access is at byte -8 of it"}, {a});
  memory.release(a);
  Outcome outcome = run([](const int64_t *args) { LOAD_GLOBAL(argument<uint32_t>(args, 0)); }, {1, 0}, {a});
  expectReport(outcome, {"outside of device memory", "nearest: '"});
}
TEST(DeviceMemory, Redzones) {
  Memory memory;
  auto *a = static_cast<uint32_t *>(memory.allocate(60, "a"));
  Options off;
  off.checks = false;
  auto kernel = [](const int64_t *args) { argument<uint32_t>(args, 0)[15] = 1; };
  Outcome outcome = run(kernel, {1, 0, 1, off}, {a});
  expectReport(outcome,
               {"error: memory beside 'a' was written to: at byte 60 of its 60; run it with checks to see by whom\n  kernel: kernel"});
  outcome = run([](const int64_t *) {}, {1, 0, 1, off}, {a});
  EXPECT_TRUE(outcome.ok) << outcome.error;
}
TEST(DeviceMemory, ReadOnly) {
  Memory memory;
  uint32_t weights[4] = {};
  memory.registerHost(weights, sizeof weights, "weights", true);
  expectFound([](const int64_t *args) { STORE_GLOBAL(argument<uint32_t>(args, 0) + 1, 1u); }, {1, 0},
              {"error: write to 'weights', which is read only, at byte 4"}, {weights});
}

template <int how>
static void globalRace(const int64_t *args) {
  auto *data = argument<uint32_t>(args, 0);
  if (how == 0) // between CTAs
    STORE_GLOBAL(data + tid(), 1u);
  if (how == 1) { // between threads
    STORE_GLOBAL(data + tid() + 64 * cta(), 1u);
    LOAD_GLOBAL(data + (tid() ^ 1) + 64 * cta());
  }
  if (how == 2) {
    STORE_GLOBAL(data + tid() + 64 * cta(), 1u);
    SYNC();
    LOAD_GLOBAL(data + (tid() ^ 33) + 64 * cta());
  }
  if (how == 3) { // the last CTA to come reads what all have written
    STORE_GLOBAL(data + tid() + 64 * cta(), 1u);
    SYNC();
    static const emo_sim_site site{"kernel", "atom.global.add", 7};
    uint32_t *counter = data + 128;
    if (tid() == 0) {
      SIM(membar_gl);
      emo_sim_access(counter, 4, EMO_SIM_WRITE | EMO_SIM_ATOMIC | 1 << EMO_SIM_SPACE_SHIFT, &site);
      uint32_t before = __atomic_fetch_add(counter, 1, __ATOMIC_ACQ_REL);
      if (before % 2 == 1)
        for (int i = 0; i < 128; ++i)
          LOAD_GLOBAL(data + i);
    }
  }
}
TEST(DeviceMemory, Races) {
  Memory memory;
  auto *data = static_cast<uint32_t *>(memory.allocate(1024, "data"));
  expectFound(globalRace<0>, {64, 0, 2},
              {"error: data race on device memory 'data' at byte ", "this access: write", "the other: write by CTA number ",
               "nothing orders CTAs of a launch, apart from atomics"},
              {data});
  expectClean(globalRace<0>, {64, 0, 1}, {data});
  expectFound(globalRace<1>, {64, 0, 2},
              {"error: data race on device memory 'data'", "the other: ", "thread ", "expected: a barrier between them"}, {data});
  expectClean(globalRace<2>, {64, 0, 2}, {data});
  expectClean(globalRace<3>, {64, 0, 2}, {data});
}

// ---- Asynchronous copies

// A ring of stages, as a GEMM has it. Bugs: 1 no wait, 2 wait for one group too few, 3 no barrier after the wait, 4 no commit,
// 5 no barrier before the stage is filled again.
template <int bug>
static void ring(const int64_t *args) {
  constexpr uint32_t stages = 3, rounds = 8;
  auto *in = argument<uint32_t>(args, 0);
  auto *out = argument<uint32_t>(args, 1);
  auto fetch = [&](uint32_t round) {
    if (round < rounds)
      SIM(cp_async_cg_shared_global_16, sharedAt(round % stages * 1024 + tid() * 16), in + round * 256 + tid() * 4);
    if (bug != 4)
      SIM(cp_async_commit_group);
  };
  fetch(0), fetch(1);
  uint32_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    if (bug != 1)
      SIM(cp_async_wait_group, bug == 2 ? 2u : 1u);
    if (bug != 3 && bug != 5)
      SYNC();
    if (bug == 5 && round == 0)
      SYNC();
    if (bug == 5)
      SIM(bar_warp_sync, ~0u);
    sum += LOAD_SHARED(sharedAt(round % stages * 1024) + (bug == 5 ? tid() : (tid() + 32 * round) % 64) * 4);
    fetch(round + 2);
  }
  STORE_GLOBAL(out + tid(), sum);
}
TEST(AsyncCopies, Ring) {
  Memory memory;
  auto *in = static_cast<uint32_t *>(memory.allocate(8 * 1024, "in"));
  auto *out = static_cast<uint32_t *>(memory.allocate(256, "out"));
  for (uint32_t i = 0; i < 2048; ++i)
    in[i] = i;
  for (bool checks : {true, false})
    for (Options options : allOptions()) {
      options.checks = checks;
      Outcome outcome = run(ring<0>, {64, 3072, 1, options}, {in, out});
      ASSERT_TRUE(outcome.ok) << outcome.error;
      for (uint32_t t = 0; t < 64; ++t) {
        uint32_t sum = 0;
        for (uint32_t round = 0; round < 8; ++round)
          sum += round * 256 + (t + 32 * round) % 64 * 4;
        EXPECT_EQ(out[t], sum);
      }
      EXPECT_EQ(outcome.counters.asyncCopies, 512u);
    }
  expectFound(ring<1>, {64, 3072},
              {"error: read of shared memory at offset 0x", "where an asynchronous copy may still write", "operation: ld.shared",
               "the copy is by thread ", "cp_async_cg_shared_global_16, line",
               "expected: cp.async.wait_group of that thread before, and a barrier if it is another thread's"},
              {in, out});
  expectFound(ring<2>, {64, 3072}, {"error: read of shared memory at offset 0x", "where an asynchronous copy may still write"}, {in, out});
  expectFound(ring<4>, {64, 3072}, {"where an asynchronous copy may still write", "it is in no group yet"}, {in, out});
  expectOneOf(ring<3>, {64, 3072}, {"which nobody has written"}, {in, out});
  // Every thread reads what it has copied itself, so that only refilling is left to go wrong; that is ordered, too.
  expectClean(ring<5>, {64, 3072}, {in, out});
}
TEST(AsyncCopies, Overwrite) {
  Memory memory;
  auto *in = static_cast<uint32_t *>(memory.allocate(1024, "in"));
  auto kernel = [](const int64_t *args) {
    STORE_SHARED(sharedAt(16 * tid()), 1u);
    SYNC();
    LOAD_SHARED(sharedAt(16 * (tid() ^ 32)));
    SIM(cp_async_ca_shared_global_16, sharedAt(16 * tid()), argument<uint32_t>(args, 0) + 4 * tid());
    SIM(cp_async_wait_all);
  };
  expectFound(kernel, {64, 1024}, {"error: data race on shared memory at offset 0x", "expected: a barrier"}, {in});
}
// Zero fill, sizes, and what is wrong with an address.
TEST(AsyncCopies, Sizes) {
  Memory memory;
  auto *in = static_cast<uint32_t *>(memory.allocate(64, "in"));
  for (int i = 0; i < 16; ++i)
    in[i] = 0x01010101u * (i + 1);
  static uint32_t out[12];
  auto kernel = [](const int64_t *args) {
    auto *in = argument<uint32_t>(args, 0);
    SIM(cp_async_ca_shared_global_4, sharedAt(0), in);
    SIM(cp_async_ca_shared_global_8, sharedAt(8), in + 2);
    SIM(cp_async_ca_shared_global_16_s, sharedAt(16), in + 4, 6u);
    SIM(cp_async_cg_shared_global_16_s, sharedAt(32), in + 4096, 0u); // nothing is read
    SIM(cp_async_ca_shared_global_4_s, sharedAt(4), in + 1, 4u);
    SIM(cp_async_wait_all);
    for (int i = 0; i < 12; ++i)
      out[i] = LOAD_SHARED(sharedAt() + i);
  };
  for (const Options &options : allOptions()) {
    Outcome outcome = run(kernel, {1, 64, 1, options}, {in});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    const uint32_t expected[12] = {0x01010101, 0x02020202, 0x03030303, 0x04040404, 0x05050505, 0x0606, 0, 0, 0, 0, 0, 0};
    for (int i = 0; i < 12; ++i)
      EXPECT_EQ(out[i], expected[i]) << i;
  }
  auto report = [&](Kernel kernel, std::initializer_list<const char *> parts) { expectReport(run(kernel, {1, 64}, {in}), parts); };
  report([](const int64_t *args) { SIM(cp_async_cg_shared_global_16, sharedAt(8), argument<uint32_t>(args, 0)); },
         {"error: misaligned shared memory address: offset 0x8, expected a multiple of 16"});
  report([](const int64_t *args) { SIM(cp_async_cg_shared_global_16, sharedAt(0), argument<uint32_t>(args, 0) + 1); },
         {"error: the source 0x", "is not at a multiple of its 16 bytes"});
  report([](const int64_t *args) { SIM(cp_async_cg_shared_global_16_s, sharedAt(0), argument<uint32_t>(args, 0), 17u); },
         {"error: source size 17 of a copy of 16 bytes"});
  report([](const int64_t *args) { SIM(cp_async_cg_shared_global_16, sharedAt(0), argument<uint32_t>(args, 0) + 16); },
         {"error: read of 16 bytes outside of device memory", "nearest: 'in' of 64 bytes; the access is at byte 64"});
  report([](const int64_t *args) { SIM(cp_async_cg_shared_global_16, sharedAt(64), argument<uint32_t>(args, 0)); },
         {"error: shared memory out of bounds: bytes 0x40 to 0x4f of 0x40"});
}
// Lazily, data are not there before the wait, with checks or without.
TEST(AsyncCopies, LandLate) {
  static uint32_t in[4] = {1, 2, 3, 4}, seen[2];
  auto kernel = [](const int64_t *) {
    SIM(cp_async_cg_shared_global_16, sharedAt(0), in);
    SIM(cp_async_commit_group);
    seen[0] = *sharedAt();
    in[0] = 7; // too early: the copy has not read it
    SIM(cp_async_wait_group, 0u);
    seen[1] = *sharedAt();
  };
  Options options;
  options.checks = false, options.lazy = true;
  ASSERT_TRUE(run(kernel, {1, 16, 1, options}).ok);
  EXPECT_EQ(seen[0], ~0u);
  EXPECT_EQ(seen[1], 7u);
}

// ---- Costs

TEST(Costs, BankConflicts) {
  auto conflicts = [](Kernel kernel) {
    Outcome outcome = run(kernel, {32, 16384});
    EXPECT_TRUE(outcome.ok) << outcome.error;
    return std::pair(outcome.counters.sharedAccesses, outcome.counters.bankConflicts);
  };
  using Pair = std::pair<uint64_t, uint64_t>;
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt() + lane(), 1u); }), Pair(1, 0));
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt() + lane() * 2, 1u); }), Pair(1, 1));
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt() + lane() * 32, 1u); }), Pair(1, 31));
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt<uint64_t>() + lane(), 1u); }), Pair(1, 0));
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt<uint64_t>() + lane() * 2, 1u); }), Pair(1, 2));
  using Four = std::array<uint32_t, 4>;
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt<Four>() + lane(), Four()); }), Pair(1, 0));
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt<Four>() + lane() * 2, Four()); }), Pair(1, 4));
  EXPECT_EQ(conflicts([](const int64_t *) { STORE_SHARED(sharedAt<Four>() + lane() * 8, Four()); }), Pair(1, 28));
  // A word for all is one pass; loops count each round.
  EXPECT_EQ(conflicts([](const int64_t *) {
              if (lane() == 0)
                STORE_SHARED(sharedAt(), 1u);
              SIM(bar_warp_sync, ~0u);
              for (int i = 0; i < 10; ++i)
                LOAD_SHARED(sharedAt());
            }),
            Pair(11, 0));
  // ldmatrix: rows of 64 bytes take two passes a matrix for each four rows; with a swizzle none.
  EXPECT_EQ(conflicts([](const int64_t *) { SIM(ldmatrix_sync_aligned_m8n8_x4_b16_p3, sharedAt(lane() * 64)); }), Pair(1, 4 * 3));
  EXPECT_EQ(conflicts([](const int64_t *) { SIM(ldmatrix_sync_aligned_m8n8_x4_b16_p3, sharedAt(lane() * 64 + (lane() / 2 % 4) * 16)); }),
            Pair(1, 0));
}
TEST(Costs, Sectors) {
  Memory memory;
  auto *data = static_cast<uint32_t *>(memory.allocate(1 << 16, "data"));
  auto sectors = [&](Kernel kernel) {
    Outcome outcome = run(kernel, {32, 0}, {data});
    EXPECT_TRUE(outcome.ok) << outcome.error;
    return std::array<uint64_t, 3>{outcome.counters.globalAccesses, outcome.counters.globalSectors, outcome.counters.globalBytes};
  };
  using Three = std::array<uint64_t, 3>;
  EXPECT_EQ(sectors([](const int64_t *args) { LOAD_GLOBAL(argument<uint32_t>(args, 0) + lane()); }), Three({1, 4, 128}));
  EXPECT_EQ(sectors([](const int64_t *args) { LOAD_GLOBAL(argument<uint32_t>(args, 0) + lane() * 8); }), Three({1, 32, 128}));
  EXPECT_EQ(sectors([](const int64_t *args) { LOAD_GLOBAL(argument<uint32_t>(args, 0) + lane() + 4); }), Three({1, 5, 128}));
  // 16 bytes a lane: all of each sector is wanted.
  using Four = std::array<uint32_t, 4>;
  EXPECT_EQ(sectors([](const int64_t *args) { LOAD_GLOBAL(argument<Four>(args, 0) + lane()); }), Three({1, 16, 512}));
  EXPECT_EQ(sectors([](const int64_t *args) {
              for (int i = 0; i < 3000; ++i)
                LOAD_GLOBAL(argument<Four>(args, 0) + lane() + i % 8 * 32);
            }),
            Three({3000, 48000, 3000 * 512}));
  EXPECT_EQ(sectors([](const int64_t *args) { LOAD_GLOBAL(argument<Four>(args, 0) + lane() * 2); }), Three({1, 32, 512}));
  EXPECT_EQ(sectors([](const int64_t *args) {
              for (int i = 0; i < 3000; ++i)
                LOAD_GLOBAL(argument<uint32_t>(args, 0));
            }),
            Three({3000, 3000, 3000 * 128}));
}

// ---- After a failure

TEST(Launches, GoOnAfterAFailure) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(run(acrossLanes<0>, {1024, 4096, 3}).ok);
    Outcome outcome = run(acrossWarps<true>, {64, 256, 2});
    EXPECT_TRUE(outcome.ok) << outcome.error;
  }
}
TEST(Launches, Refused) {
  expectReport(run(acrossWarps<true>, {1025, 0}), {"error: 1025 threads in a CTA; expected 1 to 1024\n  kernel: kernel"});
  expectReport(run(acrossWarps<true>, {64, 232449}), {"error: 232449 bytes of shared memory; a CTA has at most 232448"});
  expectReport(run(acrossWarps<true>, {64, 0, 0}), {"error: grid 0 x 1 x 1"});
}
// A thread that waits for a plain store of another goes on when that has run.
TEST(Launches, SpinningOnMemory) {
  Outcome outcome = run(
      [](const int64_t *) {
        static const emo_sim_site site{"kernel", "atom.shared", 1};
        uint32_t flags = EMO_SIM_WRITE | EMO_SIM_ATOMIC | 3 << EMO_SIM_SPACE_SHIFT;
        if (tid() == 0)
          STORE_SHARED(sharedAt(), 0u);
        SYNC();
        if (warpId() == 1) {
          emo_sim_access(sharedAt(), 4, flags, &site);
          *sharedAt() = 1;
        } else {
          do
            emo_sim_access(sharedAt(), 4, flags, &site);
          while (*(volatile uint32_t *)sharedAt() == 0);
        }
      },
      {64, 4});
  EXPECT_TRUE(outcome.ok) << outcome.error;
}
