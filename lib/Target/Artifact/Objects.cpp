// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLVM dialect -> object files, one LLVM context per module so that they can be compiled in parallel.
#include "Descriptor.h"
#include "emo/Target/Artifact.h"
#include "emo/Target/DeviceCode.h"
#include "emo/Target/HostMachine.h"
#include "emo/Target/IsaLevel.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>
#include <thread>

using namespace mlir;
using namespace emo;

namespace {
/// One LLVM module and what it is compiled for. The context is declared first: it must outlive the module.
struct Unit {
  std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module;
  StringRef cpu, features;
  bool kernels = false;
  std::string result;
};
} // namespace

static void optimise(Unit &unit, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  // Kernels are vectors already; guessing further costs time and code.
  tuning.LoopVectorization = tuning.SLPVectorization = !unit.kernels;
  tuning.LoopInterleaving = !unit.kernels;
  tuning.LoopUnrolling = !unit.kernels;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(*unit.module, modules);
}

/// Returns a message on failure.
static std::string compile(Unit &unit, bool textOnly) {
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = makeHostMachine(unit.cpu, unit.features, llvm::CodeGenOptLevel::Aggressive, error);
  if (!machine)
    return error;
  unit.module->setTargetTriple(machine->getTargetTriple());
  unit.module->setDataLayout(machine->createDataLayout());
  optimise(unit, *machine);
  if (textOnly) {
    for (llvm::Function &function : *unit.module)
      if (!function.isDeclaration()) {
        function.addFnAttr("target-cpu", unit.cpu);
        if (!unit.features.empty())
          function.addFnAttr("target-features", unit.features);
      }
    llvm::raw_string_ostream stream(unit.result);
    llvm::WriteBitcodeToFile(*unit.module, stream);
    return "";
  }
  SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager codegen;
  if (machine->addPassesToEmitFile(codegen, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return "the x86-64 back end cannot write object files";
  codegen.run(*unit.module);
  unit.result = object.str().str();
  return "";
}

/// One module of the units' bitcode, as text; a message on failure.
static std::string linkText(ArrayRef<Unit> units, std::string &text) {
  llvm::LLVMContext context;
  llvm::Module all("emo", context);
  for (const Unit &unit : units) {
    auto module = llvm::parseBitcodeFile(llvm::MemoryBufferRef(unit.result, unit.module->getName()), context);
    if (!module)
      return llvm::toString(module.takeError());
    if (llvm::Linker::linkModules(all, std::move(*module)))
      return "LLVM modules do not fit together";
  }
  llvm::raw_string_ostream(text) << all;
  return "";
}

/// The host's functions without parameters and kernels.
static OwningOpRef<ModuleOp> hostModule(ModuleOp module) {
  OwningOpRef<ModuleOp> host = module.clone();
  for (Operation &op : llvm::make_early_inc_range(*host->getBody()))
    if (isa<ModuleOp, gpu::GPUModuleOp, ParamOp>(op))
      op.erase();
  // Attributes of ours mean nothing to LLVM.
  for (NamedAttribute attr : llvm::to_vector((*host)->getAttrs()))
    if (attr.getName().getValue().starts_with("emo."))
      (*host)->removeAttr(attr.getName());
  return host;
}

static OwningOpRef<ModuleOp> kernelModule(ModuleOp nested, StringRef isa) {
  OwningOpRef<ModuleOp> kernels = nested.clone();
  (*kernels)->removeAttr("emo.isa");
  (*kernels)->removeAttr("emo.base_isa");
  for (auto function : kernels->getOps<LLVM::LLVMFuncOp>())
    if (function.getLinkage() == LLVM::Linkage::External)
      function.setSymName(kernelSymbol(function.getSymName(), isa));
  return kernels;
}

/// PTX of a gpu.module and, for `object`, its kernels for the emulator.
static LogicalResult compileDevice(gpu::GPUModuleOp module, DeviceBinary &binary, std::string *object) {
  FailureOr<DeviceCode> code = translateDevice(module);
  if (failed(code))
    return failure();
  FailureOr<std::string> ptx = emitPtx(*code);
  if (failed(ptx))
    return failure();
  binary.ptx = std::move(*ptx);
  if (!object)
    return success();
  FailureOr<HostCode> host = lowerToHost(*code);
  if (failed(host))
    return failure();
  FailureOr<std::string> text = emitHostObject(*host);
  if (failed(text))
    return failure();
  *object = std::move(*text);
  for (auto kernel : binary.kernels.getAsRange<StringAttr>())
    binary.emulated.push_back(emulatedSymbol(*code->arch, kernel.getValue()));
  return success();
}

/// Calls body(i) for 0..count on so many threads.
static void inParallel(int threads, size_t count, function_ref<void(size_t)> body) {
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next++) < count;)
      body(i);
  };
  std::vector<std::thread> workers;
  for (size_t i = 1; i < std::min<size_t>(threads, count); ++i)
    workers.emplace_back(work);
  work();
  for (std::thread &worker : workers)
    worker.join();
}

/// The code of all gpu.modules; objects for the emulator are added to `objects`.
static FailureOr<std::vector<DeviceBinary>> compileDevices(ModuleOp module, const DeviceOutput &options, int threads, Objects &objects) {
  SmallVector<gpu::GPUModuleOp> modules(module.getOps<gpu::GPUModuleOp>());
  llvm::DenseMap<Attribute, DictionaryAttr> described;
  if (auto devices = module->getAttrOfType<ArrayAttr>("emo.devices"))
    for (auto device : devices.getAsRange<DictionaryAttr>())
      described[device.get("arch")] = device;
  std::vector<DeviceBinary> binaries(modules.size());
  for (auto [nested, binary] : llvm::zip_equal(modules, binaries)) {
    DictionaryAttr device = described.lookup(nested->getAttr("emo.device"));
    if (!device)
      return nested.emitError() << "is not described in the module's emo.devices; run the phase llvm again";
    binary.arch = device.getAs<StringAttr>("arch").getValue();
    binary.kernels = device.getAs<ArrayAttr>("kernels");
    binary.entries = device.getAs<ArrayAttr>("entries");
  }
  std::vector<std::string> emulated(modules.size());
  std::atomic<bool> failedAny{false};
  inParallel(threads, modules.size(), [&](size_t i) {
    if (failed(compileDevice(modules[i], binaries[i], options.emulation ? &emulated[i] : nullptr)))
      failedAny = true;
  });
  if (failedAny)
    return failure();
  if (options.emulation)
    llvm::append_range(objects, emulated);
  return binaries;
}

FailureOr<Objects> emo::emitObjects(ModuleOp module, int threads, std::string *llvmIR, StringRef tokenizer, const DeviceOutput &device) {
  auto entries = module->getAttrOfType<ArrayAttr>("emo.entries");
  if ((!entries || entries.empty()) && !module->hasAttr("emo.devices")) {
    module.emitError() << "has no entry to run, expected a public function such as @forward";
    return failure();
  }
  Objects objects;
  FailureOr<std::vector<DeviceBinary>> binaries = compileDevices(module, device, threads, objects);
  if (failed(binaries))
    return failure();
  std::vector<Unit> units;
  {
    Unit host;
    host.cpu = "x86-64-v2";
    host.module = translateModuleToLLVMIR(*hostModule(module), *host.context, "emo_host");
    if (!host.module)
      return failure();
    if (failed(addDescriptor(module, layoutWeights(module), tokenizer, *binaries, *host.module)))
      return failure();
    units.push_back(std::move(host));
  }
  for (ModuleOp nested : module.getOps<ModuleOp>()) {
    auto isa = nested->getAttrOfType<StringAttr>("emo.isa");
    if (!isa)
      continue;
    const IsaLevel *level = findIsaLevel(isa.getValue());
    if (!level) {
      nested.emitError() << "has the ISA level '" << isa.getValue() << "', which this compiler does not know";
      return failure();
    }
    Unit unit;
    unit.cpu = level->cpu;
    unit.features = level->features;
    unit.kernels = true;
    unit.module = translateModuleToLLVMIR(*kernelModule(nested, isa.getValue()), *unit.context, isa.getValue());
    if (!unit.module)
      return failure();
    units.push_back(std::move(unit));
  }
  std::mutex mutex;
  std::string error;
  inParallel(threads, units.size(), [&](size_t i) {
    std::string message = compile(units[i], llvmIR != nullptr);
    std::lock_guard<std::mutex> lock(mutex);
    if (!message.empty())
      error = message;
  });
  if (error.empty() && llvmIR)
    error = linkText(units, *llvmIR);
  if (!error.empty()) {
    module.emitError() << "cannot be compiled: " << error;
    return failure();
  }
  if (!llvmIR)
    for (Unit &unit : units)
      objects.push_back(std::move(unit.result));
  return objects;
}
