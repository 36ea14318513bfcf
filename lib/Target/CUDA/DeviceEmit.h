// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the body of one CUDA kernel. Indices are i32; offsets into global memory are widened where they are used.
#ifndef EMO_LIB_TARGET_CUDA_DEVICEEMIT_H
#define EMO_LIB_TARGET_CUDA_DEVICEEMIT_H

#include "../Kernels/Emit.h"
#include "emo/Target/DeviceCode.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace emo::cuda {

using namespace codegen;

inline Machine deviceMachine(int lanes) {
  Machine machine;
  machine.lanes = lanes;
  machine.bf16 = true;
  machine.wideIndices = false;
  machine.unaligned = false;
  machine.functions = false;
  return machine;
}

class DeviceEmit : public Emit {
public:
  /// `lanes`: f32 values that eachVector and sumOver take at once; rows must be aligned to that many elements.
  DeviceEmit(mlir::ImplicitLocOpBuilder &b, const DeviceArch &arch, int threads, int lanes)
      : Emit(b, deviceMachine(lanes)), arch(arch), threads(threads) {}

  const DeviceArch &arch;
  const int threads; // of a block

  Type global() { return mlir::LLVM::LLVMPointerType::get(b.getContext(), 1); }
  Type sharedPtr() { return mlir::LLVM::LLVMPointerType::get(b.getContext(), 3); }

  // Where a thread is; all i32, cached at the start of the kernel by LLVM.
  Value thread();
  Value block(int axis = 0);  // 0: x, 1: y, 2: z
  Value blocks(int axis = 0); // of the grid
  Value lane() { return rem(thread(), c(32)); }
  Value warp() { return div(thread(), c(32)); }
  int warps() const { return threads / 32; }

  /// Global memory: element `index` (i32) behind `base`, with the product in 64 bits.
  Value elementAt(Value base, Value index, Type element);
  /// The same for `row` * `stride` elements, which may exceed 32 bits.
  Value rowAt(Value base, Value row, Value stride, Type element);
  Value rowAt(Value base, Value row, int64_t stride, Type element);

  /// `offset` bytes into the kernel's shared memory, which begins at a multiple of 1024 bytes.
  Value shared(int64_t offset = 0);

  void barrier();     // all threads of the block
  void warpBarrier(); // all lanes of a warp

  /// Values of other lanes of the warp, i32 or f32; all 32 lanes take part.
  Value shuffleXor(Value value, int lanes);
  Value shuffleDown(Value value, int lanes);
  Value shuffleUp(Value value, int lanes);
  Value shuffleFrom(Value value, Value lane);
  /// Sum or maximum over `width` neighbouring lanes (a power of two), in all of them, in a fixed order.
  Value warpAdd(Value value, int width = 32);
  Value warpMax(Value value, int width = 32);
  /// i32 bits of the lanes whose condition holds.
  Value ballot(Value condition);

  /// The 16 bytes at `address` as scalars of f32, or one element (`count` 1).
  Values loadScalars(Type element, Value address, int count);
  /// The inverse for one element.
  void storeScalar(Value f32, Type element, Value address);

  /// exp by the special function unit, about 2 ulp (libdevice's fast form): for softmax and sigmoids.
  Value fastExp(Value scalar);

  // Sets of lanes, i32 bits.
  /// The lanes of the warp whose i32 equals this lane's.
  Value matchAny(Value value);
  /// The lanes in front of this one.
  Value lanesBelow();
  Value popcount(Value bits);

  /// The largest or smallest i32 (signed) of all 32 lanes, in one instruction.
  Value reduceMax32(Value value);
  Value reduceMin32(Value value);

  /// The larger or smaller of two scalars, the other one when one is NaN; one instruction.
  Value maxNum(Value x, Value y);
  Value minNum(Value x, Value y);
  /// 2^x by the special function unit, 2 ulp; results below 2^-126 are 0.
  Value exp2(Value scalar);
  /// exp of at most 88 within 3 ulp, by the special function unit and a correction of its argument; below -87.3 it gives 0.
  Value nearExp(Value scalar);
};

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_DEVICEEMIT_H
