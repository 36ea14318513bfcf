// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-mutate: takes each wait, fence, barrier and mask out of a program's CUDA kernels in turn and tells whether running it on the emulator
// shows that. What survives is a hole in the inputs, in the emulator's checks, or superfluous in the kernel.
#include "../../lib/Runtime/CommandLine/Commands.h"
#include "../../lib/Runtime/Npy.h"
#include "../../lib/Target/CUDA/DeviceCode/Mutate.h"
#include "../common/Jit.h"
#include "../common/Targets.h"
#include "emo/Import/Model.h"
#include "emo/Pipelines/Pipelines.h"
#include "emo/Pipelines/Register.h"
#include "emo/Runtime/EmulatedCode.h"
#include "emo/Target/Artifact.h"
#include "emo/Target/Weights.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/SourceMgr.h"

#include <cstring>
#include <map>

using namespace mlir;
using namespace emo;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"emo-mutate options"};
  cl::opt<std::string> model{cl::Positional, cl::Required, cl::desc("FILE.mlir of any phase"), cl::cat(category)};
  cl::list<std::string> inputs{"inputs", cl::desc("Folder with one .npy per input; several: each mutation is tried with all of them"),
                               cl::value_desc("folder"), cl::cat(category)};
  cl::opt<std::string> entry{"entry", cl::desc("Entry to run"), cl::init("forward"), cl::cat(category)};
  cl::opt<std::string> arch{"cuda-arch", cl::desc("CUDA architecture (default: sm_80)"), cl::init("sm_80"), cl::value_desc("arch"),
                            cl::cat(category)};
  cl::list<std::string> modes{"mode", cl::desc("Ways to run, as in --emulation; the default is four of them"), cl::value_desc("options"),
                              cl::cat(category)};
  cl::opt<std::string> kernel{"kernel", cl::desc("Mutate only kernels whose name matches"), cl::value_desc("regex"), cl::cat(category)};
  cl::opt<std::string> kind{
      "kind", cl::desc("Mutate only this: barrier, wait, commit, fence, mbarrier, lanes, registers, copy, guard, select or clamp"),
      cl::value_desc("kind"), cl::cat(category)};
  cl::list<unsigned> blocks{"blocks", cl::desc("Run only these blocks of each launch, by their x"), cl::value_desc("0,5,..."),
                            cl::CommaSeparated, cl::cat(category)};
  cl::opt<bool> list{"list", cl::desc("Only list the mutations"), cl::cat(category)};
  cl::opt<bool> reports{"reports", cl::desc("Show the emulator's reports as they are"), cl::cat(category)};
};

/// What a run came to.
struct Outcome {
  std::string error; // empty: it ended well
  std::vector<emo_tensor> outputs;

  Outcome() = default;
  Outcome(Outcome &&) = default;
  Outcome &operator=(Outcome &&) = default;
  ~Outcome() {
    for (emo_tensor &output : outputs)
      emo_release(&output);
  }
};

/// Inputs of the entry, what it gives for them, and which mutations lie on the way.
struct Case {
  std::vector<rt::NpyArray> arrays;
  std::vector<emo_tensor> inputs;
  Outcome expected;
  std::vector<bool> reached;
};

/// A program whose kernels have all mutations, asleep.
class Program {
public:
  explicit Program(const Options &options) : options(options) {}
  bool compile(ModuleOp module);
  bool open();
  bool addCase(const std::string &folder);
  /// Prints what becomes of each mutation.
  void mutate();

  std::vector<Mutation> mutations;

private:
  Outcome run(const Case &item, emo_model *model);
  bool isWanted(const Mutation &mutation) const;
  std::pair<StringRef, std::string> tryOut(uint32_t number);

  const Options &options;
  std::unique_ptr<Jit> jit;
  std::vector<char> weights;
  emo_program program;
  emo_device_code code;
  std::vector<emo_device_kernel> kernels;
  std::vector<rt::ModelPtr> models; // one for each mode
  std::vector<std::string> modes;
  std::vector<Case> cases;
};
} // namespace

static bool fail(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "emo-mutate") << message << "\n";
  return false;
}

//===----------------------------------------------------------------------===//
// Mutations at run time
//===----------------------------------------------------------------------===//

// With the first mode mutations are tried, with all of them the kernels as they are.
static constexpr size_t kTriedModes = 1;
static constexpr uint32_t kNone = kSkipsBlock - 1;
static uint32_t awake = kNone;
static std::vector<uint32_t> blocksToRun; // empty: all
static std::vector<bool> reached;

static bool skipsBlock() { return !blocksToRun.empty() && !llvm::is_contained(blocksToRun, emo_sim_read_ptx_sreg_ctaid_x()); }

/// Called by mutated kernels, on the emulator's fibers.
static uint32_t isMutated(uint32_t number) {
  if (number == kSkipsBlock)
    return skipsBlock();
  reached[number] = true;
  return number == awake;
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

/// Only the host's part is wanted of what emitObjects makes: kernels without a body cost nothing.
static void dropBodies(gpu::GPUModuleOp module) {
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    function->removeAttr("emo.shared_bytes");
    Region &body = function.getBody();
    for (Block &block : body)
      block.dropAllDefinedValueUses();
    while (body.getBlocks().size() > 1)
      body.back().erase();
    body.front().clear();
    OpBuilder b = OpBuilder::atBlockEnd(&body.front());
    LLVM::ReturnOp::create(b, function.getLoc(), ValueRange());
  }
}

bool Program::compile(ModuleOp module) {
  PipelineOptions pipeline;
  pipeline.cuda.archs = std::vector<std::string>{options.arch};
  if (failed(runPhasesUntil(module, lastPhase, pipeline)))
    return false;
  auto found = module.getOps<gpu::GPUModuleOp>();
  if (found.empty())
    return fail("'" + options.model + "' has no kernels for devices");
  gpu::GPUModuleOp device = *found.begin();
  FailureOr<DeviceCode> translated = translateDevice(device);
  if (failed(translated))
    return false;
  mutations = seedMutations(*translated);
  if (options.list)
    return true;
  FailureOr<HostCode> host = lowerToHost(*translated);
  FailureOr<std::string> object = failed(host) ? FailureOr<std::string>() : emitHostObject(*host);
  if (failed(object))
    return false;
  dropBodies(device);
  DeviceOutput output;
  output.emulation = false;
  FailureOr<Objects> objects = emitObjects(module, 1, nullptr, {}, output);
  if (failed(objects))
    return false;

  objects->push_back(std::move(*object));
  std::pair<StringRef, void *> seam("emo_sim_mutated", reinterpret_cast<void *>(isMutated));
  jit = std::make_unique<Jit>("emo-mutate", *objects, seam);
  program = *jit->find<const emo_program *>("emo_program");
  code = program.device_codes[0];
  for (int32_t i = 0; i < code.num_kernels; ++i) {
    const char *name = code.kernels[i].name;
    std::string symbol = emulatedSymbol(*translated->arch, name);
    kernels.push_back({name, jit->find<void (*)(const int64_t *)>(symbol)});
  }
  code.kernels = kernels.data();
  program.device_codes = &code;
  program.emulator = &emo_rt_emulator;

  WeightsLayout layout = layoutWeights(module);
  weights.resize(layout.bytes);
  WeightsRun run{1, nullptr, nullptr};
  return succeeded(runWeightPrograms(layout, weightsFolder(module, ""), run, [&](int64_t offset, const char *data, int64_t bytes) {
    memcpy(weights.data() + offset, data, bytes);
    return true;
  }));
}

bool Program::open() {
  modes.assign(options.modes.begin(), options.modes.end());
  if (modes.empty())
    modes = {"lazy,schedule=reversed", "schedule=run-ahead,seed=1", "lazy,schedule=random,seed=1", ""};
  for (const std::string &mode : modes) {
    emo_load_options load = {};
    load.threads = 1;
    load.weights_data = weights.data();
    load.device = "emulate";
    load.device_options = mode.c_str();
    char message[1024];
    models.emplace_back(emo_load(&program, nullptr, &load, message, sizeof message));
    if (!models.back())
      return fail(message);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Outcome Program::run(const Case &item, emo_model *model) {
  Outcome outcome;
  outcome.outputs.resize(emo_entry(model, options.entry.c_str())->num_outputs);
  char message[4096];
  if (emo_run(model, options.entry.c_str(), item.inputs.data(), item.inputs.size(), outcome.outputs.data(), outcome.outputs.size(), message,
              sizeof message) != 0)
    outcome.error = message;
  return outcome;
}

static bool haveSameBits(const Outcome &a, const Outcome &b) {
  for (auto [x, y] : llvm::zip_equal(a.outputs, b.outputs)) {
    int64_t bytes = int64_t(emo_dtype_bytes(x.dtype));
    for (int32_t d = 0; d < x.rank; ++d)
      bytes *= x.dims[d];
    if (!std::equal(x.dims, x.dims + x.rank, y.dims) || memcmp(x.data, y.data, bytes) != 0)
      return false;
  }
  return true;
}

/// The kernels as they are must pass all modes with the same bits.
bool Program::addCase(const std::string &folder) {
  const emo_entry_desc *entry = emo_entry(models[0].get(), options.entry.c_str());
  if (!entry)
    return fail("the program has no entry '" + options.entry + "'");
  Case &item = cases.emplace_back();
  item.arrays.resize(entry->num_inputs);
  for (int32_t i = 0; i < entry->num_inputs; ++i) {
    std::string error;
    if (!rt::readNpy(folder + "/" + rt::npyFileName(entry->inputs[i].name), item.arrays[i], error))
      return fail(error);
    item.inputs.push_back(item.arrays[i].tensor);
    if (entry->inputs[i].dtype == EMO_BF16 && item.inputs[i].dtype == EMO_U16)
      item.inputs[i].dtype = EMO_BF16;
  }
  reached.assign(mutations.size(), false);
  for (auto [i, model] : llvm::enumerate(models)) {
    Outcome outcome = run(item, model.get());
    if (!outcome.error.empty())
      return fail("the kernels as they are fail with '" + folder + "' and '" + modes[i] + "': " + outcome.error);
    if (i && !haveSameBits(outcome, item.expected))
      return fail("the kernels as they are give other bits with '" + folder + "' and '" + modes[i] + "' than with '" + modes[0] + "'");
    if (!i)
      item.expected = std::move(outcome);
  }
  item.reached = reached;
  return true;
}

bool Program::isWanted(const Mutation &mutation) const {
  return (options.kind.empty() || mutation.kind == options.kind) &&
         (options.kernel.empty() || llvm::Regex(options.kernel).match(mutation.kernel));
}

/// "report", "wrong result", "survives" or "not reached", and for the first two what shows it.
std::pair<StringRef, std::string> Program::tryOut(uint32_t number) {
  bool isReached = false;
  for (auto [i, item] : llvm::enumerate(cases)) {
    if (!item.reached[number])
      continue;
    isReached = true;
    for (size_t m = 0; m < std::min(models.size(), kTriedModes); ++m) {
      const std::string &mode = modes[m];
      awake = number;
      Outcome outcome = run(item, models[m].get());
      awake = kNone;
      std::string where = options.inputs[i] + (mode.empty() ? "" : " with " + mode);
      if (!outcome.error.empty())
        return {"report",
                where + (options.reports ? "\n" + outcome.error + "\n" : ": " + StringRef(outcome.error).split('\n').first.str())};
      if (!haveSameBits(outcome, item.expected))
        return {"wrong result", where};
    }
  }
  return {isReached ? "survives" : "not reached", ""};
}

void Program::mutate() {
  struct Count {
    unsigned seeded = 0, reported = 0, wrong = 0, survived = 0;
  };
  std::map<std::pair<std::string, StringRef>, Count> counts;
  Count all;
  for (auto [number, mutation] : llvm::enumerate(mutations)) {
    if (!isWanted(mutation))
      continue;
    llvm::outs() << mutation.kernel << "\t" << mutation.kind << "\t" << mutation.what;
    if (options.list) {
      llvm::outs() << "\n";
      continue;
    }
    auto [result, details] = tryOut(number);
    llvm::outs() << "\t" << result << "\t" << details << "\n";
    for (Count *count : {&all, &counts[{mutation.kernel, mutation.kind}]}) {
      ++count->seeded;
      ++(result == "report" ? count->reported : result == "wrong result" ? count->wrong : count->survived);
    }
    llvm::outs().flush();
  }
  if (options.list)
    return;
  llvm::outs() << "\n";
  for (auto &[key, count] : counts)
    llvm::outs() << key.first << ", " << key.second << ": " << count.seeded << " seeded, " << count.reported << " reported, " << count.wrong
                 << " wrong results, " << count.survived << " survive\n";
  llvm::outs() << "all: " << all.seeded << " seeded, " << all.reported << " reported, " << all.wrong << " wrong results, " << all.survived
               << " survive\n";
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  forgetLibraryOptions();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv, "emo-mutate: seeds bugs in a program's CUDA kernels and tells whether the emulator finds them\n");
  std::string error;
  if (!options.kernel.empty() && !llvm::Regex(options.kernel).isValid(error))
    return fail("--kernel expects a regular expression: " + error), 1;
  if (options.inputs.empty() && !options.list)
    return fail("expects --inputs, or --list"), 1;
  DialectRegistry registry;
  emo::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = loadModel(options.model, {}, &context);
  Program program(options);
  if (!module || !program.compile(*module) || (!options.list && !program.open()))
    return 1;
  blocksToRun.assign(options.blocks.begin(), options.blocks.end());
  for (const std::string &folder : options.inputs)
    if (!program.addCase(folder))
      return 1;
  program.mutate();
  return 0;
}
