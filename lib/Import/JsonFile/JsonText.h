// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JSON files that may come from anywhere, without MLIR. Errors have no file name: they go on after one, as in "is not valid JSON: ...".
#ifndef EMO_LIB_IMPORT_JSONFILE_JSONTEXT_H
#define EMO_LIB_IMPORT_JSONFILE_JSONTEXT_H

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace emo {

/// Parses `text` as one JSON object; nesting deeper than 32 levels is refused before the recursive parser sees it.
llvm::Expected<llvm::json::Object> parseJsonText(llvm::StringRef text);

/// Reads a regular file of at most `maxBytes`.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readSmallFile(llvm::StringRef path, uint64_t maxBytes);

} // namespace emo
#endif // EMO_LIB_IMPORT_JSONFILE_JSONTEXT_H
