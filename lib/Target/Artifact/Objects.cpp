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

#include <condition_variable>
#include <deque>
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
static std::string linkText(const std::deque<Unit> &units, std::string &text) {
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

namespace {
/// Work for threads that may lead to more of it.
class Jobs {
public:
  /// `next`: before what waits already.
  void add(std::function<void()> job, bool next = false) {
    std::lock_guard<std::mutex> lock(mutex);
    next ? waiting.push_front(std::move(job)) : waiting.push_back(std::move(job));
    changed.notify_one();
  }
  /// Returns when nothing is left to do.
  void run(int threads) {
    std::vector<std::thread> workers;
    for (int i = 1; i < threads; ++i)
      workers.emplace_back([&] { work(); });
    work();
    for (std::thread &worker : workers)
      worker.join();
  }

private:
  void work();

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> waiting;
  int running = 0;
};

/// What becomes of one gpu.module.
struct Device {
  gpu::GPUModuleOp module;
  DeviceBinary binary;
  std::optional<DeviceCode> code;
  std::optional<Assembled> assembled;
  std::string emulated; // object
};

/// Compiles the gpu.modules of a program.
class Devices {
public:
  Devices(ModuleOp module, const DeviceOutput &options) : module(module), options(options) {}

  /// What a launch needs to know about the modules.
  LogicalResult describe();
  /// Adds the work to `jobs`; `finish` is for when it is done.
  void start(Jobs &jobs);
  LogicalResult finish(Objects &objects);
  std::vector<DeviceBinary> binaries() const;

private:
  void compile(Device &device, Jobs &jobs);
  void runPtxas(Device &device);
  LogicalResult emulate(Device &device);
  LogicalResult report();

  ModuleOp module;
  const DeviceOutput &options;
  std::deque<Device> devices;
  std::atomic<bool> failedAny{false};
};
} // namespace

void Jobs::work() {
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return !waiting.empty() || running == 0; });
    if (waiting.empty())
      break;
    std::function<void()> job = std::move(waiting.front());
    waiting.pop_front();
    ++running;
    lock.unlock();
    job();
    lock.lock();
    --running;
  }
  changed.notify_all();
}

LogicalResult Devices::describe() {
  llvm::DenseMap<Attribute, DictionaryAttr> described;
  if (auto known = module->getAttrOfType<ArrayAttr>("emo.devices"))
    for (auto device : known.getAsRange<DictionaryAttr>())
      described[device.get("arch")] = device;
  for (auto nested : module.getOps<gpu::GPUModuleOp>()) {
    DictionaryAttr device = described.lookup(nested->getAttr("emo.device"));
    if (!device)
      return nested.emitError() << "is not described in the module's emo.devices; run the phase llvm again";
    DeviceBinary &binary = devices.emplace_back().binary;
    devices.back().module = nested;
    binary.arch = device.getAs<StringAttr>("arch").getValue();
    binary.kernels = device.getAs<ArrayAttr>("kernels");
    binary.entries = device.getAs<ArrayAttr>("entries");
  }
  return success();
}

void Devices::start(Jobs &jobs) {
  for (Device &device : devices)
    jobs.add([&] { compile(device, jobs); });
}

void Devices::compile(Device &device, Jobs &jobs) {
  FailureOr<DeviceCode> code = translateDevice(device.module);
  FailureOr<std::string> ptx = failed(code) ? FailureOr<std::string>() : emitPtx(*code);
  if (failed(ptx)) {
    failedAny = true;
    return;
  }
  device.code = std::move(*code);
  device.binary.ptx = std::move(*ptx);
  // It takes longest and is another process.
  if (options.cubins || options.report)
    jobs.add([&] { runPtxas(device); }, /*next=*/true);
  if (options.emulation && failed(emulate(device)))
    failedAny = true;
}

void Devices::runPtxas(Device &device) {
  FailureOr<Assembled> assembled = assemble(*device.code->arch, device.binary.ptx, device.code->loc, options.ptxas);
  if (failed(assembled))
    failedAny = true;
  else
    device.assembled = std::move(*assembled);
}

LogicalResult Devices::emulate(Device &device) {
  FailureOr<HostCode> host = lowerToHost(*device.code);
  FailureOr<std::string> object = failed(host) ? FailureOr<std::string>() : emitHostObject(*host);
  if (failed(object))
    return failure();
  device.emulated = std::move(*object);
  for (auto kernel : device.binary.kernels.getAsRange<StringAttr>())
    device.binary.emulated.push_back(emulatedSymbol(*device.code->arch, kernel.getValue()));
  return success();
}

LogicalResult Devices::finish(Objects &objects) {
  if (failedAny)
    return failure();
  for (Device &device : devices) {
    if (options.emulation)
      objects.push_back(std::move(device.emulated));
    if (options.cubins)
      device.binary.cubin = device.assembled->cubin;
  }
  return options.report ? report() : success();
}

LogicalResult Devices::report() {
  for (const Device &device : devices) {
    auto kernels = reportKernels(*device.code, *device.assembled);
    if (failed(kernels))
      return failure();
    llvm::append_range(options.report->kernels, *kernels);
  }
  addCalls(module->getAttrOfType<ArrayAttr>("emo.devices"), *options.report);
  return success();
}

std::vector<DeviceBinary> Devices::binaries() const {
  std::vector<DeviceBinary> list;
  for (const Device &device : devices)
    list.push_back(device.binary);
  return list;
}

FailureOr<Objects> emo::emitObjects(ModuleOp module, int threads, std::string *llvmIR, StringRef tokenizer, const DeviceOutput &device) {
  auto entries = module->getAttrOfType<ArrayAttr>("emo.entries");
  if ((!entries || entries.empty()) && !module->hasAttr("emo.devices")) {
    module.emitError() << "has no entry to run, expected a public function such as @forward";
    return failure();
  }
  Devices devices(module, device);
  if (failed(devices.describe()))
    return failure();
  std::deque<Unit> units;
  {
    Unit host;
    host.cpu = "x86-64-v2";
    host.module = translateModuleToLLVMIR(*hostModule(module), *host.context, "emo_host");
    if (!host.module)
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
  auto compileUnit = [&](Unit &unit) {
    std::string message = compile(unit, llvmIR != nullptr);
    std::lock_guard<std::mutex> lock(mutex);
    if (!message.empty())
      error = message;
  };
  Jobs jobs;
  devices.start(jobs);
  for (Unit &unit : units)
    jobs.add([&] { compileUnit(unit); });
  jobs.run(threads);
  Objects objects;
  if (failed(devices.finish(objects)))
    return failure();
  // What holds the devices' code.
  Unit program;
  program.cpu = "x86-64-v2";
  program.module = std::make_unique<llvm::Module>("emo_program", *program.context);
  if (failed(addDescriptor(module, layoutWeights(module), tokenizer, devices.binaries(), *program.module)))
    return failure();
  units.push_back(std::move(program));
  if (error.empty())
    compileUnit(units.back());
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
