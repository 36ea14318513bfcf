// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Target/Tokenizer.h"

#include "../../Import/JsonFile/JsonFile.h"
#include "Spec.h"
#include "emo/Target/Weights.h"
#include "llvm/Support/Path.h"

#include <cstring>

using namespace mlir;
using namespace emo;

static constexpr StringLiteral kHint = "; --tokenizer=none compiles the model without its tokenizer";

FailureOr<std::string> emo::convertTokenizer(StringRef json, function_ref<InFlightDiagnostic()> error) {
  std::optional<llvm::json::Object> top = parseJsonObject(json, error);
  if (!top)
    return failure();
  TokenizerSpec spec;
  if (failed(SpecReader(error, spec).read(*top)))
    return failure();
  std::string problem;
  std::optional<std::string> tables = buildTables(spec, problem);
  if (!tables) {
    error() << problem << kHint;
    return failure();
  }
  return std::move(*tables);
}

FailureOr<std::string> emo::packTokenizer(ModuleOp module, StringRef weightsDir, StringRef file) {
  SmallString<256> path(file);
  auto recorded = module->getAttrOfType<StringAttr>("emo.tokenizer");
  if (file == "none" || (file.empty() && !recorded))
    return std::string();
  if (file.empty()) {
    path = weightsFolder(module, weightsDir);
    llvm::sys::path::append(path, recorded.getValue());
  }
  auto error = [&] { return emitError(UnknownLoc::get(module.getContext())) << "the tokenizer '" << path << "' "; };
  constexpr uint64_t kMaxBytes = 256 << 20;
  auto buffer = readTextFile(path, error, kMaxBytes);
  if (!buffer)
    return failure();
  return convertTokenizer(buffer->getBuffer(), error);
}

LogicalResult emo::checkVocabulary(ModuleOp module, StringRef tables) {
  auto model = module->getAttrOfType<DictionaryAttr>("emo.model");
  auto size = model ? model.getAs<IntegerAttr>("vocab_size") : IntegerAttr();
  emo_tokenizer_header header;
  if (tables.empty() || !size)
    return success();
  memcpy(&header, tables.data(), sizeof header);
  if (header.ends.count <= size.getInt())
    return success();
  return emitError(UnknownLoc::get(module.getContext()))
         << "the tokenizer has " << header.ends.count << " tokens, the model a vocabulary of " << size.getInt() << kHint;
}
