// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions to bf16 of lib/Runtime/Builtins.cpp against a search over all bf16 values.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>

extern "C" __bf16 __truncsfbf2(float);
extern "C" __bf16 __truncdfbf2(double);

static double valueOf(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

/// Nearest, ties to even.
static uint16_t expected(double x) {
  double size = std::fabs(x);
  uint16_t low = 0, high = 0x7f7f;
  while (low < high) {
    uint16_t middle = (low + high + 1) / 2;
    if (valueOf(middle) <= size)
      low = middle;
    else
      high = middle - 1;
  }
  double below = size - valueOf(low), above = (low == 0x7f7f ? 0x1p128 : valueOf(low + 1)) - size;
  uint16_t bits = below < above || (below == above && low % 2 == 0) ? low : low + 1;
  if (std::isinf(x))
    bits = 0x7f80;
  return bits | (std::signbit(x) ? 0x8000 : 0);
}

static uint16_t bitsOf(__bf16 value) {
  uint16_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

int main() {
  std::mt19937_64 random(1);
  int wrong = 0;
  for (int i = 0; i < 300000; ++i) {
    uint64_t bits = random();
    double x;
    memcpy(&x, &bits, sizeof x);
    if (i % 2) {
      // At and beside a tie.
      uint16_t low = bits & 0x7fff;
      x = (valueOf(low) + valueOf(low + 1)) / 2;
      if (bits >> 20 & 1)
        x = std::nextafter(x, bits >> 21 & 1 ? 1e308 : 0.0);
      if (bits >> 22 & 1)
        x = -x;
    }
    if (std::isnan(x))
      continue;
    float narrow = float(x);
    wrong += bitsOf(__truncdfbf2(x)) != expected(x);
    wrong += bitsOf(__truncsfbf2(narrow)) != expected(narrow);
  }
  bool nan = std::isnan(float(__truncsfbf2(NAN))) && std::isnan(float(__truncdfbf2(-NAN)));
  printf("%d wrong, NaN %s\n", wrong, nan ? "kept" : "lost");
  return 0;
}
