// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo as a plugin of mlir-opt:
//   mlir-opt --load-dialect-plugin=EmoPlugin.so --load-pass-plugin=EmoPlugin.so --pass-pipeline='builtin.module(emo-kernels-pipeline)'
#include "emo/Pipelines/Register.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

extern "C" LLVM_ATTRIBUTE_WEAK LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "emo", EMO_VERSION,
          [](mlir::DialectRegistry *registry) { emo::registerEmoDialects(*registry); }};
}

extern "C" LLVM_ATTRIBUTE_WEAK LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "emo", EMO_VERSION, [] { emo::registerEmoPasses(); }};
}
