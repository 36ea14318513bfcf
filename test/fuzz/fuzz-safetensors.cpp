// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A safetensors file, or the index of several when it starts like JSON: every accepted tensor lies inside the file.
#include "Fuzz.h"
#include "Import/HuggingFace/Safetensors.h"

using namespace mlir;
using namespace emo;

static LogicalResult readFile(StringRef bytes, MLIRContext *context, FileError error) {
  FailureOr<uint64_t> headerBytes = safetensorsHeaderBytes(bytes, bytes.size(), error);
  if (failed(headerBytes))
    return failure();
  llvm::StringMap<StoredTensor> tensors;
  if (failed(parseSafetensorsHeader(bytes.take_front(8 + *headerBytes), bytes.size(), "fuzz", context, tensors, error)))
    return failure();
  for (auto &entry : tensors) {
    const StoredTensor &tensor = entry.getValue();
    // A size of 0 may hide an overflow of the others.
    bool empty = llvm::is_contained(tensor.type.getShape(), 0);
    uint64_t elements = empty ? 0 : tensor.type.getNumElements();
    uint64_t size = llvm::divideCeil(tensor.type.getElementTypeBitWidth(), 8);
    fuzzCheck(tensor.offset >= int64_t(8 + *headerBytes) && uint64_t(tensor.offset) <= bytes.size() &&
                  elements <= (bytes.size() - tensor.offset) / size,
              "a tensor lies outside the file");
  }
  return success();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzzOne(data, size, [](StringRef bytes, MLIRContext *context) -> LogicalResult {
    auto error = [&] { return emitError(UnknownLoc::get(context)); };
    if (!bytes.starts_with("{"))
      return readFile(bytes, context, error);
    FailureOr<SafetensorsIndex> index = parseSafetensorsIndex(bytes, error);
    if (failed(index))
      return failure();
    for (auto &[name, file] : *index)
      fuzzCheck(!file.empty() && file.find('/') == std::string::npos && file != "..", "a file lies outside the folder");
    return success();
  });
}
