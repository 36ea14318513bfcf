// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The MODEL of a checkpoint whose config and headers are known.
#ifndef EMO_LIB_IMPORT_HUGGINGFACE_MODELBUILDER_H
#define EMO_LIB_IMPORT_HUGGINGFACE_MODELBUILDER_H

#include "Config.h"
#include "Safetensors.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace emo {

/// Null, with diagnostics, when `stored` does not have exactly the tensors that `config` asks for. `dtype` is the type of activations.
mlir::OwningOpRef<mlir::ModuleOp> buildModel(const EmoConfig &config, const StoredTensors &stored, llvm::StringRef folder,
                                             mlir::Type dtype, mlir::MLIRContext *context);

/// The model's identity: SHA-256 over config.json and the names, sizes and headers of the weights' files.
std::string checkpointHash(const EmoConfig &config, const StoredTensors &stored);

} // namespace emo
#endif // EMO_LIB_IMPORT_HUGGINGFACE_MODELBUILDER_H
