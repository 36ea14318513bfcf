// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-translate: models into emo's dialects and back.
#include "Translations.h"
#include "emo/Import/HuggingFace.h"
#include "emo/Import/Onnx.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"

int main(int argc, char **argv) {
  emo::registerHuggingFaceTranslation();
  emo::registerHuggingFaceExport();
  emo::registerOnnxTranslation();
  emo::registerWeightTranslations();
  return mlir::failed(mlir::mlirTranslateMain(argc, argv, "emo model translation\n"));
}
