// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-run: runs a model of any phase in this process. The same object code as in an artifact, handed to the same runtime.
#include "../../lib/Runtime/CommandLine/Commands.h"
#include "../common/Jit.h"
#include "../common/Targets.h"
#include "emo/Import/Model.h"
#include "emo/Pipelines/Pipelines.h"
#include "emo/Pipelines/Register.h"
#include "emo/Target/Artifact.h"
#include "emo/Target/Weights.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/ToolUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

#include <sys/mman.h>
#include <thread>

using namespace mlir;
using namespace emo;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"emo-run options"};
  cl::opt<std::string> model{cl::Positional, cl::Required, cl::desc("FILE.mlir of any phase (or a model that emo-compile takes)"), cl::cat(category)};
  cl::opt<std::string> inputs{"inputs", cl::Required, cl::desc("Folder with one .npy per input"), cl::cat(category)};
  cl::opt<std::string> outputs{"outputs", cl::Required, cl::desc("Folder for one .npy per output"), cl::cat(category)};
  cl::opt<std::string> entry{"entry", cl::desc("Entry to run"), cl::init("forward"), cl::cat(category)};
  cl::opt<std::string> cpu{"cpu", cl::desc("ISA level: native or one level"), cl::init("native"), cl::cat(category)};
  cl::opt<std::string> device{"device", cl::desc("Where to run: cpu (default), emulate (CUDA kernels on this CPU, with checks) or cuda"), cl::init("cpu"), cl::cat(category)};
  cl::opt<std::string> emulation{"emulation", cl::desc("Of --device=emulate: lazy, schedule=..., seed=N, threads=N, no-checks, counters"), cl::value_desc("options"), cl::cat(category)};
  cl::opt<std::string> cudaArch{"cuda-arch", cl::desc("CUDA architecture: sm_80 (default), sm_90a, sm_100a or sm_120a"), cl::init("sm_80"), cl::value_desc("arch"), cl::cat(category)};
  WordOption<ModelDtype> dtype{"dtype", cl::desc("Arithmetic of an imported model"), cl::init(ModelDtype::Keep), cl::cat(category),
                            cl::values(clEnumValN(ModelDtype::Keep, "keep", "as stored (default)"), clEnumValN(ModelDtype::F32, "f32", "f32"),
                                       clEnumValN(ModelDtype::BF16, "bf16", "bf16 with f32 accumulation"),
                                       clEnumValN(ModelDtype::F16, "f16", "f16 with f32 accumulation; CPU programs have no kernels for it"))};
  cl::opt<std::string> reference{"reference", cl::ValueOptional, cl::desc("Run the reference lowering instead of kernels, with everything in f32 or f64 (default: the model's types)"),
                                 cl::value_desc("type"), cl::cat(category)};
  cl::opt<std::string> weightsDir{"weights-dir", cl::desc("Folder of the model's files, when it is not where it was at import"), cl::cat(category)};
  cl::opt<unsigned> threads{"threads", cl::desc("Threads of the run (default: all CPUs)"), cl::init(0), cl::cat(category)};
};
} // namespace

static int fail(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "emo-run") << message << "\n";
  return 1;
}

int main(int argc, char **argv) {
  IgnoredSignals ignored;
  llvm::InitLLVM init(argc, argv);
  ignored.restore();
  forgetLibraryOptions();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv, "emo-run: runs a model of any phase\n");
  std::optional<std::vector<std::string>> levels = levelsOf(options.cpu);
  if (!levels || levels->size() != 1)
    return fail("--cpu expects native, x86-64-v2, x86-64-v3, x86-64-v4, avx512bf16 or amx; got '" + options.cpu + "'");
  int threads = options.threads ? int(options.threads) : int(std::max(1u, std::thread::hardware_concurrency()));

  DialectRegistry registry;
  emo::registerAllDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  ToolDiagnostics toolDiagnostics(&context, "emo-run");
  ModelOptions modelOptions;
  modelOptions.huggingFace.dtype = options.dtype;
  OwningOpRef<ModuleOp> module = loadModel(options.model, modelOptions, &context);
  if (!module)
    return 1;
  PipelineOptions pipeline;
  pipeline.cpu.levels = *levels;
  bool onDevice = options.device != "cpu";
  if (onDevice && options.device != "emulate" && options.device != "cuda")
    return fail("--device expects cpu, emulate or cuda; got '" + options.device + "'");
  if (!options.emulation.empty() && options.device != "emulate")
    return fail("--emulation is for --device=emulate");
  if (onDevice)
    pipeline.cuda.archs = std::vector<std::string>{options.cudaArch};
  if (options.reference.getNumOccurrences()) {
    if (options.reference != "" && options.reference != "f32" && options.reference != "f64")
      return fail("--reference expects f32, f64 or nothing for the model's types; got '" + options.reference + "'");
    // Kernel ops on tensors can still be decomposed: their phase runs again.
    std::optional<Phase> phase = modulePhase(*module);
    if (!phase)
      return 1;
    if (*phase > Phase::Kernels)
      return fail("--reference expects a module of at most phase kernels, got '" + options.model + "' of phase " + phaseName(*phase));
    if (*phase == Phase::Kernels)
      (*module)->setAttr(phaseAttrName, StringAttr::get(&context, phaseName(Phase::Differentiate)));
    pipeline.kernels.reference = true;
    pipeline.kernels.retype = options.reference;
  }
  if (failed(runPhasesUntil(*module, lastPhase, pipeline)))
    return 1;

  WeightsLayout layout = layoutWeights(*module);
  char *weights = nullptr;
  if (layout.bytes) {
    void *memory = mmap(nullptr, layout.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
      return fail("cannot allocate " + Twine(layout.bytes) + " bytes for weights");
    weights = static_cast<char *>(memory);
    WeightsRun run{threads, nullptr, nullptr};
    if (failed(runWeightPrograms(layout, weightsFolder(*module, options.weightsDir), run, [&](int64_t offset, const char *data, int64_t bytes) {
          memcpy(weights + offset, data, bytes);
          return true;
        })))
      return 1;
  }
  FailureOr<Objects> objects = emitObjects(*module, threads);
  if (failed(objects))
    return 1;
  Jit jit("emo-run", *objects);
  auto *program = jit.find<const emo_program *>("emo_program");

  emo_load_options load = {};
  load.threads = threads;
  load.weights_data = weights;
  load.device = options.device.c_str();
  load.device_options = options.device == "emulate" ? options.emulation.c_str() : nullptr;
  char message[1024];
  rt::ModelPtr model(emo_load(program, nullptr, &load, message, sizeof message));
  if (!model)
    return fail(message);
  return rt::runEntryOnFiles(model.get(), options.entry.c_str(), options.inputs, options.outputs);
}
