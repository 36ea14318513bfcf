// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Bufferization of emo's ops.
#ifndef EMO_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
#define EMO_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H

#include "mlir/IR/DialectRegistry.h"

namespace emo {

void registerBufferizableOpInterfaceExternalModels(
    mlir::DialectRegistry &registry);

} // namespace emo

#endif // EMO_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
