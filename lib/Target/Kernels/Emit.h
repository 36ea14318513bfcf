// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the body of one kernel: integer arithmetic, loops, memory through pointers, and vectors of f32. All targets write their kernels
// through it; what differs between them is in Machine.
//
// bf16 and f16 values live in registers as f32 that they can represent. Without an instruction for it rounding to bf16 is integer arithmetic,
// so that every ISA level rounds alike and none needs a library call.
#ifndef EMO_LIB_TARGET_KERNELS_EMIT_H
#define EMO_LIB_TARGET_KERNELS_EMIT_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace emo::codegen {

using mlir::Block;
using mlir::FloatType;
using mlir::Type;
using mlir::Value;
using mlir::ValueRange;
template <typename T>
using Fn = llvm::function_ref<T>;
using Values = llvm::SmallVector<Value>;

/// What a target can do.
struct Machine {
  int lanes = 1;             // f32 values in a vector
  bool fma = true;           // fused products and sums; without them they round twice
  bool bf16 = false;         // rounds f32 to bf16 by an instruction
  bool wideIndices = true;   // offsets are i64, not i32
  bool unaligned = true;     // vectors may lie anywhere, not only at multiples of their size
  bool functions = true;     // what is written often becomes a function; otherwise it is written in place
};

class Emit {
public:
  Emit(mlir::ImplicitLocOpBuilder &b, const Machine &machine) : b(b), machine(machine) {}

  mlir::ImplicitLocOpBuilder &b;
  const Machine machine;

  int lanes() const { return machine.lanes; }
  Type ptrType() { return mlir::LLVM::LLVMPointerType::get(b.getContext()); }
  Type indexType() { return machine.wideIndices ? b.getI64Type() : b.getI32Type(); }
  mlir::VectorType vec(int lanes, Type element = {});

  // Arithmetic on integers of one type, mostly indices.
  Value c(int64_t value) { return c(value, indexType()); }
  Value c(int64_t value, Type type);
  Value add(Value x, Value y);
  Value add(Value x, int64_t y) { return y ? add(x, c(y, x.getType())) : x; }
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  Value mul(Value x, int64_t y);
  Value div(Value x, Value y); // both non-negative
  Value rem(Value x, Value y);
  Value min(Value x, Value y);
  Value max(Value x, Value y);
  Value ceilDiv(Value x, Value y) { return div(sub(add(x, y), c(1)), y); }
  Value less(Value x, Value y); // signed i64 or i32
  Value equal(Value x, Value y);
  Value both(Value x, Value y);
  Value select(Value condition, Value x, Value y);
  Value toI64(Value i32);
  Value toI32(Value index);
  Value toIndex(Value i32);

  // Control flow.
  void loop(Value low, Value high, int64_t step, Fn<void(Value)> body);
  Values loop(Value low, Value high, int64_t step, ValueRange init, Fn<Values(Value, ValueRange)> body);
  /// A loop whose body LLVM is asked to repeat `times` times, so that loads of several iterations are under way at once; kWhole: as often
  /// as it runs, without a branch; 1: LLVM leaves it as it is.
  static constexpr int64_t kWhole = 0;
  Values repeatedLoop(Value low, Value high, int64_t step, int64_t times, ValueRange init, Fn<Values(Value, ValueRange)> body);
  void onlyIf(Value condition, Fn<void()> body);
  Value either(Value condition, Type type, Fn<Value()> yes, Fn<Value()> no);

  /// Calls the level's function `name`; `write` gets its arguments and makes its results the first time that it is called.
  enum class Inline { Always, Never };
  Values call(llvm::StringRef name, Inline inlining, ValueRange args, Fn<Values(ValueRange)> write);

  // Memory. Offsets and indices are in elements of `element`.
  Value at(Value base, Value index, Type element);
  Value at(Value base, int64_t index, Type element);
  Value bytesAt(Value base, Value bytes);
  Value bytesAt(Value base, int64_t bytes) { return at(base, bytes, b.getI8Type()); }
  /// Alignment 0: any, or that of the whole value where the machine needs it.
  Value load(Type type, Value address, int align = 0);
  void store(Value value, Value address, int align = 0);
  /// An i32 of an array, as an index.
  Value loadI32(Value base, Value index) { return toIndex(load(b.getI32Type(), at(base, index, b.getI32Type()), 4)); }

  /// `lanes` consecutive elements of type f32, bf16 or f16 as vector<lanes x f32>; with `valid` only the first `valid` are read.
  Value loadF32(Type element, Value address, int lanes, Value valid = {});
  /// The inverse; values are rounded to nearest even (harmless when `value` is representable already).
  void storeF32(Value value, Type element, Value address, Value valid = {});
  /// One element as f32.
  Value loadScalar(Type element, Value address);

  // Vectors of f32. Scalars work too unless said otherwise.
  Value f32(double value, int lanes = 0); // 0: a scalar
  Value splat(Value scalar, int lanes);
  Value addf(Value x, Value y);
  Value subf(Value x, Value y);
  Value mulf(Value x, Value y);
  Value divf(Value x, Value y);
  Value minf(Value x, Value y); // no NaN handling
  Value maxf(Value x, Value y);
  Value fma(Value x, Value y, Value z);
  Value sqrt(Value x);
  Value lessf(Value x, Value y);
  Value equalf(Value x, Value y);
  /// exp with about 1 ulp; -inf and everything below -87.3 gives 0.
  Value exp(Value x);
  Value log(Value x); // scalar or vector of positive normal numbers, about 1 ulp
  Value tanh(Value x);
  /// Error function, absolute error below 5e-7.
  Value erf(Value x);
  /// Sum or maximum of all lanes, halving in a fixed order; gives a scalar.
  Value reduceAdd(Value vector);
  Value reduceMax(Value vector);
  /// The nearest number of type `element` (f32, bf16 or f16) as f32, ties to even; NaN stays NaN.
  Value rounded(Type element, Value x);

  /// Calls body(first element, lanes) over 0..count: whole vectors, then single elements.
  void eachVector(int64_t count, Fn<void(Value, int)> body);
  /// The same with loop-carried values: carried vectors have `lanes()` lanes in the main loop, body of the tail gets scalars of its own.
  Value sumOver(int64_t count, Fn<Value(Value index, int lanes, Value sum)> body);

  /// Calls LLVM's intrinsic; a null type: it has no result.
  Value intrinsic(llvm::StringRef name, Type type, ValueRange operands);

private:
  /// A function of one vector or scalar, inlined by LLVM: IR is small, code is not slower.
  Value callOn(llvm::StringRef name, Value x, Fn<Value(Value)> write);
  int alignment(int align, Type type);
  Value roundBf16(Value x);
  Value roundInteger(Value x);
  Value expPolynomial(Value x);
  Value splatInt(int64_t value, Type like);
  Type intLike(Value x);
};

/// The epilogue `body` on vectors or scalars of f32: `inputs` are its arguments; returns what it yields. Fails with a diagnostic on an op
/// that has no such form.
mlir::FailureOr<Values> inlineBody(Emit &e, mlir::Region &body, ValueRange inputs);
/// The floats that kernels are written for: f32 and bf16, on a GPU f16, too.
enum class KernelFloats { F32AndBF16, WithF16 };
inline bool isKernelType(Type type, KernelFloats floats) {
  return type.isF32() || type.isBF16() || (type.isF16() && floats == KernelFloats::WithF16);
}
inline bool isNarrow(Type type) { return type.isBF16() || type.isF16(); }
/// Whether inlineBody can write `body`.
bool hasVectorForm(mlir::Region &body, KernelFloats floats);

} // namespace emo::codegen
#endif // EMO_LIB_TARGET_KERNELS_EMIT_H
