// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bodies of linalg ops and loops inside of a kernel: which ops may be in them, how their operands get there, and how they are written.
//
// Bodies are cloned. Mathematical functions are written out on f32 (codegen::Emit) or f64 (WideMath); bf16 and f16 are widened for them.
#ifndef EMO_LIB_TARGET_CUDA_BODIES_H
#define EMO_LIB_TARGET_CUDA_BODIES_H

#include "Kernels.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace emo::cuda {

inline constexpr int64_t kMaxRank = 8;

/// Types of elements and scalars that kernels can hold.
bool isElementType(Type type);
/// A memref that kernels can index.
bool isView(Value value);
/// Whether BodyCloner can write `op` and what is inside it.
bool isBodyOp(mlir::Operation &op);
/// Adds what `region` uses from outside, memrefs to access and scalars; false when a kernel cannot take one of them.
bool collectOuter(mlir::Region &region, llvm::SetVector<Value> &values);

class BodyCloner;

/// Sizes and strides of a memref in kernel code, i64, and where it begins.
struct View {
  Value base;
  Values sizes, strides;
  Type element;
};

/// A launch's operands, in the order in which the kernel's arguments are read again.
class Operands {
public:
  explicit Operands(DeviceHost &host) : host(host) {}

  /// Adds a memref or a scalar, once. Constants stay what they are.
  void add(Value value);
  /// A number of the host's type index.
  void addSize(Value index) { sizes.push_back(mlir::arith::IndexCastOp::create(host.b, host.b.getI64Type(), index)); }
  /// Memrefs with their sizes and strides, scalars, numbers.
  Values list() const;
  /// Text that distinguishes what the kernel knows of them.
  std::string key() const;

  /// The memrefs in terms of the kernel's arguments; maps the scalars in `cloner`; returns the numbers.
  llvm::DenseMap<Value, View> views(DeviceEmit &e, ValueRange args) const;
  ValueRange bind(DeviceEmit &e, ValueRange args, BodyCloner &cloner) const;

private:
  Value passed(Value scalar);

  DeviceHost &host;
  llvm::SetVector<Value> memrefs, scalars;
  Values described, given, sizes;
};

/// Writes ops of a body one after the other.
class BodyCloner {
public:
  BodyCloner(DeviceEmit &e, const llvm::DenseMap<Value, View> &views) : e(e), views(views) {}

  mlir::IRMapping map;
  /// Index i of linalg.index.
  Values indices;

  void clone(mlir::Operation &op);
  Value address(const View &view, ValueRange at);
  Value load(const View &view, ValueRange at);
  void store(Value value, const View &view, ValueRange at);
  Value operand(Value value);

private:
  Value asF32(Value value);
  Value narrowed(Value f32, Type type) { return type.isF32() ? f32 : Value(mlir::arith::TruncFOp::create(e.b, type, f32)); }
  /// log for all f32.
  Value log(Value x);
  Value narrowMath(mlir::Operation *op, Value x);
  void cloneMath(mlir::Operation &op);
  void clonePower(mlir::math::IPowIOp op);
  void cloneRegions(mlir::Operation &op);

  DeviceEmit &e;
  const llvm::DenseMap<Value, View> &views;
};

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_BODIES_H
