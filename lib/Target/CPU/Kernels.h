// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels and the host code that launches them. One file per kernel op: a `lower` function replaces the op on memrefs by emo.launch
// and, when no equal kernel exists yet, writes the kernel once per ISA level.
#ifndef EMO_LIB_TARGET_CPU_KERNELS_H
#define EMO_LIB_TARGET_CPU_KERNELS_H

#include "../Kernels/KernelForm.h"
#include "IsaEmit.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace emo::cpu {

/// What a kernel is called with; see emo_kernel_fn in emo/Runtime/Program.h.
struct KernelArgs {
  IsaEmit &e;
  Value args, task, scratch;

  /// Argument `i` of the launch: a memref's first element, or an integer.
  Value ptr(int i) { return e.load(e.ptrType(), e.at(args, i, e.b.getI64Type()), 8); }
  Value integer(int i) { return e.load(e.b.getI64Type(), e.at(args, i, e.b.getI64Type()), 8); }
};

/// The kernels of all ISA levels, without duplicates. A level with a base among the chosen levels (`emo.base_isa` of its module) has
/// only the kernels that multiply bf16: the base has the others.
class KernelLibrary {
public:
  KernelLibrary(mlir::ModuleOp module, llvm::ArrayRef<const IsaLevel *> levels);

  /// The name of the kernel `key` describes (kind, types, static sizes, epilogue); `write` is called once per level if it is new.
  /// `sameInBase`: levels take it from their base.
  llvm::StringRef get(const llvm::Twine &kind, llvm::StringRef key, bool sameInBase, Fn<void(KernelArgs &)> write);

private:
  mlir::ModuleOp module;
  llvm::SmallVector<std::pair<const IsaLevel *, mlir::ModuleOp>> modules;
  KernelNames names;
};

/// Host code in front of the op that is being replaced.
struct TaskHost : Host {
  using Host::Host;
  void launch(llvm::StringRef kernel, ValueRange args, Value tasks, Value scratchBytes);
};

// One per kernel op; false means that the op has no kernel for its types or form and stays.
bool lowerMatmul(KernelMatmulOp op, KernelLibrary &library);
bool lowerLoss(KernelLossOp op, KernelLibrary &library);
bool lowerRmsNorm(KernelRmsNormOp op, KernelLibrary &library);
bool lowerRowDot(KernelRowDotOp op, KernelLibrary &library);
bool lowerGatherRows(KernelGatherRowsOp op, KernelLibrary &library);
bool lowerRouter(KernelRouterOp op, KernelLibrary &library);
bool lowerGroupByExpert(KernelGroupByExpertOp op, KernelLibrary &library);
bool lowerCombine(KernelCombineOp op, KernelLibrary &library);
bool lowerAttention(KernelAttentionOp op, KernelLibrary &library);
bool lowerSample(KernelSampleOp op, KernelLibrary &library);

} // namespace emo::cpu
#endif // EMO_LIB_TARGET_CPU_KERNELS_H
