// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Import of ONNX files into the onnx dialect. Steps, rules and limits: docs/import-onnx.md.
#ifndef EMO_IMPORT_ONNX_H
#define EMO_IMPORT_ONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>

namespace emo {

struct OnnxImportOptions {
  /// Id of the token that ends a document; otherwise from the config.json beside the file, if there is one.
  std::optional<int64_t> eosId;
};

/// Imports the .onnx file at `path` as a module in the phase `import`. Weights are not read: they become `emo.param` symbols that
/// point into the file or its external data. Emits diagnostics and returns null when the file is not acceptable.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path, const OnnxImportOptions &options,
                                             mlir::MLIRContext *context);

/// The same for a file whose bytes are at hand; `folder` and `fileName` say where its external data is and how it is called.
mlir::OwningOpRef<mlir::ModuleOp> importOnnxBuffer(llvm::StringRef bytes, llvm::StringRef folder, llvm::StringRef fileName,
                                                   const OnnxImportOptions &options, mlir::MLIRContext *context);

/// Registers `--import-onnx` of emo-translate.
void registerOnnxTranslation();

} // namespace emo

#endif // EMO_IMPORT_ONNX_H
