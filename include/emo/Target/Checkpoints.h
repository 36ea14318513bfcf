// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Two Hugging Face folders: what differs, and experts of a pruned one put back. Files are mapped and read from front to back.
#ifndef EMO_TARGET_CHECKPOINTS_H
#define EMO_TARGET_CHECKPOINTS_H

#include "emo/Experts/ExpertSet.h"
#include "mlir/IR/MLIRContext.h"

namespace emo {

/// What a tensor is for, by its name.
struct TensorRole {
  int64_t layer = -1; // -1: of no layer
  enum Kind { Expert, Router, Other } kind = Other;
  int64_t expert = -1;
};
TensorRole tensorRole(llvm::StringRef name);

struct TensorDifference {
  std::string name;
  enum Kind { Data, OnlyFirst, OnlySecond, Shape } kind = Data;
  /// |first - second| / |first|, Euclidean norms; infinite when the first is zero.
  double distance = 0;
  std::vector<int64_t> rows; // of a router: those that differ
  std::string types;         // "F32 [8, 64] and BF16 [8, 64]" when they differ
};

struct CheckpointDifference {
  std::vector<TensorDifference> tensors; // by layer, then name
  int64_t identical = 0;
};

/// Compares the tensors of two folders of safetensors. Emits diagnostics when one cannot be read.
mlir::FailureOr<CheckpointDifference> compareCheckpoints(llvm::StringRef first, llvm::StringRef second, mlir::MLIRContext *context);

struct MergeOptions {
  std::string full, subset; // folders
  std::string output;       // the folder to make; it must not exist, or be empty
  /// Also take router rows of kept experts, shared experts and all tensors outside the experts from the subset.
  bool allTensors = false;
};

struct MergeReport {
  std::vector<std::string> changed; // by layer, then name
  int64_t identical = 0;            // copied, with the bytes that were there
  int64_t untouched = 0;            // not of the subset
};

/// Writes `full` with the experts of `subset`, whose expert j of a layer is the j-th that `set` keeps. Emits diagnostics when the three
/// do not belong together or a folder cannot be read or written; then nothing is left behind.
mlir::FailureOr<MergeReport> mergeExperts(const MergeOptions &options, ExpertSet set, Notes &notes, mlir::MLIRContext *context);

} // namespace emo
#endif // EMO_TARGET_CHECKPOINTS_H
