// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels in gpu.modules -> LLVM dialect.
#include "emo/Target/DeviceCode.h"
#include "emo/Target/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace emo;

namespace {
/// Refuses what has no code on the device while operations still have their own names: later passes would turn mathematics into calls
/// of a library that is not there, and memrefs into pointers of unknown address space.
struct CheckKernels : PassWrapper<CheckKernels, OperationPass<gpu::GPUModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CheckKernels)
  StringRef getArgument() const override { return "emo-check-kernels"; }
  StringRef getDescription() const override { return "Check that kernels use only what has code on a GPU"; }
  void runOnOperation() override;

private:
  static LogicalResult checkSignature(gpu::GPUFuncOp function);
  static LogicalResult checkOp(Operation *op);
};

struct KernelsToLLVM : PassWrapper<KernelsToLLVM, OperationPass<gpu::GPUModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(KernelsToLLVM)
  StringRef getArgument() const override { return "emo-device-to-llvm"; }
  StringRef getDescription() const override { return "Kernels in gpu.modules to the LLVM dialect"; }
  void getDependentDialects(DialectRegistry &registry) const override { registry.insert<LLVM::LLVMDialect, NVVM::NVVMDialect>(); }
  void runOnOperation() override;
};
} // namespace

bool emo::hasDeviceInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CountLeadingZerosOp, math::CountTrailingZerosOp, math::CtPopOp,
             math::FloorOp, math::FmaOp, math::RoundEvenOp, math::RsqrtOp, math::SqrtOp, math::TruncOp>(op);
}

LogicalResult CheckKernels::checkSignature(gpu::GPUFuncOp function) {
  if (!function.isKernel())
    return success();
  auto maps = function->getAttrOfType<IntegerAttr>("emo.tensor_maps");
  unsigned firstMap = function.getNumArguments() - (maps ? maps.getInt() : 0);
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto pointer = dyn_cast<LLVM::LLVMPointerType>(type);
    if (!(pointer && pointer.getAddressSpace() == (i < firstMap)) && !type.isInteger(32) && !type.isInteger(64) && !type.isF32())
      return function.emitOpError() << "has argument #" << i << " of type " << type << ", expected !llvm.ptr<1>, i32, i64 or f32, and !llvm.ptr for the last emo.tensor_maps";
  }
  if (!function.getKnownBlockSizeAttr())
    return function.emitOpError("is a kernel without known_block_size, expected the threads of a block: it bounds the registers of each");
  if (!function.getWorkgroupAttributions().empty() || !function.getPrivateAttributions().empty())
    return function.emitOpError("has memory attributions, expected all shared memory in @emo_shared");
  return success();
}

LogicalResult CheckKernels::checkOp(Operation *op) {
  if (isa<gpu::DynamicSharedMemoryOp>(op))
    return op->emitOpError("is not supported, use @emo_shared: an external array in address space 3");
  Dialect *dialect = op->getDialect();
  if (dialect && (isa<math::MathDialect>(dialect) || isa<arith::RemFOp>(op))) {
    if (hasDeviceInstruction(op))
      return success();
    return op->emitOpError(
        "has no code on the device, which has no mathematical library; expand it before, for example to llvm.nvvm.ex2.approx "
        "or a polynomial");
  }
  if (dialect && (isa<arith::ArithDialect, cf::ControlFlowDialect, gpu::GPUDialect, LLVM::LLVMDialect, NVVM::NVVMDialect, scf::SCFDialect,
                      ub::UBDialect, vector::VectorDialect>(dialect)))
    return success();
  return op->emitOpError("cannot be part of a kernel, expected operations of arith, cf, gpu, llvm, math, nvvm, scf, ub or vector");
}

void CheckKernels::runOnOperation() {
  bool failedAny = false;
  getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<gpu::GPUModuleOp>(op))
      return;
    auto function = dyn_cast<gpu::GPUFuncOp>(op);
    failedAny |= failed(function ? checkSignature(function) : checkOp(op));
  });
  if (failedAny)
    signalPassFailure();
}

/// Not upstream's convert-gpu-to-nvvm: that one makes calls of libdevice of all mathematics and refuses LLVM's intrinsics. Here they win.
void KernelsToLLVM::runOnOperation() {
  LowerToLLVMOptions options(&getContext());
  options.useBarePtrCallConv = true;
  LLVMTypeConverter converter(&getContext(), options);
  configureGpuToNVVMTypeConverter(converter);
  RewritePatternSet patterns(&getContext());
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  populateGpuToNVVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/false, /*benefit=*/2);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  LLVMConversionTarget target(getContext());
  target.addLegalDialect<NVVM::NVVMDialect>();
  target.addIllegalDialect<arith::ArithDialect, cf::ControlFlowDialect, gpu::GPUDialect, index::IndexDialect, math::MathDialect,
                           ub::UBDialect>();
  target.addLegalOp<gpu::GPUModuleOp>();
  if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
    signalPassFailure();
}

void emo::populateDeviceToLLVMPipeline(OpPassManager &pm) {
  OpPassManager &kernels = pm.nest<gpu::GPUModuleOp>();
  kernels.addPass(std::make_unique<CheckKernels>());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  kernels.addPass(createSCFToControlFlowPass());
  kernels.addPass(arith::createArithExpandOpsPass());
  kernels.addPass(createConvertVectorToLLVMPass());
  kernels.addPass(std::make_unique<KernelsToLLVM>());
  // Operations of nvvm that are inline PTX.
  kernels.addPass(createConvertNVVMToLLVMPass());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(createAttachLoopAnnotations());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
}
