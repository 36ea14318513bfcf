// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic intrinsics. Approximations are rounded from a more exact value: closer than a GPU's, never the same bits for certain.
#include "Core.h"

#include <cmath>

using namespace emo::rt::emulator;

/// .ftz: subnormal operands and results are zero with their sign.
static float flush(float x) { return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }

#define EMO_MATH(name, ftz, expression)                                                                                                    \
  static float name(float x) {                                                                                                             \
    if (ftz)                                                                                                                               \
      x = flush(x);                                                                                                                        \
    float y = float(expression);                                                                                                           \
    return ftz ? flush(y) : y;                                                                                                             \
  }                                                                                                                                        \
  extern "C" float emo_sim_##name(float x) { return name(x); }                                                                             \
  extern "C" float emo_sim_##name##32(float x) { return name(x); }
#define EMO_MATH_FTZ(name, expression) EMO_MATH(name##_f, false, expression) EMO_MATH(name##_ftz_f, true, expression)
EMO_MATH_FTZ(ex2_approx, std::exp2(double(x)))
EMO_MATH_FTZ(lg2_approx, std::log2(double(x)))
EMO_MATH_FTZ(sin_approx, std::sin(double(x)))
EMO_MATH_FTZ(cos_approx, std::cos(double(x)))
EMO_MATH_FTZ(rcp_approx, 1.0f / x)
EMO_MATH_FTZ(rsqrt_approx, 1.0 / std::sqrt(double(x)))
EMO_MATH_FTZ(sqrt_approx, std::sqrt(x))
EMO_MATH_FTZ(sqrt_rn, std::sqrt(x))
EMO_MATH_FTZ(rcp_rn, 1.0f / x)
EMO_MATH(tanh_approx_f, false, std::tanh(double(x)))

EMO_SIM_OP(ptx_tanh_approx_f32) { result[0] = asSlot(tanh_approx_f(asFloat(args[0]))); }
EMO_SIM_OP(ptx_ex2_approx_f32) { result[0] = asSlot(ex2_approx_f(asFloat(args[0]))); }
EMO_SIM_OP(ptx_ex2_approx_ftz_f32) { result[0] = asSlot(ex2_approx_ftz_f(asFloat(args[0]))); }
EMO_SIM_OP(ptx_lg2_approx_f32) { result[0] = asSlot(lg2_approx_f(asFloat(args[0]))); }
EMO_SIM_OP(ptx_rcp_approx_ftz_f32) { result[0] = asSlot(rcp_approx_ftz_f(asFloat(args[0]))); }
EMO_SIM_OP(ptx_rsqrt_approx_f32) { result[0] = asSlot(rsqrt_approx_f(asFloat(args[0]))); }

// Two f32 operations.
#define EMO_MATH2(name, expression)                                                                                                        \
  EMO_SIM_OP(name) {                                                                                                                       \
    float a = asFloat(args[0]), b = asFloat(args[1]);                                                                                      \
    result[0] = asSlot(expression);                                                                                                        \
  }
#define EMO_MATH2_FTZ(name, suffix, operation)                                                                                             \
  EMO_MATH2(name##suffix, operation(a, b)) EMO_MATH2(name##_ftz##suffix, flush(operation(flush(a), flush(b))))
static float divide(float a, float b) { return a / b; }
static float plus(float a, float b) { return a + b; }
static float times(float a, float b) { return a * b; }
static float least(float a, float b) { return std::fmin(a, b); }
static float greatest(float a, float b) { return std::fmax(a, b); }
static float leastNan(float a, float b) { return a != a || b != b ? NAN : std::fmin(a, b); }
static float greatestNan(float a, float b) { return a != a || b != b ? NAN : std::fmax(a, b); }
EMO_MATH2_FTZ(div_approx, _f, divide)
EMO_MATH2_FTZ(div_rn, _f, divide)
EMO_MATH2_FTZ(add_rn, _f, plus)
EMO_MATH2_FTZ(mul_rn, _f, times)
EMO_MATH2_FTZ(fmin, _f, least)
EMO_MATH2_FTZ(fmax, _f, greatest)
EMO_MATH2_FTZ(fmin, _nan_f, leastNan)
EMO_MATH2_FTZ(fmax, _nan_f, greatestNan)
EMO_MATH2(div_full, divide(a, b))
EMO_MATH2(div_full_ftz, flush(divide(flush(a), flush(b))))
EMO_SIM_OP(fma_rn_f) { result[0] = asSlot(std::fma(asFloat(args[0]), asFloat(args[1]), asFloat(args[2]))); }
EMO_SIM_OP(fma_rn_ftz_f) { result[0] = asSlot(flush(std::fma(flush(asFloat(args[0])), flush(asFloat(args[1])), flush(asFloat(args[2]))))); }

// Conversions. NaN becomes the canonical one, as in PTX.
static uint16_t toBf16(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  return x != x ? 0x7fff : uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
static uint16_t toBf16Truncated(float x) { return x != x ? 0x7fff : uint16_t(std::bit_cast<uint32_t>(x) >> 16); }
__attribute__((target("f16c"))) static uint16_t toF16(float x) { return x != x ? 0x7fff : std::bit_cast<uint16_t>(_Float16(x)); }
static float relu(float x) { return x > 0 ? x : x != x ? x : 0.0f; }
/// The first argument goes to the upper half.
#define EMO_PACK(name, convert, before)                                                                                                    \
  EMO_SIM_OP(name) { result[0] = uint32_t(convert(before(asFloat(args[0])))) << 16 | convert(before(asFloat(args[1]))); }
EMO_PACK(ff2bf16x2_rn, toBf16, )
EMO_PACK(ff2bf16x2_rn_relu, toBf16, relu)
EMO_PACK(ff2bf16x2_rz, toBf16Truncated, )
EMO_PACK(ff2f16x2_rn, toF16, )
EMO_PACK(ff2f16x2_rn_relu, toF16, relu)
EMO_SIM_OP(f2bf16_rn) { result[0] = toBf16(asFloat(args[0])); }
EMO_SIM_OP(f2bf16_rn_relu) { result[0] = toBf16(relu(asFloat(args[0]))); }
EMO_SIM_OP(f2bf16_rz) { result[0] = toBf16Truncated(asFloat(args[0])); }
EMO_SIM_OP(f2f16_rn) { result[0] = toF16(asFloat(args[0])); }

/// To 10 bits of mantissa; `half` is what is added before the other bits go.
static uint32_t toTf32(float x, uint32_t half) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  return x != x ? 0x7fffffff : (bits & 0x7fffffff) >= 0x7f800000 ? bits : (bits + half) & ~0x1fffu;
}
EMO_SIM_OP(f2tf32_rna) { result[0] = toTf32(asFloat(args[0]), 0x1000); }
EMO_SIM_OP(f2tf32_rn) { result[0] = toTf32(asFloat(args[0]), 0xfff + (uint32_t(args[0]) >> 13 & 1)); }
EMO_SIM_OP(f2tf32_rz) { result[0] = toTf32(asFloat(args[0]), 0); }

// Integers.
EMO_SIM_OP(prmt) {
  uint64_t bytes = uint32_t(args[0]) | args[1] << 32;
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    uint32_t selector = uint32_t(args[2]) >> 4 * i & 15;
    uint32_t byte = uint32_t(bytes >> 8 * (selector & 7)) & 0xff;
    if (selector & 8)
      byte = byte & 0x80 ? 0xff : 0;
    value |= byte << 8 * i;
  }
  result[0] = value;
}
EMO_SIM_OP(mulhi_i) { result[0] = uint32_t(uint64_t(int64_t(int32_t(args[0])) * int32_t(args[1])) >> 32); }
EMO_SIM_OP(mulhi_ui) { result[0] = (args[0] & 0xffffffff) * (args[1] & 0xffffffff) >> 32; }
static uint32_t dot4(uint64_t a, bool signedA, uint64_t b, bool signedB, uint64_t c) {
  uint32_t sum = uint32_t(c);
  for (int i = 0; i < 32; i += 8) {
    int32_t x = signedA ? int8_t(a >> i) : uint8_t(a >> i), y = signedB ? int8_t(b >> i) : uint8_t(b >> i);
    sum += uint32_t(x * y);
  }
  return sum;
}
EMO_SIM_OP(idp4a_s_s) { result[0] = dot4(args[0], true, args[1], true, args[2]); }
EMO_SIM_OP(idp4a_s_u) { result[0] = dot4(args[0], true, args[1], false, args[2]); }
EMO_SIM_OP(idp4a_u_s) { result[0] = dot4(args[0], false, args[1], true, args[2]); }
EMO_SIM_OP(idp4a_u_u) { result[0] = dot4(args[0], false, args[1], false, args[2]); }

/// What rounding again, to a narrower type, takes for x itself.
static float roundToOdd(double x) {
  float y = float(x);
  if (double(y) == x || x != x)
    return y;
  uint32_t bits = std::bit_cast<uint32_t>(y);
  if (std::fabs(double(y)) > std::fabs(x))
    --bits;
  return std::bit_cast<float>(bits | 1);
}

// What x86 code calls for conversions of bf16 and f16, and what old systems' libgcc lacks. Weak: libgcc's are as good.
extern "C" __attribute__((weak)) __bf16 __truncsfbf2(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  return std::bit_cast<__bf16>(x != x ? uint16_t(bits >> 16 | 0x40) : toBf16(x));
}
extern "C" __attribute__((weak)) __bf16 __truncdfbf2(double x) { return __truncsfbf2(roundToOdd(x)); }
extern "C" __attribute__((weak, target("f16c"))) _Float16 __truncdfhf2(double x) { return _Float16(roundToOdd(x)); }

// Cache policies are hints: any value will do.
#define EMO_POLICY(name)                                                                                                                   \
  EMO_SIM_OP(ptx_createpolicy_fractional_##name) { result[0] = 0; }
EMO_POLICY(L2_evict_first_b64)
EMO_POLICY(L2_evict_last_b64)
EMO_POLICY(L2_evict_normal_b64)
EMO_POLICY(L2_evict_unchanged_b64)
