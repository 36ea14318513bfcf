// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the fuzz targets of MLIR code share.
#ifndef EMO_TEST_FUZZ_FUZZ_H
#define EMO_TEST_FUZZ_FUZZ_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace emo {

inline void fuzzCheck(bool holds, const char *otherwise) {
  if (holds)
    return;
  std::fprintf(stderr, "%s\n", otherwise);
  std::abort();
}

/// Runs `read` in a context of its own (types and attributes of hostile files must not pile up); a refusal needs a diagnostic.
inline int fuzzOne(const uint8_t *data, size_t size,
                   llvm::function_ref<mlir::LogicalResult(llvm::StringRef, mlir::MLIRContext *)> read) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  bool diagnosed = false;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    diagnosed |= diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
    return mlir::success();
  });
  bool accepted = mlir::succeeded(read(llvm::StringRef(reinterpret_cast<const char *>(data), size), &context));
  fuzzCheck(accepted || diagnosed, "refused without a diagnostic");
  return 0;
}

} // namespace emo
#endif // EMO_TEST_FUZZ_FUZZ_H
