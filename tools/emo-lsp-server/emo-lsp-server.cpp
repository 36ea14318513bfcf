// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-lsp-server: editors' language server for .mlir files with emo's dialects.
#include "emo/Pipelines/Register.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  emo::registerAllDialects(registry);
  return failed(mlir::MlirLspServerMain(argc, argv, registry));
}
