// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory effects of kernel ops: none on tensors; on memrefs they read their inputs and read and write their outputs.
#include "emo/Dialect/Emo/IR/Emo.h"

using namespace mlir;
using namespace emo;

using Effects = SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

static void kernelEffects(DestinationStyleOpInterface op, Effects &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<BaseMemRefType>(operand.get().getType()))
      continue;
    effects.emplace_back(MemoryEffects::Read::get(), &operand, SideEffects::DefaultResource::get());
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand, SideEffects::DefaultResource::get());
  }
}

void KernelMatmulOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
void KernelAttentionOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
void KernelRmsNormOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
void KernelRouterOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
void KernelGroupByExpertOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
void KernelCombineOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
void KernelGatherRowsOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
void KernelLossOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
