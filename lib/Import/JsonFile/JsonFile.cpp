// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "JsonFile.h"

using namespace mlir;
using namespace emo;

std::optional<llvm::json::Object> emo::parseJsonObject(StringRef text, FileError error) {
  llvm::Expected<llvm::json::Object> object = parseJsonText(text);
  if (object)
    return std::move(*object);
  error() << llvm::toString(object.takeError());
  return std::nullopt;
}

std::unique_ptr<llvm::MemoryBuffer> emo::readTextFile(StringRef path, FileError error) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = readSmallFile(path, 16 << 20);
  if (buffer)
    return std::move(*buffer);
  error() << llvm::toString(buffer.takeError());
  return nullptr;
}
