// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tensors of a folder of safetensors files: headers only.
#ifndef EMO_LIB_IMPORT_HUGGINGFACE_SAFETENSORS_H
#define EMO_LIB_IMPORT_HUGGINGFACE_SAFETENSORS_H

#include "../JsonFile/JsonFile.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringMap.h"

#include <map>

namespace emo {

/// Where one stored tensor is.
struct StoredTensor {
  std::string file; // relative to the folder
  int64_t offset;   // bytes from the start of the file
  mlir::RankedTensorType type;
};

/// All tensors of a checkpoint by name, and what its identity is computed from.
struct StoredTensors {
  llvm::StringMap<StoredTensor> tensors;
  /// Sizes of the files.
  std::map<std::string, int64_t> files;
  /// Names, sizes and raw headers of all files, in the order of their names.
  std::string identity;
};

/// Checks the first 8 bytes of a file and gives the size of the header behind them.
mlir::FailureOr<uint64_t> safetensorsHeaderBytes(llvm::StringRef start, uint64_t fileBytes, FileError error);

/// Parses one header. `headerAndPrefix` holds the first 8 + header bytes of a file of `fileBytes` bytes.
mlir::LogicalResult parseSafetensorsHeader(llvm::StringRef headerAndPrefix, uint64_t fileBytes, llvm::StringRef fileName,
                                           mlir::MLIRContext *context, llvm::StringMap<StoredTensor> &tensors, FileError error);

/// Which file each tensor of a sharded checkpoint is in; by name.
using SafetensorsIndex = std::map<std::string, std::string>;

/// Parses model.safetensors.index.json. Files are in the folder itself.
mlir::FailureOr<SafetensorsIndex> parseSafetensorsIndex(llvm::StringRef text, FileError error);

/// Reads the headers of model.safetensors, or of the files that model.safetensors.index.json names.
mlir::FailureOr<StoredTensors> readSafetensors(llvm::StringRef folder, mlir::MLIRContext *context);

} // namespace emo
#endif // EMO_LIB_IMPORT_HUGGINGFACE_SAFETENSORS_H
