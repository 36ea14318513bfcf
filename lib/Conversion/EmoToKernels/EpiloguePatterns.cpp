// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops behind a product or a combine move into its epilogue region:
// residual adds, casts, scales.
#include "Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace emo;

/// The ops that epilogues are made of: those that targets have on vectors.
static bool isEpilogueOp(Operation *op) {
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::NegFOp, arith::MaximumFOp, arith::MaxNumFOp,
             arith::MinimumFOp, arith::MinNumFOp, arith::ExtFOp,
             arith::TruncFOp, math::ExpOp, math::LogOp, math::TanhOp,
             math::ErfOp, math::SqrtOp, math::AbsFOp>(op);
}

/// An epilogue op on tensors of equal shape.
static bool isElementwise(Operation *op) {
  if (!isEpilogueOp(op))
    return false;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || !isa<FloatType>(type.getElementType()) ||
      !haveKernelTypes(op->getResults()) || !haveKernelTypes(op->getOperands()))
    return false;
  return llvm::all_of(op->getOperandTypes(), [&](Type operand) {
    auto tensor = cast<RankedTensorType>(operand);
    return isa<FloatType>(tensor.getElementType()) &&
           tensor.getShape() == type.getShape();
  });
}

static TypedAttr splatValue(Value value) {
  DenseElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)) || !attr.isSplat())
    return {};
  return cast<TypedAttr>(attr.getSplatValue<Attribute>());
}

namespace {

/// f(expand(x), y) -> expand(f(x, collapse(y))): brings elementwise ops next to
/// the kernels, which work on rows.
struct ElementwiseOnRows : RewritePattern {
  explicit ElementwiseOnRows(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    tensor::ExpandShapeOp expand;
    for (Value operand : op->getOperands())
      if (auto candidate = operand.getDefiningOp<tensor::ExpandShapeOp>())
        expand = candidate;
    if (!expand)
      return failure();
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (TypedAttr splat = splatValue(operand)) {
        auto type = expand.getSrcType().clone(splat.getType());
        if (!type.hasStaticShape())
          return failure();
        operands.push_back(arith::ConstantOp::create(
            rewriter, op->getLoc(),
            SplatElementsAttr::get(type, ArrayRef<Attribute>(splat))));
      } else {
        operands.push_back(tensor::CollapseShapeOp::create(
            rewriter, op->getLoc(), operand, groups));
      }
    }
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Operation *inner = rewriter.create(
        op->getLoc(), op->getName().getIdentifier(), operands,
        expand.getSrcType().clone(type.getElementType()), op->getAttrs());
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
        op, type, inner->getResult(0), groups, expand.getMixedOutputShape());
    return success();
  }
};

/// f(kernel, y) -> a kernel whose epilogue ends with f; y becomes an `element`
/// operand.
template <typename KernelOp>
struct FuseEpilogue : RewritePattern {
  explicit FuseEpilogue(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 2, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    for (OpOperand &operand : op->getOpOperands()) {
      auto kernel = operand.get().getDefiningOp<KernelOp>();
      if (kernel && kernel->getNumResults() == 1 && kernel->hasOneUse() &&
          kernel.getOuts()[0].template getDefiningOp<tensor::EmptyOp>()) {
        fuse(kernel, op, operand.getOperandNumber(), rewriter);
        return success();
      }
    }
    return failure();
  }

  static void fuse(KernelOp kernel, Operation *op, unsigned position,
                   PatternRewriter &rewriter) {
    // The new kernel sits where `op` is: there all operands are defined.
    Location loc = rewriter.getFusedLoc({kernel.getLoc(), op->getLoc()});
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    auto empty = kernel.getOuts()[0].template getDefiningOp<tensor::EmptyOp>();
    Value out = tensor::EmptyOp::create(rewriter, loc, empty.getMixedSizes(),
                                        type.getElementType());
    auto fused = cast<KernelOp>(rewriter.clone(*kernel));
    fused->setLoc(loc);
    fused.getOutsMutable().assign(ValueRange{out});
    fused->getResult(0).setType(type);

    Block &body = fused.getBody().front();
    auto yield = cast<KernelYieldOp>(body.getTerminator());
    SmallVector<Attribute> kinds(fused.getKinds().getValue());
    SmallVector<Value> scalars;
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPoint(yield);
      if (i == position) {
        scalars.push_back(yield.getValues()[0]);
      } else if (TypedAttr splat = splatValue(operand)) {
        scalars.push_back(
            arith::ConstantOp::create(rewriter, op->getLoc(), splat));
      } else {
        kinds.push_back(
            OperandKindAttr::get(rewriter.getContext(), OperandKind::Element));
        fused.getExtrasMutable().append(operand);
        scalars.push_back(
            body.addArgument(getElementTypeOrSelf(operand), op->getLoc()));
      }
    }
    fused.setKindsAttr(rewriter.getArrayAttr(kinds));
    rewriter.setInsertionPoint(yield);
    Operation *scalar =
        rewriter.create(op->getLoc(), op->getName().getIdentifier(), scalars,
                        type.getElementType(), op->getAttrs());
    rewriter.modifyOpInPlace(
        yield, [&] { yield.getValuesMutable().assign(scalar->getResults()); });
    rewriter.replaceOp(op, fused->getResults());
  }
};

} // namespace

void emo::populateEpiloguePatterns(RewritePatternSet &patterns) {
  patterns.add<ElementwiseOnRows, FuseEpilogue<KernelMatmulOp>,
               FuseEpilogue<KernelCombineOp>>(patterns.getContext());
}
