// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_CONVERSION_PASSES_TD
#define EMO_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // EMO_CONVERSION_PASSES_TD
