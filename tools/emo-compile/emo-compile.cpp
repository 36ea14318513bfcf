// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-compile: a model in, a program out.
#include "../common/Targets.h"
#include "../common/TextOutput.h"
#include "emo/Import/Model.h"
#include "emo/Pipelines/Pipelines.h"
#include "emo/Pipelines/Register.h"
#include "emo/Target/Artifact.h"
#include "emo/Target/DeviceCode.h"
#include "emo/Target/Tokenizer.h"
#include "emo/Transforms/Phases.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/Timing.h"
#include "mlir/Support/ToolUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

#include <chrono>
#include <thread>
#include <unistd.h>

using namespace mlir;
using namespace emo;
namespace cl = llvm::cl;

namespace {
enum class Emit { Exe, Shared, Static, Object, LLVM, MLIR };

struct Options {
  cl::OptionCategory category{"emo-compile options"};
  cl::opt<std::string> model{cl::Positional, cl::desc("MODEL"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("Where to write (default: standard output for text)"), cl::value_desc("name"), cl::cat(category)};
  WordOption<Emit> emit{"emit", cl::desc("What to write"), cl::init(Emit::Exe), cl::cat(category),
                     cl::values(clEnumValN(Emit::Exe, "exe", "executable (default)"), clEnumValN(Emit::Shared, "shared", "shared library"),
                                clEnumValN(Emit::Static, "static", "static library and NAME.weights"),
                                clEnumValN(Emit::Object, "object", "object file and NAME.weights"),
                                clEnumValN(Emit::LLVM, "llvm", "LLVM IR"), clEnumValN(Emit::MLIR, "mlir", "MLIR after the last phase"))};
  cl::opt<std::string> untilBefore{"until-before", cl::desc("Stop before this phase and write MLIR"), cl::value_desc("phase"), cl::cat(category)};
  cl::opt<std::string> untilAfter{"until-after", cl::desc("Stop after this phase and write MLIR"), cl::value_desc("phase"), cl::cat(category)};
  cl::opt<std::string> cpu{"cpu", cl::desc("ISA levels: all, native, or one level"), cl::init("all"), cl::value_desc("level"), cl::cat(category)};
  cl::list<std::string> target{"target", cl::desc("What to make code for: cpu (default), cuda or cpu,cuda"), cl::CommaSeparated, cl::value_desc("target"), cl::cat(category)};
  cl::list<std::string> cudaArch{"cuda-arch", cl::desc("CUDA architectures: sm_80 (default), sm_90a, sm_100a, sm_120a"), cl::CommaSeparated, cl::value_desc("arch"), cl::cat(category)};
  cl::opt<bool> noEmulation{"no-emulation", cl::desc("Leave out the form of CUDA kernels that runs without a GPU (NAME run --device=emulate)"), cl::cat(category)};
  cl::list<std::string> cudaCode{"cuda-code", cl::desc("What CUDA kernels are kept as: ptx (default), or cubin,ptx: made by ptxas, starts without compiling"), cl::CommaSeparated, cl::value_desc("code"), cl::cat(category)};
  cl::opt<std::string> cudaReport{"cuda-report", cl::desc("Write what ptxas and models say of each CUDA kernel: JSON when FILE ends in .json, else text"), cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> ptxas{"ptxas", cl::desc("Path of ptxas or of a CUDA toolkit, for --cuda-code=cubin,ptx and --cuda-report"), cl::value_desc("path"), cl::cat(category)};
  WordOption<ModelDtype> dtype{"dtype", cl::desc("Arithmetic of an imported model"), cl::init(ModelDtype::Keep), cl::cat(category),
                            cl::values(clEnumValN(ModelDtype::Keep, "keep", "as stored (default)"), clEnumValN(ModelDtype::F32, "f32", "f32"),
                                       clEnumValN(ModelDtype::BF16, "bf16", "bf16 with f32 accumulation"),
                                       clEnumValN(ModelDtype::F16, "f16", "f16 with f32 accumulation; CPU programs have no kernels for it"))};
  WordOption<WeightsPlace> weights{"weights", cl::desc("Where weights go"), cl::init(WeightsPlace::Embedded), cl::cat(category),
                                cl::values(clEnumValN(WeightsPlace::Embedded, "embedded", "inside the program (default)"),
                                           clEnumValN(WeightsPlace::Separate, "separate", "NAME.weights beside it"),
                                           clEnumValN(WeightsPlace::None, "none", "nowhere: code alone, for weights packaged before"))};
  cl::opt<std::string> weightsDir{"weights-dir", cl::desc("Folder of the model's files, when it is not where it was at import"), cl::cat(category)};
  cl::opt<std::string> tokenizer{"tokenizer", cl::desc("The model's tokenizer.json, or none (default: the one in the model's folder, if any)"), cl::value_desc("file"), cl::cat(category)};
  cl::opt<unsigned> threads{"threads", cl::desc("Threads of the compiler (default: all CPUs)"), cl::init(0), cl::cat(category)};
  cl::opt<std::string> experts{"experts", cl::desc("Keep the experts of this expert set only"), cl::value_desc("file"), cl::cat(category)};
  cl::opt<bool> documentPools{"document-pools", cl::desc("Make a program that can choose experts from a prompt (NAME generate --document-pool=K)"), cl::cat(category)};
  cl::opt<bool> profile{"profile", cl::desc("Make a program that can measure experts (NAME profile)"), cl::cat(category)};
  cl::opt<bool> verbose{"verbose", cl::desc("Say on standard error which part of the model's files was read, how fast, and the memory it took"), cl::cat(category)};
  cl::opt<int64_t> eosId{"eos-id", cl::desc("EOS token id of an ONNX model"), cl::init(-1), cl::cat(category)};
  cl::opt<int64_t> maxPositions{"max-positions", cl::desc("Longest sequence of an ONNX model (default: from the config.json beside it, or 4096)"), cl::init(0), cl::cat(category)};
};

/// One line on a terminal, rewritten in place and gone at the end.
void showProgress(int64_t done, int64_t total) {
  fprintf(stderr, "\rpackaging weights: %5.1f %% of %.1f MB", 100.0 * double(done) / double(total), double(total) / 1e6);
}
void endProgress() { fputs("\r\033[K", stderr); }

/// What --verbose says. MB are 10^6 bytes.
void showStatistics(const PackagingStatistics &packaging, double seconds) {
  auto megabytes = [](int64_t bytes) { return double(bytes) / 1e6; };
  if (packaging.weightBytes) {
    fprintf(stderr, "model files: read %.1f of %.1f MB (%.1f %%)\n", megabytes(packaging.bytesRead), megabytes(packaging.fileBytes),
            packaging.fileBytes ? 100.0 * double(packaging.bytesRead) / double(packaging.fileBytes) : 0);
    fprintf(stderr, "weights: %.1f MB packaged in %.2f s, %.0f MB/s\n", megabytes(packaging.weightBytes), packaging.seconds,
            megabytes(packaging.weightBytes) / std::max(packaging.seconds, 1e-3));
  }
  // getrusage would count the process that started this one, too.
  long long kib = 0;
  if (auto status = llvm::MemoryBuffer::getFileAsStream("/proc/self/status"))
    for (StringRef line : llvm::split((*status)->getBuffer(), '\n'))
      if (line.consume_front("VmHWM:"))
        line.ltrim().consumeInteger(10, kib);
  fprintf(stderr, "all: %.2f s, at most %.1f MB of memory\n", seconds, double(kib) * 1024 / 1e6);
}
} // namespace

static int fail(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "emo-compile") << message << "\n";
  return 1;
}

/// The last phase to run; nothing with a message when the options contradict each other.
static std::optional<Phase> lastPhaseOf(const Options &options, std::string &error) {
  if (!options.untilBefore.empty() && !options.untilAfter.empty()) {
    error = "--until-before and --until-after exclude each other";
    return std::nullopt;
  }
  bool before = !options.untilBefore.empty();
  const std::string &name = before ? options.untilBefore : options.untilAfter;
  if (name.empty())
    return lastPhase;
  if (name == "package" && before)
    return lastPhase;
  std::optional<Phase> phase = parsePhase(name);
  if (before && phase == Phase::Import) {
    error = "--until-before=import would leave nothing to write: import is the first phase";
    return std::nullopt;
  }
  if (!phase) {
    error = "--until-" + std::string(before ? "before" : "after") + " expects a phase: " + phaseNames() + (before ? ", package" : "") +
            "; got '" + name + "'";
    return std::nullopt;
  }
  return before ? Phase(int(*phase) - 1) : *phase;
}

/// Whether `name` is among the targets.
static bool hasTarget(const Options &options, StringRef name) {
  return options.target.empty() ? name == "cpu" : llvm::is_contained(options.target, name);
}

/// Whether programs are to hold cubins.
static bool wantsCubins(const Options &options) { return llvm::is_contained(options.cudaCode, "cubin"); }

/// A message when options of CUDA code contradict each other or need what is not there.
static std::string contradictionOfCuda(const Options &options) {
  std::pair<const cl::Option &, bool> given[] = {{options.cudaArch, !options.cudaArch.empty()},
                                                 {options.noEmulation, options.noEmulation},
                                                 {options.cudaCode, !options.cudaCode.empty()},
                                                 {options.cudaReport, options.cudaReport.getNumOccurrences() != 0},
                                                 {options.ptxas, options.ptxas.getNumOccurrences() != 0}};
  for (auto &[option, isGiven] : given)
    if (isGiven && !hasTarget(options, "cuda"))
      return ("--" + option.ArgStr + " is for --target=cuda").str();
  std::vector<std::string> code(options.cudaCode.begin(), options.cudaCode.end());
  llvm::sort(code);
  if (!code.empty() && code != std::vector<std::string>{"ptx"} && code != std::vector<std::string>{"cubin", "ptx"})
    return "--cuda-code expects ptx or cubin,ptx; got '" + llvm::join(options.cudaCode, ",") + "'";
  if (options.cudaReport.getNumOccurrences() && options.cudaReport.empty())
    return "--cuda-report expects a file";
  if (wantsCubins(options) || !options.cudaReport.empty())
    return describeMissingPtxas(options.ptxas);
  return options.ptxas.getNumOccurrences() ? "--ptxas is for --cuda-code=cubin,ptx and --cuda-report" : "";
}

/// A message when options contradict each other.
static std::string contradictionOf(const Options &options, bool stops) {
  if (options.model.empty())
    return "expects a MODEL: a Hugging Face folder, an .onnx file, or .mlir of any phase";
  if (options.threads > 1024)
    return "--threads expects at most 1024, got " + std::to_string(options.threads);
  if (options.eosId.getNumOccurrences() && options.eosId < 0)
    return "--eos-id expects a token id, got " + std::to_string(options.eosId);
  if (options.maxPositions.getNumOccurrences() && options.maxPositions < 1)
    return "--max-positions expects a number of tokens, got " + std::to_string(options.maxPositions);
  for (const std::string &target : options.target)
    if (target != "cpu" && target != "cuda")
      return "--target expects cpu, cuda or cpu,cuda; got '" + target + "'";
  if (std::string problem = contradictionOfCuda(options); !problem.empty())
    return problem;
  bool program = options.emit != Emit::LLVM && options.emit != Emit::MLIR;
  bool alone = options.emit == Emit::Exe || options.emit == Emit::Shared;
  if (stops && options.emit.getNumOccurrences() && options.emit != Emit::MLIR)
    return "--until-before and --until-after write MLIR; they exclude every other --emit";
  if (options.weights.getNumOccurrences() && (stops || !program))
    return "--weights is for programs, not for text";
  if (options.tokenizer.getNumOccurrences() && (stops || !program))
    return "--tokenizer is for programs, not for text";
  if ((options.cudaReport.getNumOccurrences() || !options.cudaCode.empty()) && (stops || !program))
    return std::string(options.cudaCode.empty() ? "--cuda-report" : "--cuda-code") + " is for programs, not for text";
  if (options.verbose && (stops || !program))
    return "--verbose is for programs, not for text";
  if (options.tokenizer.getNumOccurrences() && options.tokenizer.empty())
    return "--tokenizer expects a tokenizer.json or none";
  if (options.weights.getNumOccurrences() && !alone && options.weights == WeightsPlace::Embedded)
    return "--weights=embedded is for executables and shared libraries; static libraries and object files have NAME.weights";
  if (!stops && program && options.output.empty())
    return "-o NAME is needed for a program";
  return "";
}

static int writeText(StringRef path, function_ref<void(llvm::raw_ostream &)> print) {
  std::string problem = writeTextFile(path, print);
  return problem.empty() ? 0 : fail(problem);
}

/// The process's status.
static int writeReport(StringRef path, const DeviceReport &report) {
  return writeText(path, [&](llvm::raw_ostream &os) { path.ends_with(".json") ? writeReportJSON(report, os) : writeReportText(report, os); });
}

int main(int argc, char **argv) {
  auto start = std::chrono::steady_clock::now();
  IgnoredSignals ignored;
  llvm::InitLLVM init(argc, argv);
  ignored.restore();
  forgetLibraryOptions();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv, "emo-compile: compiles Mixture-of-Experts models to native programs\n\n  MODEL is a Hugging Face folder, an .onnx file, or .mlir of any phase\n");

  std::string message;
  std::optional<Phase> last = lastPhaseOf(options, message);
  if (!last)
    return fail(message);
  bool stops = !options.untilBefore.empty() || !options.untilAfter.empty();
  message = contradictionOf(options, stops);
  if (!message.empty())
    return fail(message);
  std::optional<std::vector<std::string>> levels = levelsOf(options.cpu);
  if (!levels)
    return fail("--cpu expects all, native, x86-64-v2, x86-64-v3, x86-64-v4, avx512bf16 or amx; got '" + options.cpu + "'");
  int threads = options.threads ? int(options.threads) : int(std::max(1u, std::thread::hardware_concurrency()));

  DialectRegistry registry;
  emo::registerAllDialects(registry);
  MLIRContext context(registry, threads > 1 ? MLIRContext::Threading::ENABLED : MLIRContext::Threading::DISABLED);
  // A whole model behind each message would hide it.
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  ToolDiagnostics toolDiagnostics(&context, "emo-compile");
  bool text = stops || options.emit == Emit::LLVM || options.emit == Emit::MLIR;
  if (!(text && isSpecial(options.output)) && failed(checkOutput(options.output, &context)))
    return 1;
  if (!isSpecial(options.cudaReport) && failed(checkOutput(options.cudaReport, &context)))
    return 1;

  ModelOptions modelOptions;
  modelOptions.huggingFace.dtype = options.dtype;
  if (options.eosId >= 0)
    modelOptions.onnx.eosId = options.eosId;
  if (options.maxPositions > 0)
    modelOptions.maxPositions = options.maxPositions;
  OwningOpRef<ModuleOp> module = loadModel(options.model, modelOptions, &context);
  if (!module)
    return 1;
  // Before the work is done.
  FailureOr<std::string> tokenizer = text ? std::string() : packTokenizer(*module, options.weightsDir, options.tokenizer);
  if (failed(tokenizer))
    return 1;
  PipelineOptions pipeline;
  pipeline.cpu.levels = *levels;
  if (hasTarget(options, "cuda")) {
    std::vector<std::string> archs(options.cudaArch.begin(), options.cudaArch.end());
    pipeline.cuda.archs = archs.empty() ? std::vector<std::string>{"sm_80"} : archs;
    pipeline.cuda.keepCPU = hasTarget(options, "cpu");
  }
  pipeline.specialise.experts = options.experts;
  pipeline.specialise.documentPools = options.documentPools;
  pipeline.specialise.profile = options.profile;
  // They happen in the phase specialise; text that is past it would silently stay as it is.
  StringRef specialising = !options.experts.empty() ? "--experts" : options.profile ? "--profile" : options.documentPools ? "--document-pools" : "";
  if (!specialising.empty())
    if (std::optional<Phase> found = modulePhase(*module); found && *found >= Phase::Specialise)
      return fail(specialising + Twine(" needs a model before the phase specialise, got one after the phase ") + phaseName(*found));
  if (failed(runPhasesUntil(*module, *last, pipeline)))
    return 1;
  if (stops || options.emit == Emit::MLIR)
    return writeText(options.output, [&](llvm::raw_ostream &os) { module->print(os); os << "\n"; });
  if (options.emit == Emit::LLVM) {
    std::string ir;
    if (failed(emitObjects(*module, threads, &ir)))
      return 1;
    return writeText(options.output, [&](llvm::raw_ostream &os) { os << ir; });
  }
  if (failed(checkVocabulary(*module, *tokenizer)))
    return 1;
  ArtifactOptions artifact;
  artifact.kind = options.emit == Emit::Exe      ? ArtifactKind::Executable
                  : options.emit == Emit::Shared ? ArtifactKind::Shared
                  : options.emit == Emit::Static ? ArtifactKind::Static
                                                 : ArtifactKind::Object;
  artifact.output = options.output;
  artifact.weights = options.weights;
  artifact.weightsDir = options.weightsDir;
  artifact.tokenizer = std::move(*tokenizer);
  artifact.device.any = hasTarget(options, "cuda");
  artifact.device.emulation = !options.noEmulation;
  artifact.device.cubins = wantsCubins(options);
  artifact.device.ptxas = options.ptxas;
  DeviceReport report;
  if (!options.cudaReport.empty())
    artifact.device.report = &report;
  artifact.threads = threads;
  artifact.supportDir = supportDirectory(argv[0], reinterpret_cast<void *>(main));
  if (isatty(STDERR_FILENO)) {
    artifact.progress = showProgress;
    artifact.progressEnd = endProgress;
  }
  PackagingStatistics packaging;
  artifact.statistics = &packaging;
  if (failed(writeArtifact(*module, artifact)))
    return 1;
  if (!options.cudaReport.empty())
    if (int status = writeReport(options.cudaReport, report))
      return status;
  if (options.verbose)
    showStatistics(packaging, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return 0;
}
