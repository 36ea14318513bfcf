// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A folder in the making: files are written under temporary names beside it and moved into it when all are whole, in the order in which
// they were begun. On failure nothing is left.
#ifndef EMO_LIB_TARGET_HUGGINGFACE_FOLDERWRITER_H
#define EMO_LIB_TARGET_HUGGINGFACE_FOLDERWRITER_H

#include "../Artifact/TemporaryFile.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"

#include <cstring>
#include <memory>
#include <vector>

namespace emo {

class FolderWriter {
public:
  FolderWriter(llvm::StringRef folder, mlir::MLIRContext *context) : folder(folder), context(context) {}

  mlir::InFlightDiagnostic error() { return mlir::emitError(mlir::UnknownLoc::get(context)); }
  mlir::InFlightDiagnostic cannotWrite(const llvm::Twine &name, int code) {
    return error() << "cannot write '" << (folder + "/" + name).str() << "': " << strerror(code);
  }
  /// The folder must not exist, or be empty.
  mlir::LogicalResult check();
  /// Where to write a file of the folder for now.
  const std::string &temporary(llvm::StringRef name);
  /// Opens the temporary of a file of `bytes` bytes, whose space is reserved: a full disk shows before the work is done. -1 with a
  /// diagnostic on failure.
  int open(llvm::StringRef name, int64_t bytes);
  mlir::LogicalResult writeText(llvm::StringRef name, llvm::StringRef text);
  mlir::LogicalResult copy(llvm::StringRef source, llvm::StringRef name);
  /// Copies files of the tokenizer, of generation, the model's own code and its licence.
  mlir::LogicalResult copySidecars(llvm::StringRef source);
  /// Moves everything into the folder.
  mlir::LogicalResult finish();

private:
  std::string folder;
  mlir::MLIRContext *context;
  std::vector<std::pair<std::string, std::unique_ptr<TemporaryFile>>> temporaries;
};

} // namespace emo
#endif // EMO_LIB_TARGET_HUGGINGFACE_FOLDERWRITER_H
