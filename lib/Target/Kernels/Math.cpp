// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementary functions of f32 as polynomials: kernels never call a library.
#include "Emit.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace emo::codegen;

static int lanesOf(Value x) {
  auto type = dyn_cast<VectorType>(x.getType());
  return type ? type.getDimSize(0) : 0;
}

/// Horner's scheme, highest coefficient first.
static Value polynomial(Emit &e, Value x, ArrayRef<double> coefficients) {
  int lanes = lanesOf(x);
  Value p = e.f32(coefficients.front(), lanes);
  for (double coefficient : coefficients.drop_front())
    p = e.fma(p, x, e.f32(coefficient, lanes));
  return p;
}

Value Emit::exp(Value x) {
  return callOn("exp", x, [&](Value x) { return expPolynomial(x); });
}

/// x = n ln 2 + r with |r| <= ln 2 / 2; exp(r) by a polynomial of degree 6 (Cephes' coefficients), times 2^n in two factors, so that
/// results near the largest and smallest normal numbers are right.
Value Emit::expPolynomial(Value x) {
  int lanes = lanesOf(x);
  Value low = f32(-87.33654, lanes), high = f32(88.72283, lanes);
  Value clamped = maxf(select(lessf(high, x), high, x), low);
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits; no instruction beyond SSE2 is needed.
  Value magic = f32(12582912.0, lanes);
  Value shifted = fma(clamped, f32(1.44269504088896341, lanes), magic);
  Value n = subf(shifted, magic);
  Value r = fma(n, f32(-0.693359375, lanes), clamped);
  r = fma(n, f32(2.12194440e-4, lanes), r);
  Value p = polynomial(*this, r, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1});
  p = addf(fma(p, mulf(r, r), r), f32(1, lanes));
  Type type = intLike(x);
  Value integer = arith::SubIOp::create(b, arith::BitcastOp::create(b, type, shifted), splatInt(0x4b400000, type));
  Value half = arith::ShRSIOp::create(b, integer, splatInt(1, type));
  auto power = [&](Value k) -> Value {
    Value biased = arith::ShLIOp::create(b, arith::AddIOp::create(b, k, splatInt(127, type)), splatInt(23, type));
    return arith::BitcastOp::create(b, x.getType(), biased);
  };
  Value scaled = mulf(mulf(p, power(half)), power(arith::SubIOp::create(b, integer, half)));
  Value result = select(lessf(x, low), f32(0, lanes), scaled);
  // Above the range the result is infinity; NaN stays NaN.
  result = select(lessf(high, x), f32(std::numeric_limits<double>::infinity(), lanes), result);
  return select(arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x), x, result);
}

/// x = 2^k m with m in [sqrt(1/2), sqrt(2)); log(m) by Cephes' polynomial in m - 1.
Value Emit::log(Value x) {
  int lanes = lanesOf(x);
  Type type = intLike(x);
  Value bits = arith::BitcastOp::create(b, type, x);
  // Offset so that the exponent field changes at sqrt(1/2).
  Value shifted = arith::SubIOp::create(b, bits, splatInt(0x3f3504f3, type));
  Value k = arith::ShRSIOp::create(b, shifted, splatInt(23, type));
  Value mantissa = arith::SubIOp::create(b, bits, arith::ShLIOp::create(b, k, splatInt(23, type)));
  Value m = subf(arith::BitcastOp::create(b, x.getType(), mantissa), f32(1, lanes));
  Value kf = arith::SIToFPOp::create(b, x.getType(), k);
  Value z = mulf(m, m);
  Value p = polynomial(*this, m, {7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
                                  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1});
  Value y = mulf(mulf(p, m), z);
  y = fma(kf, f32(-2.12194440e-4, lanes), y);
  y = fma(z, f32(-0.5, lanes), y);
  return fma(kf, f32(0.693359375, lanes), addf(m, y));
}

/// 1 - 2 / (exp(2x) + 1): absolute error of an ulp of 1, which activations multiply by x.
Value Emit::tanh(Value x) {
  int lanes = lanesOf(x);
  Value e = exp(addf(x, x));
  return subf(f32(1, lanes), divf(f32(2, lanes), addf(e, f32(1, lanes))));
}

/// Abramowitz and Stegun 7.1.26.
Value Emit::erf(Value x) {
  int lanes = lanesOf(x);
  Value negative = lessf(x, f32(0, lanes));
  Value a = select(negative, subf(f32(0, lanes), x), x);
  Value t = divf(f32(1, lanes), fma(a, f32(0.3275911, lanes), f32(1, lanes)));
  Value p = mulf(t, polynomial(*this, t, {1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592}));
  Value y = subf(f32(1, lanes), mulf(p, exp(subf(f32(0, lanes), mulf(a, a)))));
  return select(negative, subf(f32(0, lanes), y), y);
}
