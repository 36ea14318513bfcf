// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a tokenizer.json says, checked.
#ifndef EMO_LIB_TARGET_TOKENIZER_SPEC_H
#define EMO_LIB_TARGET_TOKENIZER_SPEC_H

#include "emo/Runtime/TokenizerTables.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace emo {

struct AddedTokenSpec {
  std::string text;
  uint32_t id, flags;
  bool isNormalized;
};

struct SplitSpec {
  std::string pattern; // of PCRE2
  uint32_t behaviour = EMO_SPLIT_ISOLATED, flags = 0;
};

struct TokenizerSpec {
  llvm::StringMap<uint32_t> vocabulary; // of the model, in the letters that stand for bytes
  std::vector<emo_merge> merges;
  std::vector<AddedTokenSpec> added;
  std::vector<SplitSpec> splits;
  std::vector<uint32_t> before, after;
  bool nfc = false, ignoreMerges = false;
};

/// Ids are less than this.
constexpr int64_t kMostTokens = 1 << 24;

/// Reads a tokenizer.json part by part. Each part says what it found and what it takes.
class SpecReader {
public:
  SpecReader(llvm::function_ref<mlir::InFlightDiagnostic()> error, TokenizerSpec &spec) : error(error), spec(spec) {}
  mlir::LogicalResult read(const llvm::json::Object &top);

private:
  mlir::LogicalResult refuse(const llvm::Twine &message);
  /// `part` has the type `type`, which is none of `expected`.
  mlir::LogicalResult refuseType(llvm::StringRef part, llvm::StringRef type, llvm::StringRef expected);
  mlir::LogicalResult readModel(const llvm::json::Object &model);
  mlir::LogicalResult readVocabulary(const llvm::json::Object &vocabulary);
  mlir::LogicalResult readMerges(const llvm::json::Array &merges);
  mlir::LogicalResult readAddedTokens(const llvm::json::Array &tokens);
  mlir::LogicalResult readNormalizer(const llvm::json::Value &normalizer);
  mlir::LogicalResult readPreTokenizer(const llvm::json::Value &preTokenizer, bool isLast);
  mlir::LogicalResult readSplit(const llvm::json::Object &split);
  mlir::LogicalResult readPostProcessor(const llvm::json::Value &postProcessor);
  mlir::LogicalResult readTemplate(const llvm::json::Object &processor);

  llvm::function_ref<mlir::InFlightDiagnostic()> error;
  TokenizerSpec &spec;
};

/// The type of a part of a tokenizer.json; "" when it has none.
llvm::StringRef typeOf(const llvm::json::Value &part);

/// The letter that stands for a byte in vocabularies of byte-level tokenizers.
std::string letterOf(unsigned char byte);

/// The bytes that a token stands for; nothing when it has other letters than those of bytes.
std::optional<std::string> bytesOf(llvm::StringRef token);

/// The pattern for PCRE2 that matches what `pattern` matches for the regular expressions of the `tokenizers` library (Oniguruma's); nothing
/// with a message when it uses what is not known to be the same.
std::optional<std::string> translatePattern(llvm::StringRef pattern, std::string &problem);

/// Lays out the tables; nothing with a message when they do not work.
std::optional<std::string> buildTables(const TokenizerSpec &spec, std::string &problem);

} // namespace emo
#endif // EMO_LIB_TARGET_TOKENIZER_SPEC_H
