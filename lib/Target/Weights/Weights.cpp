// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Target/Weights.h"

#include "Program.h"
#include "llvm/Support/SHA256.h"

#include <map>
#include <thread>

using namespace mlir;
using namespace emo;

WeightsLayout emo::layoutWeights(ModuleOp module) {
  WeightsLayout layout;
  layout.files = module->getAttrOfType<DictionaryAttr>("emo.weights_files");
  llvm::SHA256 hash;
  if (auto model = module->getAttrOfType<DictionaryAttr>("emo.model"))
    if (auto text = model.getAs<StringAttr>("hash"))
      hash.update(text.getValue());
  for (ParamOp param : module.getOps<ParamOp>()) {
    auto type = cast<RankedTensorType>(param.getType());
    int64_t bytes = type.getNumElements() * storedElementBytes(type.getElementType());
    layout.bytes = llvm::alignTo(layout.bytes, bytes >= 4096 ? 4096 : 64);
    layout.entries.push_back({param, layout.bytes, bytes});
    layout.bytes += bytes;
    std::string text;
    llvm::raw_string_ostream(text) << param.getSymName() << type << param.getSources() << param.getProgram();
    hash.update(text);
  }
  // Kernels may read a little past the end of a parameter.
  layout.bytes = layout.entries.empty() ? 0 : llvm::alignTo(layout.bytes + 4096, 4096);
  layout.hash = llvm::toHex(hash.final(), /*LowerCase=*/true);
  return layout;
}

std::string emo::weightsFolder(ModuleOp module, StringRef override) {
  if (!override.empty())
    return override.str();
  auto recorded = module->getAttrOfType<StringAttr>("emo.weights_dir");
  return recorded ? recorded.str() : ".";
}

namespace {
/// A piece of one parameter.
struct Piece {
  size_t entry;
  int64_t begin, end; // elements
};

class Executor {
public:
  Executor(const WeightsLayout &layout, StringRef folder, WeightsSink sink, const WeightsRun &run)
      : layout(layout), files(folder, layout.files), sink(sink), run(run) {}

  LogicalResult execute() {
    cut();
    std::vector<std::thread> threads;
    for (int i = 1; i < run.threads; ++i)
      threads.emplace_back([this] { work(); });
    work();
    for (std::thread &thread : threads)
      thread.join();
    if (run.read)
      *run.read = files.bytesRead.load();
    if (!failed)
      return success();
    ParamOp param = layout.entries[failedEntry].param;
    if (!message.empty())
      emitError(param.getLoc()) << "parameter '" << param.getSymName() << "': " << message;
    return failure();
  }

private:
  void cut() {
    constexpr int64_t kPieceBytes = 4 << 20;
    for (auto [i, entry] : llvm::enumerate(layout.entries)) {
      ParamOp param = entry.param;
      auto type = cast<RankedTensorType>(param.getType());
      int64_t elements = type.getNumElements();
      int64_t together = producedTogether(param);
      int64_t step = std::max<int64_t>(1, kPieceBytes / (together * storedElementBytes(type.getElementType()))) * together;
      for (int64_t begin = 0; begin < elements; begin += step)
        pieces.push_back({i, begin, std::min(elements, begin + step)});
      piecesLeft.push_back(llvm::divideCeil(elements, step));
    }
  }

  /// Values live from their first piece to their last: they may keep megabytes.
  std::shared_ptr<WeightValue> valueOf(size_t entry) {
    std::lock_guard<std::mutex> lock(mutex);
    std::shared_ptr<WeightValue> &value = values[entry];
    if (!value)
      value = makeWeightValue(layout.entries[entry].param, files);
    return value;
  }
  void finishPiece(size_t entry) {
    std::lock_guard<std::mutex> lock(mutex);
    if (--piecesLeft[entry] == 0)
      values.erase(entry);
  }

  void work() {
    std::vector<char> buffer;
    for (size_t number; !failed && (number = next++) < pieces.size();) {
      const Piece &piece = pieces[number];
      std::shared_ptr<WeightValue> value = valueOf(piece.entry);
      int64_t bytes = (piece.end - piece.begin) * value->elementBytes;
      buffer.resize(bytes);
      std::string error;
      bool ok = value->produce(piece.begin, piece.end, buffer.data(), error) &&
                sink(layout.entries[piece.entry].offset + piece.begin * value->elementBytes, buffer.data(), bytes);
      value.reset();
      finishPiece(piece.entry);
      if (!ok) {
        std::lock_guard<std::mutex> lock(mutex);
        if (!failed) {
          message = error;
          failedEntry = piece.entry;
        }
        failed = true;
      }
      if (run.done)
        *run.done += bytes;
    }
  }

  const WeightsLayout &layout;
  WeightFiles files;
  WeightsSink sink;
  const WeightsRun &run;
  std::map<size_t, std::shared_ptr<WeightValue>> values; // by entry
  std::vector<Piece> pieces;
  std::vector<size_t> piecesLeft; // by entry
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::string message;
  size_t failedEntry = 0;
};
} // namespace

LogicalResult emo::runWeightPrograms(const WeightsLayout &layout, StringRef folder, const WeightsRun &run, WeightsSink sink) {
  return Executor(layout, folder, sink, run).execute();
}
