// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of the full checkpoint are written as they are, then what the subset holds is written over them: header, order of tensors and
// everything that is not copied stay as they were, to the byte.
#include "../../Import/HuggingFace/ModelBuilder.h"
#include "CheckpointFiles.h"
#include "FolderWriter.h"
#include "emo/Target/Checkpoints.h"

#include <set>

using namespace mlir;
using namespace emo;

namespace {

/// Bytes of the subset and the tensor of the full checkpoint that they go to.
struct Copy {
  const StoredTensor *to;
  int64_t offset; // inside the tensor
  StringRef name, bytes;
};

class Merger {
public:
  Merger(const MergeOptions &options, ExpertSet set, Notes &notes, MLIRContext *context)
      : options(options), set(std::move(set)), notes(notes), context(context), full(options.full), subset(options.subset),
        writer(options.output, context) {}
  FailureOr<MergeReport> run();

private:
  InFlightDiagnostic error() { return emitError(UnknownLoc::get(context)); }
  LogicalResult readConfigs();
  const StoredTensor *find(const CheckpointFiles &files, StringRef name);
  LogicalResult planTensor(StringRef name, StringRef subsetName);
  LogicalResult planExperts(size_t layer);
  LogicalResult planRouter(size_t layer);
  LogicalResult planOthers();
  LogicalResult writeFile(StringRef name, int64_t bytes);

  const MergeOptions &options;
  ExpertSet set;
  Notes &notes;
  MLIRContext *context;
  CheckpointFiles full, subset;
  FailureOr<EmoConfig> config = failure();
  std::vector<Copy> copies;
  std::set<std::string> changed;
  FolderWriter writer;
};

} // namespace

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// The set must be of the full model, and the subset as large as the set.
LogicalResult Merger::readConfigs() {
  config = readConfig(options.full, context);
  if (failed(config) || failed(full.open(context)))
    return failure();
  ModelExperts model;
  model.hash = checkpointHash(*config, full.stored);
  for (const LayerExperts &layer : config->experts) {
    model.experts.push_back(layer.experts);
    model.shared.emplace_back();
    for (int64_t expert = layer.routed(); expert < layer.experts; ++expert)
      model.shared.back().push_back(expert);
  }
  if (llvm::Error problem = checkAgainst(set, model, notes))
    return error() << llvm::toString(std::move(problem));

  FailureOr<EmoConfig> subsetConfig = readConfig(options.subset, context);
  if (failed(subsetConfig) || failed(subset.open(context)))
    return failure();
  if (subsetConfig->layers != config->layers)
    return error() << "'" << options.subset << "' has " << subsetConfig->layers << " layers, expected the " << config->layers << " of '"
                   << options.full << "'";
  for (auto [layer, keep, experts] : llvm::enumerate(set.keep, subsetConfig->experts))
    if (experts.experts != int64_t(keep.size()))
      return error() << "'" << options.subset << "' has " << experts.experts << " experts in layer " << layer << ", but '" << set.file
                     << "' keeps " << keep.size() << "; it was pruned to another set";
  return success();
}

//===----------------------------------------------------------------------===//
// What is copied
//===----------------------------------------------------------------------===//

const StoredTensor *Merger::find(const CheckpointFiles &files, StringRef name) {
  const StoredTensor *found = files.find(name);
  if (!found)
    error() << "'" << files.folder << "' has no tensor '" << name << "'";
  return found;
}

LogicalResult Merger::planTensor(StringRef name, StringRef subsetName) {
  const StoredTensor *to = find(full, name), *from = to ? find(subset, subsetName) : nullptr;
  if (!from)
    return failure();
  if (from->type != to->type)
    return error() << "'" << options.subset << "' has '" << subsetName << "' as " << typeText(from->type) << ", expected "
                   << typeText(to->type) << ", as '" << options.full << "' has it";
  copies.push_back({to, 0, full.stored.tensors.find(name)->getKey(), subset.bytes(*from)});
  return success();
}

LogicalResult Merger::planExperts(size_t layer) {
  std::string prefix = "model.layers." + std::to_string(layer) + ".mlp.experts.";
  for (auto [number, expert] : llvm::enumerate(set.keep[layer])) {
    if (llvm::is_contained(set.shared[layer], expert) && !options.allTensors)
      continue;
    for (StringRef projection : {".gate_proj.weight", ".up_proj.weight", ".down_proj.weight"})
      if (failed(planTensor(prefix + std::to_string(expert) + projection.str(), prefix + std::to_string(number) + projection.str())))
        return failure();
  }
  return success();
}

LogicalResult Merger::planRouter(size_t layer) {
  std::string name = "model.layers." + std::to_string(layer) + ".mlp.gate.weight";
  const StoredTensor *to = find(full, name), *from = to ? find(subset, name) : nullptr;
  if (!from)
    return failure();
  int64_t rows = set.keep[layer].size();
  auto expected = RankedTensorType::get({rows, config->hiddenSize}, to->type.getElementType());
  if (from->type != expected)
    return error() << "'" << options.subset << "' has '" << name << "' as " << typeText(from->type) << ", expected " << typeText(expected);
  if (to->type.getRank() != 2 || to->type.getDimSize(0) != config->experts[layer].experts || to->type.getDimSize(1) != config->hiddenSize)
    return error() << "'" << options.full << "' has '" << name << "' as " << typeText(to->type) << ", expected a row of "
                   << config->hiddenSize << " for each of " << config->experts[layer].experts << " experts";
  // Rows that give no weight, of one shared expert or of several that all weigh 1, mean nothing and may have been dropped.
  bool sharedRows = config->sharedSoftmax && config->experts[layer].shared > 1;
  StringRef bytes = subset.bytes(*from);
  int64_t rowBytes = bytes.size() / rows;
  for (auto [number, expert] : llvm::enumerate(set.keep[layer]))
    if (sharedRows || !llvm::is_contained(set.shared[layer], expert))
      copies.push_back({to, expert * rowBytes, full.stored.tensors.find(name)->getKey(), bytes.substr(number * rowBytes, rowBytes)});
  return success();
}

/// Everything outside the experts and routers.
LogicalResult Merger::planOthers() {
  std::vector<std::string> names;
  for (const CheckpointFiles *files : {&full, &subset})
    for (auto &entry : files->stored.tensors)
      if (tensorRole(entry.getKey()).kind == TensorRole::Other)
        names.push_back(entry.getKey().str());
  llvm::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string &name : names)
    if (failed(planTensor(name, name)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

LogicalResult Merger::writeFile(StringRef name, int64_t bytes) {
  int descriptor = writer.open(name, bytes);
  if (descriptor < 0)
    return failure();
  bool written = writeAll(descriptor, full.bytes(name).data(), bytes, 0);
  for (const Copy &copy : copies) {
    if (!written || copy.to->file != name || full.bytes(*copy.to).substr(copy.offset, copy.bytes.size()) == copy.bytes)
      continue;
    changed.insert(copy.name.str());
    written = writeAll(descriptor, copy.bytes.data(), copy.bytes.size(), copy.to->offset + copy.offset);
  }
  int problem = written ? 0 : errno ? errno : EIO;
  if (close(descriptor) != 0 && !problem)
    problem = errno;
  return problem ? LogicalResult(writer.cannotWrite(name, problem)) : success();
}

FailureOr<MergeReport> Merger::run() {
  if (failed(writer.check()) || failed(readConfigs()))
    return failure();
  for (size_t layer = 0; layer < set.keep.size(); ++layer)
    if (failed(planExperts(layer)) || (options.allTensors && failed(planRouter(layer))))
      return failure();
  if (options.allTensors && failed(planOthers()))
    return failure();
  for (auto &[name, bytes] : full.stored.files)
    if (failed(writeFile(name, bytes)))
      return failure();
  constexpr StringLiteral index = "model.safetensors.index.json";
  if (llvm::sys::fs::exists(options.full + "/" + index) && failed(writer.copy(options.full, index)))
    return failure();
  // config.json is the last: what is no model yet does not look like one.
  if (failed(writer.copySidecars(options.full)) || failed(writer.copy(options.full, "config.json")) || failed(writer.finish()))
    return failure();
  MergeReport report;
  report.changed.assign(changed.begin(), changed.end());
  sortByLayer(report.changed);
  std::set<StringRef> copied;
  for (const Copy &copy : copies)
    copied.insert(copy.name);
  report.identical = copied.size() - changed.size();
  report.untouched = full.stored.tensors.size() - copied.size();
  return report;
}

FailureOr<MergeReport> emo::mergeExperts(const MergeOptions &options, ExpertSet set, Notes &notes, MLIRContext *context) {
  return Merger(options, std::move(set), notes, context).run();
}
