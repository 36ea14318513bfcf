// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pass emo-lower-to-runtime: entry functions, launches, parameters and temporaries become calls of the runtime's services.
#include "DeviceCalls.h"
#include "LowerEntry.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Target/Passes.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace emo;

namespace emo {
#define GEN_PASS_DEF_LOWERTORUNTIME
#include "emo/Target/Passes.h.inc"
} // namespace emo

namespace {
struct LowerToRuntimePass : emo::impl::LowerToRuntimeBase<LowerToRuntimePass> {
  void declareServices();
  DictionaryAttr describeValue(DictionaryAttr attrs, Type type, Twine fallback);
  /// With what calls come to where `calls` are given.
  ArrayAttr describeEntries(StringAttr device, DeviceCalls *calls = nullptr);
  ArrayAttr describeDevices(llvm::StringMap<llvm::StringMap<int32_t>> &kernels);
  void runOnOperation() override;
};
} // namespace

void LowerToRuntimePass::declareServices() {
  ImplicitLocOpBuilder b(getOperation().getLoc(), getOperation().getBody(), getOperation().getBody()->begin());
  Type ptr = LLVM::LLVMPointerType::get(b.getContext()), none = LLVM::LLVMVoidType::get(b.getContext());
  auto declare = [&](StringRef name, Type result, ArrayRef<Type> args) {
    LLVM::LLVMFuncOp::create(b, name, LLVM::LLVMFunctionType::get(result, args));
  };
  declare("emo_rt_parallel", none, {ptr, b.getI32Type(), ptr, b.getI64Type(), b.getI64Type()});
  declare("emo_rt_alloc", ptr, {ptr, b.getI64Type()});
  declare("emo_rt_arena", ptr, {ptr, b.getI64Type()});
  declare("emo_rt_buffer", ptr, {ptr, ptr, b.getI64Type(), b.getI64Type()});
  declare("emo_rt_output", ptr, {ptr, b.getI32Type(), ptr});
  declare("emo_rt_param", ptr, {ptr, b.getI32Type()});
  declare("emo_rt_tensor_map", none,
          {ptr, ptr, ptr, b.getI32Type(), b.getI64Type(), b.getI64Type(), b.getI64Type(), b.getI32Type(), b.getI32Type()});
  declare("emo_rt_launch", none,
          {ptr, b.getI32Type(), ptr, b.getI32Type(), b.getI32Type(), b.getI64Type(), b.getI64Type(), b.getI64Type(), b.getI32Type(), b.getI64Type()});
  declare("emo_rt_device_output", none, {ptr, b.getI32Type(), ptr, ptr});
  declare("emo_rt_fail", none, {ptr, ptr, ptr, b.getI32Type()});
}

/// {name, type, dims, role, range} of an argument or result.
DictionaryAttr LowerToRuntimePass::describeValue(DictionaryAttr attrs, Type type, Twine fallback) {
  Builder b(&getContext());
  NamedAttrList result;
  auto keep = [&](StringRef from, StringRef to) {
    if (Attribute value = attrs ? attrs.get(from) : Attribute())
      result.set(to, value);
  };
  result.set("name", b.getStringAttr(fallback));
  keep("emo.name", "name");
  keep("emo.dims", "dims");
  keep("emo.role", "role");
  keep("emo.range", "range");
  result.set("type", TypeAttr::get(type));
  return result.getDictionary(&getContext());
}

/// The entries of a device; null: those of the CPU.
ArrayAttr LowerToRuntimePass::describeEntries(StringAttr device, DeviceCalls *calls) {
  Builder b(&getContext());
  SmallVector<Attribute> entries;
  for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isDeclaration() || function->getAttrOfType<StringAttr>("emo.device") != device)
      continue;
    auto name = function->getAttrOfType<StringAttr>("emo.entry");
    SmallVector<Attribute> inputs, outputs;
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      inputs.push_back(describeValue(function.getArgAttrDict(i), function.getArgumentTypes()[i], "input" + Twine(i)));
    Operation *terminator = function.front().getTerminator();
    for (unsigned i = 0; i < function.getNumResults(); ++i) {
      // KV caches come back as the arguments they were.
      Value returned = terminator->getOperand(i);
      while (auto cast = returned.getDefiningOp<memref::CastOp>())
        returned = cast.getSource();
      if (isa<BlockArgument>(returned)) {
        auto argument = cast<BlockArgument>(returned);
        auto role = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "emo.role");
        if (role && role.getValue() == "kv_cache") {
          function.setResultAttr(i, "emo.in_place", b.getUnitAttr());
          continue;
        }
      }
      outputs.push_back(describeValue(function.getResultAttrDict(i), function.getResultTypes()[i], "output" + Twine(i)));
    }
    SmallVector<NamedAttribute> entry = {b.getNamedAttr("name", name ? name : function.getSymNameAttr()),
                                         b.getNamedAttr("symbol", b.getStringAttr("emo_entry_" + function.getName())),
                                         b.getNamedAttr("inputs", b.getArrayAttr(inputs)),
                                         b.getNamedAttr("outputs", b.getArrayAttr(outputs))};
    if (calls)
      entry.push_back(b.getNamedAttr("calls", calls->predict(function)));
    entries.push_back(b.getDictionaryAttr(entry));
  }
  return b.getArrayAttr(entries);
}

/// {arch, kernels, entries, work} of each gpu.module.
ArrayAttr LowerToRuntimePass::describeDevices(llvm::StringMap<llvm::StringMap<int32_t>> &kernels) {
  Builder b(&getContext());
  SmallVector<Attribute> devices;
  std::optional<DeviceCalls> calls;
  for (Operation &nested : *getOperation().getBody()) {
    auto device = nested.getAttrOfType<StringAttr>("emo.device");
    if (!device || !nested.hasTrait<OpTrait::SymbolTable>())
      continue;
    SmallVector<StringRef> names;
    for (Operation &op : nested.getRegion(0).front())
      if (auto function = dyn_cast<LLVM::LLVMFuncOp>(op); function && function->hasAttr("nvvm.kernel")) {
        kernels[device.getValue()].try_emplace(function.getName(), names.size());
        names.push_back(function.getName());
      }
    if (!calls)
      calls.emplace(getOperation());
    ArrayAttr entries = describeEntries(device, &*calls);
    devices.push_back(b.getDictionaryAttr({b.getNamedAttr("arch", device), b.getNamedAttr("kernels", b.getStrArrayAttr(names)),
                                           b.getNamedAttr("entries", entries), b.getNamedAttr("work", calls->takeWork())}));
  }
  return b.getArrayAttr(devices);
}

void LowerToRuntimePass::runOnOperation() {
  ModuleOp module = getOperation();
  Builder b(&getContext());
  llvm::StringMap<int32_t> params, kernels;
  for (ParamOp param : module.getOps<ParamOp>())
    params.try_emplace(param.getSymName(), params.size());
  SmallVector<StringRef> kernelNames;
  for (ModuleOp nested : module.getOps<ModuleOp>()) {
    if (!nested->hasAttr("emo.isa"))
      continue;
    for (func::FuncOp kernel : nested.getOps<func::FuncOp>())
      if (kernel.isPublic() && kernels.try_emplace(kernel.getName(), kernels.size()).second)
        kernelNames.push_back(kernel.getName());
  }
  module->setAttr("emo.kernels", b.getStrArrayAttr(kernelNames));
  module->setAttr("emo.entries", describeEntries({}));
  llvm::StringMap<llvm::StringMap<int32_t>> deviceKernels;
  if (ArrayAttr devices = describeDevices(deviceKernels); !devices.empty())
    module->setAttr("emo.devices", devices);
  for (func::FuncOp function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (function.isPublic() && !function.isDeclaration()) {
      auto device = function->getAttrOfType<StringAttr>("emo.device");
      if (failed(lowerEntry(function, params, device ? deviceKernels[device.getValue()] : kernels)))
        return signalPassFailure();
    }
  declareServices();
}
