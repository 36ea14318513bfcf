// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-device: gpu.modules to what runs on a GPU or in the emulator, one stage at a time.
#include "../common/TextOutput.h"
#include "emo/Pipelines/Register.h"
#include "emo/Target/DeviceCode.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace emo;
namespace cl = llvm::cl;

namespace {
enum class Emit { Dialect, LLVM, Ptx, Cubin, HostLLVM, HostObject, Report, ReportJSON };
} // namespace

static cl::OptionCategory category("emo-device options");
static cl::opt<std::string> input(cl::Positional, cl::desc("<input file>"), cl::init("-"), cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("Output file"), cl::value_desc("file"), cl::init("-"), cl::cat(category));
static cl::opt<Emit> emit("emit", cl::desc("What to write"), cl::init(Emit::Ptx), cl::cat(category),
                          cl::values(clEnumValN(Emit::Dialect, "mlir", "Kernels in the LLVM dialect"),
                                     clEnumValN(Emit::LLVM, "llvm", "Optimised LLVM IR for the GPU"),
                                     clEnumValN(Emit::Ptx, "ptx", "PTX (default)"),
                                     clEnumValN(Emit::Cubin, "cubin", "Code for the GPU, by ptxas"),
                                     clEnumValN(Emit::HostLLVM, "host-llvm", "LLVM IR of the emulated kernels"),
                                     clEnumValN(Emit::HostObject, "host-object", "Object with the emulated kernels"),
                                     clEnumValN(Emit::Report, "report", "Registers, occupancy and instructions of each kernel"),
                                     clEnumValN(Emit::ReportJSON, "report-json", "The same as JSON")));
static cl::opt<std::string> arch("arch", cl::desc("Architecture, instead of the modules' emo.device"), cl::value_desc("sm_80"),
                                 cl::cat(category));
static cl::opt<std::string> only("module", cl::desc("Only the gpu.module of this name"), cl::value_desc("name"), cl::cat(category));
static cl::opt<unsigned> ptxVersion("ptx", cl::desc("PTX version, such as 80 for 8.0, instead of the architecture's own"), cl::init(0),
                                    cl::cat(category));
static cl::opt<std::string> ptxas("ptxas", cl::desc("Path of ptxas or of a CUDA toolkit"), cl::value_desc("path"), cl::cat(category));
static cl::opt<int64_t> blocks("blocks", cl::desc("Predict the time of a launch of so many blocks"), cl::init(0), cl::cat(category));
static cl::opt<double> matrixFma("fma", cl::desc("Multiply-adds of matrix instructions in that launch"), cl::init(0), cl::cat(category));
static cl::opt<double> bytes("bytes", cl::desc("Bytes that the launch reads and writes"), cl::init(0), cl::cat(category));
static cl::opt<bool> census("census", cl::desc("The input is a cubin: count its instructions"), cl::cat(category));
static cl::opt<bool> lineInfo("line-info", cl::desc("Source lines in PTX"), cl::cat(category));

/// Appends what --emit asks for.
static LogicalResult emitModule(gpu::GPUModuleOp module, std::string &result) {
  FailureOr<DeviceCode> code = translateDevice(module, {arch, ptxVersion, lineInfo});
  if (failed(code))
    return failure();
  FailureOr<std::string> text;
  switch (emit) {
  case Emit::Dialect:
    break;
  case Emit::LLVM:
    llvm::raw_string_ostream(text.emplace()) << *code->module;
    break;
  case Emit::Ptx:
    text = emitPtx(*code);
    break;
  case Emit::Cubin:
  case Emit::Report:
  case Emit::ReportJSON: {
    FailureOr<std::string> ptx = emitPtx(*code);
    FailureOr<Assembled> assembled = failed(ptx) ? FailureOr<Assembled>() : assemble(*code->arch, *ptx, code->loc, ptxas);
    if (failed(assembled))
      return failure();
    if (emit == Emit::Cubin) {
      text = assembled->cubin;
      break;
    }
    auto reports = reportKernels(*code, *assembled);
    if (failed(reports))
      return failure();
    if (blocks > 0)
      for (KernelReport &report : *reports)
        report.work = KernelWork{matrixFma, bytes, blocks};
    llvm::raw_string_ostream stream(text.emplace());
    DeviceReport report{std::move(*reports), {}};
    emit == Emit::Report ? writeReportText(report, stream) : writeReportJSON(report, stream);
    break;
  }
  case Emit::HostLLVM:
  case Emit::HostObject: {
    FailureOr<HostCode> host = lowerToHost(*code);
    if (failed(host))
      return failure();
    if (emit == Emit::HostObject) {
      text = emitHostObject(*host);
      break;
    }
    llvm::raw_string_ostream stream(text.emplace());
    for (const std::string &name : host->calls)
      stream << "; calls " << name << "\n";
    stream << *host->module;
    break;
  }
  }
  if (failed(text))
    return failure();
  result += *text;
  return success();
}

static LogicalResult run(ModuleOp module, std::string &result) {
  PassManager pm(module.getContext());
  populateDeviceToLLVMPipeline(pm);
  if (failed(pm.run(module)))
    return failure();
  if (emit == Emit::Dialect) {
    llvm::raw_string_ostream(result) << module << "\n";
    return success();
  }
  SmallVector<gpu::GPUModuleOp> modules;
  for (auto kernels : module.getOps<gpu::GPUModuleOp>())
    if (only.empty() || kernels.getName() == only)
      modules.push_back(kernels);
  if (modules.empty())
    return module.emitError() << "has no gpu.module" << (only.empty() ? "" : " '" + only + "'");
  if (modules.size() > 1 && (emit == Emit::HostObject || emit == Emit::Cubin || emit == Emit::ReportJSON))
    return module.emitError() << "has " << modules.size() << " gpu.modules and the output holds one; choose with --module";
  for (gpu::GPUModuleOp kernels : modules)
    if (failed(emitModule(kernels, result)))
      return failure();
  return success();
}

/// The process's status.
static int write(StringRef result) {
  std::string message = writeTextFile(output, [&](llvm::raw_ostream &stream) { stream << result; });
  if (!message.empty())
    llvm::errs() << "emo-device: " << message << "\n";
  return message.empty() ? 0 : 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "emo-device: compiles gpu.modules\n");
  DialectRegistry registry;
  emo::registerAllDialects(registry);
  MLIRContext context(registry);
  std::string message;
  auto file = openInputFile(input, &message);
  if (!file) {
    llvm::errs() << "emo-device: " << message << "\n";
    return 1;
  }
  std::string result;
  if (census) {
    ScopedDiagnosticHandler errors(&context, [](Diagnostic &error) { llvm::errs() << "emo-device: '" << input << "' " << error << "\n"; });
    auto kernels = readCubin(file->getBuffer(), UnknownLoc::get(&context));
    if (failed(kernels))
      return 1;
    llvm::raw_string_ostream stream(result);
    writeCensusText(*kernels, stream);
    return write(result);
  }
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(file), {});
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  return module && succeeded(run(*module, result)) ? write(result) : 1;
}
