// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bufferization of kernel ops (destination style) and of references to
// parameters.
#include "emo/Transforms/BufferizableOpInterfaceImpl.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace emo;

namespace {

template <typename OpTy>
struct KernelModel
    : DstBufferizableOpInterfaceExternalModel<KernelModel<OpTy>, OpTy> {
  /// Outs are overwritten as a whole, but for the stores of attention, which
  /// keep what the call does not write.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    auto kernel = cast<DestinationStyleOpInterface>(op);
    if (!kernel.isDpsInit(&operand))
      return true;
    return isa<KernelAttentionOp>(op) &&
           operand.get() != kernel.getDpsInits().front();
  }

  /// The same op on buffers, without results; regions hold scalars only and
  /// move along.
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    SmallVector<Value> operands, outs;
    auto kernel = cast<DestinationStyleOpInterface>(op);
    for (OpOperand &operand : op->getOpOperands()) {
      FailureOr<Value> buffer =
          getBuffer(rewriter, operand.get(), options, state);
      if (failed(buffer))
        return failure();
      operands.push_back(*buffer);
      if (kernel.isDpsInit(&operand))
        outs.push_back(*buffer);
    }
    OperationState newState(op->getLoc(), op->getName(), operands, TypeRange{},
                            llvm::to_vector(op->getDiscardableAttrs()));
    newState.propertiesAttr = op->getPropertiesAsAttribute();
    for (Region &region : op->getRegions())
      newState.addRegion()->takeBody(region);
    rewriter.create(newState);
    replaceOpWithBufferizedValues(rewriter, op, outs);
    return success();
  }
};

struct ParamRefModel
    : BufferizableOpInterface::ExternalModel<ParamRefModel, ParamRefOp> {
  /// Parameters are mapped read-only.
  bool isWritable(Operation *op, Value value,
                  const AnalysisState &state) const {
    return false;
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto ref = cast<ParamRefOp>(op);
    auto type = cast<RankedTensorType>(ref.getResult().getType());
    replaceOpWithNewBufferizedOp<ParamRefOp>(
        rewriter, op, MemRefType::get(type.getShape(), type.getElementType()),
        ref.getParamAttr());
    return success();
  }
};

} // namespace

void emo::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, EmoDialect *) {
    ParamRefOp::attachInterface<ParamRefModel>(*context);
    KernelMatmulOp::attachInterface<KernelModel<KernelMatmulOp>>(*context);
    KernelAttentionOp::attachInterface<KernelModel<KernelAttentionOp>>(
        *context);
    KernelRmsNormOp::attachInterface<KernelModel<KernelRmsNormOp>>(*context);
    KernelRowDotOp::attachInterface<KernelModel<KernelRowDotOp>>(*context);
    KernelRouterOp::attachInterface<KernelModel<KernelRouterOp>>(*context);
    KernelGroupByExpertOp::attachInterface<KernelModel<KernelGroupByExpertOp>>(
        *context);
    KernelCombineOp::attachInterface<KernelModel<KernelCombineOp>>(*context);
    KernelGatherRowsOp::attachInterface<KernelModel<KernelGatherRowsOp>>(
        *context);
    KernelWeightGradientOp::attachInterface<
        KernelModel<KernelWeightGradientOp>>(*context);
    KernelLossOp::attachInterface<KernelModel<KernelLossOp>>(*context);
    KernelSampleOp::attachInterface<KernelModel<KernelSampleOp>>(*context);
  });
}
