// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes at all are either imported or refused with a diagnostic.
#include "Fuzz.h"
#include "emo/Import/Onnx.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace emo;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzzOne(data, size, [](StringRef bytes, MLIRContext *context) -> LogicalResult {
    OwningOpRef<ModuleOp> module = importOnnxBuffer(bytes, "/nonexistent", "fuzz.onnx", {}, context);
    if (!module)
      return failure();
    fuzzCheck(succeeded(verify(*module)), "the imported module does not verify");
    return success();
  });
}
