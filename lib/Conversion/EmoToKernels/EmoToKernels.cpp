// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-to-kernels: the MODEL becomes kernel ops on tensors. Patterns are in the
// files beside this one.
#include "Utils.h"
#include "emo/Conversion/Passes.h"
#include "emo/Transforms/Params.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace emo {
#define GEN_PASS_DEF_EMOTOKERNELS
#include "emo/Conversion/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

struct EmoToKernelsPass : emo::impl::EmoToKernelsBase<EmoToKernelsPass> {
  using EmoToKernelsBase::EmoToKernelsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    ParamFactory params(module);
    for (auto func : module.getOps<FunctionOpInterface>()) {
      if (func.isExternal())
        continue;
      if (failed(unifyShapes(func)))
        return signalPassFailure();
      fuseProjections(func, params);
      if (failed(convertGroups(func)) || failed(convertOps(func, params)) ||
          failed(fuseEpilogues(func)))
        return signalPassFailure();
    }
    eraseUnusedParams(module);
  }

  /// Conversions may take any size from any operand.
  LogicalResult unifyShapes(FunctionOpInterface func) {
    RewritePatternSet patterns(&getContext());
    populateUnifyShapesPatterns(patterns);
    return applyPatternsGreedily(func, std::move(patterns));
  }

  /// Ops that become one kernel together; must see the MODEL ops untouched.
  LogicalResult convertGroups(FunctionOpInterface func) {
    RewritePatternSet patterns(&getContext());
    populateRoutingPatterns(patterns);
    populateLossPatterns(patterns);
    populateExpertPatterns(patterns);
    return applyPatternsGreedily(func, std::move(patterns));
  }

  LogicalResult convertOps(FunctionOpInterface func, ParamFactory &params) {
    RewritePatternSet patterns(&getContext());
    populateLinearPatterns(patterns);
    populateAttentionPatterns(patterns, params, maxPositions());
    populateRowwisePatterns(patterns);
    return applyPatternsGreedily(func, std::move(patterns));
  }

  LogicalResult fuseEpilogues(FunctionOpInterface func) {
    RewritePatternSet patterns(&getContext());
    populateEpiloguePatterns(patterns);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                         &getContext());
    // Sizes in terms of the arguments, not of values in between.
    tensor::DimOp::getCanonicalizationPatterns(patterns, &getContext());
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    return applyPatternsGreedily(func, std::move(patterns));
  }

  /// Rows of the rotary tables: what the model says it can do, 0 when unknown.
  int64_t maxPositions() {
    auto model = getOperation()->getAttrOfType<DictionaryAttr>("emo.model");
    auto value =
        model ? model.getAs<IntegerAttr>("max_positions") : IntegerAttr();
    return value ? value.getInt() : 0;
  }
};

} // namespace
