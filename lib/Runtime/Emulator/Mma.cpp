// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mma.sync. Products are exact; an element starts from its accumulator and takes the products in ascending k, each sum rounded to f32
// (to nearest even). An f16 accumulator is rounded once, at the end. Integers are exact, then wrapped or saturated.
#include "Elements.h"
#include "Report.h"

#include <immintrin.h>

using namespace emo::rt::emulator;

namespace {
/// Fragments of all shapes m16n8kK, by PTX ISA. With g = lane / 4, t = lane % 4 and E elements in a register:
/// register r of A has row g + 8 (r % 2) and the columns 4E (r / 2) + E t + (0..E-1); register r of B the rows 4E r + E t + (0..E-1) of
/// column g; accumulator i has row g + 8 (i / 2) and column 2t + i % 2.
template <class Element, int K>
struct Shape {
  static constexpr int perRegister = Element::perRegister, group = 4 * perRegister, registersB = K / group, registersA = 2 * registersB;
};
} // namespace

static void requireWarp(Warp &warp, uint32_t members) {
  if (members != kAllLanes)
    fail(warp.fibers[std::countr_zero(members)].site, warp.fibers[std::countr_zero(members)].waiting,
         "a matrix operation needs all 32 lanes of a warp; these exist: 0x%08x", warp.exists);
}

template <class A, class B, int K, class T>
EMO_SIMD static void loadOperands(const Warp &warp, T (&a)[16][K], T (&b)[K][8]) {
  using S = Shape<A, K>;
  for (int lane = 0; lane < 32; ++lane) {
    const uint64_t *args = warp.fibers[lane].args;
    int g = lane / 4, t = lane % 4;
    for (int r = 0; r < S::registersA; ++r)
      for (int e = 0; e < S::perRegister; ++e)
        a[g + 8 * (r % 2)][S::group * (r / 2) + S::perRegister * t + e] = A::get(uint32_t(args[r]), e);
    for (int r = 0; r < S::registersB; ++r)
      for (int e = 0; e < S::perRegister; ++e)
        b[S::group * r + S::perRegister * t + e][g] = B::get(uint32_t(args[S::registersA + r]), e);
  }
}

/// Accumulators are 4 f32, or 2 registers of 2 f16.
template <class Element, int K, bool halfAccumulators>
EMO_SIMD static bool multiply(Warp &warp, uint32_t members) {
  requireWarp(warp, members);
  ++sm->counters.mma;
  using S = Shape<Element, K>;
  constexpr int first = S::registersA + S::registersB;
  alignas(32) float a[16][K], b[K][8], c[16][8];
  loadOperands<Element, Element, K>(warp, a, b);
  for (int lane = 0; lane < 32; ++lane) {
    const uint64_t *args = warp.fibers[lane].args + first;
    int g = lane / 4, t = lane % 4;
    for (int i = 0; i < 4; ++i)
      c[g + 8 * (i / 2)][2 * t + i % 2] = halfAccumulators ? F16::get(uint32_t(args[i / 2]), i % 2) : asFloat(args[i]);
  }
  __m256 rows[K];
  for (int k = 0; k < K; ++k)
    rows[k] = _mm256_load_ps(b[k]);
  for (int m = 0; m < 16; ++m) {
    __m256 sum = _mm256_load_ps(c[m]);
    for (int k = 0; k < K; ++k)
      sum = _mm256_fmadd_ps(_mm256_set1_ps(a[m][k]), rows[k], sum);
    _mm256_store_ps(c[m], sum);
  }
  for (int lane = 0; lane < 32; ++lane) {
    uint64_t *result = warp.fibers[lane].result;
    int g = lane / 4, t = lane % 4;
    if (halfAccumulators)
      for (int i = 0; i < 2; ++i)
        result[i] = F16::put(c[g + 8 * i][2 * t]) | uint32_t(F16::put(c[g + 8 * i][2 * t + 1])) << 16;
    else
      for (int i = 0; i < 4; ++i)
        result[i] = asSlot(c[g + 8 * (i / 2)][2 * t + i % 2]);
  }
  return true;
}

template <class A, class B, int K, bool saturate>
static bool multiplyIntegers(Warp &warp, uint32_t members) {
  requireWarp(warp, members);
  ++sm->counters.mma;
  using S = Shape<A, K>;
  constexpr int first = S::registersA + S::registersB;
  int32_t a[16][K], b[K][8];
  loadOperands<A, B, K>(warp, a, b);
  for (int lane = 0; lane < 32; ++lane) {
    Fiber &fiber = warp.fibers[lane];
    int g = lane / 4, t = lane % 4;
    for (int i = 0; i < 4; ++i) {
      int m = g + 8 * (i / 2), n = 2 * t + i % 2;
      int64_t sum = int32_t(fiber.args[first + i]);
      for (int k = 0; k < K; ++k)
        sum += a[m][k] * b[k][n];
      fiber.result[i] = uint32_t(saturate ? std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX) : sum);
    }
  }
  return true;
}

#define EMO_MMA(shape, K, suffix, spelling, Element, half)                                                                                 \
  EMO_SIM_MATRIX(mma_##shape##_row_col_##suffix, "mma.sync.aligned." #shape ".row.col." spelling, (multiply<Element, K, half>))
EMO_MMA(m16n8k16, 16, bf16, "f32.bf16.bf16.f32", Bf16, false)
EMO_MMA(m16n8k8, 8, bf16, "f32.bf16.bf16.f32", Bf16, false)
EMO_MMA(m16n8k16, 16, f32_f32, "f32.f16.f16.f32", F16, false)
EMO_MMA(m16n8k8, 8, f32_f32, "f32.f16.f16.f32", F16, false)
EMO_MMA(m16n8k16, 16, f16_f16, "f16.f16.f16.f16", F16, true)
EMO_MMA(m16n8k8, 8, f16_f16, "f16.f16.f16.f16", F16, true)
EMO_MMA(m16n8k8, 8, tf32, "f32.tf32.tf32.f32", Tf32, false)
EMO_MMA(m16n8k4, 4, tf32, "f32.tf32.tf32.f32", Tf32, false)

// Equal types are named once.
#define EMO_MMA_INT(K, suffix, spelling, A, B)                                                                                             \
  EMO_SIM_MATRIX(mma_m16n8k##K##_row_col_##suffix, "mma.sync.aligned.m16n8k" #K ".row.col.s32." spelling ".s32",                          \
                  (multiplyIntegers<A, B, K, false>))                                                                                      \
  EMO_SIM_MATRIX(mma_m16n8k##K##_row_col_satfinite_##suffix, "mma.sync.aligned.m16n8k" #K ".row.col.satfinite.s32." spelling ".s32",      \
                  (multiplyIntegers<A, B, K, true>))
#define EMO_MMA_INT8(K)                                                                                                                    \
  EMO_MMA_INT(K, s8, "s8.s8", S8, S8)                                                                                                      \
  EMO_MMA_INT(K, s8_u8, "s8.u8", S8, U8)                                                                                                   \
  EMO_MMA_INT(K, u8, "u8.u8", U8, U8)                                                                                                      \
  EMO_MMA_INT(K, u8_s8, "u8.s8", U8, S8)
EMO_MMA_INT8(16)
EMO_MMA_INT8(32)
