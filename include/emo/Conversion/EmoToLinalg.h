// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file The reference lowering: patterns by group of ops, so that other phases
/// can lower what they leave over.
#ifndef EMO_CONVERSION_EMOTOLINALG_H
#define EMO_CONVERSION_EMOTOLINALG_H

#include "mlir/IR/PatternMatch.h"

namespace emo {

/// emo.route, emo.router_scores.
void populateRoutingToLinalg(mlir::RewritePatternSet &patterns);
/// emo.document_segments, emo.document_pool, emo.mask_experts.
void populateDocumentsToLinalg(mlir::RewritePatternSet &patterns);
/// emo.group_by_expert, emo.dispatch, emo.grouped_matmul, emo.expert_mlp,
/// emo.combine.
void populateExpertsToLinalg(mlir::RewritePatternSet &patterns);
/// emo.embedding, emo.linear, emo.rms_norm, emo.row_dot, emo.rotary,
/// emo.attention, emo.cross_entropy, emo.sample.
void populateTransformerToLinalg(mlir::RewritePatternSet &patterns);
/// emo.kernel.* on tensors and on memrefs.
void populateKernelsToLinalg(mlir::RewritePatternSet &patterns);

} // namespace emo

#endif // EMO_CONVERSION_EMOTOLINALG_H
