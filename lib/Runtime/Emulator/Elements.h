// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types of matrix operations, as they lie in 32-bit registers.
#ifndef EMO_LIB_RUNTIME_EMULATOR_ELEMENTS_H
#define EMO_LIB_RUNTIME_EMULATOR_ELEMENTS_H

#include <algorithm>
#include <bit>
#include <cstdint>

/// Emulated kernels are x86-64-v3, too.
#define EMO_SIMD __attribute__((target("avx2,fma,f16c")))

namespace emo::rt::emulator {

struct Bf16 {
  static constexpr int perRegister = 2;
  static float of(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
  static float get(uint32_t word, int i) { return of(uint16_t(word >> 16 * i)); }
};
struct F16 {
  static constexpr int perRegister = 2;
  EMO_SIMD static float of(uint16_t bits) { return float(std::bit_cast<_Float16>(bits)); }
  EMO_SIMD static float get(uint32_t word, int i) { return of(uint16_t(word >> 16 * i)); }
  EMO_SIMD static uint16_t put(float value) { return std::bit_cast<uint16_t>(_Float16(value)); }
};
/// The low 13 bits do not count.
struct Tf32 {
  static constexpr int perRegister = 1;
  static float get(uint32_t word, int) { return std::bit_cast<float>(word & ~0x1fffu); }
};
struct S8 {
  static constexpr int perRegister = 4;
  static int32_t get(uint32_t word, int i) { return int8_t(word >> 8 * i); }
};
struct U8 {
  static constexpr int perRegister = 4;
  static int32_t get(uint32_t word, int i) { return uint8_t(word >> 8 * i); }
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_ELEMENTS_H
