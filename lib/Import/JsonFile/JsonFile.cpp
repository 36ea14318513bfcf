// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "JsonFile.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace emo;

std::optional<llvm::json::Object> emo::parseJsonObject(StringRef text, FileError error) {
  llvm::Expected<llvm::json::Object> object = parseJsonText(text);
  if (object)
    return std::move(*object);
  error() << llvm::toString(object.takeError());
  return std::nullopt;
}

std::unique_ptr<llvm::MemoryBuffer> emo::readTextFile(StringRef path, FileError error, uint64_t maxBytes) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = readSmallFile(path, maxBytes);
  if (buffer)
    return std::move(*buffer);
  error() << llvm::toString(buffer.takeError());
  return nullptr;
}

void emo::recordTokenizer(ModuleOp module, StringRef folder) {
  constexpr StringLiteral name = "tokenizer.json";
  SmallString<256> path(folder);
  llvm::sys::path::append(path, name);
  if (llvm::sys::fs::exists(path))
    module->setAttr("emo.tokenizer", Builder(module.getContext()).getStringAttr(name));
}
