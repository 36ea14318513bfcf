// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-opt: mlir-opt with emo's dialects, passes and pipelines.
#include "emo/Conversion/Passes.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Dialect/Onnx/IR/Onnx.h"
#include "emo/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  registry.insert<emo::EmoDialect, emo::onnxir::OnnxDialect>();
  emo::registerEmoTransformsPasses();
  emo::registerEmoConversionPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "emo optimizer driver\n", registry));
}
