// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text that a tool writes to a file, a device or standard output.
#ifndef EMO_TOOLS_COMMON_TEXTOUTPUT_H
#define EMO_TOOLS_COMMON_TEXTOUTPUT_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"

#include <string>
#include <unistd.h>

namespace emo {

/// Devices and pipes are written as they are; files through a temporary.
inline bool isSpecial(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  if (path.empty() || path == "-")
    return true;
  return !llvm::sys::fs::status(path, status) && status.type() != llvm::sys::fs::file_type::regular_file &&
         status.type() != llvm::sys::fs::file_type::directory_file;
}

/// Writes to `path`, or to standard output when that is empty or "-". A message on failure.
inline std::string writeTextFile(llvm::StringRef path, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  std::error_code code;
  std::string temporary = isSpecial(path) ? "" : (path + ".tmp" + llvm::Twine(getpid())).str();
  // "-" is standard output, also for ToolOutputFile.
  llvm::ToolOutputFile file(!temporary.empty() ? temporary : path.empty() ? "-" : path.str(), code, llvm::sys::fs::OF_None);
  if (!code) {
    print(file.os());
    file.os().flush();
    code = file.os().error();
    file.os().clear_error();
  }
  if (!code && !temporary.empty())
    code = llvm::sys::fs::rename(temporary, path);
  if (code)
    return "cannot write " + (path.empty() || path == "-" ? "to standard output" : "'" + path.str() + "'") + ": " + code.message();
  file.keep();
  return "";
}

} // namespace emo
#endif // EMO_TOOLS_COMMON_TEXTOUTPUT_H
