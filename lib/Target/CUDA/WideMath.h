// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mathematical functions of one f64 in kernel code, for all arguments: a GPU has instructions for few of them, and those in f32.
//
// Written out in place, from series whose terms are known (no fitted coefficients but erfc's), with the special cases of C. math.test keeps them
// within 4 units in the last place of the C library's results and what those are off themselves. What is computed in f64 and rounded to f32 is
// nearly always the nearest f32.
#ifndef EMO_LIB_TARGET_CUDA_WIDEMATH_H
#define EMO_LIB_TARGET_CUDA_WIDEMATH_H

#include "DeviceEmit.h"

namespace emo::cuda {

class WideMath {
public:
  explicit WideMath(DeviceEmit &e) : e(e) {}

  /// Whether `op` is one of math's functions of floats, or arith.remf.
  static bool has(mlir::Operation *op) { return unaryOf(op) || binaryOf(op); }
  /// Its result for operands in f64.
  Value write(mlir::Operation *op, ValueRange x);

private:
  using Unary = Value (WideMath::*)(Value);
  using Binary = Value (WideMath::*)(Value, Value);
  static Unary unaryOf(mlir::Operation *op);
  static Binary binaryOf(mlir::Operation *op);

  Value exp(Value x);
  Value exp2(Value x);
  Value expm1(Value x);
  Value log(Value x);
  Value log2(Value x);
  Value log10(Value x);
  Value log1p(Value x);
  Value sinh(Value x);
  Value cosh(Value x);
  Value tanh(Value x);
  Value asinh(Value x);
  Value acosh(Value x);
  Value atanh(Value x);
  Value sin(Value x) { return sines(x).high; }
  Value cos(Value x) { return sines(x).low; }
  Value tan(Value x);
  Value asin(Value x);
  Value acos(Value x);
  Value atan(Value x);
  Value atan2(Value y, Value x);
  Value erf(Value x);
  Value erfc(Value x);
  Value cbrt(Value x);
  Value pow(Value x, Value y);
  Value round(Value x);
  Value rem(Value x, Value y);

  /// A number as the sum of two, where one would lose bits; or two results.
  struct Parts {
    Value high, low;
  };

  Value c(double value);
  Value i64(int64_t value) { return e.c(value, e.b.getI64Type()); }
  Value bits(Value x) { return mlir::arith::BitcastOp::create(e.b, e.b.getI64Type(), x); }
  Value fromBits(Value x) { return mlir::arith::BitcastOp::create(e.b, e.b.getF64Type(), x); }
  Value toInteger(Value x) { return mlir::arith::FPToSIOp::create(e.b, e.b.getI64Type(), x); }
  Value toReal(Value x) { return mlir::arith::SIToFPOp::create(e.b, e.b.getF64Type(), x); }
  Value shiftLeft(Value x, int64_t count) { return mlir::arith::ShLIOp::create(e.b, x, i64(count)); }
  Value shiftRight(Value x, int64_t count) { return mlir::arith::ShRUIOp::create(e.b, x, i64(count)); }
  Value abs(Value x);
  Value copySign(Value x, Value sign);
  Value nearest(Value x);
  Value isNaN(Value x) { return mlir::arith::CmpFOp::create(e.b, mlir::arith::CmpFPredicate::UNO, x, x); }
  Value isFinite(Value x) { return e.lessf(abs(x), c(std::numeric_limits<double>::infinity())); }
  Value clamp(Value x, double low, double high);
  Value negate(Value x) { return mlir::arith::NegFOp::create(e.b, x); }
  Value anyOf(Value x, Value y) { return mlir::arith::OrIOp::create(e.b, x, y); }
  Value invert(Value condition) { return mlir::arith::XOrIOp::create(e.b, condition, e.c(1, e.b.getI1Type())); }
  /// terms[0] + x (terms[1] + x (...)).
  Value series(Value x, llvm::ArrayRef<double> terms);

  /// x 2^n for |n| < 2045; subnormal results are rounded once.
  Value scaled(Value x, Value n);
  /// e^r 2^n for |r| <= ln 2 / 2.
  Value expAround(Value r, Value n);
  Value expOf(Parts x);
  /// e^x - 1 for |x| <= ln 2 / 2.
  Value expm1NearZero(Value x);
  Parts logParts(Value x);
  /// x = n pi / 2 + r, |r| <= pi / 4: r and the low bits of n. `Large` is for all |x| from 2^30 on.
  Parts quarters(Value x);
  Parts quartersOfLarge(Value x);
  /// Sine and cosine.
  Parts sines(Value x);
  Value atanOfPositive(Value x);
  Value erfNearZero(Value x);
  Value erfcOfPositive(Value x);

  DeviceEmit &e;
};

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_WIDEMATH_H
