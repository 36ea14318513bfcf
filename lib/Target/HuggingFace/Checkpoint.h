// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A MODEL seen as a checkpoint: its config and where each tensor's elements come from.
#ifndef EMO_LIB_TARGET_HUGGINGFACE_CHECKPOINT_H
#define EMO_LIB_TARGET_HUGGINGFACE_CHECKPOINT_H

#include "../../Import/HuggingFace/Config.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>
#include <vector>

namespace emo {

struct CheckpointTensor {
  std::string name;
  mlir::RankedTensorType type;
};

/// What a parameter's elements are for: they fill the pieces one after the other.
struct CheckpointUse {
  struct Piece {
    size_t tensor;
    int64_t offset, count; // elements of the tensor
  };
  ParamOp param;
  std::vector<Piece> pieces;
};

struct Checkpoint {
  EmoConfig config; // without text and padId
  std::vector<CheckpointTensor> tensors; // in the model's order
  /// Elements of tensors that no use fills are zeros.
  std::vector<CheckpointUse> uses;
  /// Holds the parameters of `uses`.
  mlir::OwningOpRef<mlir::ModuleOp> params;
};

/// Proves that @forward computes what the import of the result computes, and fills the result. Emits a diagnostic at the first thing
/// that does not fit.
mlir::LogicalResult matchModel(mlir::ModuleOp module, Checkpoint &checkpoint);

/// A copy of `param` at the builder's insertion point that computes the same numbers in the type in which the model's files hold them:
/// casts that lose nothing (bf16 to f32, say) are left out. A selection of the first of `rows` rows at the end is, too.
ParamOp createStoredParam(ParamOp param, int64_t rows, mlir::OpBuilder &b);

/// The text of config.json: that of `folder` if it says the same, else its keys with what is different replaced.
std::string configText(const Checkpoint &checkpoint, llvm::StringRef folder, mlir::MLIRContext *context);

} // namespace emo
#endif // EMO_LIB_TARGET_HUGGINGFACE_CHECKPOINT_H
