// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Checks that verifiers share.
#ifndef EMO_LIB_DIALECT_EMO_IR_VERIFY_H
#define EMO_LIB_DIALECT_EMO_IR_VERIFY_H

#include "emo/Dialect/Emo/IR/Emo.h"

namespace emo {

/// Fails unless the attribute is finite and, when given, at least `least`.
llvm::LogicalResult verifyFinite(mlir::Operation *op, llvm::StringRef name, const llvm::APFloat &value,
                                 std::optional<int64_t> least = std::nullopt);
/// Fails unless least <= value <= most; `mostName` explains `most`.
llvm::LogicalResult verifyRange(mlir::Operation *op, llvm::StringRef name, int64_t value, int64_t least, int64_t most,
                                llvm::StringRef mostName = "");
/// Fails unless Hq is a multiple of Hkv.
llvm::LogicalResult verifyHeads(mlir::Operation *op, const NamedShapes &shapes);

/// The one value of all elements of a constant or of a tensor.splat of a constant, if it is one.
std::optional<int64_t> getSplatInteger(mlir::Value value);

/// Numbers of experts, choices and rows are i32 values at run time.
constexpr int64_t maxCount = std::numeric_limits<int32_t>::max();

} // namespace emo

#endif // EMO_LIB_DIALECT_EMO_IR_VERIFY_H
