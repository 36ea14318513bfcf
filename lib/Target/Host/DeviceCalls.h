// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a call of an entry of a device comes to, found without running it: the host side depends on the sizes of its inputs alone.
#ifndef EMO_LIB_TARGET_HOST_DEVICECALLS_H
#define EMO_LIB_TARGET_HOST_DEVICECALLS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Rewrite/FrozenRewritePatternSet.h"

namespace emo {

/// Predicts calls with one sequence. Entries whose inputs do not follow the roles of a language model have none.
class DeviceCalls {
public:
  explicit DeviceCalls(mlir::ModuleOp module);

  /// A prefill of many tokens and, for an entry with KV caches, a step of one token behind as many: a list of {tokens, positions, launches,
  /// layers, temporary_bytes}; `layers` has the launches of each numbered layer.
  mlir::ArrayAttr predict(mlir::func::FuncOp entry);

  /// {KERNEL = [blocks, multiply-adds, bytes]} of a launch of each kernel whose work is known, from the calls predicted since the last
  /// time.
  mlir::DictionaryAttr takeWork();

private:
  mlir::DictionaryAttr predict(mlir::func::FuncOp entry, int64_t tokens, int64_t positions);

  mlir::MLIRContext *context;
  mlir::FrozenRewritePatternSet patterns;
  int64_t tokens;
  llvm::SmallVector<mlir::NamedAttribute> work;
};

} // namespace emo
#endif // EMO_LIB_TARGET_HOST_DEVICECALLS_H
