// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Experts/Profile.h"

#include "../Import/JsonFile/JsonText.h"
#include "JsonReader.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;

static constexpr llvm::StringLiteral kScores[] = {"router_probability", "topk_frequency", "gate_weight", "reap", "easy_ep"};
/// Routing of many documents may be in a file.
static constexpr uint64_t kMaxBytes = 256 << 20;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// One number an expert; those of shared experts do not matter.
static std::vector<double> readScores(StringRef key, const llvm::json::Value &value, const LayerProfile &layer, JsonReader &reader) {
  const llvm::json::Array *array = value.getAsArray();
  std::vector<double> scores(layer.experts, 0);
  if (!array || int64_t(array->size()) != layer.experts) {
    reader.fail("expects '" + key + "' to be a list of " + Twine(layer.experts) + " scores, one per expert, found " +
                (array ? Twine(array->size()) + " elements" : Twine(JsonReader::text(value))));
    return scores;
  }
  for (int64_t expert = 0; expert < layer.experts; ++expert) {
    if (layer.isShared(expert))
      continue;
    std::optional<double> score = (*array)[expert].getAsNumber();
    if (!score || !(*score >= 0) || std::isinf(*score)) {
      reader.fail("has the score " + JsonReader::text((*array)[expert]) + " in '" + key + "' of expert " + Twine(expert) +
                  ", expected a finite number that is not negative");
      return scores;
    }
    scores[expert] = *score;
  }
  return scores;
}

static void readAllScores(const llvm::json::Object &object, LayerProfile &layer, JsonReader &reader) {
  for (StringRef key : kScores)
    if (const llvm::json::Value *found = JsonReader::get(object, key))
      layer.scores[key.str()] = readScores(key, *found, layer, reader);
}

/// Choices of a greedy run: {"8": [ids], ...}.
static void readGreedy(const llvm::json::Value &value, LayerProfile &layer, JsonReader &reader) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return reader.fail("expects 'keep' to be a JSON object of lists by number of experts, found " + JsonReader::text(value));
  for (auto &[key, list] : *object) {
    StringRef number = key;
    int64_t count = 0;
    if (number.getAsInteger(10, count) || count < 1 || count > layer.experts)
      return reader.fail("has the key '" + number + "' in 'keep', expected numbers of experts from 1 to " + Twine(layer.experts));
    std::vector<int64_t> ids = reader.ids(list, "'keep' for " + number, layer.experts);
    if (int64_t(ids.size()) != count)
      reader.fail("has " + Twine(ids.size()) + " experts in 'keep' for " + number);
    for (int64_t expert : layer.shared)
      if (!llvm::is_contained(ids, expert))
        reader.fail("lacks the shared expert " + Twine(expert) + " in 'keep' for " + number);
    if (!reader.ok())
      return;
    layer.greedy[count] = std::move(ids);
  }
}

static LayerProfile readLayer(const llvm::json::Object &object, JsonReader &reader) {
  LayerProfile layer;
  layer.experts = reader.integer(object, "experts", 1, kMaxExperts).value_or(0);
  if (!layer.experts)
    reader.fail("expects 'experts', their number; it is missing");
  if (const llvm::json::Value *shared = JsonReader::get(object, "shared"))
    layer.shared = reader.ids(*shared, "'shared'", layer.experts);
  if (int64_t(layer.shared.size()) >= layer.experts)
    reader.fail("has " + Twine(layer.shared.size()) + " shared experts of " + Twine(layer.experts) + ", expected a routed one beside them");
  readAllScores(object, layer, reader);
  if (const llvm::json::Value *keep = JsonReader::get(object, "keep"))
    readGreedy(*keep, layer, reader);
  return layer;
}

llvm::Expected<Profile> emo::parseProfile(StringRef text, StringRef file) {
  llvm::Expected<llvm::json::Object> object = parseJsonText(text);
  if (!object)
    return llvm::createStringError("'" + file + "' " + llvm::toString(object.takeError()));
  JsonReader reader(file);
  Profile profile;
  profile.file = file.str();
  reader.version(*object, /*required=*/true);
  std::vector<const llvm::json::Object *> layers = reader.layers(*object);
  profile.model = reader.model(*object, layers.size());
  profile.policy = reader.string(*object, "policy");
  profile.compiler = reader.string(*object, "compiler");
  profile.data = reader.copied(*object, "data");
  for (auto [number, layer] : llvm::enumerate(layers)) {
    reader.enter("layer " + Twine(number));
    profile.layers.push_back(readLayer(*layer, reader));
    if (!reader.ok())
      break;
  }
  if (!reader.ok())
    return reader.takeError();
  return profile;
}

llvm::Expected<Profile> emo::readProfile(StringRef path) {
  auto buffer = readSmallFile(path, kMaxBytes);
  if (!buffer)
    return llvm::createStringError("'" + path + "' " + llvm::toString(buffer.takeError()));
  return parseProfile((*buffer)->getBuffer(), path);
}

llvm::Expected<bool> emo::isProfileFile(StringRef path) {
  auto buffer = readSmallFile(path, kMaxBytes);
  llvm::Expected<llvm::json::Object> object = buffer ? parseJsonText((*buffer)->getBuffer()) : buffer.takeError();
  if (!object)
    return llvm::createStringError("'" + path + "' " + llvm::toString(object.takeError()));
  const llvm::json::Array *layers = object->getArray("layers");
  const llvm::json::Object *first = layers && !layers->empty() ? layers->front().getAsObject() : nullptr;
  return first && !first->getArray("keep");
}

//===----------------------------------------------------------------------===//
// Looking at profiles
//===----------------------------------------------------------------------===//

const std::vector<double> *LayerProfile::find(StringRef key) const {
  auto found = scores.find(key.str());
  return found == scores.end() ? nullptr : &found->second;
}

ModelExperts emo::modelExperts(const Profile &profile) {
  ModelExperts model;
  model.hash = profile.model.hash;
  for (const LayerProfile &layer : profile.layers) {
    model.experts.push_back(layer.experts);
    model.shared.push_back(layer.shared);
  }
  return model;
}

llvm::Error emo::checkSameModel(llvm::ArrayRef<Profile> profiles, Notes &notes) {
  const Profile &first = profiles.front(), *hashed = nullptr;
  for (const Profile &profile : profiles) {
    auto error = [&](const Profile &other, const Twine &message) {
      return llvm::createStringError("'" + profile.file + "' is of another model than '" + other.file + "': " + message);
    };
    if (profile.layers.size() != first.layers.size())
      return error(first, "it has " + Twine(profile.layers.size()) + " layers, not " + Twine(first.layers.size()));
    for (auto [number, layer, expected] : llvm::enumerate(profile.layers, first.layers)) {
      if (layer.experts != expected.experts)
        return error(first, "layer " + Twine(number) + " has " + Twine(layer.experts) + " experts, not " + Twine(expected.experts));
      if (layer.shared != expected.shared)
        return error(first, "layer " + Twine(number) + " has other shared experts");
    }
    const std::string &hash = profile.model.hash;
    if (hash.empty() && profiles.size() > 1)
      notes.push_back("'" + profile.file + "' has no model hash: it cannot be checked to be of the same model as the others");
    else if (!hash.empty() && hashed && hash != hashed->model.hash)
      return error(*hashed, "it has the hash " + hash + ", not " + hashed->model.hash);
    else if (!hash.empty() && !hashed)
      hashed = &profile;
  }
  return llvm::Error::success();
}

std::vector<int64_t> emo::rankExperts(const LayerProfile &layer, llvm::ArrayRef<double> scores) {
  std::vector<int64_t> ranked;
  for (int64_t expert = 0; expert < layer.experts; ++expert)
    if (!layer.isShared(expert))
      ranked.push_back(expert);
  llvm::sort(ranked, [&](int64_t a, int64_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  return ranked;
}

size_t emo::expertsForMass(llvm::ArrayRef<int64_t> ranked, llvm::ArrayRef<double> scores, double part) {
  // Added in the order in which they are added again: all of them reach the whole.
  double total = 0, sum = 0;
  for (int64_t expert : ranked)
    total += scores[expert];
  size_t count = 0;
  while (count < ranked.size() && (count == 0 || sum < part * total))
    sum += scores[ranked[count++]];
  return count;
}

std::optional<double> emo::retainedMass(const LayerProfile &layer, StringRef key, llvm::ArrayRef<int64_t> keep) {
  const std::vector<double> *scores = layer.find(key);
  if (!scores)
    return std::nullopt;
  double total = 0, kept = 0;
  for (auto [expert, score] : llvm::enumerate(*scores)) {
    total += score;
    if (std::binary_search(keep.begin(), keep.end(), int64_t(expert)))
      kept += score;
  }
  if (!(total > 0) || std::isinf(total))
    return std::nullopt;
  return kept / total;
}
