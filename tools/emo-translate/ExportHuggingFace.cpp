// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --export-hf: a model as a Hugging Face folder.
#include "Translations.h"

#include "emo/Pipelines/Register.h"
#include "emo/Target/HuggingFace.h"
#include "mlir/Tools/mlir-translate/Translation.h"

#include <thread>

using namespace mlir;
using namespace emo;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"--export-hf options"};
  cl::opt<std::string> folder{"folder", cl::desc("The folder to write"), cl::value_desc("dir"), cl::cat(category)};
  cl::opt<std::string> weightsDir{"weights-dir", cl::desc("Folder of the model's files, when it is not where it was at import"),
                                  cl::value_desc("dir"), cl::cat(category)};
  cl::opt<int64_t> maxFileMb{"max-file-mb", cl::desc("Largest size of a weights file, in millions of bytes (default: 5000)"),
                             cl::init(5000), cl::cat(category)};
};
} // namespace

static LogicalResult exportModule(ModuleOp module, const Options &options) {
  auto error = [&] { return emitError(UnknownLoc::get(module.getContext())); };
  if (options.folder.empty())
    return error() << "--export-hf expects --folder=DIR, the folder to write";
  if (options.maxFileMb < 1 || options.maxFileMb > 1'000'000'000)
    return error() << "--max-file-mb expects 1 to 1000000000, got " << options.maxFileMb.getValue();
  HuggingFaceExportOptions to;
  to.folder = StringRef(options.folder).rtrim('/').str();
  to.weightsDir = options.weightsDir;
  to.maxFileBytes = options.maxFileMb * 1'000'000;
  to.threads = std::max(1u, std::thread::hardware_concurrency());
  return exportHuggingFace(module, to);
}

void emo::registerHuggingFaceExport() {
  static Options options;
  static TranslateFromMLIRRegistration registration(
      "export-hf", "write a raised model as a Hugging Face folder, --folder",
      [](ModuleOp module, raw_ostream &) { return exportModule(module, options); }, registerAllDialects);
}
