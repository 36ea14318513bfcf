// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// wgmma: fragments and operand layouts by the PTX ISA's tables, groups, and hazards of its operands.
#include "Kernels.h"

#include <random>

#include "PtxTables.inc"

/// D = A B + C, or A B; A is 64 x 16, B is 16 x n.
struct Product {
  Function *function;
  int n, mode, depth;              // mode: of kPtxCanonical, for both
  bool registersA, majorA, majorB; // K-major
  float signA, signB;
  bool keep;
  float a[64][16], b[16][256], c[64][256], d[64][256];
  uint32_t leadingA, strideA, leadingB, strideB; // bytes
  uint64_t descriptorA, descriptorB;             // made by the kernel unless set
};
constexpr uint32_t kA = 1024, kB = 24 << 10;

static int elementBytes(const Product &p) { return p.depth == 16 ? 2 : 4; }

/// Where element (mn, k) lies by the canonical layout: strides in elements, T of which are 16 bytes; then the swizzle's table.
static uint32_t placeOf(const Product &p, bool kMajor, uint32_t leading, uint32_t stride, int mn, int k) {
  int size = elementBytes(p), T = 16 / size, width = kPtxCanonical[p.mode].width, row = width * T;
  int L = int(leading) / size, S = int(stride) / size, at;
  bool none = width == 1;
  if (kMajor)
    at = mn % 8 * row + mn / 8 * S + k % T + k / T * (none ? L : T);
  else if (none)
    at = mn % T + mn / T * S + k % 8 * T + k / 8 * L;
  else
    at = mn % T + mn / T % width * T + mn / (T * width) * L + k % 8 * row + k / 8 * S;
  uint32_t bytes = uint32_t(at * size), line = bytes / 128, chunk = bytes / 16 % 8;
  int swizzled = width == 1   ? int(chunk)
                 : width == 2 ? kPtxSwizzle32[line % 2][chunk]
                 : width == 4 ? kPtxSwizzle64[line % 4][chunk]
                              : kPtxSwizzle128[line % 8][chunk];
  return line * 128 + uint32_t(swizzled) * 16 + bytes % 16;
}

static void put(const Product &p, uint32_t offset, float value, bool half) {
  if (p.depth == 8)
    STORE_SHARED(sharedAt<float>(offset), value);
  else
    STORE_SHARED(sharedAt<uint16_t>(offset),
                 half ? std::bit_cast<uint16_t>(_Float16(value)) : uint16_t(std::bit_cast<uint32_t>(value) >> 16));
}
static uint64_t descriptor(const Product &p, uint32_t offset, uint32_t leading, uint32_t stride) {
  return offset >> 4 | uint64_t(leading >> 4) << 16 | uint64_t(stride >> 4) << 32 | uint64_t(kPtxCanonical[p.mode].mode) << 62;
}

static bool useHalf;
static void productKernel(const int64_t *args) {
  static const emo_sim_site site{"kernel", "wgmma.mma_async", 77};
  Product &p = *argument<Product>(args, 0);
  // Operands, by all threads.
  if (!p.registersA)
    for (int i = int(tid()); i < 64 * p.depth; i += 128)
      put(p, kA + placeOf(p, p.majorA, p.leadingA, p.strideA, i / p.depth, i % p.depth), p.a[i / p.depth][i % p.depth], useHalf);
  for (int i = int(tid()); i < p.n * p.depth; i += 128)
    put(p, kB + placeOf(p, p.majorB, p.leadingB, p.strideB, i / p.depth, i % p.depth), p.b[i % p.depth][i / p.depth], useHalf);
  SIM(fence_proxy_async);
  SYNC();
  uint64_t slots[140] = {}, result[128];
  int count = p.n / 2, at = count;
  auto place = [&](int i) { // D: the rows of m16n8, N / 8 times side by side
    return std::pair(int(warpId()) * 16 + int(lane()) / 4 + kPtxC_m16n8.addG[i % 4],
                     i / 4 * 8 + int(lane()) % 4 * 2 + kPtxC_m16n8.addT[i % 4]);
  };
  for (int i = 0; i < count; ++i) {
    auto [row, column] = place(i);
    slots[i] = slot(p.c[row][column]);
  }
  if (p.registersA) {
    // As m16n8k16's A, or m16n8k8's of tf32.
    const PtxFragment &fragment = p.depth == 16 ? kPtxA_m16n8k16_16bit : kPtxA_m16n8k8_tf32;
    int per = p.depth == 16 ? 2 : 1;
    for (int i = 0; i < fragment.elements; ++i) {
      float value = p.a[int(warpId()) * 16 + int(lane()) / 4 + fragment.addG[i]][int(lane()) % 4 * fragment.factor + fragment.addT[i]];
      uint32_t bits = per == 1  ? std::bit_cast<uint32_t>(value)
                      : useHalf ? std::bit_cast<uint16_t>(_Float16(value))
                                : std::bit_cast<uint32_t>(value) >> 16;
      slots[at + i / per] |= uint64_t(bits) << i % per * 16;
    }
    at += 4;
  } else {
    slots[at++] = p.descriptorA ? p.descriptorA : descriptor(p, kA, p.leadingA, p.strideA);
  }
  slots[at++] = p.descriptorB ? p.descriptorB : descriptor(p, kB, p.leadingB, p.strideB);
  slots[at++] = p.keep;
  slots[at++] = uint32_t(int32_t(p.signA));
  slots[at++] = uint32_t(int32_t(p.signB));
  if (p.depth == 16 && !p.registersA)
    slots[at++] = !p.majorA;
  if (p.depth == 16)
    slots[at++] = !p.majorB;
  SIM(wgmma_fence_sync_aligned);
  p.function(result, slots, &site);
  SIM(wgmma_commit_group_sync_aligned);
  SIM(wgmma_wait_group_sync_aligned, uint64_t(0));
  for (int i = 0; i < count; ++i) {
    auto [row, column] = place(i);
    p.d[row][column] = std::bit_cast<float>(uint32_t(result[i]));
  }
}

/// Dense tiles in that layout.
static void setStrides(Product &p, bool kMajor, int size, uint32_t &leading, uint32_t &stride) {
  uint32_t row = 16u * uint32_t(kPtxCanonical[p.mode].width);
  uint32_t perRow = row / uint32_t(elementBytes(p)); // elements of M or N, when these are together
  if (kMajor) {
    stride = 8 * row;
    leading = p.mode ? 16 : uint32_t(size) / 8 * 128; // all rows of the first chunk, then of the second
  } else if (p.mode == 0) {
    stride = 128 * 2; // two groups of 8 k, then the next 8 of M or N
    leading = 128;
  } else {
    stride = 8 * row;
    leading = (uint32_t(size) + perRow - 1) / perRow > 1 ? 2 * stride : 16;
  }
}
static Product makeProduct(Function *function, int n, int mode, int depth) {
  Product p = {};
  p.function = function, p.n = n, p.mode = mode, p.depth = depth;
  p.majorA = p.majorB = true, p.signA = p.signB = 1, p.keep = true;
  std::mt19937 random(5);
  auto value = [&] { return float(int(random() % 16)) - 8; };
  for (auto &row : p.a)
    for (float &x : row)
      x = value();
  for (auto &row : p.b)
    for (float &x : row)
      x = value();
  for (auto &row : p.c)
    for (float &x : row)
      x = value();
  return p;
}
static void check(Product &p, const Options &options) {
  setStrides(p, p.majorA, 64, p.leadingA, p.strideA);
  setStrides(p, p.majorB, p.n, p.leadingB, p.strideB);
  Outcome outcome = run(productKernel, {128, 64 << 10, 1, options}, {&p});
  ASSERT_TRUE(outcome.ok) << outcome.error;
  EXPECT_EQ(outcome.counters.wgmma, 1u);
  for (int m = 0; m < 64; ++m)
    for (int n = 0; n < p.n; ++n) {
      float sum = p.keep ? p.c[m][n] : 0;
      for (int k = 0; k < p.depth; ++k)
        sum += p.signA * p.a[m][k] * p.signB * p.b[k][n];
      ASSERT_EQ(p.d[m][n], sum) << m << " " << n;
    }
}

#define WGMMA(name)                                                                                                                        \
  ([] {                                                                                                                                    \
    extern Function name asm("emo_sim_ptx_wgmma_mma_async_sync_aligned_" #name);                                                           \
    return &name;                                                                                                                          \
  }())
TEST(Wgmma, Layouts) {
  struct {
    Function *shared, *registers;
    int n;
    bool half;
  } functions[] = {{WGMMA(m64n8k16_f32_bf16_bf16), WGMMA(m64n8k16_f32_bf16_bf16_rs), 8, false},
                   {WGMMA(m64n64k16_f32_bf16_bf16), WGMMA(m64n64k16_f32_bf16_bf16_rs), 64, false},
                   {WGMMA(m64n104k16_f32_f16_f16), WGMMA(m64n104k16_f32_f16_f16_rs), 104, true},
                   {WGMMA(m64n256k16_f32_bf16_bf16), WGMMA(m64n256k16_f32_bf16_bf16_rs), 256, false}};
  for (auto &function : functions)
    for (int mode = 0; mode < 4; ++mode)
      for (int major = 0; major < 4; ++major) {
        // MN-major wants whole rows.
        if (major & 2 && mode && function.n % (8 * kPtxCanonical[mode].width))
          continue;
        SCOPED_TRACE(testing::Message() << "n " << function.n << " mode " << mode << " major " << major);
        useHalf = function.half;
        Product p = makeProduct(function.shared, function.n, mode, 16);
        p.majorA = !(major & 1), p.majorB = !(major & 2);
        check(p, {});
        p.keep = false, p.signA = -1;
        Options lazy;
        lazy.lazy = true, lazy.schedule = Schedule::Random;
        check(p, lazy);
        if (major & 1)
          continue;
        p = makeProduct(function.registers, function.n, mode, 16);
        p.registersA = true, p.majorB = !(major & 2), p.signB = -1;
        check(p, {});
      }
}
TEST(Wgmma, Tf32) {
  for (int mode = 0; mode < 4; ++mode) {
    Product p = makeProduct(WGMMA(m64n40k8_f32_tf32_tf32), 40, mode, 8);
    check(p, {});
    p = makeProduct(WGMMA(m64n40k8_f32_tf32_tf32_rs), 40, mode, 8);
    p.registersA = true;
    check(p, {});
  }
}
// In a wider tile, k advances inside of a swizzled row: +32 bytes.
TEST(Wgmma, AdvancesInsideARow) {
  static Product p;
  p = makeProduct(WGMMA(m64n8k16_f32_bf16_bf16), 8, 3, 16);
  setStrides(p, true, 64, p.leadingA, p.strideA);
  setStrides(p, true, 8, p.leadingB, p.strideB);
  auto kernel = [](const int64_t *) {
    static const emo_sim_site site{"kernel", "wgmma.mma_async", 77};
    // The operands of step s are at k = 16 s of rows of 64.
    for (int s = 0; s < 4; ++s)
      for (int i = int(tid()); i < 72 * 16; i += 128) {
        int row = i / 16, k = i % 16;
        bool inA = row < 64;
        int mn = inA ? row : row - 64;
        float value = s == 2 ? (inA ? p.a[mn][k] : p.b[k][mn]) : 0;
        put(p, (inA ? kA : kB) + placeOf(p, true, 16, 1024, mn, 16 * s + k), value, false);
      }
    SIM(fence_proxy_async);
    SYNC();
    uint64_t slots[11] = {}, result[4];
    slots[4] = descriptor(p, kA + 64, 16, 1024), slots[5] = descriptor(p, kB + 64, 16, 1024);
    slots[7] = slots[8] = 1;
    SIM(wgmma_fence_sync_aligned);
    p.function(result, slots, &site);
    SIM(wgmma_commit_group_sync_aligned);
    SIM(wgmma_wait_group_sync_aligned, uint64_t(0));
    for (int i = 0; i < 4; ++i)
      p.d[warpId() * 16 + lane() / 4 + uint32_t(kPtxC_m16n8.addG[i])][lane() % 4 * 2 + uint32_t(kPtxC_m16n8.addT[i])] =
          std::bit_cast<float>(uint32_t(result[i]));
  };
  Outcome outcome = run(kernel, {128, 32 << 10});
  ASSERT_TRUE(outcome.ok) << outcome.error;
  for (int m = 0; m < 64; ++m)
    for (int n = 0; n < 8; ++n) {
      float sum = 0;
      for (int k = 0; k < 16; ++k)
        sum += p.a[m][k] * p.b[k][n];
      ASSERT_EQ(p.d[m][n], sum);
    }
}

TEST(Wgmma, Descriptors) {
  auto report = [](uint64_t descriptor, std::initializer_list<const char *> parts) {
    Product p = makeProduct(WGMMA(m64n8k16_f32_bf16_bf16), 8, 3, 16);
    setStrides(p, true, 64, p.leadingA, p.strideA);
    setStrides(p, true, 8, p.leadingB, p.strideB);
    p.descriptorB = descriptor;
    expectReport(run(productKernel, {128, 64 << 10}, {&p}), parts);
  };
  report(uint64_t(1) << 62 | uint64_t(64) << 32 | 1ull << 14 | kB >> 4,
         {"error: the descriptor 0x400000400000", " of B has bits that mean nothing"});
  report(uint64_t(1) << 62 | uint64_t(64) << 32 | 1ull << 49 | kB >> 4,
         {"error: the descriptor 0x", " of B has a base offset; only 0 is emulated"});
  report(uint64_t(1) << 62 | uint64_t(64) << 32 | (kB + 256) >> 4,
         {"error: B begins at offset 0x6100, inside of a swizzle's pattern; expected a multiple of 1024"});
  report(uint64_t(1) << 62 | uint64_t(64) << 32 | (64 << 10) >> 4, {"error: shared memory out of bounds"});
}

// Hazards. Bugs: 1 no wgmma.fence, 2 no proxy fence, 3 operands are overwritten before the wait, 4 no wait at all, 5 no commit,
// 6 wait for one group too few, 8 five warps, 9 warps in different operations, 10 no wgmma.fence after a wait.
template <int bug>
static void hazards(const int64_t *args) {
  static const emo_sim_site site{"kernel", "wgmma.mma_async", 77}, other{"kernel", "wgmma.mma_async", 78};
  Product &p = *argument<Product>(args, 0);
  uint64_t slots[11] = {}, result[4];
  slots[4] = descriptor(p, kA, 16, 1024), slots[5] = descriptor(p, kB, 16, 1024);
  slots[7] = slots[8] = 1;
  uint32_t threads = emo_sim_read_ptx_sreg_ntid_x(), *done = sharedAt(0);
  for (uint32_t i = tid(); i < 2048; i += threads)
    STORE_SHARED(sharedAt(kA) + i, 0u);
  for (uint32_t i = tid(); i < 256; i += threads)
    STORE_SHARED(sharedAt(kB) + i, 0u);
  if (tid() == 0)
    SIM(mbarrier_init_shared, done, bug == 7 ? 1u : 4u);
  if (bug != 2)
    SIM(fence_proxy_async);
  SYNC();
  if (bug == 8 && warpId() < 4)
    return;
  if (bug != 1)
    SIM(wgmma_fence_sync_aligned);
  p.function(result, slots, bug == 9 && warpId() == 2 ? &other : &site);
  if (bug != 5)
    SIM(wgmma_commit_group_sync_aligned);
  if (bug == 6) {
    p.function(result, slots, &site);
    SIM(wgmma_commit_group_sync_aligned);
  }
  if (bug == 3)
    STORE_SHARED(sharedAt(kA) + tid(), 0u);
  // One warp is late.
  if (bug == 7 && warpId() == 2)
    for (int i = 0; i < 200; ++i)
      SIM(nanosleep, 10u);
  if (bug != 4)
    SIM(wgmma_wait_group_sync_aligned, uint64_t(bug == 6 ? 1 : 0));
  if (bug == 10)
    p.function(result, slots, &site);
  if (lane() == 0 && (bug != 7 || warpId() == 0))
    SIM(mbarrier_arrive_shared, done);
  if (warpId() == 3) {
    while (!SIM(mbarrier_try_wait_parity_scope_cta_space_cta, done, 0u))
      ;
    STORE_SHARED(sharedAt(kA) + lane(), 1u);
  }
}
TEST(Wgmma, Hazards) {
  Product p = makeProduct(WGMMA(m64n8k16_f32_bf16_bf16), 8, 3, 16);
  for (bool checks : {true, false})
    for (Options options : allOptions()) {
      options.checks = checks;
      Outcome outcome = run(hazards<0>, {128, 32 << 10, 1, options}, {&p});
      EXPECT_TRUE(outcome.ok) << outcome.error;
    }
  Shape how{128, 32 << 10};
  expectFound(
      hazards<1>, how,
      {"error: no wgmma.fence between the last wgmma.wait_group of warp 0, or its beginning, and this", "operation: wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16, line 77"},
      {&p});
  expectFound(hazards<2>, how,
              {"error: an asynchronous operation touches shared memory at offset 0x400, which was written through the generic proxy "
               "without a fence",
               "written by thread 0 (warp 0, lane 0), st.shared, line", "expected: fence.proxy.async by the writer"},
              {&p});
  expectFound(hazards<3>, how,
              {"error: write of shared memory at offset 0x", "which an asynchronous operation may still read",
               "the reader is of warpgroup 0, wgmma.mma_async, line 77", "expected: wgmma.wait_group of the reader before"},
              {&p});
  expectFound(hazards<4>, how, {"error: a warp ends while its wgmma is in flight; expected wgmma.commit_group and wgmma.wait_group before"}, {&p});
  expectFound(hazards<5>, how, {"error: a warp ends while its wgmma is in flight; expected wgmma.commit_group and wgmma.wait_group before"}, {&p});
  expectFound(hazards<6>, how, {"error: a warp ends while its wgmma is in flight; expected wgmma.commit_group and wgmma.wait_group before"}, {&p});
  expectFound(hazards<10>, how, {"error: no wgmma.fence between the last wgmma.wait_group of warp 0, or its beginning, and this"}, {&p});
  expectFound(hazards<9>, how, {"error: divergence: the warps of a warpgroup are in different operations", "before it came: thread "},
              {&p});
  how.threads = 160;
  expectFound(hazards<8>, how, {"error: warpgroup 1 has fewer than four warps; the CTA has 160 threads"}, {&p});
  // Warp 0 may say for all that everything is read: the operation is one of the warpgroup.
  for (const Options &options : allOptions()) {
    Outcome outcome = run(hazards<7>, {128, 32 << 10, 1, options}, {&p});
    EXPECT_TRUE(outcome.ok) << outcome.error;
  }
}
// A warp that ends with operations in flight.
TEST(Wgmma, EndsInFlight) {
  Product p = makeProduct(WGMMA(m64n8k16_f32_bf16_bf16), 8, 3, 16);
  auto kernel = [](const int64_t *args) {
    static const emo_sim_site site{"kernel", "wgmma.mma_async", 77};
    Product &p = *argument<Product>(args, 0);
    uint64_t slots[11] = {}, result[4];
    slots[4] = descriptor(p, kA, 16, 1024), slots[5] = descriptor(p, kB, 16, 1024);
    slots[7] = slots[8] = 1;
    SIM(wgmma_fence_sync_aligned);
    p.function(result, slots, &site);
    SIM(wgmma_commit_group_sync_aligned);
  };
  expectFound(kernel, {128, 32 << 10},
              {"error: a warp ends while its wgmma is in flight; expected wgmma.commit_group and wgmma.wait_group before",
               "operation: wgmma.mma_async, line 77"},
              {&p});
}

// ---- setmaxnreg: 384 threads have 168 each; two warpgroups of consumers take what the producer's gives.
template <int give>
static void registers(const int64_t *) {
  if (warpId() < 4)
    SIM(setmaxnreg_dec_sync_aligned_u32, uint32_t(give));
  else
    SIM(setmaxnreg_inc_sync_aligned_u32, 232u);
}
TEST(Wgmma, Registers) {
  for (const Options &options : allOptions()) {
    Outcome outcome = run(registers<40>, {384, 0, 1, options});
    EXPECT_TRUE(outcome.ok) << outcome.error;
  }
  expectFound(registers<128>, {384, 0},
              {"error: deadlock", "setmaxnreg.inc.sync.aligned.u32, line",
               "the warps of the CTA would have 75776 registers; the launch gives it 64512"});
  expectFound(registers<20>, {384, 0}, {"error: 20 registers; expected a multiple of 8 from 24 to 256"});
}
