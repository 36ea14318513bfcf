// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json is written last: what is no model yet does not look like one.
#include "emo/Target/HuggingFace.h"

#include "Checkpoint.h"
#include "FolderWriter.h"
#include "emo/Target/Weights.h"
#include "emo/Transforms/Phases.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

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
      : module(module), options(options), source(weightsFolder(module, options.weightsDir)), writer(options.folder, module.getContext()) {}
  ~Exporter() {
    for (WeightsFile &file : files)
      if (file.descriptor >= 0)
        close(file.descriptor);
  }
  LogicalResult run();

private:
  void place();
  LogicalResult writeWeights();
  LogicalResult openFiles();
  bool put(size_t use, int64_t at, const char *data, int64_t bytes, std::atomic<int> &problem);
  LogicalResult writeIndex();

  ModuleOp module;
  const HuggingFaceExportOptions &options;
  std::string source;
  Checkpoint checkpoint;
  std::vector<WeightsFile> files;
  std::vector<Place> places;  // by tensor
  std::vector<int64_t> starts; // by use: where it begins in the stream of all uses
  FolderWriter writer;
};

} // namespace

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

/// Headers and space for everything.
LogicalResult Exporter::openFiles() {
  for (WeightsFile &file : files) {
    int64_t headerBytes = file.header.size();
    std::string start(8, 0);
    llvm::support::endian::write64le(start.data(), headerBytes);
    start += file.header;
    file.descriptor = writer.open(file.name, start.size() + file.bytes);
    if (file.descriptor < 0)
      return failure();
    if (!writeAll(file.descriptor, start.data(), start.size(), 0))
      return writer.cannotWrite(file.name, errno ? errno : EIO);
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
    return writer.cannotWrite("model.safetensors", problem);
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
  return writer.writeText("model.safetensors.index.json", llvm::formatv("{0:2}\n", llvm::json::Value(std::move(index))).str());
}

LogicalResult Exporter::run() {
  std::optional<Phase> phase = modulePhase(module);
  if (!phase)
    return failure();
  if (*phase != Phase::Raise && *phase != Phase::Specialise)
    return module.emitError() << "expects a model in the phase raise or specialise, found " << phaseName(*phase)
                              << (*phase == Phase::Import ? "; raise it with emo-opt --emo-raise-pipeline" : "");
  if (failed(writer.check()) || failed(matchModel(module, checkpoint)))
    return failure();
  place();
  if (failed(writeWeights()) || (files.size() > 1 && failed(writeIndex())) || failed(writer.copySidecars(source)) ||
      failed(writer.writeText("config.json", configText(checkpoint, source, module.getContext()))))
    return failure();
  return writer.finish();
}

LogicalResult emo::exportHuggingFace(ModuleOp module, const HuggingFaceExportOptions &options) { return Exporter(module, options).run(); }
