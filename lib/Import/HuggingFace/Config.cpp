// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Config.h"

#include "../JsonFile/JsonFile.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"

#include <set>

using namespace mlir;
using namespace emo;

namespace {

/// Typed access to the keys of config.json; remembers the first problem and which keys were read.
class Reader {
public:
  Reader(const llvm::json::Object &object, FileError error) : object(object), error(error) {}

  void size(StringRef key, int64_t &value, int64_t low = 1, int64_t high = int64_t(1) << 32) {
    std::optional<int64_t> read = optionalInteger(key, low, high);
    if (read)
      value = *read;
    else if (ok && value < low)
      fail() << "expects '" << key << "', an integer from " << low << " to " << high << "; it is missing";
  }
  std::optional<int64_t> optionalInteger(StringRef key, int64_t low, int64_t high) {
    const llvm::json::Value *found = get(key);
    if (!found)
      return std::nullopt;
    std::optional<int64_t> value = found->getAsInteger();
    if (!value || *value < low || *value > high) {
      fail() << "expects '" << key << "' to be an integer from " << low << " to " << high << ", found " << text(*found);
      return std::nullopt;
    }
    return value;
  }
  void number(StringRef key, double &value) {
    const llvm::json::Value *found = get(key);
    if (!found)
      return;
    std::optional<double> read = found->getAsNumber();
    if (!read || !(*read > 0) || *read > 1e18)
      fail() << "expects '" << key << "' to be a positive number, found " << text(*found);
    else
      value = *read;
  }
  void boolean(StringRef key, bool &value) {
    const llvm::json::Value *found = get(key);
    if (!found)
      return;
    if (std::optional<bool> read = found->getAsBoolean())
      value = *read;
    else
      fail() << "expects '" << key << "' to be true or false, found " << text(*found);
  }
  std::string string(StringRef key, StringRef fallback) {
    const llvm::json::Value *found = get(key);
    if (!found)
      return fallback.str();
    if (std::optional<StringRef> read = found->getAsString())
      return read->str();
    fail() << "expects '" << key << "' to be a string, found " << text(*found);
    return fallback.str();
  }
  /// One integer per layer; empty when absent.
  std::vector<int64_t> perLayer(StringRef key, int64_t layers) {
    const llvm::json::Value *found = get(key);
    std::vector<int64_t> values;
    if (!found)
      return values;
    const llvm::json::Array *array = found->getAsArray();
    if (!array || int64_t(array->size()) != layers) {
      fail() << "expects '" << key << "' to be a list of " << layers << " integers, one per layer, found " << text(*found);
      return values;
    }
    for (const llvm::json::Value &value : *array)
      values.push_back(value.getAsInteger().value_or(-1));
    return values;
  }
  /// A feature of other models of the family that must be off.
  void absent(StringRef key, StringRef what) {
    const llvm::json::Value *found = get(key);
    if (!found || found->getAsInteger() == 0 || found->getAsBoolean() == false ||
        (found->getAsArray() && found->getAsArray()->empty()))
      return;
    fail() << "has '" << key << "' = " << text(*found) << ": " << what << " is not supported, expected null";
  }
  /// The key's value; null when absent or JSON null.
  const llvm::json::Value *get(StringRef key) {
    seen.insert(key.str());
    const llvm::json::Value *found = object.get(key);
    return found && found->kind() != llvm::json::Value::Null ? found : nullptr;
  }
  InFlightDiagnostic fail() {
    ok = false;
    return error();
  }
  static std::string text(const llvm::json::Value &value) { return llvm::formatv("{0}", value).str(); }

  const llvm::json::Object &object;
  FileError error;
  std::set<std::string> seen;
  bool ok = true;
};

} // namespace

/// Keys of training, of other tools or without meaning for inference.
static constexpr StringLiteral kIgnored[] = {"architectures", "model_type", "torch_dtype", "dtype", "transformers_version", "auto_map",
    "use_cache", "initializer_range", "bos_token_id", "output_router_logits", "router_aux_loss_coef", "router_z_loss_coef",
    "lm_z_loss_coef", "attention_dropout", "_name_or_path", "tokenizer_class"};

static void readExperts(Reader &reader, EmoConfig &config) {
  int64_t experts = 0, shared = 0, topK = 0;
  constexpr int64_t kMaxExperts = 1 << 16;
  reader.size("num_experts", experts, 1, kMaxExperts);
  reader.size("num_shared_experts", shared, 0, kMaxExperts);
  reader.size("num_experts_per_tok", topK, 1, kMaxExperts);
  if (!reader.ok)
    return;
  std::vector<int64_t> perLayer = reader.perLayer("num_experts_per_layer", config.layers);
  std::vector<int64_t> sharedPerLayer = reader.perLayer("num_shared_experts_per_layer", config.layers);
  for (int64_t layer = 0; layer < config.layers && reader.ok; ++layer) {
    LayerExperts in = {perLayer.empty() ? experts : perLayer[layer], sharedPerLayer.empty() ? shared : sharedPerLayer[layer], topK};
    // A pruned layer with fewer experts than top-k uses all it has.
    if (!perLayer.empty())
      in.topK = std::min(topK, in.experts);
    if (in.experts < 1 || in.experts > kMaxExperts || in.shared < 0 || in.shared >= in.experts)
      reader.fail() << "expects each layer to have more experts than shared ones, found " << in.experts << " experts and "
                    << in.shared << " shared ones in layer " << layer;
    else if (in.topK > in.experts)
      reader.fail() << "expects 'num_experts_per_tok' <= 'num_experts', found " << in.topK << " and " << in.experts;
    else if (in.topK <= in.shared)
      reader.fail() << "expects 'num_experts_per_tok' to count at least one routed expert beside the shared ones, found " << in.topK
                    << " and " << in.shared << " shared";
    config.experts.push_back(in);
  }
  if (reader.ok && config.normalizeTopK && shared > 0)
    reader.fail() << "has 'norm_topk_prob' = true with shared experts, a combination that the model does not define; expected false";
}

static void checkHeads(Reader &reader, const EmoConfig &config) {
  if (!reader.ok)
    return;
  if (config.hiddenSize % config.heads || config.headDim() % 2)
    reader.fail() << "expects 'hidden_size' to be an even multiple of 'num_attention_heads', found " << config.hiddenSize << " and "
                  << config.heads;
  else if (config.heads % config.kvHeads)
    reader.fail() << "expects 'num_attention_heads' to be a multiple of 'num_key_value_heads', found " << config.heads << " and "
                  << config.kvHeads;
}

FailureOr<EmoConfig> emo::parseConfig(StringRef text, function_ref<InFlightDiagnostic()> error,
                                      function_ref<InFlightDiagnostic()> warning) {
  std::optional<llvm::json::Object> object = parseJsonObject(text, error);
  if (!object)
    return failure();
  Reader reader(*object, error);
  EmoConfig config;
  config.text = text.str();
  std::string type = reader.string("model_type", "");
  if (reader.ok && type != "emo") {
    reader.fail() << "has the model type '" << type << "', expected 'emo'; other models can be imported from ONNX";
    return failure();
  }
  reader.size("vocab_size", config.vocabSize);
  reader.size("hidden_size", config.hiddenSize);
  reader.size("intermediate_size", config.expertSize);
  reader.size("num_hidden_layers", config.layers, 1, 4096);
  reader.size("num_attention_heads", config.heads);
  config.kvHeads = config.heads;
  reader.size("num_key_value_heads", config.kvHeads);
  reader.size("max_position_embeddings", config.maxPositions);
  reader.number("rms_norm_eps", config.rmsNormEps);
  reader.number("rope_theta", config.ropeTheta);
  reader.boolean("norm_topk_prob", config.normalizeTopK);
  reader.boolean("attention_bias", config.attentionBias);
  reader.boolean("tie_word_embeddings", config.tiedEmbeddings);
  int64_t lastId = std::max<int64_t>(config.vocabSize - 1, 0);
  config.eosId = reader.optionalInteger("eos_token_id", 0, lastId);
  config.padId = reader.optionalInteger("pad_token_id", 0, lastId);
  reader.absent("rope_scaling", "scaling of rotary frequencies");
  reader.absent("always_active_experts", "a list of always active experts");
  reader.absent("always_active_experts_per_layer", "a list of always active experts");
  reader.absent("dense_intermediate_size", "a dense layer beside the experts");
  reader.absent("dense_mlp_bias", "a dense layer beside the experts");
  std::string weighting = reader.string("shared_weighting", "softmax");
  if (weighting != "one" && weighting != "softmax")
    reader.fail() << "expects 'shared_weighting' to be one or softmax, found '" << weighting << "'";
  config.sharedSoftmax = weighting == "softmax";
  std::string activation = reader.string("hidden_act", "silu");
  std::optional<Activation> known = llvm::StringSwitch<std::optional<Activation>>(activation)
      .Cases({"silu", "swish"}, Activation::Silu).Case("gelu", Activation::Gelu).Case("gelu_pytorch_tanh", Activation::GeluTanh)
      .Case("relu", Activation::Relu).Default(std::nullopt);
  if (known)
    config.activation = *known;
  else
    reader.fail() << "has the activation '" << activation << "', expected one of silu, gelu, gelu_pytorch_tanh, relu";
  if (!reader.ok)
    return failure();
  readExperts(reader, config);
  checkHeads(reader, config);
  if (!reader.ok)
    return failure();
  reader.seen.insert(std::begin(kIgnored), std::end(kIgnored));
  std::set<std::string> unknown;
  for (auto &[key, value] : *object)
    if (!reader.seen.count(StringRef(key).str()))
      unknown.insert(StringRef(key).str());
  if (!unknown.empty())
    warning() << "has keys that are not used: " << llvm::join(unknown, ", ");
  return config;
}

FailureOr<EmoConfig> emo::readConfig(StringRef folder, MLIRContext *context) {
  SmallString<256> path(folder);
  llvm::sys::path::append(path, "config.json");
  auto error = [&] { return emitError(UnknownLoc::get(context)) << "'" << path << "' "; };
  auto warning = [&] { return emitWarning(UnknownLoc::get(context)) << "'" << path << "' "; };
  auto buffer = readTextFile(path, error);
  if (!buffer)
    return failure();
  return parseConfig(buffer->getBuffer(), error, warning);
}
