// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-opt: mlir-opt with emo's dialects, passes and pipelines.
#include "emo/Pipelines/Register.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  emo::registerAllDialects(registry);
  mlir::registerAllPasses();
  emo::registerEmoPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "emo optimizer driver\n", registry));
}
