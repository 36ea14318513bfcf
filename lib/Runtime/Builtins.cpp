// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions that LLVM calls for bf16 arithmetic on CPUs without it, and that libgcc has only since version 13.
#include <cstdint>
#include <cstring>

static uint16_t roundToBf16(uint32_t bits) {
  if ((bits & 0x7fffffff) > 0x7f800000)
    return uint16_t(bits >> 16) | 0x40; // NaN stays NaN
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static __bf16 asBf16(uint16_t bits) {
  __bf16 value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

extern "C" {
__bf16 __truncsfbf2(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return asBf16(roundToBf16(bits));
}

/// Through a float rounded to odd, so that nothing is rounded twice.
__bf16 __truncdfbf2(double value) {
  float narrow = float(value);
  uint32_t bits;
  memcpy(&bits, &narrow, sizeof bits);
  if (double(narrow) != value && value == value && (bits & 1) == 0)
    // Even and inexact: the odd neighbour on the side of the exact value, by magnitude.
    bits += __builtin_fabs(double(narrow)) > __builtin_fabs(value) ? -1 : 1;
  return asBf16(roundToBf16(bits));
}
}
