// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_HOST_BYTES_H
#define EMO_LIB_TARGET_HOST_BYTES_H

#include "mlir/IR/BuiltinTypes.h"

namespace emo {

/// Bytes of one element in memory; an index is 64 bits wide.
inline int64_t bytesOf(mlir::Type element) {
  return element.isIndex() ? 8 : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

} // namespace emo
#endif // EMO_LIB_TARGET_HOST_BYTES_H
