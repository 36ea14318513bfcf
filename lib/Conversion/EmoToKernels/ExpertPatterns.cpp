// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Experts: expert_mlp and grouped_matmul -> kernel.matmul with offsets; a
// dispatch in front becomes the gather; combine.
#include "Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace emo;

static Value constant(OpBuilder &b, Location loc, double value) {
  return arith::ConstantOp::create(
      b, loc, b.getF32FloatAttr(static_cast<float>(value)));
}

/// act(x) in f32; silu is x * sigmoid(alpha * x).
static Value activate(OpBuilder &b, Location loc, Activation kind, double alpha,
                      Value x) {
  auto mul = [&](Value l, Value r) -> Value {
    return arith::MulFOp::create(b, loc, l, r);
  };
  auto add = [&](Value l, Value r) -> Value {
    return arith::AddFOp::create(b, loc, l, r);
  };
  switch (kind) {
  case Activation::Identity:
    return x;
  case Activation::Relu:
    return arith::MaximumFOp::create(b, loc, x, constant(b, loc, 0.0));
  case Activation::Silu: {
    Value scaled = alpha == 1.0 ? x : mul(x, constant(b, loc, alpha));
    Value exp =
        math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, scaled));
    return arith::DivFOp::create(b, loc, x, add(exp, constant(b, loc, 1.0)));
  }
  case Activation::Gelu: {
    Value erf = math::ErfOp::create(
        b, loc, mul(x, constant(b, loc, 0.70710678118654752)));
    return mul(mul(x, constant(b, loc, 0.5)), add(erf, constant(b, loc, 1.0)));
  }
  case Activation::GeluTanh: {
    Value cube = mul(mul(x, x), mul(x, constant(b, loc, 0.044715)));
    Value tanh = math::TanhOp::create(
        b, loc, mul(add(x, cube), constant(b, loc, 0.79788456080286536)));
    return mul(mul(x, constant(b, loc, 0.5)), add(tanh, constant(b, loc, 1.0)));
  }
  }
  llvm_unreachable("all activations handled");
}

/// Rows of a grouped product: those of a dispatch are gathered by the kernel.
static void setRows(MatmulOperands &operands, Value rows, Value offsets) {
  operands.lhs = rows;
  operands.offsets = offsets;
  if (auto dispatch = rows.getDefiningOp<DispatchOp>()) {
    operands.lhs = dispatch.getX();
    operands.gather = dispatch.getTokens();
  }
}

static Value outputRows(OpBuilder &builder, Location loc,
                        const MatmulOperands &operands, int64_t columns,
                        Type elementType) {
  return emptyRows(builder, loc,
                   operands.gather ? operands.gather : operands.lhs, columns,
                   elementType);
}

/// Appends `bias` as a column operand; returns its position among the
/// epilogue's arguments, or 0 without a bias.
static unsigned addColumn(MatmulOperands &operands, Value bias) {
  if (!bias)
    return 0;
  operands.extras.push_back(bias);
  operands.kinds.push_back(OperandKind::Column);
  return operands.weights.size() + operands.extras.size() - 1;
}

static Value addBias(OpBuilder &b, Location loc, ValueRange args,
                     unsigned accumulator, unsigned bias) {
  if (!bias)
    return args[accumulator];
  return arith::AddFOp::create(b, loc, args[accumulator],
                               castFloat(b, loc, args[bias], b.getF32Type()));
}

namespace {

struct ConvertGroupedMatmul : OpRewritePattern<GroupedMatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GroupedMatmulOp op,
                                PatternRewriter &rewriter) const override {
    if (!haveKernelTypes(op->getOperands()) ||
        !haveKernelTypes(op->getResults()) || !areParams(op.getWeights()) ||
        getElementTypeOrSelf(op.getRows()) !=
            getElementTypeOrSelf(op.getWeights()))
      return rewriter.notifyMatchFailure(op, "no kernel for the types");
    MatmulOperands operands;
    setRows(operands, op.getRows(), op.getOffsets());
    operands.weights = {op.getWeights()};
    unsigned bias = addColumn(operands, op.getBias());
    auto type = cast<RankedTensorType>(op.getResult().getType());
    Value out = outputRows(rewriter, op.getLoc(), operands, type.getDimSize(1),
                           type.getElementType());
    rewriter.replaceOp(
        op, createMatmul(rewriter, op.getLoc(), operands, out,
                         [&](OpBuilder &b, Location loc, ValueRange args) {
                           return castFloat(b, loc,
                                            addBias(b, loc, args, 0, bias),
                                            type.getElementType());
                         }));
    return success();
  }
};

struct ConvertExpertMlp : OpRewritePattern<ExpertMlpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExpertMlpOp op,
                                PatternRewriter &rewriter) const override {
    Type type = getElementTypeOrSelf(op.getRows());
    if (!haveKernelTypes(op->getOperands()) ||
        !haveKernelTypes(op->getResults()) ||
        !areParams({op.getUp(), op.getDown(), op.getGate()}) ||
        type != getElementTypeOrSelf(op.getUp()) ||
        type != getElementTypeOrSelf(op.getDown()))
      return rewriter.notifyMatchFailure(op, "no kernel for the types");
    Value hidden = createUp(op, rewriter);

    MatmulOperands operands;
    setRows(operands, hidden, op.getOffsets());
    operands.weights = {op.getDown()};
    unsigned bias = addColumn(operands, op.getDownBias());
    auto resultType = cast<RankedTensorType>(op.getResult().getType());
    Value out =
        outputRows(rewriter, op.getLoc(), operands, resultType.getDimSize(1),
                   resultType.getElementType());
    rewriter.replaceOp(
        op, createMatmul(rewriter, op.getLoc(), operands, out,
                         [&](OpBuilder &b, Location loc, ValueRange args) {
                           return castFloat(b, loc,
                                            addBias(b, loc, args, 0, bias),
                                            resultType.getElementType());
                         }));
    return success();
  }

  /// The hidden activation, rounded once to the rows' type.
  static Value createUp(ExpertMlpOp op, PatternRewriter &rewriter) {
    bool gated = static_cast<bool>(op.getGate());
    MatmulOperands operands;
    setRows(operands, op.getRows(), op.getOffsets());
    if (gated)
      operands.weights.push_back(op.getGate());
    operands.weights.push_back(op.getUp());
    unsigned gateBias = gated ? addColumn(operands, op.getGateBias()) : 0;
    unsigned upBias = addColumn(operands, op.getUpBias());
    Type type = getElementTypeOrSelf(op.getRows());
    int64_t width = cast<RankedTensorType>(op.getUp().getType()).getDimSize(1);
    Value out = outputRows(rewriter, op.getLoc(), operands, width, type);
    double alpha = op.getAlpha().convertToDouble(),
           beta = op.getBeta().convertToDouble();
    return createMatmul(
        rewriter, op.getLoc(), operands, out,
        [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
          Value up = addBias(b, loc, args, gated ? 1 : 0, upBias);
          if (!gated)
            return castFloat(
                b, loc, activate(b, loc, op.getActivation(), alpha, up), type);
          Value gate = addBias(b, loc, args, 0, gateBias);
          if (op.getLimit()) {
            double limit = op.getLimit()->convertToDouble();
            Value high = constant(b, loc, limit);
            gate = arith::MinimumFOp::create(b, loc, gate, high);
            up = arith::MinimumFOp::create(
                b, loc,
                arith::MaximumFOp::create(b, loc, up, constant(b, loc, -limit)),
                high);
          }
          if (beta != 0.0)
            up = arith::AddFOp::create(b, loc, up, constant(b, loc, beta));
          Value hidden = arith::MulFOp::create(
              b, loc, activate(b, loc, op.getActivation(), alpha, gate), up);
          return castFloat(b, loc, hidden, type);
        });
  }
};

struct ConvertCombine : OpRewritePattern<CombineOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CombineOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getResult().getType());
    if (!haveKernelTypes(op->getOperands()) ||
        !haveKernelTypes(op->getResults()) || type.isDynamicDim(1) ||
        cast<RankedTensorType>(op.getWeights().getType()).isDynamicDim(1))
      return rewriter.notifyMatchFailure(op, "no kernel for the types");
    Location loc = op.getLoc();
    Value out = emptyRows(rewriter, loc, op.getWeights(), type.getDimSize(1),
                          type.getElementType());
    auto combine = KernelCombineOp::create(
        rewriter, loc, TypeRange{out.getType()}, op.getRows(), op.getWeights(),
        op.getInverse(), ValueRange{}, ValueRange{out},
        rewriter.getArrayAttr({}));
    OpBuilder::InsertionGuard guard(rewriter);
    Block *body = rewriter.createBlock(&combine.getBody(), {},
                                       rewriter.getF32Type(), loc);
    KernelYieldOp::create(
        rewriter, loc,
        castFloat(rewriter, loc, body->getArgument(0), type.getElementType()));
    rewriter.replaceOp(op, combine.getResults());
    return success();
  }
};

} // namespace

void emo::populateExpertPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvertGroupedMatmul, ConvertExpertMlp, ConvertCombine>(
      patterns.getContext());
}
