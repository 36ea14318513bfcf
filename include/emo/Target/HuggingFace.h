// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file A MODEL as a Hugging Face folder of the model type `emo`. What can be written and how: docs/export.md.
#ifndef EMO_TARGET_HUGGINGFACE_H
#define EMO_TARGET_HUGGINGFACE_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace emo {

struct HuggingFaceExportOptions {
  /// The folder to make. It must not exist, or be empty.
  std::string folder;
  /// Where the model's files are; empty: the module's emo.weights_dir.
  std::string weightsDir;
  /// A file gets tensors up to this many bytes, at least one; several files get an index.
  int64_t maxFileBytes = 5'000'000'000;
  int threads = 1;
};

/// Writes config.json, the weights as safetensors and the tokenizer's files found beside the model's. Weights are computed a few
/// megabytes at a time. Emits diagnostics when the module is no model of this type, a file cannot be read or the folder cannot be
/// written; then nothing is left behind.
mlir::LogicalResult exportHuggingFace(mlir::ModuleOp module, const HuggingFaceExportOptions &options);

} // namespace emo

#endif // EMO_TARGET_HUGGINGFACE_H
