// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Registration of everything emo has, shared by emo-opt, emo-lsp-server,
/// the plugin and the compiler's own contexts.
#ifndef EMO_PIPELINES_REGISTER_H
#define EMO_PIPELINES_REGISTER_H

#include "mlir/IR/DialectRegistry.h"

namespace emo {

/// emo's dialects and the external models of its ops. The host (mlir-opt)
/// brings the upstream ones.
void registerEmoDialects(mlir::DialectRegistry &registry);

/// Upstream dialects, extensions and translations to LLVM IR that the pipelines
/// need, and emo's own.
void registerAllDialects(mlir::DialectRegistry &registry);

/// emo's passes and phase pipelines (`emo-kernels-pipeline`, ...).
/// Process-wide, once.
void registerEmoPasses();

} // namespace emo

#endif // EMO_PIPELINES_REGISTER_H
