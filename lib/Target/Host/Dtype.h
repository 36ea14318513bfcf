// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_HOST_DTYPE_H
#define EMO_LIB_TARGET_HOST_DTYPE_H

#include "mlir/IR/Types.h"

namespace emo {
/// The emo_dtype of an element type.
int32_t dtypeOf(mlir::Type type);
} // namespace emo
#endif // EMO_LIB_TARGET_HOST_DTYPE_H
