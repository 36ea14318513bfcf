// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fragments of ldmatrix, stmatrix and mma.sync: by the PTX ISA's tables, and by another emulator's (LaneMaps.inc).
#include "Kernels.h"

#include <cmath>
#include <random>

#include "LaneMaps.inc"
#include "PtxTables.inc"

// ---- ldmatrix, stmatrix

using Registers = std::array<std::array<uint32_t, 4>, 32>;
static uint16_t halfOf(uint32_t word, int i) { return uint16_t(word >> 16 * i); }

// The matrix m is at 128 m; row r of it at 16 r. Element (r, c) is 64 m + 8 r + c.
template <int count, bool transposed>
static void loadKernel(const int64_t *args) {
  for (int i = int(lane()); i < 64 * count; i += 32)
    STORE_SHARED(sharedAt<uint16_t>() + i, uint16_t(i));
  SIM(bar_warp_sync, ~0u);
  uint32_t *row = sharedAt(lane() % (8 * count) * 16);
  auto load = [&] {
    if constexpr (count == 1)
      return transposed ? SIM(ldmatrix_sync_aligned_m8n8_x1_trans_b16_p3, row) : SIM(ldmatrix_sync_aligned_m8n8_x1_b16_p3, row);
    else if constexpr (count == 2)
      return transposed ? SIM(ldmatrix_sync_aligned_m8n8_x2_trans_b16_p3, row) : SIM(ldmatrix_sync_aligned_m8n8_x2_b16_p3, row);
    else
      return transposed ? SIM(ldmatrix_sync_aligned_m8n8_x4_trans_b16_p3, row) : SIM(ldmatrix_sync_aligned_m8n8_x4_b16_p3, row);
  };
  auto found = load();
  for (int m = 0; m < count; ++m)
    (*argument<Registers>(args, 0))[lane()][m] = uint32_t(found[m]);
}
template <int count, bool transposed>
static void storeKernel(const int64_t *args) {
  auto &values = (*argument<Registers>(args, 0))[lane()];
  uint32_t *row = sharedAt(lane() % (8 * count) * 16);
  if constexpr (count == 1)
    transposed ? SIM(stmatrix_sync_aligned_m8n8_x1_trans_b16_p3, row, values[0])
               : SIM(stmatrix_sync_aligned_m8n8_x1_b16_p3, row, values[0]);
  else if constexpr (count == 2)
    transposed ? SIM(stmatrix_sync_aligned_m8n8_x2_trans_b16_p3, row, values[0], values[1])
               : SIM(stmatrix_sync_aligned_m8n8_x2_b16_p3, row, values[0], values[1]);
  else
    transposed ? SIM(stmatrix_sync_aligned_m8n8_x4_trans_b16_p3, row, values[0], values[1], values[2], values[3])
               : SIM(stmatrix_sync_aligned_m8n8_x4_b16_p3, row, values[0], values[1], values[2], values[3]);
  SIM(bar_warp_sync, ~0u);
  for (int i = int(lane()); i < 64 * count; i += 32)
    argument<uint16_t>(args, 1)[i] = LOAD_SHARED(sharedAt<uint16_t>() + i);
}
template <int count, bool transposed>
static void checkMatrices() {
  Registers registers = {};
  for (const Options &options : allOptions()) {
    Outcome outcome = run(loadKernel<count, transposed>, {32, 512, 1, options}, {&registers});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    EXPECT_EQ(outcome.counters.ldmatrix, 1u);
    for (int m = 0; m < count; ++m)
      for (int r = 0; r < 8; ++r)
        for (int c = 0; c < 8; ++c) {
          // With .trans, the matrix is read as its transpose.
          int owner = transposed ? kPtxLdmatrix[c][r] : kPtxLdmatrix[r][c], half = (transposed ? r : c) % 2;
          EXPECT_EQ(halfOf(registers[owner][m], half), 64 * m + 8 * r + c);
        }
    uint16_t memory[256] = {};
    outcome = run(storeKernel<count, transposed>, {32, 512, 1, options}, {&registers, memory});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    for (int i = 0; i < 64 * count; ++i)
      EXPECT_EQ(memory[i], i);
  }
}
TEST(Matrix, LoadAndStore) {
  checkMatrices<1, false>();
  checkMatrices<2, false>();
  checkMatrices<4, false>();
  checkMatrices<1, true>();
  checkMatrices<2, true>();
  checkMatrices<4, true>();
}

// ---- mma.sync

/// One operation as data: matrices in, matrices out, and how elements go to lanes.
struct Fragments {
  int k, perRegister;
  // {element, lane} of A[row][k] and B[k][column]; {row, column} of C[lane][element].
  std::function<std::pair<int, int>(int, int)> a, b, c;
};
static Fragments ptxFragments(int k, int perRegister, const PtxFragment &a, const PtxFragment &b) {
  auto find = [](const PtxFragment &of, bool groupFirst) {
    return [&of, groupFirst](int row, int column) {
      for (int l = 0; l < 32; ++l)
        for (int i = 0; i < of.elements; ++i) {
          int g = l / 4 + of.addG[i], t = l % 4 * of.factor + of.addT[i];
          if ((groupFirst ? g : t) == row && (groupFirst ? t : g) == column)
            return std::pair(i, l);
        }
      return std::pair(-1, -1);
    };
  };
  return {k, perRegister, find(a, true), find(b, false),
          [](int l, int i) { return std::pair(l / 4 + kPtxC_m16n8.addG[i], l % 4 * kPtxC_m16n8.factor + kPtxC_m16n8.addT[i]); }};
}
template <size_t k>
static Fragments tinygradFragments(int perRegister, const uint8_t (&a)[16][k][2], const uint8_t (&b)[k][8][2]) {
  return {int(k), perRegister, [&a](int row, int i) { return std::pair(int(a[row][i][0]), int(a[row][i][1])); },
          [&b](int i, int column) { return std::pair(int(b[i][column][0]), int(b[i][column][1])); },
          [](int l, int i) { return std::pair(int(kTinygradC[l][i][1]), int(kTinygradC[l][i][0])); }};
}

/// Bits of an element, and its value.
struct Type {
  uint32_t (*bits)(double);
  double (*value)(uint32_t);
};
static uint32_t bf16Bits(double x) { return std::bit_cast<uint32_t>(float(x)) >> 16; }
static double bf16Value(uint32_t x) { return std::bit_cast<float>(x << 16); }
static const Type kBf16 = {bf16Bits, bf16Value};
static const Type kF16 = {[](double x) { return uint32_t(std::bit_cast<uint16_t>(_Float16(x))); },
                          [](uint32_t x) { return double(std::bit_cast<_Float16>(uint16_t(x))); }};
static const Type kTf32 = {[](double x) { return std::bit_cast<uint32_t>(float(x)); },
                           [](uint32_t x) { return double(std::bit_cast<float>(x)); }};
static const Type kS8 = {[](double x) { return uint32_t(uint8_t(int8_t(x))); }, [](uint32_t x) { return double(int8_t(x)); }};
static const Type kU8 = {[](double x) { return uint32_t(uint8_t(x)); }, [](uint32_t x) { return double(uint8_t(x)); }};

struct Job {
  Function *function;
  int inputs, outputs;
  uint64_t in[32][16], out[32][4];
};
static void mmaKernel(const int64_t *args) {
  Job &job = *argument<Job>(args, 0);
  static const emo_sim_site site{"kernel", "mma", 1};
  job.function(job.out[lane()], job.in[lane()], &site);
}

/// `accumulators`: f32, f16 (pairs) or s32.
enum class Accumulators { F32, F16, S32 };
static void checkMma(Function *function, const Fragments &fragments, const Type &typeA, const Type &typeB, Accumulators accumulators,
                     bool negative) {
  int k = fragments.k, per = fragments.perRegister, bits = 32 / per;
  double a[16][32], b[32][8], c[16][8];
  std::mt19937 random(7);
  auto value = [&] { return double(int(random() % 16)) - (negative ? 8 : 0); };
  for (auto &row : a)
    for (double &x : row)
      x = value();
  for (auto &row : b)
    for (double &x : row)
      x = value();
  Job job = {function, 0, 0, {}, {}};
  int registersA = 2 * k / (4 * per), registersB = k / (4 * per);
  auto put = [&](int first, std::pair<int, int> place, uint32_t element) {
    ASSERT_GE(place.first, 0);
    job.in[place.second][first + place.first / per] |= uint64_t(element) << place.first % per * bits;
  };
  for (int row = 0; row < 16; ++row)
    for (int i = 0; i < k; ++i)
      put(0, fragments.a(row, i), typeA.bits(a[row][i]));
  for (int i = 0; i < k; ++i)
    for (int column = 0; column < 8; ++column)
      put(registersA, fragments.b(i, column), typeB.bits(b[i][column]));
  for (int l = 0; l < 32; ++l)
    for (int i = 0; i < 4; ++i) {
      auto [row, column] = fragments.c(l, i);
      c[row][column] = value();
      uint64_t *slots = job.in[l] + registersA + registersB;
      if (accumulators == Accumulators::F32)
        slots[i] = std::bit_cast<uint32_t>(float(c[row][column]));
      else if (accumulators == Accumulators::S32)
        slots[i] = uint32_t(int32_t(c[row][column]));
      else
        slots[i / 2] |= uint64_t(kF16.bits(c[row][column])) << i % 2 * 16;
    }
  Outcome outcome = run(mmaKernel, {32, 0}, {&job});
  ASSERT_TRUE(outcome.ok) << outcome.error;
  for (int l = 0; l < 32; ++l)
    for (int i = 0; i < 4; ++i) {
      auto [row, column] = fragments.c(l, i);
      double sum = c[row][column];
      for (int j = 0; j < k; ++j)
        sum += a[row][j] * b[j][column];
      double found = accumulators == Accumulators::F32   ? double(std::bit_cast<float>(uint32_t(job.out[l][i])))
                     : accumulators == Accumulators::S32 ? double(int32_t(job.out[l][i]))
                                                         : kF16.value(uint32_t(job.out[l][i / 2] >> i % 2 * 16));
      ASSERT_EQ(found, sum) << "lane " << l << " element " << i;
    }
}

#define MMA(name)                                                                                                                          \
  ([] {                                                                                                                                    \
    extern Function name asm(#name);                                                                                                       \
    return &name;                                                                                                                          \
  }())

TEST(Mma, Fragments) {
  using A = Accumulators;
  auto both = [](const char *what, Function *function, const Type &a, const Type &b, A accumulators, bool negative, const Fragments &ptx,
                 const Fragments *tinygrad) {
    SCOPED_TRACE(what);
    checkMma(function, ptx, a, b, accumulators, negative);
    if (tinygrad)
      checkMma(function, *tinygrad, a, b, accumulators, negative);
  };
  Fragments p16 = ptxFragments(16, 2, kPtxA_m16n8k16_16bit, kPtxB_m16n8k16_16bit),
            t16 = tinygradFragments(2, kTinygradA_m16n8k16_16bit, kTinygradB_m16n8k16_16bit);
  Fragments p8 = ptxFragments(8, 2, kPtxA_m16n8k8_16bit, kPtxB_m16n8k8_16bit),
            t8 = tinygradFragments(2, kTinygradA_m16n8k8_16bit, kTinygradB_m16n8k8_16bit);
  Fragments p8t = ptxFragments(8, 1, kPtxA_m16n8k8_tf32, kPtxB_m16n8k8_tf32),
            t8t = tinygradFragments(1, kTinygradA_m16n8k8_tf32, kTinygradB_m16n8k8_tf32);
  Fragments p4t = ptxFragments(4, 1, kPtxA_m16n8k4_tf32, kPtxB_m16n8k4_tf32);
  Fragments p32 = ptxFragments(32, 4, kPtxA_m16n8k32_8bit, kPtxB_m16n8k32_8bit),
            t32 = tinygradFragments(4, kTinygradA_m16n8k32_8bit, kTinygradB_m16n8k32_8bit);
  Fragments p16i = ptxFragments(16, 4, kPtxA_m16n8k16_8bit, kPtxB_m16n8k16_8bit);
  both("bf16 k16", MMA(emo_sim_mma_m16n8k16_row_col_bf16), kBf16, kBf16, A::F32, true, p16, &t16);
  both("bf16 k8", MMA(emo_sim_mma_m16n8k8_row_col_bf16), kBf16, kBf16, A::F32, true, p8, &t8);
  both("f16 k16", MMA(emo_sim_mma_m16n8k16_row_col_f32_f32), kF16, kF16, A::F32, true, p16, &t16);
  both("f16 k8", MMA(emo_sim_mma_m16n8k8_row_col_f32_f32), kF16, kF16, A::F32, true, p8, &t8);
  both("f16 k16 f16", MMA(emo_sim_mma_m16n8k16_row_col_f16_f16), kF16, kF16, A::F16, true, p16, &t16);
  both("f16 k8 f16", MMA(emo_sim_mma_m16n8k8_row_col_f16_f16), kF16, kF16, A::F16, true, p8, &t8);
  both("tf32 k8", MMA(emo_sim_mma_m16n8k8_row_col_tf32), kTf32, kTf32, A::F32, true, p8t, &t8t);
  both("tf32 k4", MMA(emo_sim_mma_m16n8k4_row_col_tf32), kTf32, kTf32, A::F32, true, p4t, nullptr);
  both("s8 k32", MMA(emo_sim_mma_m16n8k32_row_col_s8), kS8, kS8, A::S32, true, p32, &t32);
  both("u8 k32", MMA(emo_sim_mma_m16n8k32_row_col_u8), kU8, kU8, A::S32, false, p32, &t32);
  both("s8 u8 k32", MMA(emo_sim_mma_m16n8k32_row_col_s8_u8), kS8, kU8, A::S32, false, p32, &t32);
  both("u8 s8 k32 satfinite", MMA(emo_sim_mma_m16n8k32_row_col_satfinite_u8_s8), kU8, kS8, A::S32, false, p32, &t32);
  both("s8 k16", MMA(emo_sim_mma_m16n8k16_row_col_s8), kS8, kS8, A::S32, true, p16i, nullptr);
}

// Products are exact, sums are f32 in ascending k: 1 + 2^-24 + ... stays 1, products of 16 bits that no f32 sum loses are there.
TEST(Mma, Numerics) {
  Fragments fragments = ptxFragments(16, 2, kPtxA_m16n8k16_16bit, kPtxB_m16n8k16_16bit);
  auto product = [&](std::array<float, 16> x, std::array<float, 16> y, float c) {
    Job job = {MMA(emo_sim_mma_m16n8k16_row_col_bf16), 0, 0, {}, {}};
    for (int i = 0; i < 16; ++i) {
      auto [ea, la] = fragments.a(0, i);
      auto [eb, lb] = fragments.b(i, 0);
      job.in[la][ea / 2] |= uint64_t(bf16Bits(x[i])) << ea % 2 * 16;
      job.in[lb][4 + eb / 2] |= uint64_t(bf16Bits(y[i])) << eb % 2 * 16;
    }
    job.in[0][6] = std::bit_cast<uint32_t>(c);
    EXPECT_TRUE(run(mmaKernel, {32, 0}, {&job}).ok);
    return std::bit_cast<float>(uint32_t(job.out[0][0]));
  };
  std::array<float, 16> small, ones, x = {}, y = {};
  small.fill(0x1p-25f), ones.fill(1);
  EXPECT_EQ(product(small, ones, 1), 1.0f);
  EXPECT_EQ(product(small, ones, 0), 0x1p-21f);
  x[0] = 0x1.fep0f, y[0] = 0x1.fep0f;
  EXPECT_EQ(product(x, y, 0), 0x1.fep0f * 0x1.fep0f);
  // Ascending: 2^24 + 1 is lost before -2^24 comes.
  x = {0x1p12f, 1, -0x1p12f}, y = {0x1p12f, 1, 0x1p12f};
  EXPECT_EQ(product(x, y, 0), 0.0f);
  x = {0x1p12f, -0x1p12f, 1}, y = {0x1p12f, 0x1p12f, 1};
  EXPECT_EQ(product(x, y, 0), 1.0f);
  x = {INFINITY}, y = {0};
  EXPECT_TRUE(std::isnan(product(x, y, 0)));
}

TEST(Mma, WholeWarps) {
  auto kernel = [](const int64_t *) { SIM(mma_m16n8k8_row_col_tf32, 0u, 0u, 0u, 0u, 0u, 0u, 0.f, 0.f, 0.f, 0.f); };
  expectReport(run(kernel, {24, 0}), {"error: a matrix operation needs all 32 lanes of a warp; these exist: 0x00ffffff",
                                      "operation: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32, line"});
  // In a divergent branch.
  auto divergent = [](const int64_t *) {
    if (lane() < 16)
      SIM(mma_m16n8k8_row_col_tf32, 0u, 0u, 0u, 0u, 0u, 0u, 0.f, 0.f, 0.f, 0.f);
    else
      SIM(mma_m16n8k8_row_col_tf32, 0u, 0u, 0u, 0u, 0u, 0u, 0.f, 0.f, 0.f, 0.f);
  };
  expectReport(run(divergent, {32, 0}), {"error: divergence: the lanes of a warp are in different aligned operations"});
}
