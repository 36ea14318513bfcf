// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

// One thread: counts and phases.
TEST(Mbarrier, Phases) {
  static uint32_t seen[20];
  auto kernel = [](const int64_t *) {
    uint32_t *b = sharedAt(8), n = 0;
    SIM(mbarrier_init_shared, b, 3u);
    auto parity = [&](uint32_t p) { return uint32_t(SIM(mbarrier_test_wait_parity_scope_cta_space_cta, b, p)); };
    seen[n++] = parity(0); // 0: open
    seen[n++] = parity(1); // 1: the phase before
    uint64_t state = SIM(mbarrier_arrive_shared, b);
    seen[n++] = uint32_t(SIM(mbarrier_pending_count, state));       // 3
    seen[n++] = uint32_t(SIM(mbarrier_test_wait_shared, b, state)); // 0
    SIM(mbarrier_arrive_scope_cta_space_cta, b, 2u);
    seen[n++] = uint32_t(SIM(mbarrier_test_wait_shared, b, state)); // 1
    seen[n++] = parity(0);                                          // 1
    seen[n++] = parity(1);                                          // 0
    // Bytes count, too; they may come before anybody expects them.
    SIM(mbarrier_complete_tx_scope_cta_space_cta, b, 16u);
    state = SIM(mbarrier_arrive_expect_tx_scope_cta_space_cta, b, 48u);
    SIM(mbarrier_arrive_noComplete_shared, b, 1u);
    SIM(mbarrier_arrive_shared, b);
    seen[n++] = parity(1); // 0
    SIM(mbarrier_complete_tx_scope_cta_space_cta, b, 32u);
    seen[n++] = parity(1); // 1
    // One fewer from now on.
    SIM(mbarrier_arrive_drop_shared, b);
    SIM(mbarrier_arrive_scope_cta_space_cta, b, 2u);
    SIM(mbarrier_arrive_scope_cta_space_cta, b, 2u);
    seen[n++] = parity(1); // 1
    seen[n++] = uint32_t(SIM(mbarrier_try_wait_parity_scope_cta_space_cta, b, 1u));
    SIM(mbarrier_inval_shared, b);
    SIM(mbarrier_init_shared, b, 1u);
    seen[n++] = parity(0); // 0
  };
  for (const Options &options : allOptions()) {
    Outcome outcome = run(kernel, {1, 16, 1, options});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    const uint32_t expected[12] = {0, 1, 3, 0, 1, 1, 0, 0, 1, 1, 1, 0};
    for (int i = 0; i < 12; ++i)
      EXPECT_EQ(seen[i], expected[i]) << i;
  }
}

static void waitParity(uint32_t *barrier, uint32_t parity) {
  while (!SIM(mbarrier_try_wait_parity_scope_cta_space_cta, barrier, parity))
    ;
}
static void initialise(uint32_t *barrier, uint32_t count) {
  if (tid() == 0)
    SIM(mbarrier_init_shared, barrier, count);
}

// Warp 0 writes stages, warps 1 and 2 read them. Bugs: 1 no wait for full, 2 no wait for empty, 3 wrong parity of empty (1 in the first
// round), 4 lanes release one by one what their whole warp reads, 5 barrier for one more arrival, 6 arrival before the write.
template <int bug>
static void pipeline(const int64_t *args) {
  constexpr uint32_t stages = 2, rounds = 6;
  auto *out = argument<uint32_t>(args, 0);
  uint32_t *full = sharedAt(0), *empty = sharedAt(64), *data = sharedAt(128);
  for (uint32_t s = 0; s < stages; ++s) {
    initialise(full + 2 * s, bug == 5 ? 33 : 32);
    initialise(empty + 2 * s, 2);
  }
  SYNC();
  for (uint32_t round = 0; round < rounds; ++round) {
    uint32_t s = round % stages, parity = round / stages % 2;
    if (warpId() == 0) {
      if (bug != 2)
        waitParity(empty + 2 * s, bug == 3 ? parity : parity ^ 1);
      if (bug == 6)
        SIM(mbarrier_arrive_shared, full + 2 * s);
      STORE_SHARED(data + 32 * s + lane(), round * 100 + lane());
      if (bug != 6)
        SIM(mbarrier_arrive_shared, full + 2 * s);
    } else {
      if (bug != 1)
        waitParity(full + 2 * s, parity);
      uint32_t value = LOAD_SHARED(data + 32 * s + (lane() ^ 1));
      if (bug != 4)
        SIM(bar_warp_sync, ~0u);
      if (lane() == 0)
        SIM(mbarrier_arrive_shared, empty + 2 * s);
      STORE_GLOBAL(out + (warpId() - 1) * rounds * 32 + round * 32 + lane(), value);
    }
  }
}
TEST(Mbarrier, Pipeline) {
  Memory memory;
  auto *out = static_cast<uint32_t *>(memory.allocate(2 * 6 * 32 * 4, "out"));
  Shape how{96, 384};
  for (bool checks : {true, false})
    for (Options options : allOptions()) {
      options.checks = checks;
      how.options = options;
      Outcome outcome = run(pipeline<0>, how, {out});
      ASSERT_TRUE(outcome.ok) << outcome.error;
      for (uint32_t i = 0; i < 2 * 6 * 32; ++i)
        EXPECT_EQ(out[i], i / 32 % 6 * 100 + (i % 32 ^ 1));
    }
  expectOneOf(pipeline<1>, how, {"data race on shared memory", "which nobody has written"}, {out});
  expectOneOf(pipeline<2>, how, {"data race on shared memory", "deadlock: no thread of the CTA can go on", "which nobody has written"}, {out});
  expectFound(pipeline<3>, how,
              {"error: deadlock: no thread of the CTA can go on", "mbarrier.try_wait.parity, line",
               "mbarrier at offset 0x40, phase 0 (parity 0): waits for the end of parity 0; 2 of 2 arrivals pending, 0 bytes outstanding"},
              {out});
  expectFound(pipeline<4>, how, {"error: data race on shared memory"}, {out});
  expectFound(pipeline<5>, how, {"error: deadlock", "mbarrier at offset 0x0, phase 0", "1 of 33 arrivals pending"}, {out});
  expectFound(pipeline<6>, how, {"error: data race on shared memory at offset 0x"}, {out});
  Outcome outcome = run(pipeline<2>, how, {out});
  expectReport(outcome, {"error: deadlock: no thread of the CTA can go on"});
}

TEST(Mbarrier, WrongUse) {
  auto report = [](Kernel kernel, std::initializer_list<const char *> parts) { expectFound(kernel, {64, 64}, parts); };
  report([](const int64_t *) { SIM(mbarrier_arrive_shared, sharedAt(8)); },
         {"error: no mbarrier object at offset 0x8; expected mbarrier.init before", "operation: mbarrier.arrive, line"});
  report([](const int64_t *) { SIM(mbarrier_init_shared, sharedAt(4), 1u); },
         {"error: misaligned shared memory address: offset 0x4, expected a multiple of 8"});
  report([](const int64_t *) { SIM(mbarrier_init_shared, sharedAt(0), 0u); }, {"error: an mbarrier for 0 arrivals; expected 1 to 1048575"});
  report(
      [](const int64_t *) {
        if (tid() == 0)
          SIM(mbarrier_init_shared, sharedAt(0), 1u), SIM(mbarrier_init_shared, sharedAt(0), 1u);
      },
      {"error: there is a valid mbarrier object at offset 0x0; expected mbarrier.inval before"});
  report(
      [](const int64_t *) {
        if (tid() == 0)
          SIM(mbarrier_init_shared, sharedAt(0), 1u), SIM(mbarrier_arrive_scope_cta_space_cta, sharedAt(0), 2u);
      },
      {"error: 2 arrivals on the mbarrier at offset 0x0, which waits for 1 of 1"});
  report(
      [](const int64_t *) {
        if (tid() == 0)
          SIM(mbarrier_init_shared, sharedAt(0), 1u), SIM(mbarrier_arrive_noComplete_shared, sharedAt(0), 1u);
      },
      {"error: 1 arrivals on the mbarrier at offset 0x0 complete its phase, which waits for 1"});
  report(
      [](const int64_t *) {
        if (tid() == 0)
          SIM(mbarrier_init_shared, sharedAt(0), 1u), LOAD_SHARED(sharedAt(4));
      },
      {"error: a plain access to the mbarrier object at offset 0x0; expected mbarrier operations only"});
  // Whoever uses it must know that it is initialised.
  Outcome outcome = run(
      [](const int64_t *) {
        initialise(sharedAt(0), 64);
        SIM(mbarrier_arrive_shared, sharedAt(0));
      },
      {64, 64});
  expectReport(outcome, {"error: the mbarrier at offset 0x0 is used, and nothing orders that after its initialisation",
                         "where: CTA (0,0,0), thread 1", "initialised by thread 0 (warp 0, lane 0), mbarrier_init_shared, line",
                         "expected: a barrier between them"});
}
// Looking at a barrier again and again, for ever.
TEST(Mbarrier, PollingForEver) {
  expectFound(
      [](const int64_t *) {
        initialise(sharedAt(0), 64);
        SYNC();
        while (!SIM(mbarrier_test_wait_parity_scope_cta_space_cta, sharedAt(0), 0u))
          ;
      },
      {64, 64}, {"error: deadlock", "threads 0-63: mbarrier.test_wait.parity, line", "64 of 64 arrivals pending"});
}
// A kernel that takes the first answer of try_wait for the last.
TEST(Mbarrier, TryWaitMayGiveUp) {
  Options lazy;
  lazy.lazy = true;
  auto kernel = [](const int64_t *) {
    uint32_t *data = sharedAt(64);
    initialise(sharedAt(0), 32);
    STORE_SHARED(data + tid(), 0u);
    SYNC();
    if (warpId() == 1) {
      SIM(mbarrier_try_wait_parity_scope_cta_space_cta, sharedAt(0), 0u);
      LOAD_SHARED(data + lane());
    } else {
      SIM(nanosleep, 100u);
      STORE_SHARED(data + lane(), 1u);
      SIM(mbarrier_arrive_shared, sharedAt(0));
    }
  };
  lazy.schedule = Schedule::Reversed;
  expectReport(run(kernel, {64, 1024, 1, lazy}), {"error: data race on shared memory"});
}

// cp.async that arrives: each producer lane once for itself. Bugs: 1 consumers do not wait, 2 no arrival of the copies but a plain one.
template <int bug>
static void copyThatArrives(const int64_t *args) {
  auto *in = argument<uint32_t>(args, 0), *out = argument<uint32_t>(args, 1);
  initialise(sharedAt(0), 32);
  SYNC();
  if (warpId() == 0) {
    for (uint32_t i = 0; i < 2; ++i)
      SIM(cp_async_ca_shared_global_4, sharedAt(128 + 128 * i + 4 * lane()), in + 32 * i + lane());
    if (bug == 2)
      SIM(mbarrier_arrive_shared, sharedAt(0));
    else
      SIM(cp_async_mbarrier_arrive_noinc_shared, sharedAt(0));
  } else {
    if (bug != 1)
      waitParity(sharedAt(0), 0);
    STORE_GLOBAL(out + lane(), LOAD_SHARED(sharedAt(128) + (lane() ^ 5)) + LOAD_SHARED(sharedAt(256) + (lane() ^ 5)));
  }
}
TEST(Mbarrier, AsyncCopies) {
  Memory memory;
  auto *in = static_cast<uint32_t *>(memory.allocate(256, "in")), *out = static_cast<uint32_t *>(memory.allocate(128, "out"));
  for (uint32_t i = 0; i < 64; ++i)
    in[i] = i * i;
  for (bool checks : {true, false})
    for (Options options : allOptions()) {
      options.checks = checks;
      Outcome outcome = run(copyThatArrives<0>, {64, 384, 1, options}, {in, out});
      ASSERT_TRUE(outcome.ok) << outcome.error;
      for (uint32_t i = 0; i < 32; ++i)
        EXPECT_EQ(out[i], in[i ^ 5] + in[32 + (i ^ 5)]);
    }
  expectOneOf(copyThatArrives<1>, {64, 384}, {"where an asynchronous copy may still write", "which nobody has written"}, {in, out});
  expectFound(copyThatArrives<2>, {64, 384},
              {"error: read of shared memory at offset 0x", "where an asynchronous copy may still write", "it is in no group yet"},
              {in, out});
  // Without .noinc it counts for itself and changes nothing.
  expectClean(
      [](const int64_t *args) {
        initialise(sharedAt(0), 1);
        SYNC();
        SIM(cp_async_ca_shared_global_4, sharedAt(128 + 4 * tid()), argument<uint32_t>(args, 0) + tid());
        SIM(cp_async_mbarrier_arrive_shared, sharedAt(0));
        SYNC();
        if (tid() == 0)
          SIM(mbarrier_arrive_shared, sharedAt(0));
        waitParity(sharedAt(0), 0);
        LOAD_SHARED(sharedAt(128) + (tid() ^ 33));
      },
      {64, 384}, {in});
}
