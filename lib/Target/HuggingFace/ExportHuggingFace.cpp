// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files are written under temporary names beside the folder and moved into it when all are whole, config.json last: what is no model
// yet does not look like one.
#include "emo/Target/HuggingFace.h"

#include "../Artifact/TemporaryFile.h"
#include "Checkpoint.h"
#include "emo/Target/Weights.h"
#include "emo/Transforms/Phases.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
using namespace emo;

namespace {

/// A safetensors file in the making.
struct WeightsFile {
  std::string name;
  std::string header;
  int64_t bytes = 0; // of data
  int descriptor = -1;
};

/// Where a tensor's data begins: behind the header of a file.
struct Place {
  size_t file;
  int64_t offset;
};

class Exporter {
public:
  Exporter(ModuleOp module, const HuggingFaceExportOptions &options)
      : module(module), options(options), source(weightsFolder(module, options.weightsDir)) {}
  ~Exporter() {
    for (WeightsFile &file : files)
      if (file.descriptor >= 0)
        close(file.descriptor);
  }
  LogicalResult run();

private:
  InFlightDiagnostic error() { return emitError(UnknownLoc::get(module.getContext())); }
  InFlightDiagnostic cannotWrite(const Twine &name, int code) {
    return error() << "cannot write '" << (options.folder + "/" + name).str() << "': " << strerror(code);
  }
  LogicalResult checkFolder();
  void place();
  LogicalResult writeWeights();
  LogicalResult openFiles();
  bool put(size_t use, int64_t at, const char *data, int64_t bytes, std::atomic<int> &problem);
  LogicalResult writeText(StringRef name, StringRef text);
  LogicalResult writeIndex();
  LogicalResult copySidecars();
  LogicalResult finish();
  /// The temporary for a file of the folder.
  const std::string &temporary(StringRef name) {
    std::string path = options.folder + ".tmp" + std::to_string(getpid()) + "." + name.str();
    temporaries.emplace_back(name.str(), std::make_unique<TemporaryFile>(path));
    return temporaries.back().second->path;
  }

  ModuleOp module;
  const HuggingFaceExportOptions &options;
  std::string source;
  Checkpoint checkpoint;
  std::vector<WeightsFile> files;
  std::vector<Place> places;  // by tensor
  std::vector<int64_t> starts; // by use: where it begins in the stream of all uses
  std::vector<std::pair<std::string, std::unique_ptr<TemporaryFile>>> temporaries;
};

} // namespace

//===----------------------------------------------------------------------===//
// Folder
//===----------------------------------------------------------------------===//

LogicalResult Exporter::checkFolder() {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(options.folder, status))
    return success();
  if (status.type() != llvm::sys::fs::file_type::directory_file)
    return error() << "cannot write the folder '" << options.folder << "': it is a file";
  std::error_code code;
  llvm::sys::fs::directory_iterator begin(options.folder, code), end;
  if (code)
    return error() << "cannot write the folder '" << options.folder << "': " << code.message();
  if (begin != end)
    return error() << "cannot write the folder '" << options.folder << "': it exists and is not empty; name a new one";
  return success();
}

/// Moves everything into the folder.
LogicalResult Exporter::finish() {
  bool existed = llvm::sys::fs::exists(options.folder);
  if (std::error_code code = llvm::sys::fs::create_directory(options.folder, /*IgnoreExisting=*/true, llvm::sys::fs::all_all))
    return error() << "cannot write the folder '" << options.folder << "': " << code.message();
  for (size_t i = 0; i < temporaries.size(); ++i) {
    auto &[name, file] = temporaries[i];
    std::string problem = file->keepAs(options.folder + "/" + name);
    if (problem.empty())
      continue;
    for (size_t moved = 0; moved < i; ++moved)
      llvm::sys::fs::remove(options.folder + "/" + temporaries[moved].first);
    if (!existed)
      llvm::sys::fs::remove(options.folder);
    return error() << "cannot write '" << options.folder << "/" << name << "': " << problem;
  }
  return success();
}

LogicalResult Exporter::writeText(StringRef name, StringRef text) {
  std::error_code code;
  llvm::raw_fd_ostream stream(temporary(name), code);
  if (!code) {
    stream << text;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  return code ? LogicalResult(cannotWrite(name, code.value())) : success();
}

/// Files of the tokenizer, of generation, the model's own code and its licence.
static bool isSidecar(StringRef name) {
  static constexpr StringLiteral names[] = {"special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
                                            "generation_config.json"};
  static constexpr StringLiteral prefixes[] = {"tokenizer", "chat_template", "LICENSE", "NOTICE"};
  return llvm::is_contained(names, name) || llvm::any_of(prefixes, [&](StringRef prefix) { return name.starts_with(prefix); }) ||
         ((name.starts_with("configuration_") || name.starts_with("modeling_")) && name.ends_with(".py"));
}

LogicalResult Exporter::copySidecars() {
  std::error_code code;
  std::vector<std::string> names;
  for (llvm::sys::fs::directory_iterator entry(source, code), end; !code && entry != end; entry.increment(code)) {
    StringRef name = llvm::sys::path::filename(entry->path());
    if (isSidecar(name) && llvm::sys::fs::is_regular_file(entry->path()))
      names.push_back(name.str());
  }
  llvm::sort(names);
  for (const std::string &name : names)
    if (std::error_code failed = llvm::sys::fs::copy_file(source + "/" + name, temporary(name)))
      return error() << "cannot copy '" << source << "/" << name << "' to '" << options.folder << "': " << failed.message();
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static StringRef safetensorsName(Type type) {
  return type.isBF16() ? "BF16" : type.isF16() ? "F16" : type.isF64() ? "F64" : "F32";
}

static int64_t bytesOf(RankedTensorType type) { return type.getNumElements() * storedElementBytes(type.getElementType()); }

/// Gives tensors to files in order and makes the headers.
void Exporter::place() {
  for (const CheckpointTensor &tensor : checkpoint.tensors) {
    int64_t bytes = bytesOf(tensor.type);
    if (files.empty() || files.back().bytes > options.maxFileBytes - bytes)
      files.emplace_back().header = R"({"__metadata__":{"format":"pt"})";
    WeightsFile &file = files.back();
    llvm::raw_string_ostream header(file.header);
    header << ",\"" << tensor.name << R"(":{"dtype":")" << safetensorsName(tensor.type.getElementType()) << R"(","shape":[)";
    llvm::interleave(tensor.type.getShape(), header, ",");
    header << R"(],"data_offsets":[)" << file.bytes << "," << file.bytes + bytes << "]}";
    places.push_back({files.size() - 1, file.bytes});
    file.bytes += bytes;
  }
  for (auto [number, file] : llvm::enumerate(files)) {
    file.name = "model.safetensors";
    if (files.size() > 1)
      file.name = llvm::formatv("model-{0,0+5}-of-{1,0+5}.safetensors", number + 1, files.size()).str();
    file.header += "}";
    // Data that begins at a multiple of 64 bytes can be used where it is mapped.
    file.header.append(llvm::alignTo(file.header.size() + 8, 64) - 8 - file.header.size(), ' ');
  }
  for (size_t tensor = 0; tensor < places.size(); ++tensor)
    places[tensor].offset += 8 + files[places[tensor].file].header.size();
}

/// Headers and space for everything: a full disk shows before the work is done.
LogicalResult Exporter::openFiles() {
  for (WeightsFile &file : files) {
    file.descriptor = ::open(temporary(file.name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file.descriptor < 0)
      return cannotWrite(file.name, errno);
    int64_t headerBytes = file.header.size();
    std::string start(8, 0);
    llvm::support::endian::write64le(start.data(), headerBytes);
    start += file.header;
    int problem = 0;
    if (ftruncate(file.descriptor, start.size() + file.bytes) != 0)
      problem = errno;
    else if (posix_fallocate(file.descriptor, 0, start.size() + file.bytes) == ENOSPC)
      problem = ENOSPC;
    else if (!writeAll(file.descriptor, start.data(), start.size(), 0))
      problem = errno ? errno : EIO;
    if (problem)
      return cannotWrite(file.name, problem);
  }
  return success();
}

/// Writes bytes [at, at + bytes) of a use to the tensors they are of.
bool Exporter::put(size_t number, int64_t at, const char *data, int64_t bytes, std::atomic<int> &problem) {
  CheckpointUse &use = checkpoint.uses[number];
  int64_t element = storedElementBytes(cast<RankedTensorType>(use.param.getType()).getElementType());
  int64_t begin = 0;
  for (const CheckpointUse::Piece &piece : use.pieces) {
    int64_t end = begin + piece.count * element;
    int64_t from = std::max(at, begin), to = std::min(at + bytes, end);
    Place place = places[piece.tensor];
    if (from < to && !writeAll(files[place.file].descriptor, data + (from - at), to - from,
                               place.offset + piece.offset * element + (from - begin))) {
      problem = errno ? errno : EIO;
      return false;
    }
    begin = end;
  }
  return true;
}

LogicalResult Exporter::writeWeights() {
  if (failed(openFiles()))
    return failure();
  WeightsLayout layout;
  layout.files = module->getAttrOfType<DictionaryAttr>("emo.weights_files");
  for (CheckpointUse &use : checkpoint.uses) {
    int64_t bytes = bytesOf(cast<RankedTensorType>(use.param.getType()));
    layout.entries.push_back({use.param, layout.bytes, bytes});
    starts.push_back(layout.bytes);
    layout.bytes += bytes;
  }
  std::atomic<int> problem{0};
  WeightsRun run{options.threads};
  LogicalResult result = runWeightPrograms(layout, source, run, [&](int64_t at, const char *data, int64_t bytes) {
    size_t use = std::upper_bound(starts.begin(), starts.end(), at) - starts.begin() - 1;
    return put(use, at - starts[use], data, bytes, problem);
  });
  for (WeightsFile &file : files) {
    if (close(file.descriptor) != 0 && !problem)
      problem = errno;
    file.descriptor = -1;
  }
  if (problem)
    return cannotWrite("model.safetensors", problem);
  return result;
}

LogicalResult Exporter::writeIndex() {
  int64_t total = 0;
  llvm::json::Object map;
  for (auto [tensor, place] : llvm::zip(checkpoint.tensors, places)) {
    total += bytesOf(tensor.type);
    map[tensor.name] = files[place.file].name;
  }
  llvm::json::Object index{{"metadata", llvm::json::Object{{"total_size", total}}}, {"weight_map", std::move(map)}};
  return writeText("model.safetensors.index.json", llvm::formatv("{0:2}\n", llvm::json::Value(std::move(index))).str());
}

LogicalResult Exporter::run() {
  std::optional<Phase> phase = modulePhase(module);
  if (!phase)
    return failure();
  if (*phase != Phase::Raise && *phase != Phase::Specialise)
    return module.emitError() << "expects a model in the phase raise or specialise, found " << phaseName(*phase)
                              << (*phase == Phase::Import ? "; raise it with emo-opt --emo-raise-pipeline" : "");
  if (failed(checkFolder()) || failed(matchModel(module, checkpoint)))
    return failure();
  place();
  if (failed(writeWeights()) || (files.size() > 1 && failed(writeIndex())) || failed(copySidecars()) ||
      failed(writeText("config.json", configText(checkpoint, source, module.getContext()))))
    return failure();
  return finish();
}

LogicalResult emo::exportHuggingFace(ModuleOp module, const HuggingFaceExportOptions &options) { return Exporter(module, options).run(); }
