// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Passes of lib/Transforms; descriptions with IR before and after:
/// Passes.td.
#ifndef EMO_TRANSFORMS_PASSES_H
#define EMO_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace emo {
#define GEN_PASS_DECL
#include "emo/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

#endif // EMO_TRANSFORMS_PASSES_H
