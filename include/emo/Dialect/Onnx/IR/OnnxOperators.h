// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Which ONNX operators emo's passes know; all others are expanded at import if their schema has a function body.
#ifndef EMO_DIALECT_ONNX_IR_ONNXOPERATORS_H
#define EMO_DIALECT_ONNX_IR_ONNXOPERATORS_H

#include "llvm/ADT/StringRef.h"

namespace emo::onnxir {

/// True for operators that emo-raise-onnx or emo-onnx-to-linalg takes as they are.
bool isKnownOperator(llvm::StringRef domain, llvm::StringRef opType);

} // namespace emo::onnxir

#endif // EMO_DIALECT_ONNX_IR_ONNXOPERATORS_H
