// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small JSON files that may come from anywhere, with diagnostics.
#ifndef EMO_LIB_IMPORT_JSONFILE_JSONFILE_H
#define EMO_LIB_IMPORT_JSONFILE_JSONFILE_H

#include "JsonText.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"

#include <optional>

namespace emo {

/// Emits an error about the file.
using FileError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// Parses `text` as one JSON object.
std::optional<llvm::json::Object> parseJsonObject(llvm::StringRef text, FileError error);

/// Reads a regular file of at most `maxBytes`; null with an error.
std::unique_ptr<llvm::MemoryBuffer> readTextFile(llvm::StringRef path, FileError error, uint64_t maxBytes = 16 << 20);

/// Sets the module's emo.tokenizer when `folder`, the model's, has a tokenizer.json. It is read when a program is made.
void recordTokenizer(mlir::ModuleOp module, llvm::StringRef folder);

} // namespace emo
#endif // EMO_LIB_IMPORT_JSONFILE_JSONFILE_H
