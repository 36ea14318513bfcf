// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One parameter's value, computed range by range.
#ifndef EMO_LIB_TARGET_WEIGHTS_PROGRAM_H
#define EMO_LIB_TARGET_WEIGHTS_PROGRAM_H

#include "emo/Target/Weights.h"
#include "llvm/ADT/StringMap.h"

#include <functional>
#include <memory>
#include <mutex>

namespace emo {

/// Open files of the model's folder.
class WeightFiles {
public:
  /// `sizes`: what files have to be as long as, by name; may be empty.
  WeightFiles(llvm::StringRef folder, mlir::DictionaryAttr sizes) : folder(folder), sizes(sizes) {}
  ~WeightFiles();
  /// Reads exactly `bytes` bytes; false with a message in `error`.
  bool read(llvm::StringRef file, int64_t offset, char *data, int64_t bytes, std::string &error);
  std::atomic<int64_t> bytesRead{0};

private:
  struct File {
    int descriptor = -1;
    int64_t bytes = 0;
  };
  const File *open(llvm::StringRef name, std::string &error);
  std::string folder;
  mlir::DictionaryAttr sizes;
  std::mutex mutex;
  llvm::StringMap<File> files;
};

/// A value that can produce any range of its row-major elements. Thread-safe. Keeps no more than a few megabytes.
class WeightValue {
public:
  virtual ~WeightValue() = default;
  explicit WeightValue(mlir::RankedTensorType type) : type(type), elementBytes(storedElementBytes(type.getElementType())) {}
  /// Writes elements [begin, end); false with a message.
  virtual bool produce(int64_t begin, int64_t end, char *out, std::string &error) = 0;

  const mlir::RankedTensorType type;
  const int64_t elementBytes;
};

using WeightValuePtr = std::unique_ptr<WeightValue>;

/// The value of a whole parameter.
WeightValuePtr makeWeightValue(ParamOp param, WeightFiles &files);

/// Elements that should be produced together: whole panels of packed weights, else 1.
int64_t producedTogether(ParamOp param);

// One per transform; each takes over its input.
WeightValuePtr makePacked(PackAttr pack, WeightValuePtr input, mlir::RankedTensorType type);
WeightValuePtr makeCast(WeightValuePtr input, mlir::RankedTensorType type);
WeightValuePtr makeTransposed(WeightValuePtr input, mlir::RankedTensorType type, llvm::ArrayRef<int64_t> permutation);
WeightValuePtr makeRopeTable(RopeTableAttr table, mlir::RankedTensorType type);

} // namespace emo
#endif // EMO_LIB_TARGET_WEIGHTS_PROGRAM_H
