// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CheckpointFiles.h"

#include "emo/Target/Checkpoints.h"
#include "emo/Target/Weights.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace emo;

LogicalResult CheckpointFiles::open(MLIRContext *context) {
  FailureOr<StoredTensors> read = readSafetensors(folder, context);
  if (failed(read))
    return failure();
  stored = std::move(*read);
  for (auto &[name, size] : stored.files) {
    std::string path = folder + "/" + name;
    llvm::Expected<llvm::sys::fs::file_t> file = llvm::sys::fs::openNativeFileForRead(path);
    if (!file)
      return emitError(UnknownLoc::get(context)) << "'" << path << "' cannot be read: " << llvm::toString(file.takeError());
    std::error_code code;
    maps.try_emplace(name, *file, llvm::sys::fs::mapped_file_region::readonly, size, 0, code);
    llvm::sys::fs::closeFile(*file);
    if (code)
      return emitError(UnknownLoc::get(context)) << "'" << path << "' cannot be read: " << code.message();
  }
  return success();
}

StringRef CheckpointFiles::bytes(const StoredTensor &tensor) const {
  return bytes(tensor.file).substr(tensor.offset, tensor.type.getNumElements() * storedElementBytes(tensor.type.getElementType()));
}

std::string emo::typeText(RankedTensorType type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << type.getElementType();
  text = StringRef(text).upper() + " [";
  llvm::interleaveComma(type.getShape(), os);
  return text + "]";
}

/// Takes "model.layers.3.mlp.experts.5.up_proj.weight" apart.
TensorRole emo::tensorRole(StringRef name) {
  TensorRole role;
  if (!name.consume_front("model.layers.") || name.consumeInteger(10, role.layer) || !name.consume_front("."))
    return {};
  if (name == "mlp.gate.weight") {
    role.kind = TensorRole::Router;
  } else if (name.consume_front("mlp.experts.") && !name.consumeInteger(10, role.expert)) {
    role.kind = TensorRole::Expert;
  }
  return role;
}

void emo::sortByLayer(std::vector<std::string> &names) {
  auto key = [](const std::string &name) {
    TensorRole role = tensorRole(name);
    return std::make_tuple(role.layer, role.kind, role.expert, StringRef(name));
  };
  llvm::sort(names, [&](const std::string &a, const std::string &b) { return key(a) < key(b); });
}
