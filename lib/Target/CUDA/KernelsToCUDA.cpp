// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pass emo-kernels-to-cuda.
#include "Kernels.h"
#include "emo/Conversion/EmoToLinalg.h"
#include "emo/Target/Passes.h"
#include "emo/Transforms/Params.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

namespace emo {
#define GEN_PASS_DEF_KERNELSTOCUDA
#include "emo/Target/Passes.h.inc"
} // namespace emo

namespace {
struct KernelsToCUDAPass : emo::impl::KernelsToCUDABase<KernelsToCUDAPass> {
  using KernelsToCUDABase::KernelsToCUDABase;

  LogicalResult lower(func::FuncOp function, KernelLibrary &library);
  void runOnOperation() override;
};
} // namespace

static bool lowerKernel(Operation *kernel, KernelLibrary &library) {
  if (kernel->hasAttr(kLoweredAttr))
    return kernel->erase(), true;
  if (!hasKernelForm(kernel, KernelFloats::WithF16))
    return false;
  return llvm::TypeSwitch<Operation *, bool>(kernel)
      .Case([&](KernelMatmulOp op) { return lowerMatmul(op, library); })
      .Case([&](KernelWeightGradientOp op) { return lowerWeightGradient(op, library); })
      .Case([&](KernelLossOp op) { return lowerLoss(op, library); })
      .Case([&](KernelRmsNormOp op) { return lowerRmsNorm(op, library); })
      .Case([&](KernelRowDotOp op) { return lowerRowDot(op, library); })
      .Case([&](KernelGatherRowsOp op) { return lowerGatherRows(op, library); })
      .Case([&](KernelRouterOp op) { return lowerRouter(op, library); })
      .Case([&](KernelGroupByExpertOp op) { return lowerGroupByExpert(op, library); })
      .Case([&](KernelCombineOp op) { return lowerCombine(op, library); })
      .Case([&](KernelAttentionOp op) { return lowerAttention(op, library); })
      .Case([&](KernelSampleOp op) { return lowerSample(op, library); })
      .Default([](Operation *) { return false; });
}

static bool touchesMemory(Operation *op) {
  return op->walk([](Operation *inner) { return isa<memref::LoadOp, memref::StoreOp>(inner) ? WalkResult::interrupt() : WalkResult::advance(); })
      .wasInterrupted();
}

/// Constants of the host are not in device memory: they become parameters.
static void moveConstants(func::FuncOp function, ParamFactory &params) {
  function.walk([&](memref::GetGlobalOp get) {
    auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(get, get.getNameAttr());
    auto value = global ? dyn_cast_or_null<DenseElementsAttr>(global.getInitialValueAttr()) : DenseElementsAttr();
    if (!value)
      return;
    OpBuilder b(get);
    ParamOp param = params.literal(value, global.getSymName().ltrim('_'), get.getLoc());
    get.replaceAllUsesWith(ParamRefOp::create(b, get.getLoc(), get.getType(), param.getSymName()).getResult());
    get.erase();
  });
}

/// The runtime copies whole results: views of other memory become memory of their own.
static void copyReturnedViews(func::FuncOp function) {
  Operation *terminator = function.getBody().front().getTerminator();
  OpBuilder b(terminator);
  for (OpOperand &result : terminator->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(result.get().getType());
    if (!type || type.getLayout().isIdentity())
      continue;
    SmallVector<Value> sizes;
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (type.isDynamicDim(d))
        sizes.push_back(memref::DimOp::create(b, terminator->getLoc(), result.get(), d));
    auto dense = MemRefType::get(type.getShape(), type.getElementType());
    Value copy = memref::AllocOp::create(b, terminator->getLoc(), dense, sizes);
    memref::CopyOp::create(b, terminator->getLoc(), result.get(), copy);
    result.set(copy);
  }
  SmallVector<Type> results(terminator->getOperandTypes());
  function.setType(FunctionType::get(function.getContext(), function.getArgumentTypes(), results));
}

LogicalResult KernelsToCUDAPass::lower(func::FuncOp function, KernelLibrary &library) {
  copyReturnedViews(function);
  bool left = false;
  for (Operation *kernel : kernelOps(function))
    if (!lowerKernel(kernel, library)) {
      kernel->emitRemark() << "has no CUDA kernel for its types or form; it takes the reference lowering";
      left = true;
    }
  if (left) {
    RewritePatternSet patterns(&getContext());
    populateKernelsToLinalg(patterns);
    walkAndApplyPatterns(function, std::move(patterns));
  }
  // The general path.
  SmallVector<Operation *> others;
  function.walk([&](Operation *op) {
    if (isa<linalg::LinalgOp, memref::CopyOp>(op))
      others.push_back(op);
  });
  for (Operation *op : others)
    if (!lowerElementwise(op, library))
      return op->emitOpError() << "has no CUDA kernel: expects memrefs of at most 8 dimensions and a body of arith and math ops on floats "
                                  "and integers";
  // Loops between them, such as those that store keys of types without kernels. What uses their results goes with them.
  Block &block = function.getBody().front();
  for (Operation *op = &block.front(); op;) {
    Operation *before = op->getPrevNode();
    bool isLowered = isa<scf::ForOp, scf::IfOp, memref::StoreOp>(op) && touchesMemory(op) && lowerSerial(op, library);
    op = !isLowered ? op->getNextNode() : before ? before->getNextNode() : &block.front();
  }
  // Host code may not touch device memory.
  WalkResult touches = function.walk([&](Operation *op) {
    if (!isa<memref::LoadOp, memref::StoreOp>(op) && !op->getName().getStringRef().starts_with("emo.kernel."))
      return WalkResult::advance();
    op->emitOpError() << "has no CUDA kernel and would run on the host, where device memory cannot be read";
    return WalkResult::interrupt();
  });
  return failure(touches.wasInterrupted());
}

void KernelsToCUDAPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto chosen = chooseEntries<DeviceArch>(module, archs, findDeviceArch, deviceArchs(), deviceArchs().take_front(),
                                          "has no kernels for the CUDA architecture");
  if (failed(chosen))
    return signalPassFailure();
  SmallVector<func::FuncOp> originals;
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration() && !function->hasAttr("emo.device"))
      originals.push_back(function);
  ParamFactory params(module);
  for (const DeviceArch *arch : *chosen) {
    KernelLibrary library(module, *arch);
    for (func::FuncOp original : originals) {
      OpBuilder b(original);
      auto copy = cast<func::FuncOp>(b.clone(*original));
      copy.setName((original.getName() + "." + arch->name).str());
      copy->setAttr("emo.device", b.getStringAttr(arch->name));
      copy->setAttr("emo.entry", b.getStringAttr(original.getName()));
      moveConstants(copy, params);
      if (failed(lower(copy, library)))
        return signalPassFailure();
    }
  }
  if (!keepOriginals)
    for (func::FuncOp original : originals)
      original.erase();
  eraseUnusedParams(module);
}
