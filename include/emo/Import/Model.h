// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Any model file as a module.
#ifndef EMO_IMPORT_MODEL_H
#define EMO_IMPORT_MODEL_H

#include "emo/Import/HuggingFace.h"
#include "emo/Import/Onnx.h"

namespace emo {

struct ModelOptions {
  HuggingFaceImportOptions huggingFace;
  OnnxImportOptions onnx;
  /// Longest sequence of an ONNX model; otherwise from the config.json beside the file, or 4096.
  std::optional<int64_t> maxPositions;
};

/// A Hugging Face folder, an .onnx file, or .mlir text or bytecode of any phase. Emits diagnostics and returns null on failure.
mlir::OwningOpRef<mlir::ModuleOp> loadModel(llvm::StringRef path, const ModelOptions &options, mlir::MLIRContext *context);

} // namespace emo

#endif // EMO_IMPORT_MODEL_H
