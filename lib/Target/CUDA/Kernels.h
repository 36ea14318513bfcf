// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CUDA kernels and the host code that launches them. One file per kernel op: a `lower` function replaces the op on memrefs by
// emo.device_launch and, when no equal kernel exists yet, writes the kernel.
#ifndef EMO_LIB_TARGET_CUDA_KERNELS_H
#define EMO_LIB_TARGET_CUDA_KERNELS_H

#include "../Kernels/KernelForm.h"
#include "DeviceEmit.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace emo::cuda {

/// How a launch's operand reaches the kernel: memrefs as pointers to global memory, sizes and strides as i32 or i64.
struct KernelShape {
  int threads = 128;       // of a block
  int lanes = 4;           // see DeviceEmit
  int64_t sharedBytes = 0; // static bound; 0: none
  bool spillsNothing = false; // left to itself ptxas spills a few values of some kernels, to have more blocks on a multiprocessor
};

/// Boxes of `rows` x `columns` of a matrix that a kernel copies to shared memory; see emo.device_launch.
struct TensorBoxes {
  Value matrix;
  int64_t rows, columns;
};

/// The kernels of one architecture, without duplicates.
class KernelLibrary {
public:
  KernelLibrary(mlir::ModuleOp module, const DeviceArch &arch);

  const DeviceArch &arch;

  /// The name of the kernel that `key` describes; `write` makes its body the first time. Operands of type memref become !llvm.ptr<1>
  /// arguments, index operands i32, others keep their type. `maps` tensor maps follow as !llvm.ptr.
  llvm::StringRef get(const llvm::Twine &kind, llvm::StringRef key, const KernelShape &shape, ValueRange operands,
                      Fn<void(DeviceEmit &, ValueRange args)> write, int maps = 0);

private:
  mlir::gpu::GPUModuleOp module;
  KernelNames names;
};

/// Host code in front of the op that is being replaced.
struct DeviceHost : Host {
  using Host::Host;
  /// grid: one to three sizes.
  void launch(llvm::StringRef kernel, ValueRange args, ValueRange grid, const KernelShape &shape, llvm::ArrayRef<TensorBoxes> maps = {});
};

/// Below so many tokens a device is better used by more and smaller pieces of work than by fewer launches.
inline constexpr int64_t kFewTokens = 96;

/// Shared memory that a block gets on every device without being asked for.
inline constexpr int64_t kPlainSharedBytes = 48 << 10;

/// Marks an op whose work is already part of another one's kernel.
inline constexpr llvm::StringLiteral kLoweredAttr = "emo.lowered";

/// The next op, if it is an `Op` that has a kernel and nothing before it reads or writes memory: its work can be part of `op`'s kernel.
template <typename Op>
Op kernelBehind(mlir::Operation *op) {
  for (mlir::Operation *next = op->getNextNode(); next; next = next->getNextNode()) {
    if (auto found = mlir::dyn_cast<Op>(next))
      return hasKernelForm(found, KernelFloats::WithF16) ? found : Op();
    if (!mlir::isPure(next) && !mlir::isa<mlir::memref::AllocOp, mlir::memref::DimOp>(next))
      break;
  }
  return {};
}

// One per kernel op; false means that the op has no kernel for its types or form and stays.
bool lowerMatmul(KernelMatmulOp op, KernelLibrary &library);
bool lowerWeightGradient(KernelWeightGradientOp op, KernelLibrary &library);
bool lowerLoss(KernelLossOp op, KernelLibrary &library);
bool lowerRmsNorm(KernelRmsNormOp op, KernelLibrary &library);
bool lowerRowDot(KernelRowDotOp op, KernelLibrary &library);
bool lowerGatherRows(KernelGatherRowsOp op, KernelLibrary &library);
bool lowerRouter(KernelRouterOp op, KernelLibrary &library);
bool lowerGroupByExpert(KernelGroupByExpertOp op, KernelLibrary &library);
bool lowerCombine(KernelCombineOp op, KernelLibrary &library);
bool lowerAttention(KernelAttentionOp op, KernelLibrary &library);
bool lowerSample(KernelSampleOp op, KernelLibrary &library);
/// A linalg op or memref.copy as a kernel with a thread for each element of its parallel loops.
bool lowerElementwise(mlir::Operation *op, KernelLibrary &library);
/// A loop, condition or store of the reference lowering, with what uses its results, as a kernel of one thread: right, not fast.
bool lowerSerial(mlir::Operation *first, KernelLibrary &library);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_KERNELS_H
