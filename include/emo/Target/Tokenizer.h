// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file A model's tokenizer.json as the tables that a program carries. What is taken: docs/tokenizer.md.
#ifndef EMO_TARGET_TOKENIZER_H
#define EMO_TARGET_TOKENIZER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"

#include <string>

namespace emo {

/// The text of a tokenizer.json as the tables of emo/Runtime/TokenizerTables.h. `error` starts a diagnostic about the file.
mlir::FailureOr<std::string> convertTokenizer(llvm::StringRef json, llvm::function_ref<mlir::InFlightDiagnostic()> error);

/// The tables of `file`; without one, of the module's emo.tokenizer in the model's folder (`weightsDir`, else emo.weights_dir). Empty when
/// there is none, and for the file "none".
mlir::FailureOr<std::string> packTokenizer(mlir::ModuleOp module, llvm::StringRef weightsDir, llvm::StringRef file);

/// Fails with a diagnostic when the tokenizer has tokens that the model (raised or later) does not have.
mlir::LogicalResult checkVocabulary(mlir::ModuleOp module, llvm::StringRef tables);

} // namespace emo

#endif // EMO_TARGET_TOKENIZER_H
