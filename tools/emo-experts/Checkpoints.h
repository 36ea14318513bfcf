// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What commands on Hugging Face folders share.
#ifndef EMO_TOOLS_EMO_EXPERTS_CHECKPOINTS_H
#define EMO_TOOLS_EMO_EXPERTS_CHECKPOINTS_H

#include "../common/Targets.h"
#include "Commands.h"
#include "emo/Target/Checkpoints.h"

namespace emo {

/// An MLIR context whose diagnostics are the tool's own errors. The types of tensors are kept in it.
struct CheckpointContext {
  mlir::MLIRContext mlir{mlir::MLIRContext::Threading::DISABLED};
  ToolDiagnostics diagnostics{&mlir, "emo-experts"};
};

} // namespace emo
#endif // EMO_TOOLS_EMO_EXPERTS_CHECKPOINTS_H
