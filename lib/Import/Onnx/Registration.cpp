// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Import/Onnx.h"

#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Dialect/Onnx/IR/Onnx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

void emo::registerOnnxTranslation() {
  // Created here, when the tool asks for the translation, so that a library user never meets the flag.
  static llvm::cl::opt<std::string> eosId("eos-id", llvm::cl::desc("Token id that ends a document (ONNX import)"),
                                          llvm::cl::value_desc("id"));
  TranslateToMLIRRegistration registration(
      "import-onnx", "import an .onnx file into the onnx dialect",
      [](llvm::SourceMgr &sources, MLIRContext *context) -> OwningOpRef<Operation *> {
        const llvm::MemoryBuffer *buffer = sources.getMemoryBuffer(sources.getMainFileID());
        OnnxImportOptions options;
        int64_t id;
        if (!eosId.empty()) {
          if (StringRef(eosId).getAsInteger(10, id) || id < 0) {
            emitError(UnknownLoc::get(context)) << "--eos-id expects a token id, got '" << eosId.getValue() << "'";
            return {};
          }
          options.eosId = id;
        }
        return importOnnx(buffer->getBufferIdentifier(), options, context);
      },
      [](DialectRegistry &registry) {
        registry.insert<EmoDialect, onnxir::OnnxDialect, arith::ArithDialect, func::FuncDialect>();
      });
}
