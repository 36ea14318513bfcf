/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Runs the kernels of narrow-floats.mlir and compares with conversions by comparison: the candidate of least distance, even on ties. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int32_t emo_sim_checks = 0;
void emo_sim_access(const void *address, uint32_t bytes, uint32_t flags, const void *site) { abort(); }
void emo_emulated_sm_80_bf16(const int64_t *args);
void emo_emulated_sm_80_f16(const int64_t *args);
void emo_emulated_sm_80_arithmetic(const int64_t *args);

static float floatOf(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
static uint32_t bitsOf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}
static float bf16(uint16_t bits) { return floatOf((uint32_t)bits << 16); }

/* Nearest bf16 of a finite double, by distance; past the largest one infinity, at half a step and beyond. */
static uint16_t nearest(double x) {
  uint16_t sign = signbit(x) ? 0x8000 : 0, low = 0, high = 0x7f80;
  double a = fabs(x);
  while (high - low > 1) {
    uint16_t middle = (low + high) / 2;
    if (bf16(middle) <= a)
      low = middle;
    else
      high = middle;
  }
  double top = high == 0x7f80 ? ldexp(1, 128) : bf16(high);
  double up = top - a, down = a - bf16(low);
  return sign | (up < down || (up == down && (low & 1)) ? high : low);
}

static float half(uint16_t bits) {
  int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  float value = exponent == 31 ? (mantissa ? NAN : INFINITY) : exponent ? ldexpf(1024 + mantissa, exponent - 25) : ldexpf(mantissa, -24);
  return bits & 0x8000 ? -value : value;
}
static uint16_t nearestHalf(double x) {
  uint16_t sign = signbit(x) ? 0x8000 : 0, low = 0, high = 0x7c00;
  double a = fabs(x);
  while (high - low > 1) {
    uint16_t middle = (low + high) / 2;
    if (half(middle) <= a)
      low = middle;
    else
      high = middle;
  }
  double up = (high == 0x7c00 ? 65536 : half(high)) - a, down = a - half(low);
  return sign | (up < down || (up == down && (low & 1)) ? high : low);
}

static void fail(const char *what, double x, unsigned got, unsigned expected) {
  printf("FAILED: %s of %a: got %04x, expected %04x\n", what, x, got, expected);
  exit(1);
}

int main(void) {
  _Alignas(64) float in[8], back[8];
  _Alignas(64) uint16_t out[16];
  int64_t args[4] = {(int64_t)in, (int64_t)out, (int64_t)back};

  /* Around each bf16, every pattern of the bits that are cut: ties, their neighbours, and a few others. */
  static const uint32_t cut[8] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x4000, 0xc000};
  uint64_t count = 0;
  for (uint32_t high = 0; high < 65536; ++high) {
    for (int i = 0; i < 8; ++i)
      in[i] = floatOf(high << 16 | cut[i]);
    emo_emulated_sm_80_bf16(args);
    for (int i = 0; i < 8; ++i) {
      uint32_t bits = high << 16 | cut[i];
      int isNan = (bits & 0x7fffffff) > 0x7f800000;
      uint16_t expected = isNan ? (high | 0x40) : (bits & 0x7fffffff) == 0x7f800000 ? high : nearest(floatOf(bits));
      if (out[i] != expected)
        fail("bf16", floatOf(bits), out[i], expected);
      if (bitsOf(back[i]) != (uint32_t)out[i] << 16)
        fail("f32", floatOf(bits), bitsOf(back[i]) >> 16, out[i]);
      ++count;
    }
  }
  printf("ok: bf16, %llu conversions\n", (unsigned long long)count);

  for (uint32_t high = 0; high < 65536; ++high) {
    for (int i = 0; i < 8; ++i)
      in[i] = floatOf(high << 16 | cut[i]);
    emo_emulated_sm_80_f16(args);
    for (int i = 0; i < 8; ++i) {
      if (isnan(in[i]) ? (out[i] & 0x7e00) != 0x7e00 : !isinf(in[i]) && out[i] != nearestHalf(in[i]))
        fail("f16", in[i], out[i], nearestHalf(in[i]));
      if (!isnan(in[i]) && back[i] != half(out[i]))
        fail("f32 of f16", in[i], out[i], 0);
    }
  }
  printf("ok: f16\n");

  srand(1);
  uint16_t pair[2];
  int64_t more[4] = {(int64_t)pair, (int64_t)out};
  for (int i = 0; i < 200000; ++i) {
    /* Exponents near each other, and now and then far apart. */
    for (int j = 0; j < 2; ++j)
      pair[j] = (rand() & 0x80ff) | (i % 7 ? (124 + rand() % 8) << 7 & 0x7f80 : (1 + rand() % 253) << 7);
    more[2] = (uint32_t)(rand() * 3u);
    more[3] = (int64_t)((uint64_t)rand() * (uint64_t)rand() * 5);
    double a = bf16(pair[0]), b = bf16(pair[1]);
    emo_emulated_sm_80_arithmetic(more);
    double just = a * 0x1.0000000000001p-4;
    double exact[12] = {a + b, a - b, a * b, (double)(float)(a / b), a * b + a, -a, a > b ? a : b, a < b ? a : b, (int32_t)more[2], 0, just, a};
    static const char *names[12] = {"sum", "difference", "product", "quotient", "fma", "negation", "maximum", "choice", "int", "long", "f64", "copy"};
    for (int k = 0; k < 12; ++k) {
      if (k == 9) /* too wide for a double: compare with the two candidates' order */
        continue;
      if (fabs(exact[k]) < 0x1p-126 || fabs(exact[k]) > 0x1p127)
        continue; /* differences of f32 and bf16 ranges are not the matter here */
      uint16_t expected = nearest(exact[k]);
      /* Sums of far exponents are rounded twice on the way through f32, like on a GPU that has no such instruction. */
      if (out[k] != expected && !(k < 2 && out[k] == nearest((float)exact[k])))
        fail(names[k], a, out[k], expected);
    }
    if (fabs(just) < 65000 && out[12] != nearestHalf(just))
      fail("f64 to f16", a, out[12], nearestHalf(just));
    double h = half(out[12]);
    if (fabs(just) < 200 && out[13] != nearestHalf(h * h + h))
      fail("f16 fma", h, out[13], nearestHalf(h * h + h));
    int32_t whole;
    memcpy(&whole, out + 14, 4);
    if (fabs(a) < 0x1p31 && whole != (int32_t)a)
      fail("whole number", a, whole, (int32_t)a);
  }
  printf("ok: arithmetic\n");
  return 0;
}
