// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file What the pattern files of emo-to-kernels share. Kernels see
/// activations as rows: all leading dimensions in one.
#ifndef EMO_LIB_CONVERSION_EMOTOKERNELS_UTILS_H
#define EMO_LIB_CONVERSION_EMOTOKERNELS_UTILS_H

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace emo {

class ParamFactory;

/// Whether all values are tensors of an element type that kernels have (null
/// values are ignored).
bool haveKernelTypes(mlir::ValueRange values);

/// Whether all values are parameters: targets pack the weights of products when
/// the artifact is made (null values are ignored).
bool areParams(mlir::ValueRange values);

/// [.., N] -> [M, N] and [..] -> [M] (for ids and targets).
mlir::Value toRows(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::Value value);
mlir::Value toFlat(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::Value value);

/// [M, N] -> [leading.., N] or [M] -> [leading..], where `leading` are the
/// sizes of `like` without its last (`drop` = 1) or with all (`drop` = 0)
/// dimensions. `type` is the result's type.
mlir::Value fromRows(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value rows, mlir::Value like, unsigned drop,
                     mlir::RankedTensorType type);

/// tensor.empty of [sizes of rows' dimension 0, columns].
mlir::Value emptyRows(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value rows, llvm::ArrayRef<int64_t> columns,
                      mlir::Type elementType);

/// Scalar float conversion; none when the types are equal.
mlir::Value castFloat(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value value, mlir::Type type);

/// A kernel.matmul with its epilogue: `epilogue` gets the region's arguments
/// and returns the values to yield.
using Epilogue = llvm::function_ref<mlir::Value(
    mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;
struct MatmulOperands {
  mlir::Value lhs;
  llvm::SmallVector<mlir::Value, 2> weights;
  mlir::Value gather, offsets;
  llvm::SmallVector<mlir::Value> extras;
  llvm::SmallVector<OperandKind> kinds;
};
mlir::Value createMatmul(mlir::OpBuilder &builder, mlir::Location loc,
                         const MatmulOperands &operands, mlir::Value out,
                         Epilogue epilogue);

void populateExpertPatterns(mlir::RewritePatternSet &patterns);
void populateRoutingPatterns(mlir::RewritePatternSet &patterns);
void populateLossPatterns(mlir::RewritePatternSet &patterns);
void populateLinearPatterns(mlir::RewritePatternSet &patterns);
void populateAttentionPatterns(mlir::RewritePatternSet &patterns,
                               ParamFactory &params, int64_t maxPositions);
void populateRowwisePatterns(mlir::RewritePatternSet &patterns);
void populateEpiloguePatterns(mlir::RewritePatternSet &patterns);

/// Merges the linear layers behind the q, k and v of each attention into one.
void fuseProjections(mlir::FunctionOpInterface func, ParamFactory &params);

} // namespace emo

#endif // EMO_LIB_CONVERSION_EMOTOKERNELS_UTILS_H
