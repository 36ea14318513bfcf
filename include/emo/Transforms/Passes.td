// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_TRANSFORMS_PASSES_TD
#define EMO_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // EMO_TRANSFORMS_PASSES_TD
