// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "JsonReader.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;

static constexpr size_t kMaxLayers = 4096;
static constexpr int64_t kMaxBytes = int64_t(1) << 60;

void JsonReader::fail(const Twine &message) {
  if (ok())
    problem = ("'" + file + "' " + place + (place.empty() ? "" : " ") + message).str();
}

const llvm::json::Value *JsonReader::get(const llvm::json::Object &object, StringRef key) {
  const llvm::json::Value *found = object.get(key);
  return found && found->kind() != llvm::json::Value::Null ? found : nullptr;
}

std::string JsonReader::text(const llvm::json::Value &value) {
  std::string text = llvm::formatv("{0}", value).str();
  // A list of numbers in place of one number need not fill the screen.
  return text.size() <= 80 ? text : text.substr(0, 77) + "...";
}

std::optional<int64_t> JsonReader::integer(const llvm::json::Object &object, StringRef key, int64_t low, int64_t high) {
  const llvm::json::Value *found = get(object, key);
  if (!found)
    return std::nullopt;
  std::optional<int64_t> value = found->getAsInteger();
  if (value && *value >= low && *value <= high)
    return value;
  fail("expects '" + key + "' to be an integer from " + Twine(low) + " to " + Twine(high) + ", found " + text(*found));
  return std::nullopt;
}

std::string JsonReader::string(const llvm::json::Object &object, StringRef key) {
  const llvm::json::Value *found = get(object, key);
  if (!found)
    return "";
  if (std::optional<StringRef> value = found->getAsString())
    return value->str();
  fail("expects '" + key + "' to be a string, found " + text(*found));
  return "";
}

std::vector<int64_t> JsonReader::perLayer(const llvm::json::Object &object, StringRef key, size_t layers, int64_t low, int64_t high) {
  const llvm::json::Value *found = get(object, key);
  std::vector<int64_t> values;
  if (!found)
    return values;
  const llvm::json::Array *array = found->getAsArray();
  if (!array || array->size() != layers) {
    fail("expects '" + key + "' to be a list of " + Twine(layers) + " integers, one per layer, found " +
         (array ? Twine(array->size()) + " elements" : Twine(text(*found))));
    return values;
  }
  for (const llvm::json::Value &element : *array) {
    std::optional<int64_t> value = element.getAsInteger();
    if (!value || *value < low || *value > high)
      fail("expects '" + key + "' to have integers from " + Twine(low) + " to " + Twine(high) + ", found " + text(element));
    values.push_back(value.value_or(low));
  }
  return values;
}

std::vector<int64_t> JsonReader::ids(const llvm::json::Value &value, const Twine &what, int64_t experts) {
  const llvm::json::Array *array = value.getAsArray();
  std::vector<int64_t> ids;
  if (!array) {
    fail("expects " + what + " to be a list of expert ids, found " + text(value));
    return ids;
  }
  for (const llvm::json::Value &element : *array) {
    std::optional<int64_t> id = element.getAsInteger();
    if (!id || *id < 0 || *id >= experts) {
      fail("has the expert " + text(element) + " in " + what + ", expected ids from 0 to " + Twine(experts - 1));
      return ids;
    }
    ids.push_back(*id);
  }
  llvm::sort(ids);
  if (auto twice = std::adjacent_find(ids.begin(), ids.end()); twice != ids.end())
    fail("has the expert " + Twine(*twice) + " twice in " + what + ", expected each once");
  return ids;
}

void JsonReader::version(const llvm::json::Object &object, bool required) {
  const llvm::json::Value *found = get(object, "version");
  if (!found && required)
    fail("expects 'version', which is missing");
  else if (found && found->getAsInteger() != 1)
    fail("has the version " + text(*found) + ", expected 1; it was made by another version of emo");
}

std::vector<const llvm::json::Object *> JsonReader::layers(const llvm::json::Object &object) {
  const llvm::json::Value *found = get(object, "layers");
  const llvm::json::Array *array = found ? found->getAsArray() : nullptr;
  std::vector<const llvm::json::Object *> layers;
  if (!array || array->empty() || array->size() > kMaxLayers) {
    fail("expects 'layers' to be a list of 1 to " + Twine(kMaxLayers) + " layers, " +
         (array ? "found " + Twine(array->size()) : Twine(found ? "found something else" : "it is missing")));
    return layers;
  }
  for (auto [number, layer] : llvm::enumerate(*array)) {
    layers.push_back(layer.getAsObject());
    if (!layers.back()) {
      enter("layer " + Twine(number));
      fail("expects a JSON object, found " + text(layer));
      return {};
    }
  }
  return layers;
}

ModelInfo JsonReader::model(const llvm::json::Object &object, size_t layers) {
  ModelInfo info;
  const llvm::json::Value *found = get(object, "model");
  if (!found)
    return info;
  const llvm::json::Object *model = found->getAsObject();
  if (!model) {
    fail("expects 'model' to be a JSON object, found " + text(*found));
    return info;
  }
  info.hash = string(*model, "hash");
  info.name = string(*model, "name");
  info.weightsBytes = integer(*model, "weights_bytes", 1, kMaxBytes);
  info.expertBytes = perLayer(*model, "expert_bytes", layers, 1, kMaxBytes);
  info.topK = perLayer(*model, "top_k", layers, 1, kMaxExperts);
  info.json = copied(object, "model");
  return info;
}

/// Whether the value can be written: JSON has no infinity, which a number that is too large becomes.
static bool isFinite(const llvm::json::Value &value) {
  if (const llvm::json::Array *array = value.getAsArray())
    return llvm::all_of(*array, isFinite);
  if (const llvm::json::Object *object = value.getAsObject())
    return llvm::all_of(*object, [](const auto &entry) { return isFinite(entry.second); });
  std::optional<double> number = value.getAsNumber();
  return !number || std::isfinite(*number);
}

llvm::json::Value JsonReader::copied(const llvm::json::Object &object, StringRef key) {
  const llvm::json::Value *found = get(object, key);
  if (!found)
    return nullptr;
  if (!isFinite(*found))
    fail("has a number in '" + key + "' that is too large");
  return *found;
}
