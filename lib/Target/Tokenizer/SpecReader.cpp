// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tokenizer.json, all but its model: normalizer, pre-tokenizer, post-processor, decoder, added tokens.
#include "Spec.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace emo;
using llvm::json::Array;
using llvm::json::Object;
using Json = llvm::json::Value;

StringRef emo::typeOf(const Json &part) {
  const Object *object = part.getAsObject();
  return object ? object->getString("type").value_or("") : "";
}

static bool isNull(const Json *value) { return !value || value->kind() == Json::Null; }

LogicalResult SpecReader::refuse(const Twine &message) {
  return error() << message << "; --tokenizer=none compiles the model without its tokenizer";
}

LogicalResult SpecReader::refuseType(StringRef part, StringRef type, StringRef expected) {
  return refuse("has a " + part + " " + (type.empty() ? Twine("without a type") : "'" + type + "'") + ", expected " + expected);
}

LogicalResult SpecReader::read(const Object &top) {
  static const Json null = nullptr;
  auto part = [&](StringRef name) -> const Json & {
    const Json *value = top.get(name);
    return value ? *value : null;
  };
  for (StringRef name : {"truncation", "padding"})
    if (!isNull(&part(name)))
      return refuse("has '" + name + "', expected null: texts are encoded as they are");
  const Object *model = top.getObject("model");
  if (!model)
    return refuse("has no 'model'");
  if (failed(readModel(*model)) || failed(readNormalizer(part("normalizer"))) ||
      failed(readPreTokenizer(part("pre_tokenizer"), /*isLast=*/true)) || failed(readPostProcessor(part("post_processor"))))
    return failure();
  if (typeOf(part("decoder")) != "ByteLevel")
    return refuseType("decoder", typeOf(part("decoder")), "ByteLevel");
  if (isNull(&part("added_tokens")))
    return success();
  const Array *added = part("added_tokens").getAsArray();
  return added ? readAddedTokens(*added) : refuse("has 'added_tokens' that are no list");
}

LogicalResult SpecReader::readNormalizer(const Json &normalizer) {
  StringRef type = typeOf(normalizer);
  if (normalizer.kind() == Json::Null)
    return success();
  if (type == "NFC") {
    spec.nfc = true;
    return success();
  }
  const Array *parts = type == "Sequence" ? normalizer.getAsObject()->getArray("normalizers") : nullptr;
  if (!parts)
    return refuseType("normalizer", type, "NFC, a Sequence of NFC, or null");
  for (const Json &part : *parts)
    if (failed(readNormalizer(part)))
      return failure();
  return success();
}

/// Steps that cut text, of which the last and only the last is ByteLevel.
LogicalResult SpecReader::readPreTokenizer(const Json &preTokenizer, bool isLast) {
  StringRef type = typeOf(preTokenizer);
  const Object *object = preTokenizer.getAsObject();
  auto flag = [&](StringRef name, bool fallback) { return object->getBoolean(name).value_or(fallback); };
  std::string problem;
  if (type == "Sequence" && object->getArray("pretokenizers") && !object->getArray("pretokenizers")->empty()) {
    const Array &parts = *object->getArray("pretokenizers");
    for (const Json &part : parts)
      if (failed(readPreTokenizer(part, isLast && &part == &parts.back())))
        return failure();
    return success();
  }
  if (type == "ByteLevel" && isLast) {
    SplitSpec split;
    if (flag("use_regex", true))
      split.pattern = *translatePattern(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", problem);
    split.flags = flag("add_prefix_space", true) ? EMO_SPLIT_PREFIX_SPACE : 0;
    spec.splits.push_back(split);
    return success();
  }
  if (type == "Split" && !isLast)
    return readSplit(*object);
  if (type == "Digits" && !isLast) {
    spec.splits.push_back({"\\p{N}", flag("individual_digits", false) ? EMO_SPLIT_ISOLATED : EMO_SPLIT_CONTIGUOUS, 0});
    return success();
  }
  return refuseType("pre_tokenizer", type, "ByteLevel, or a Sequence of Split and Digits that ends with ByteLevel");
}

LogicalResult SpecReader::readSplit(const Object &split) {
  static constexpr std::pair<StringLiteral, uint32_t> behaviours[] = {{"Isolated", EMO_SPLIT_ISOLATED},
                                                                      {"Removed", EMO_SPLIT_REMOVED},
                                                                      {"Contiguous", EMO_SPLIT_CONTIGUOUS},
                                                                      {"MergedWithPrevious", EMO_SPLIT_WITH_PREVIOUS},
                                                                      {"MergedWithNext", EMO_SPLIT_WITH_NEXT}};
  SplitSpec result;
  StringRef behaviour = split.getString("behavior").value_or("");
  auto *known = llvm::find_if(behaviours, [&](auto &pair) { return pair.first == behaviour; });
  if (known == std::end(behaviours))
    return refuse("has a Split with the behavior '" + behaviour + "', expected Isolated, Removed, Contiguous, MergedWithPrevious or MergedWithNext");
  result.behaviour = known->second;
  result.flags = split.getBoolean("invert").value_or(false) ? EMO_SPLIT_INVERT : 0;
  const Object *pattern = split.getObject("pattern");
  std::optional<StringRef> regex = pattern ? pattern->getString("Regex") : std::nullopt;
  std::optional<StringRef> string = pattern ? pattern->getString("String") : std::nullopt;
  if (!regex && (!string || string->empty()))
    return refuse("has a Split without a pattern, expected a Regex or a String");
  if (string) {
    for (char c : *string)
      result.pattern += llvm::isPunct(c) ? std::string("\\") + c : std::string(1, c);
  } else {
    std::string problem;
    std::optional<std::string> translated = translatePattern(*regex, problem);
    if (!translated)
      return refuse("has a Split with " + problem + " in its pattern " + *regex + ", which is not supported");
    result.pattern = *translated;
  }
  spec.splits.push_back(result);
  return success();
}

LogicalResult SpecReader::readPostProcessor(const Json &postProcessor) {
  StringRef type = typeOf(postProcessor);
  const Object *object = postProcessor.getAsObject();
  // It changes offsets alone.
  if (postProcessor.kind() == Json::Null || type == "ByteLevel")
    return success();
  if (type == "TemplateProcessing" && spec.before.empty() && spec.after.empty())
    return readTemplate(*object);
  const Array *parts = type == "Sequence" ? object->getArray("processors") : nullptr;
  if (!parts)
    return refuseType("post_processor", type, "ByteLevel, one TemplateProcessing, a Sequence of them, or null");
  for (const Json &part : *parts)
    if (failed(readPostProcessor(part)))
      return failure();
  return success();
}

/// Tokens around one text.
LogicalResult SpecReader::readTemplate(const Object &processor) {
  const Array *single = processor.getArray("single");
  const Object *tokens = processor.getObject("special_tokens");
  bool seen = false;
  for (const Json &piece : single ? *single : Array()) {
    const Object *object = piece.getAsObject();
    const Object *sequence = object ? object->getObject("Sequence") : nullptr;
    const Object *special = object ? object->getObject("SpecialToken") : nullptr;
    if (sequence && !seen && sequence->getString("id") == "A") {
      seen = true;
      continue;
    }
    const Object *token = special && tokens ? tokens->getObject(special->getString("id").value_or("")) : nullptr;
    const Array *ids = token ? token->getArray("ids") : nullptr;
    if (!ids)
      return refuse("has a TemplateProcessing with a part that is neither the text nor one of its special tokens");
    for (const Json &id : *ids) {
      std::optional<int64_t> number = id.getAsInteger();
      if (!number || *number < 0 || *number >= kMostTokens)
        return refuse("has a TemplateProcessing with the token id " + llvm::formatv("{0}", id).str());
      (seen ? spec.after : spec.before).push_back(uint32_t(*number));
    }
  }
  return seen ? success() : refuse("has a TemplateProcessing without the text $A in its 'single'");
}

LogicalResult SpecReader::readAddedTokens(const Array &tokens) {
  // Ids are those that the library gives, whatever the file says: a token of the vocabulary keeps its own, others are counted on.
  int64_t last = -1, size = spec.vocabulary.size();
  llvm::StringMap<int64_t> ids;
  for (const Json &value : tokens) {
    const Object *token = value.getAsObject();
    std::optional<StringRef> text = token ? token->getString("content") : std::nullopt;
    std::optional<int64_t> id = token ? token->getInteger("id") : std::nullopt;
    if (!text || !id)
      return refuse("has an added token without 'content' or 'id'");
    if (text->empty())
      continue;
    auto known = spec.vocabulary.find(*text);
    int64_t expected = known != spec.vocabulary.end() ? known->second : std::max(last + 1, size);
    if (*id != expected)
      return refuse("has the added token '" + *text + "' with the id " + Twine(*id) + ", expected " + Twine(expected) +
                    ", which the tokenizers library gives it");
    if (expected >= kMostTokens)
      return refuse("has the token id " + Twine(expected) + ", expected less than " + Twine(kMostTokens));
    last = std::max(last, expected);
    if (!ids.try_emplace(*text, expected).second)
      return refuse("has the added token '" + *text + "' twice");
    uint32_t flags = 0;
    std::pair<StringRef, uint32_t> names[] = {
        {"lstrip", EMO_ADDED_LSTRIP}, {"rstrip", EMO_ADDED_RSTRIP}, {"single_word", EMO_ADDED_SINGLE_WORD}, {"special", EMO_ADDED_SPECIAL}};
    for (auto [name, flag] : names)
      flags |= token->getBoolean(name).value_or(false) ? flag : 0;
    spec.added.push_back({text->str(), uint32_t(expected), flags, token->getBoolean("normalized").value_or(false)});
  }
  return success();
}
