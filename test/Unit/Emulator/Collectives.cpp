// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

#include <cmath>

static const uint32_t kAll = ~0u;

// shfl: what the PTX ISA says a lane gets, for segments of 8 lanes, too.
static void shuffleKernel(const int64_t *args) {
  auto *out = argument<uint32_t>(args, 0) + tid() * 8;
  uint32_t value = 100 + lane();
  out[0] = uint32_t(SIM(shfl_sync_bfly_i32, kAll, value, 3u, 31u));
  auto up = SIM(shfl_sync_up_i32p, kAll, value, 5u, 0u);
  out[1] = uint32_t(up[0]), out[2] = uint32_t(up[1]);
  auto down = SIM(shfl_sync_down_i32p, kAll, value, 2u, (24u << 8) | 31u);
  out[3] = uint32_t(down[0]), out[4] = uint32_t(down[1]);
  out[5] = uint32_t(SIM(shfl_sync_idx_f32, kAll, std::bit_cast<float>(value), 6u, (24u << 8) | 31u));
  // Half of the warp by itself.
  uint32_t half = lane() < 16 ? 0xffffu : 0xffff0000u;
  out[6] = uint32_t(SIM(shfl_sync_idx_i32, half, value, lane() < 16 ? 0u : 16u, 31u));
}
TEST(Collectives, Shuffle) {
  for (const Options &options : allOptions()) {
    uint32_t out[64][8] = {};
    Outcome outcome = run(shuffleKernel, {64, 0, 1, options}, {out});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    for (uint32_t t = 0; t < 64; ++t) {
      uint32_t l = t % 32;
      EXPECT_EQ(out[t][0], 100 + (l ^ 3));
      EXPECT_EQ(out[t][1], 100 + (l >= 5 ? l - 5 : l));
      EXPECT_EQ(out[t][2], l >= 5);
      EXPECT_EQ(out[t][3], 100 + (l % 8 < 6 ? l + 2 : l));
      EXPECT_EQ(out[t][4], l % 8 < 6);
      EXPECT_EQ(out[t][5], 100 + l / 8 * 8 + 6);
      EXPECT_EQ(out[t][6], 100 + l / 16 * 16);
    }
  }
}

// Lanes that wait for each other with different masks never meet.
TEST(Collectives, MasksThatDiffer) {
  for (const Options &options : allOptions()) {
    uint32_t out[32][16] = {};
    Outcome outcome = run(
        [](const int64_t *args) {
          auto *out = argument<uint32_t>(args, 0) + tid() * 16;
          auto leader = SIM(elect_sync, lane() < 4 ? kAll : 0xfffffff8u);
          out[0] = uint32_t(leader[0]);
        },
        {32, 0, 1, options}, {out});
    expectReport(outcome, {"deadlock", "elect.sync"});
  }
}
static void voteKernel(const int64_t *args) {
  auto *out = argument<uint32_t>(args, 0) + tid() * 16;
  uint32_t l = lane();
  out[0] = uint32_t(SIM(vote_ballot_sync, kAll, l % 3 == 0));
  out[1] = uint32_t(SIM(vote_all_sync, kAll, l < 32));
  out[2] = uint32_t(SIM(vote_all_sync, kAll, l < 31));
  out[3] = uint32_t(SIM(vote_any_sync, kAll, l == 7));
  out[4] = uint32_t(SIM(vote_any_sync, kAll, false));
  out[5] = uint32_t(SIM(vote_uni_sync, kAll, false));
  out[6] = uint32_t(SIM(vote_uni_sync, kAll, l == 0));
  out[7] = uint32_t(SIM(match_any_sync_i32, kAll, l % 4));
  auto all = SIM(match_all_sync_i64p, kAll, uint64_t(1) << 40);
  out[8] = uint32_t(all[0]), out[9] = uint32_t(all[1]);
  auto none = SIM(match_all_sync_i32p, kAll, l);
  out[10] = uint32_t(none[0]), out[11] = uint32_t(none[1]);
  auto leader = l < 4 ? SIM(elect_sync, 15u) : SIM(elect_sync, 0xfffffff0u);
  out[12] = uint32_t(leader[0]), out[13] = uint32_t(leader[1]);
  out[14] = uint32_t(SIM(activemask));
  SIM(bar_warp_sync, kAll);
}
TEST(Collectives, VoteMatchElect) {
  for (const Options &options : allOptions()) {
    uint32_t out[32][16] = {};
    Outcome outcome = run(voteKernel, {32, 0, 1, options}, {out});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    for (uint32_t l = 0; l < 32; ++l) {
      const uint32_t expected[15] = {0x49249249,       1,   0, 1, 0, 1, 0, 0x11111111u << l % 4, kAll, 1, 0, 0, l < 4 ? 0u : 4u,
                                     l == 0 || l == 4, kAll};
      for (int i = 0; i < 15; ++i)
        EXPECT_EQ(out[l][i], expected[i]) << "lane " << l << " value " << i;
    }
  }
}

static void reduxKernel(const int64_t *args) {
  auto *out = argument<uint32_t>(args, 0) + tid() * 16;
  uint32_t value = lane() - 5;
  float real = lane() == 3 ? NAN : float(int(lane())) - 20;
  out[0] = uint32_t(SIM(redux_sync_add, value, kAll));
  out[1] = uint32_t(SIM(redux_sync_min, value, kAll));
  out[2] = uint32_t(SIM(redux_sync_max, value, kAll));
  out[3] = uint32_t(SIM(redux_sync_umin, value, kAll));
  out[4] = uint32_t(SIM(redux_sync_umax, value, kAll));
  out[5] = uint32_t(SIM(redux_sync_and, value | 1, kAll));
  out[6] = uint32_t(SIM(redux_sync_or, 1u << lane(), kAll));
  out[7] = uint32_t(SIM(redux_sync_xor, 1u << lane(), kAll));
  out[8] = uint32_t(SIM(redux_sync_fmin, real, kAll));
  out[9] = uint32_t(SIM(redux_sync_fmax, real, kAll));
  out[10] = uint32_t(SIM(redux_sync_fmax_abs, real, kAll));
  out[11] = uint32_t(SIM(redux_sync_fmin_NaN, real, kAll));
}
TEST(Collectives, Redux) {
  uint32_t out[32][16] = {};
  Outcome outcome = run(reduxKernel, {32, 0, 1, {}}, {out});
  ASSERT_TRUE(outcome.ok) << outcome.error;
  uint32_t sum = 31 * 32 / 2 - 5 * 32;
  for (auto &of : out) {
    EXPECT_EQ(of[0], sum);
    EXPECT_EQ(int32_t(of[1]), -5);
    EXPECT_EQ(int32_t(of[2]), 26);
    EXPECT_EQ(of[3], 0u);
    EXPECT_EQ(int32_t(of[4]), -1);
    EXPECT_EQ(of[5], 1u);
    EXPECT_EQ(of[6], kAll);
    EXPECT_EQ(of[7], kAll);
    EXPECT_EQ(std::bit_cast<float>(of[8]), -20.0f);
    EXPECT_EQ(std::bit_cast<float>(of[9]), 11.0f);
    EXPECT_EQ(std::bit_cast<float>(of[10]), 20.0f);
    EXPECT_TRUE(std::isnan(std::bit_cast<float>(of[11])));
  }
}

TEST(Collectives, ReadingALaneThatIsNotThere) {
  Outcome outcome = run([](const int64_t *) { SIM(shfl_sync_bfly_i32, 0xffffu, 1u, 16u, 31u); }, {16, 0, 1, {}});
  expectReport(outcome,
               {"error: a shuffle reads lane 16, which does not take part", "kernel: kernel", "operation: shfl.sync.bfly.b32, line",
                "where: CTA (0,0,0), thread 0 (warp 0, lane 0)", "lanes that take part: 0x0000ffff"});
}
TEST(Collectives, MaskWithoutTheCaller) {
  Outcome outcome = run([](const int64_t *) { SIM(bar_warp_sync, 0xfffffffeu); }, {32, 0, 1, {}});
  expectReport(outcome, {"error: lane 0 executes a collective operation whose mask 0xfffffffe does not name it", "bar.warp.sync"});
}
TEST(Collectives, DifferentOperations) {
  Outcome outcome = run(
      [](const int64_t *) {
        if (lane() < 8)
          SIM(vote_all_sync, kAll, true);
        else
          SIM(vote_any_sync, kAll, true);
      },
      {32, 0, 1, {}});
  expectReport(outcome, {"error: divergence: lanes of one mask are in different collective operations", "vote.sync.any.pred",
                         "thread 8 (warp 0, lane 8)", "before it came: thread 0 (warp 0, lane 0), vote_all_sync, line",
                         "lanes there: 0x000000ff of 0xffffffff"});
}
// A collective waits for lanes that live, and not for those that have ended.
TEST(Collectives, EndedLanes) {
  uint32_t out[32] = {};
  Outcome outcome = run(
      [](const int64_t *args) {
        if (lane() >= 20)
          return;
        argument<uint32_t>(args, 0)[lane()] = uint32_t(SIM(vote_ballot_sync, kAll, true));
      },
      {32, 0, 1, {}}, {out});
  ASSERT_TRUE(outcome.ok) << outcome.error;
  EXPECT_EQ(out[19], 0xfffffu);
}

// Special registers and approximations.
TEST(Registers, Values) {
  uint32_t out[64][12] = {};
  std::vector<int64_t> args{int64_t(out)};
  auto kernel = [](const int64_t *args) {
    uint32_t index = emo_sim_read_ptx_sreg_ctaid_x() + 2 * emo_sim_read_ptx_sreg_ctaid_y();
    uint32_t *out = argument<uint32_t>(args, 0) + (index * 16 + tid()) * 12;
    out[0] = emo_sim_read_ptx_sreg_ctaid_y();
    out[1] = emo_sim_read_ptx_sreg_nctaid_x();
    out[2] = emo_sim_read_ptx_sreg_ntid_x();
    out[3] = emo_sim_read_ptx_sreg_lanemask_lt();
    out[4] = emo_sim_read_ptx_sreg_lanemask_ge();
    out[5] = emo_sim_read_ptx_sreg_warpsize();
    out[6] = emo_sim_read_ptx_sreg_clock() < emo_sim_read_ptx_sreg_clock();
    out[7] = emo_sim_read_ptx_sreg_dynamic_smem_size();
    out[8] = emo_sim_read_ptx_sreg_smid() < emo_sim_read_ptx_sreg_nsmid();
  };
  Counters counters;
  std::string error;
  ASSERT_TRUE(launch({"registers", kernel, args.data(), {2, 2, 1}, 16, 48}, {}, counters, error)) << error;
  for (uint32_t i = 0; i < 64; ++i) {
    const uint32_t expected[9] = {i / 32, 2, 16, (1u << i % 16) - 1, ~0u << i % 16, 32, 1, 48, 1};
    for (int k = 0; k < 9; ++k)
      EXPECT_EQ(out[i][k], expected[k]) << i << " " << k;
  }
}
TEST(Registers, Approximations) {
  EXPECT_EQ(emo_sim_ex2_approx_f(-3), 0.125f);
  EXPECT_EQ(emo_sim_ex2_approx_f32(0x1p-20f), std::exp2(0x1p-20f));
  EXPECT_EQ(emo_sim_ex2_approx_f(-130), 0x1p-130f);
  EXPECT_EQ(emo_sim_ex2_approx_ftz_f(-130), 0.0f);
  EXPECT_EQ(emo_sim_lg2_approx_f(8), 3.0f);
  EXPECT_EQ(emo_sim_rcp_approx_ftz_f(4), 0.25f);
  EXPECT_EQ(emo_sim_rcp_approx_ftz_f(0x1p-130f), INFINITY);
  EXPECT_EQ(emo_sim_rsqrt_approx_f(4), 0.5f);
  EXPECT_EQ(emo_sim_sqrt_approx_f(9), 3.0f);
  EXPECT_NEAR(emo_sim_tanh_approx_f(1), 0.76159416f, 1e-6);
  EXPECT_NEAR(emo_sim_sin_approx_f(1), 0.84147098f, 1e-6);
}
