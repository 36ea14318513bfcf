// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// gpu.module in the LLVM dialect -> optimised LLVM IR for a GPU.
#include "TargetMachine.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// MLIR -> LLVM IR
//===----------------------------------------------------------------------===//

/// Line tables need a subprogram in each function's location: lines are what the emulator's reports name.
static void addSubprogram(LLVM::LLVMFuncOp function) {
  Location loc = function.getLoc();
  if (loc->findInstanceOf<FusedLocWith<LLVM::DISubprogramAttr>>() || function.isExternal())
    return;
  MLIRContext *context = function.getContext();
  auto place = loc->findInstanceOf<FileLineColLoc>();
  StringRef path = place ? place.getFilename().getValue() : "<unknown>";
  auto file = LLVM::DIFileAttr::get(context, path, "");
  auto unit =
      LLVM::DICompileUnitAttr::get(DistinctAttr::create(UnitAttr::get(context)), llvm::dwarf::DW_LANG_C, file,
                                   StringAttr::get(context, "emo"), /*isOptimized=*/true, LLVM::DIEmissionKind::DebugDirectivesOnly);
  auto type = LLVM::DISubroutineTypeAttr::get(context, llvm::dwarf::DW_CC_normal, {});
  unsigned line = place ? place.getLine() : 1;
  auto flags = LLVM::DISubprogramFlags::Definition | LLVM::DISubprogramFlags::Optimized;
  auto program = LLVM::DISubprogramAttr::get(context, DistinctAttr::create(UnitAttr::get(context)), unit, file, function.getNameAttr(),
                                             function.getNameAttr(), file, line, line, flags, type, /*retainedNodes=*/{},
                                             /*annotations=*/{});
  function->setLoc(FusedLoc::get(context, {loc}, program));
}

/// Tensor maps are the last parameters, 128 bytes by value that stay where the launch put them.
static void takeTensorMaps(LLVM::LLVMFuncOp function) {
  auto maps = function->getAttrOfType<IntegerAttr>("emo.tensor_maps");
  Builder b(function.getContext());
  for (unsigned i = function.getNumArguments() - (maps ? maps.getInt() : 0); i < function.getNumArguments(); ++i) {
    function.setArgAttr(i, LLVM::LLVMDialect::getByValAttrName(), TypeAttr::get(LLVM::LLVMArrayType::get(b.getI8Type(), 128)));
    function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(64));
    function.setArgAttr(i, NVVM::NVVMDialect::getGridConstantAttrName(), b.getUnitAttr());
  }
}

/// LLVM would end the process where an operation has no code for the chosen architecture.
static const char *neededArch(StringRef operation, const DeviceArch &arch) {
  struct Need {
    StringLiteral prefix;
    unsigned from, to; // architectures that have it
    const char *text;
  };
  static constexpr unsigned kNewest = ~0u;
  static constexpr Need kNeeds[] = {
      {"wgmma.", 90, 90, "sm_90a"},
      {"tcgen05.", 100, 119, "sm_100a"},
      {"clusterlaunchcontrol.", 100, kNewest, "sm_100a or newer"},
      {"setmaxnreg.", 90, kNewest, "sm_90a or newer"},
      {"cp.async.bulk.", 90, kNewest, "sm_90a or newer"},
      {"cp.reduce.async.bulk", 90, kNewest, "sm_90a or newer"},
      {"prefetch.tensormap", 90, kNewest, "sm_90a or newer"},
      {"fence.proxy.", 90, kNewest, "sm_90a or newer"},
      {"fence.mbarrier_init", 90, kNewest, "sm_90a or newer"},
      {"fence.acquire.sync_restrict", 90, kNewest, "sm_90a or newer"},
      {"fence.release.sync_restrict", 90, kNewest, "sm_90a or newer"},
      {"fence.sc.cluster", 90, kNewest, "sm_90a or newer"},
      {"mbarrier.try.wait", 90, kNewest, "sm_90a or newer"},
      {"mbarrier.try_wait", 90, kNewest, "sm_90a or newer"},
      {"mbarrier.arrive.expect.tx", 90, kNewest, "sm_90a or newer"},
      {"mbarrier.arrive.drop.expect.tx", 90, kNewest, "sm_90a or newer"},
      {"mbarrier.expect.tx", 90, kNewest, "sm_90a or newer"},
      {"mbarrier.complete.tx", 90, kNewest, "sm_90a or newer"},
      {"elect.sync", 90, kNewest, "sm_90a or newer"},
      {"stmatrix.", 90, kNewest, "sm_90a or newer"},
      {"mapa", 90, kNewest, "sm_90a or newer"},
      {"barrier.cluster.", 90, kNewest, "sm_90a or newer"},
      {"getctarank", 90, kNewest, "sm_90a or newer"},
      {"is_explicit_cluster", 90, kNewest, "sm_90a or newer"},
      {"read.ptx.sreg.cluster", 90, kNewest, "sm_90a or newer"},
      {"read.ptx.sreg.nclusterid", 90, kNewest, "sm_90a or newer"},
      {"griddepcontrol.", 90, kNewest, "sm_90a or newer"},
      {"mma.block.scale", 120, kNewest, "sm_120a"},
      {"redux.sync.fmin", 100, 119, "sm_100a"},
      {"redux.sync.fmax", 100, 119, "sm_100a"},
  };
  for (const Need &need : kNeeds)
    if (operation.starts_with(need.prefix) && (arch.sm < need.from || arch.sm > need.to))
      return need.text;
  return nullptr;
}

/// Mathematics for which the back end would want a library.
static bool needsLibrary(llvm::Intrinsic::ID id) {
  switch (id) {
  case llvm::Intrinsic::exp:
  case llvm::Intrinsic::exp2:
  case llvm::Intrinsic::exp10:
  case llvm::Intrinsic::ldexp:
  case llvm::Intrinsic::frexp:
  case llvm::Intrinsic::log:
  case llvm::Intrinsic::log2:
  case llvm::Intrinsic::log10:
  case llvm::Intrinsic::pow:
  case llvm::Intrinsic::powi:
  case llvm::Intrinsic::sin:
  case llvm::Intrinsic::cos:
  case llvm::Intrinsic::sincos:
  case llvm::Intrinsic::tan:
  case llvm::Intrinsic::asin:
  case llvm::Intrinsic::acos:
  case llvm::Intrinsic::atan:
  case llvm::Intrinsic::atan2:
  case llvm::Intrinsic::sinh:
  case llvm::Intrinsic::cosh:
  case llvm::Intrinsic::tanh:
    return true;
  default:
    return false;
  }
}

std::string emo::deviceOperation(const llvm::CallBase &call) {
  if (auto *text = dyn_cast<llvm::InlineAsm>(call.getCalledOperand())) {
    // "{ .reg .pred p; setp...; wgmma.mma_async... }": declarations, predicates and moves only dress the instruction that matters.
    std::string first;
    SmallVector<StringRef> statements;
    StringRef(text->getAsmString()).split(statements, ';');
    for (StringRef statement : statements) {
      statement = statement.trim(" \t\n{}");
      if (StringRef word = statement.take_until([](char c) { return llvm::isSpace(c); }); word.ends_with(":"))
        statement = statement.drop_front(word.size()).ltrim();
      if (statement.starts_with("@"))
        statement = statement.drop_until([](char c) { return c == ' '; }).ltrim();
      StringRef name = statement.take_until([](char c) { return llvm::isSpace(c); });
      if (name.empty() || name.starts_with("."))
        continue;
      if (first.empty())
        first = name.str();
      if (!name.starts_with("setp.") && !name.starts_with("mov.") && !name.starts_with("cvt."))
        return name.str();
    }
    return first;
  }
  const llvm::Function *callee = call.getCalledFunction();
  StringRef name = callee ? callee->getName() : "";
  return name.consume_front("llvm.nvvm.") ? name.str() : "";
}

static std::string lineOf(const llvm::Instruction &instruction) {
  return instruction.getDebugLoc() && instruction.getDebugLoc().getLine()
             ? " (line " + std::to_string(instruction.getDebugLoc().getLine()) + ")"
             : "";
}

static LogicalResult checkCalls(const DeviceCode &code) {
  for (llvm::Function &function : *code.module)
    for (llvm::Instruction &instruction : llvm::instructions(function)) {
      auto *call = dyn_cast<llvm::CallBase>(&instruction);
      if (!call)
        continue;
      auto error = [&] { return emitError(code.loc) << "kernel '" << function.getName() << "'" << lineOf(instruction); };
      std::string operation = deviceOperation(*call);
      if (!operation.empty()) {
        if (const char *needed = neededArch(operation, *code.arch))
          return error() << " uses '" << operation << "', which needs " << needed << ", and is compiled for " << code.arch->name;
        continue;
      }
      llvm::Function *callee = call->getCalledFunction();
      if (callee && needsLibrary(callee->getIntrinsicID()))
        return error() << " calls '" << callee->getName() << "', which has no code on the device: there is no mathematical library";
      if (!callee || (callee->isDeclaration() && !callee->isIntrinsic()))
        return error() << " calls " << (callee ? "'" + callee->getName().str() + "'" : "a pointer")
                       << ", expected functions that the module defines";
    }
  return success();
}

/// LLVM does not know that these need all lanes of a warp at one place, and would move copies of them into branches.
static void markConvergent(llvm::Module &module) {
  for (llvm::Function &function : module) {
    if (!function.isDeclaration())
      function.addFnAttr(llvm::Attribute::Convergent);
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *call = dyn_cast<llvm::CallBase>(&instruction)) {
        StringRef name = call->getCalledFunction() ? call->getCalledFunction()->getName() : "";
        if (call->isInlineAsm() || name.starts_with("llvm.nvvm.mma.") || name.starts_with("llvm.nvvm.wmma."))
          call->addFnAttr(llvm::Attribute::Convergent);
      }
  }
}

static void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

/// The architecture and PTX version asked for, checked against what LLVM can do.
static LogicalResult chooseArch(gpu::GPUModuleOp module, const DeviceOptions &options, DeviceCode &code) {
  std::string name = options.arch;
  if (auto device = module->getAttrOfType<StringAttr>("emo.device"); name.empty() && device)
    name = device.getValue().str();
  if (name.empty())
    return module.emitOpError("has no attribute emo.device, expected the architecture to compile for, such as \"sm_80\"");
  code.arch = findDeviceArch(name);
  if (!code.arch) {
    auto diagnostic = module.emitOpError() << "is for the architecture '" << name << "', expected ";
    for (auto [i, arch] : llvm::enumerate(deviceArchs()))
      diagnostic << (i == 0 ? "" : i + 1 == deviceArchs().size() ? " or " : ", ") << arch.name;
    return diagnostic;
  }
  static constexpr unsigned kNewestPtx = 90;
  code.ptx = options.ptx ? options.ptx : code.arch->ptx;
  if (code.ptx < code.arch->minPtx || code.ptx > kNewestPtx)
    return module.emitOpError() << "asks for PTX " << code.ptx / 10 << "." << code.ptx % 10 << ", expected " << code.arch->minPtx / 10
                                << "." << code.arch->minPtx % 10 << " to " << kNewestPtx / 10 << "." << kNewestPtx % 10 << " for "
                                << code.arch->name;
  // LLVM knows some versions only.
  if (!llvm::is_contained({70, 71, 72, 73, 74, 75, 76, 77, 78, 80, 81, 82, 83, 84, 85, 86, 87, 88, 90}, int(code.ptx)))
    return module.emitOpError() << "asks for PTX " << code.ptx / 10 << "." << code.ptx % 10 << ", which this compiler cannot write";
  return success();
}

FailureOr<DeviceCode> emo::translateDevice(gpu::GPUModuleOp module, const DeviceOptions &options) {
  DeviceCode code(module.getLoc());
  code.lineInfo = options.lineInfo;
  if (failed(chooseArch(module, options, code)))
    return failure();
  std::unique_ptr<llvm::TargetMachine> machine = makeDeviceMachine(*code.arch, code.ptx, code.loc);
  if (!machine)
    return failure();

  OwningOpRef<gpu::GPUModuleOp> copy = module.clone();
  llvm::StringMap<int64_t> shared;
  for (Operation &op : *copy->getBody()) {
    auto function = dyn_cast<LLVM::LLVMFuncOp>(op);
    if (isa<gpu::GPUFuncOp>(op))
      return op.emitOpError("is not in the LLVM dialect yet");
    if (!function)
      continue;
    addSubprogram(function);
    takeTensorMaps(function);
    if (function->hasAttr("emo.spills_nothing")) // a bound that holds anyhow, instead of ptxas's own
      function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(), IntegerAttr::get(IntegerType::get(function.getContext(), 32), 1));
    if (auto bytes = function->getAttrOfType<IntegerAttr>("emo.shared_bytes"))
      shared[function.getName()] = bytes.getInt();
  }
  code.module = translateModuleToLLVMIR(*copy, *code.context, module.getName());
  if (!code.module)
    return failure();
  code.module->setTargetTriple(machine->getTargetTriple());
  code.module->setDataLayout(machine->createDataLayout());
  if (failed(checkCalls(code)))
    return failure();
  markConvergent(*code.module);
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(*code.module, &stream))
    return emitError(code.loc) << "gpu.module '" << module.getName() << "' makes invalid LLVM IR: " << problem;
  optimise(*code.module, *machine);
  for (const llvm::Function &function : *code.module) {
    if (function.getCallingConv() != llvm::CallingConv::PTX_Kernel)
      continue;
    DeviceKernel kernel{function.getName().str(), 1, shared.lookup(function.getName())};
    SmallVector<StringRef> sizes;
    function.getFnAttribute("nvvm.maxntid").getValueAsString().split(sizes, ',');
    for (StringRef size : sizes)
      if (unsigned value; !size.getAsInteger(10, value))
        kernel.threads *= value;
    code.kernels.push_back(std::move(kernel));
  }
  return code;
}
