// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "JsonText.h"

#include "llvm/Support/FileSystem.h"

using namespace emo;
using llvm::StringRef;
using llvm::Twine;

static constexpr int kMaxDepth = 32;

/// Deepest nesting of brackets outside strings.
static int nestingDepth(StringRef text) {
  int depth = 0, deepest = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inString = false;
      continue;
    }
    if (c == '"')
      inString = true;
    else if (c == '{' || c == '[')
      deepest = std::max(deepest, ++depth);
    else if (c == '}' || c == ']')
      --depth;
  }
  return deepest;
}

llvm::Expected<llvm::json::Object> emo::parseJsonText(StringRef text) {
  if (int depth = nestingDepth(text); depth > kMaxDepth)
    return llvm::createStringError("expects JSON nested at most " + Twine(kMaxDepth) + " levels deep, found " + Twine(depth));
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value)
    return llvm::createStringError("is not valid JSON: " + Twine(llvm::toString(value.takeError())));
  llvm::json::Object *object = value->getAsObject();
  if (!object)
    return llvm::createStringError(Twine("expects a JSON object at the top"));
  return std::move(*object);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> emo::readSmallFile(StringRef path, uint64_t maxBytes) {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status))
    return llvm::createStringError("cannot be read: " + Twine(code.message()));
  // Devices and pipes may never end.
  if (status.type() != llvm::sys::fs::file_type::regular_file)
    return llvm::createStringError(Twine("is not a regular file"));
  if (status.getSize() > maxBytes)
    return llvm::createStringError("expects at most " + Twine(maxBytes) + " bytes, found " + Twine(status.getSize()));
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError("cannot be read: " + Twine(buffer.getError().message()));
  return std::move(*buffer);
}
