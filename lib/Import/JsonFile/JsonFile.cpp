// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "JsonFile.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace emo;

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

std::optional<llvm::json::Object> emo::parseJsonObject(StringRef text, FileError error) {
  if (int depth = nestingDepth(text); depth > kMaxDepth) {
    error() << "expects JSON nested at most " << kMaxDepth << " levels deep, found " << depth;
    return std::nullopt;
  }
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value) {
    error() << "is not valid JSON: " << llvm::toString(value.takeError());
    return std::nullopt;
  }
  llvm::json::Object *object = value->getAsObject();
  if (!object) {
    error() << "expects a JSON object at the top";
    return std::nullopt;
  }
  return std::move(*object);
}

std::unique_ptr<llvm::MemoryBuffer> emo::readTextFile(StringRef path, FileError error, uint64_t maxBytes) {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status)) {
    error() << "cannot be read: " << code.message();
    return nullptr;
  }
  // Devices and pipes may never end.
  if (status.type() != llvm::sys::fs::file_type::regular_file) {
    error() << "is not a regular file";
    return nullptr;
  }
  if (status.getSize() > maxBytes) {
    error() << "expects at most " << maxBytes << " bytes, found " << status.getSize();
    return nullptr;
  }
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (buffer)
    return std::move(*buffer);
  error() << "cannot be read: " << buffer.getError().message();
  return nullptr;
}

void emo::recordTokenizer(ModuleOp module, StringRef folder) {
  constexpr StringLiteral name = "tokenizer.json";
  SmallString<256> path(folder);
  llvm::sys::path::append(path, name);
  if (llvm::sys::fs::exists(path))
    module->setAttr("emo.tokenizer", Builder(module.getContext()).getStringAttr(name));
}
