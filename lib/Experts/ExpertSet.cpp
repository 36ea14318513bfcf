// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Experts/ExpertSet.h"

#include "../Import/JsonFile/JsonText.h"
#include "JsonReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace emo;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static void readLayer(const llvm::json::Object &layer, ExpertSet &set, JsonReader &reader) {
  int64_t experts = reader.integer(layer, "experts", 1, kMaxExperts).value_or(0);
  int64_t limit = experts ? experts : kMaxExperts;
  std::vector<int64_t> keep, shared;
  if (const llvm::json::Value *found = JsonReader::get(layer, "keep"))
    keep = reader.ids(*found, "'keep'", limit);
  else
    reader.fail("expects 'keep', a list of expert ids; it is missing");
  if (const llvm::json::Value *found = JsonReader::get(layer, "shared"))
    shared = reader.ids(*found, "'shared'", limit);
  if (keep.empty())
    reader.fail("keeps no experts, expected at least one");
  set.keep.push_back(std::move(keep));
  set.experts.push_back(experts);
  set.shared.push_back(std::move(shared));
}

bool emo::addExperts(std::vector<int64_t> &keep, llvm::ArrayRef<int64_t> more) {
  size_t before = keep.size();
  for (int64_t expert : more)
    if (!llvm::is_contained(keep, expert))
      keep.push_back(expert);
  llvm::sort(keep);
  return keep.size() != before;
}

/// Adds shared experts to every layer. A layer needs a routed one beside them.
static llvm::Error completeShared(ExpertSet &set, llvm::ArrayRef<std::vector<int64_t>> shared, Notes &notes) {
  int64_t changed = 0;
  for (auto [layer, keep, always] : llvm::enumerate(set.keep, shared)) {
    changed += addExperts(keep, always);
    if (keep.size() == always.size())
      return llvm::createStringError("'" + set.file + "' layer " + Twine(layer) + " keeps shared experts alone, expected a routed one beside them");
  }
  if (changed)
    notes.push_back(("'" + set.file + "' does not keep all shared experts of " + Twine(changed) + (changed == 1 ? " layer" : " layers") +
                     "; they are added, as every token uses them").str());
  return llvm::Error::success();
}

llvm::Expected<ExpertSet> emo::parseExpertSet(StringRef text, StringRef file, Notes &notes) {
  llvm::Expected<llvm::json::Object> object = parseJsonText(text);
  if (!object)
    return llvm::createStringError("'" + file + "' " + llvm::toString(object.takeError()));
  JsonReader reader(file);
  ExpertSet set;
  set.file = file.str();
  reader.version(*object, /*required=*/false);
  std::vector<const llvm::json::Object *> layers = reader.layers(*object);
  set.model = reader.model(*object, layers.size());
  set.policy = reader.string(*object, "policy");
  set.amount = reader.string(*object, "keep");
  set.compiler = reader.string(*object, "compiler");
  set.data = reader.copied(*object, "data");
  for (auto [number, layer] : llvm::enumerate(layers)) {
    reader.enter("layer " + Twine(number));
    readLayer(*layer, set, reader);
  }
  if (!reader.ok())
    return reader.takeError();
  if (llvm::Error error = completeShared(set, set.shared, notes))
    return std::move(error);
  return set;
}

llvm::Expected<ExpertSet> emo::readExpertSet(StringRef path, Notes &notes) {
  auto buffer = readSmallFile(path, 64 << 20);
  if (!buffer)
    return llvm::createStringError("'" + path + "' " + llvm::toString(buffer.takeError()));
  return parseExpertSet((*buffer)->getBuffer(), path, notes);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

llvm::Error emo::checkAgainst(ExpertSet &set, const ModelExperts &model, Notes &notes) {
  auto error = [&](const Twine &message) { return llvm::createStringError("'" + set.file + "' " + message); };
  if (set.model.hash.empty() || model.hash.empty())
    notes.push_back("'" + set.file + "' cannot be checked to be of this model: " +
                    (set.model.hash.empty() ? "it has no model hash" : "the model has no hash"));
  else if (set.model.hash != model.hash)
    return error("is of another model: it has the hash " + set.model.hash + ", the model has " + model.hash);
  if (set.keep.size() != model.experts.size())
    return error("has " + Twine(set.keep.size()) + " layers, the model has " + Twine(model.experts.size()));
  for (auto [layer, keep] : llvm::enumerate(set.keep)) {
    int64_t experts = model.experts[layer];
    if (set.experts[layer] && set.experts[layer] != experts)
      return error("layer " + Twine(layer) + " is of " + Twine(set.experts[layer]) + " experts, the model's has " + Twine(experts));
    if (keep.back() >= experts)
      return error("layer " + Twine(layer) + " has the expert " + Twine(keep.back()) + " in 'keep', expected ids from 0 to " + Twine(experts - 1));
    if (!set.shared[layer].empty() && set.shared[layer] != model.shared[layer])
      return error("layer " + Twine(layer) + " has other shared experts than the model");
  }
  set.experts = model.experts;
  set.shared = model.shared;
  return completeShared(set, model.shared, notes);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void emo::writeExpertSet(const ExpertSet &set, llvm::raw_ostream &os) {
  auto entry = [&](StringRef key, const llvm::json::Value &value) {
    if (value.kind() != llvm::json::Value::Null && value.getAsString() != "")
      os << llvm::formatv("  \"{0}\": {1},\n", key, value);
  };
  os << "{\n";
  entry("version", 1);
  entry("model", set.model.json);
  entry("data", set.data);
  entry("policy", set.policy);
  entry("keep", set.amount);
  entry("compiler", set.compiler);
  os << "  \"layers\": [\n";
  for (size_t layer = 0; layer < set.keep.size(); ++layer) {
    os << "    {";
    if (set.experts[layer])
      os << "\"experts\": " << set.experts[layer] << ", ";
    if (!set.shared[layer].empty())
      os << llvm::formatv("\"shared\": {0}, ", llvm::json::Value(llvm::json::Array(set.shared[layer])));
    os << llvm::formatv("\"keep\": {0}", llvm::json::Value(llvm::json::Array(set.keep[layer])));
    os << (layer + 1 < set.keep.size() ? "},\n" : "}\n");
  }
  os << "  ]\n}\n";
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

std::optional<int64_t> emo::bytesWith(const ModelInfo &model, llvm::ArrayRef<int64_t> experts, llvm::ArrayRef<std::vector<int64_t>> keep) {
  if (!model.weightsBytes || model.expertBytes.empty())
    return std::nullopt;
  uint64_t all = 0, dropped = 0;
  for (auto [count, bytes, kept] : llvm::zip_equal(experts, model.expertBytes, keep)) {
    if (count == 0)
      return std::nullopt;
    all = llvm::SaturatingMultiplyAdd<uint64_t>(count, bytes, all);
    dropped = llvm::SaturatingMultiplyAdd<uint64_t>(count - kept.size(), bytes, dropped);
  }
  if (all > uint64_t(*model.weightsBytes))
    return std::nullopt;
  return *model.weightsBytes - int64_t(dropped);
}

std::optional<int64_t> emo::keptBytes(const ExpertSet &set) { return bytesWith(set.model, set.experts, set.keep); }
