// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_ARTIFACT_TEMPORARYFILE_H
#define EMO_LIB_TARGET_ARTIFACT_TEMPORARYFILE_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

#include <cerrno>
#include <string>
#include <unistd.h>

namespace emo {

/// A file that disappears unless it is kept, also when the process is interrupted.
class TemporaryFile {
public:
  explicit TemporaryFile(llvm::StringRef path) : path(path) { llvm::sys::RemoveFileOnSignal(path); }
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile() {
    if (!kept)
      llvm::sys::fs::remove(path);
    llvm::sys::DontRemoveFileOnSignal(path);
  }
  /// Moves the file to its final name; a message on failure.
  std::string keepAs(llvm::StringRef target) {
    if (std::error_code code = llvm::sys::fs::rename(path, target))
      return code.message();
    kept = true;
    return "";
  }
  const std::string path;

private:
  bool kept = false;
};

/// Writes all `bytes` at `offset`; false with errno on failure.
inline bool writeAll(int fd, const char *data, int64_t bytes, int64_t offset) {
  while (bytes > 0) {
    ssize_t put = pwrite(fd, data, bytes, offset);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    data += put;
    offset += put;
    bytes -= put;
  }
  return true;
}

} // namespace emo
#endif // EMO_LIB_TARGET_ARTIFACT_TEMPORARYFILE_H
