// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all kernels ask of an op; everything else takes the reference lowering.
#include "Kernels.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

static bool isStatic(Value memref, ArrayRef<int64_t> dims) {
  auto type = cast<MemRefType>(memref.getType());
  return llvm::none_of(dims, [&](int64_t dim) { return dim >= type.getRank() || type.isDynamicDim(dim); });
}

static bool isDense(Value memref) { return cast<MemRefType>(memref.getType()).getLayout().isIdentity(); }

static bool hasUnitInnerStride(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(cast<MemRefType>(memref.getType()).getStridesAndOffset(strides, offset)) && !strides.empty() && strides.back() == 1;
}

/// The innermost size of results, which kernels have as a constant.
static bool haveStaticRows(ValueRange outs) {
  return llvm::all_of(outs, [](Value out) { return isStatic(out, cast<MemRefType>(out.getType()).getRank() - 1); });
}

bool emo::cpu::hasKernelForm(Operation *op) {
  // Operands whose strides the kernels read.
  SmallVector<Value> strided;
  bool fits = llvm::TypeSwitch<Operation *, bool>(op)
                  .Case([&](KernelMatmulOp matmul) {
                    strided.push_back(matmul.getLhs());
                    for (auto [extra, kind] : llvm::zip_equal(matmul.getExtras(), matmul.getKinds().getAsRange<OperandKindAttr>()))
                      if (kind.getValue() == OperandKind::Element)
                        strided.push_back(extra);
                    return isStatic(matmul.getLhs(), 1) && haveStaticRows(matmul.getOuts()) && hasVectorForm(matmul.getBody());
                  })
                  .Case([&](KernelRmsNormOp norm) {
                    strided.push_back(norm.getX());
                    return isStatic(norm.getX(), 1);
                  })
                  .Case([&](KernelRowDotOp dot) {
                    strided.append({dot.getA(), dot.getB()});
                    return isStatic(dot.getA(), 1) && isStatic(dot.getB(), 1);
                  })
                  .Case([&](KernelAttentionOp attention) {
                    strided.append({attention.getQ(), attention.getK(), attention.getV()});
                    return isStatic(attention.getQ(), {2, 3}) && isStatic(attention.getK(), {2, 3});
                  })
                  .Case([&](KernelRouterOp router) {
                    if (router.getPool())
                      strided.push_back(router.getPool());
                    return isStatic(router.getX(), 1) && isStatic(router.getWeight(), 0) && haveStaticRows(router.getOuts());
                  })
                  .Case([&](KernelCombineOp combine) { return isStatic(combine.getRows(), 1) && hasVectorForm(combine.getBody()); })
                  .Case([&](KernelGatherRowsOp gather) { return isStatic(gather.getTable(), 1); })
                  .Case([&](KernelGroupByExpertOp group) { return isStatic(group.getIndices(), 1) && isStatic(group.getOuts()[0], 0); })
                  .Case([&](KernelLossOp loss) { return isStatic(loss.getX(), 1); })
                  .Default([](Operation *) { return true; });
  return fits && llvm::all_of(op->getOperands(), [&](Value operand) {
           return llvm::is_contained(strided, operand) ? hasUnitInnerStride(operand) : isDense(operand);
         });
}
