// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tensors of a folder with their bytes.
#ifndef EMO_LIB_TARGET_HUGGINGFACE_CHECKPOINTFILES_H
#define EMO_LIB_TARGET_HUGGINGFACE_CHECKPOINTFILES_H

#include "../../Import/HuggingFace/Safetensors.h"
#include "llvm/Support/FileSystem.h"

namespace emo {

/// Maps a checkpoint's weights.
class CheckpointFiles {
public:
  explicit CheckpointFiles(llvm::StringRef folder) : folder(folder) {}
  mlir::LogicalResult open(mlir::MLIRContext *context);

  const StoredTensor *find(llvm::StringRef name) const {
    auto found = stored.tensors.find(name);
    return found == stored.tensors.end() ? nullptr : &found->second;
  }
  llvm::StringRef bytes(llvm::StringRef file) const { return {maps.at(file.str()).const_data(), maps.at(file.str()).size()}; }
  llvm::StringRef bytes(const StoredTensor &tensor) const;

  const std::string folder;
  StoredTensors stored;

private:
  std::map<std::string, llvm::sys::fs::mapped_file_region> maps;
};

/// "BF16 [8, 64]"
std::string typeText(mlir::RankedTensorType type);

/// Names in the order of layers, then by name.
void sortByLayer(std::vector<std::string> &names);

} // namespace emo
#endif // EMO_LIB_TARGET_HUGGINGFACE_CHECKPOINTFILES_H
