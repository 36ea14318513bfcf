// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Import/Model.h"

#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace emo;

/// ONNX files do not say how long sequences may be; rotary tables need a bound.
static constexpr int64_t kDefaultMaxPositions = 4096;

static void setMaxPositions(ModuleOp module, std::optional<int64_t> given) {
  Builder b(module.getContext());
  auto model = module->getAttrOfType<DictionaryAttr>("emo.model");
  NamedAttrList attrs(model ? model.getValue() : ArrayRef<NamedAttribute>());
  if (!given && attrs.get("max_positions"))
    return;
  attrs.set("max_positions", b.getI64IntegerAttr(given.value_or(kDefaultMaxPositions)));
  module->setAttr("emo.model", attrs.getDictionary(module.getContext()));
}

OwningOpRef<ModuleOp> emo::loadModel(StringRef path, const ModelOptions &options, MLIRContext *context) {
  auto error = [&] { return emitError(UnknownLoc::get(context)); };
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status)) {
    error() << "cannot open the model '" << path << "': " << code.message();
    return nullptr;
  }
  if (llvm::sys::fs::is_directory(status)) {
    SmallString<256> config(path);
    llvm::sys::path::append(config, "config.json");
    if (llvm::sys::fs::exists(config))
      return importHuggingFace(path, options.huggingFace, context);
    error() << "'" << path << "' is no Hugging Face folder: it has no config.json";
    return nullptr;
  }
  StringRef extension = llvm::sys::path::extension(path);
  if (extension == ".onnx") {
    OwningOpRef<ModuleOp> module = importOnnx(path, options.onnx, context);
    if (module)
      setMaxPositions(*module, options.maxPositions);
    return module;
  }
  if (extension == ".mlir" || extension == ".mlirbc")
    return parseSourceFile<ModuleOp>(path, context);
  error() << "'" << path << "' is no model: expected a Hugging Face folder, an .onnx file or an .mlir file";
  return nullptr;
}
