// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The model of a tokenizer.json: vocabulary and merges.
#include "Spec.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace emo;
using llvm::json::Array;
using llvm::json::Object;
using Json = llvm::json::Value;

static bool isNullOrEmpty(const Json *value) {
  return !value || value->kind() == Json::Null || value->getAsString() == StringRef() || value->getAsNumber() == 0.0;
}

LogicalResult SpecReader::readModel(const Object &model) {
  // Old files do not say the type of this model, the only one with merges.
  StringRef type = model.getString("type").value_or(model.get("merges") ? "BPE" : "");
  if (type != "BPE")
    return refuseType("model", type, "BPE");
  for (StringRef name : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"})
    if (!isNullOrEmpty(model.get(name)))
      return refuse("has a model with '" + name + "' = " + llvm::formatv("{0}", *model.get(name)).str() + ", expected null");
  const Object *vocabulary = model.getObject("vocab");
  const Array *merges = model.getArray("merges");
  if (!vocabulary || !merges)
    return refuse("has a model without 'vocab' or 'merges'");
  spec.ignoreMerges = model.getBoolean("ignore_merges").value_or(false);
  if (failed(readVocabulary(*vocabulary)) || failed(readMerges(*merges)))
    return failure();
  // Bytes that have no token are dropped, unless the file says what becomes of them.
  const Json *unknown = model.get("unk_token");
  bool hasUnknown = (unknown && unknown->kind() != Json::Null) || model.getBoolean("byte_fallback").value_or(false);
  for (unsigned byte = 0; hasUnknown && byte < 256; ++byte)
    if (!spec.vocabulary.contains(letterOf(byte)))
      return refuse("has a model with 'unk_token' or 'byte_fallback' and without a token for the byte " + Twine(byte) +
                    ", expected tokens for all 256 bytes");
  return success();
}

LogicalResult SpecReader::readVocabulary(const Object &vocabulary) {
  llvm::DenseSet<int64_t> ids;
  for (auto &[key, value] : vocabulary) {
    StringRef token = key;
    std::optional<int64_t> id = value.getAsInteger();
    if (!id || *id < 0 || *id >= kMostTokens)
      return refuse("has the token '" + token + "' with the id " + llvm::formatv("{0}", value).str() + ", expected an integer from 0 to " +
                    Twine(kMostTokens - 1));
    if (!ids.insert(*id).second)
      return refuse("has two tokens with the id " + Twine(*id));
    spec.vocabulary[token] = uint32_t(*id);
  }
  return success();
}

LogicalResult SpecReader::readMerges(const Array &merges) {
  llvm::DenseMap<std::pair<uint32_t, uint32_t>, size_t> places;
  uint32_t rank = 0;
  for (const Json &value : merges) {
    std::string left, right;
    if (std::optional<StringRef> line = value.getAsString()) {
      // Old files have the first line of merges.txt among them.
      if (line->starts_with("#version"))
        continue;
      left = line->split(' ').first;
      right = line->split(' ').second;
    } else if (const Array *pair = value.getAsArray(); pair && pair->size() == 2) {
      left = (*pair)[0].getAsString().value_or("");
      right = (*pair)[1].getAsString().value_or("");
    }
    if (left.empty() || right.empty() || (value.getAsString() && StringRef(right).contains(' ')))
      return refuse("has the merge " + llvm::formatv("{0}", value).str() + ", expected two tokens");
    std::string merged = left + right;
    for (const std::string &token : {left, right, merged})
      if (!spec.vocabulary.contains(token))
        return refuse("merges '" + left + "' and '" + right + "', but '" + token + "' is not in the vocabulary");
    emo_merge merge = {spec.vocabulary[left], spec.vocabulary[right], rank++, spec.vocabulary[merged]};
    // Of merges of the same tokens the last one counts.
    auto [place, isNew] = places.try_emplace({merge.left, merge.right}, spec.merges.size());
    if (isNew)
      spec.merges.push_back(merge);
    else
      spec.merges[place->second] = merge;
  }
  return success();
}
