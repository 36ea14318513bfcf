// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Passes of lib/Conversion; descriptions with IR before and after: Passes.td.
#ifndef EMO_CONVERSION_PASSES_H
#define EMO_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace emo {
#define GEN_PASS_DECL
#include "emo/Conversion/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "emo/Conversion/Passes.h.inc"
} // namespace emo

#endif // EMO_CONVERSION_PASSES_H
