// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Stored numbers of 16 bits as wider ones, exactly.
#ifndef EMO_LIB_TARGET_WEIGHTS_HALFFLOATS_H
#define EMO_LIB_TARGET_WEIGHTS_HALFFLOATS_H

#include <cmath>
#include <cstdint>
#include <cstring>

namespace emo {

inline float fromBf16(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

inline double fromF16(uint16_t bits) {
  int exponent = bits >> 10 & 31;
  double mantissa = bits & 1023;
  double value = exponent == 0    ? std::ldexp(mantissa, -24)
                 : exponent == 31 ? (mantissa ? std::nan("") : INFINITY)
                                  : std::ldexp(mantissa + 1024, exponent - 25);
  return bits >> 15 ? -value : value;
}

} // namespace emo
#endif // EMO_LIB_TARGET_WEIGHTS_HALFFLOATS_H
