// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Import of Hugging Face folders of the model type `emo`. Names, fields and limits: docs/import-huggingface.md.
#ifndef EMO_IMPORT_HUGGINGFACE_H
#define EMO_IMPORT_HUGGINGFACE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace emo {

/// The arithmetic type of the imported graph.
enum class ModelDtype { Keep, F32, BF16, F16 };

struct HuggingFaceImportOptions {
  /// Keep: the type that the checkpoint stores. Weights of another type get a cast in their weight programs.
  ModelDtype dtype = ModelDtype::Keep;
};

/// Imports config.json and the headers of the safetensors files in `folder` as a module in the phase `raise` (there is nothing to
/// raise). Weights are not read. Emits diagnostics and returns null when the folder is not acceptable.
mlir::OwningOpRef<mlir::ModuleOp> importHuggingFace(llvm::StringRef folder, const HuggingFaceImportOptions &options,
                                                    mlir::MLIRContext *context);

/// Registers `--import-hf` of emo-translate.
void registerHuggingFaceTranslation();

} // namespace emo

#endif // EMO_IMPORT_HUGGINGFACE_H
