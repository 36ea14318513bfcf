// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --import-hf of emo-translate.
#include "emo/Import/HuggingFace.h"

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

void emo::registerHuggingFaceTranslation() {
  static TranslateToMLIRRegistration registration(
      "import-hf", "import a Hugging Face folder: give its config.json",
      [](llvm::SourceMgr &sources, MLIRContext *context) -> OwningOpRef<Operation *> {
        StringRef name = sources.getMemoryBuffer(sources.getMainFileID())->getBufferIdentifier();
        StringRef folder = name;
        if (!folder.consume_back("config.json")) {
          emitError(UnknownLoc::get(context)) << "expects the path of a folder's config.json, got '" << name << "'";
          return nullptr;
        }
        return importHuggingFace(folder.empty() ? "." : folder.rtrim('/'), {}, context);
      },
      [](DialectRegistry &registry) { registry.insert<EmoDialect, func::FuncDialect>(); });
}
