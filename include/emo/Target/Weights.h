// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Running weight programs: from the stored bytes of a model to the blob an artifact maps.
#ifndef EMO_TARGET_WEIGHTS_H
#define EMO_TARGET_WEIGHTS_H

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/IR/BuiltinOps.h"

#include <atomic>
#include <string>
#include <vector>

namespace emo {

/// Where each parameter lies in the blob.
struct WeightsLayout {
  struct Entry {
    ParamOp param;
    int64_t offset, bytes;
  };
  std::vector<Entry> entries; // in module order
  /// Sizes that the files had at import, by name; files of another size are refused. May be null.
  mlir::DictionaryAttr files;
  int64_t bytes = 0;
  /// SHA-256 over the model's hash and all weight programs: equal hashes mean equal blobs, without reading one.
  std::string hash;
};

/// Offsets are multiples of 64, of 4096 for parameters of a page and more.
WeightsLayout layoutWeights(mlir::ModuleOp module);

/// The folder the model's files are in: `override`, else the module's emo.weights_dir.
std::string weightsFolder(mlir::ModuleOp module, llvm::StringRef override);

/// Receives finished pieces of the blob, from several threads; false stops the run.
using WeightsSink = llvm::function_ref<bool(int64_t offset, const char *data, int64_t bytes)>;

struct WeightsRun {
  int threads = 1;
  /// Bytes of the blob that are done; for progress displays.
  std::atomic<int64_t> *done = nullptr;
  /// Bytes read from the model's files.
  std::atomic<int64_t> *read = nullptr;
};

/// Runs all weight programs, a few megabytes at a time. Files are found in `folder`. Emits diagnostics about files that cannot be read
/// or are too short; fails when the sink does.
mlir::LogicalResult runWeightPrograms(const WeightsLayout &layout, llvm::StringRef folder, const WeightsRun &run, WeightsSink sink);

/// Bytes of one element in files and blobs; i1 takes one.
int64_t storedElementBytes(mlir::Type type);

} // namespace emo

#endif // EMO_TARGET_WEIGHTS_H
