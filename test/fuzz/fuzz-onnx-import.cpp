// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes at all are either imported or refused with a diagnostic.
#include "emo/Import/Onnx.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"

#include <cstdio>
#include <cstdlib>

using namespace mlir;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A context a run: types and attributes of hostile files must not pile up.
  MLIRContext context(MLIRContext::Threading::DISABLED);
  bool diagnosed = false;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    diagnosed |= diagnostic.getSeverity() == DiagnosticSeverity::Error;
    return success();
  });
  StringRef bytes(reinterpret_cast<const char *>(data), size);
  OwningOpRef<ModuleOp> module = emo::importOnnxBuffer(bytes, "/nonexistent", "fuzz.onnx", {}, &context);
  if (module ? failed(verify(*module)) : !diagnosed) {
    std::fprintf(stderr, module ? "the imported module does not verify\n" : "refused without a diagnostic\n");
    std::abort();
  }
  return 0;
}
