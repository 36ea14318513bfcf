// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Checkpoint.h"

#include "../../Import/JsonFile/JsonFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace emo;

/// What torch calls the type.
static StringRef torchName(Type type) {
  return type.isBF16() ? "bfloat16" : type.isF16() ? "float16" : type.isF64() ? "float64" : "float32";
}

static bool sameExperts(const LayerExperts &a, const LayerExperts &b) {
  return a.experts == b.experts && a.shared == b.shared && a.topK == b.topK;
}

static bool same(const EmoConfig &a, const EmoConfig &b) {
  bool sharedMatters = llvm::any_of(a.experts, [](const LayerExperts &in) { return in.shared > 1; });
  return a.vocabSize == b.vocabSize && a.hiddenSize == b.hiddenSize && a.expertSize == b.expertSize && a.layers == b.layers &&
         a.heads == b.heads && a.kvHeads == b.kvHeads && a.maxPositions == b.maxPositions && a.rmsNormEps == b.rmsNormEps &&
         a.ropeTheta == b.ropeTheta && a.activation == b.activation && a.normalizeTopK == b.normalizeTopK &&
         a.attentionBias == b.attentionBias && a.tiedEmbeddings == b.tiedEmbeddings && a.eosId == b.eosId &&
         (!sharedMatters || a.sharedSoftmax == b.sharedSoftmax) && a.experts.size() == b.experts.size() &&
         std::equal(a.experts.begin(), a.experts.end(), b.experts.begin(), sameExperts);
}

static StringRef activationName(Activation activation) {
  return activation == Activation::GeluTanh ? "gelu_pytorch_tanh" : stringifyActivation(activation);
}

static void setExperts(const EmoConfig &config, llvm::json::Object &json) {
  bool uniform = llvm::all_of(config.experts, [&](const LayerExperts &in) { return sameExperts(in, config.experts.front()); });
  LayerExperts most = config.experts.front();
  llvm::json::Array experts, shared;
  for (const LayerExperts &in : config.experts) {
    most = {std::max(most.experts, in.experts), std::max(most.shared, in.shared), std::max(most.topK, in.topK)};
    experts.push_back(in.experts);
    shared.push_back(in.shared);
  }
  json["num_experts"] = most.experts;
  json["num_shared_experts"] = most.shared;
  json["num_experts_per_tok"] = most.topK;
  json.erase("num_experts_per_layer");
  json.erase("num_shared_experts_per_layer");
  if (!uniform) {
    json["num_experts_per_layer"] = std::move(experts);
    json["num_shared_experts_per_layer"] = std::move(shared);
  }
  if (most.shared > 1)
    json["shared_weighting"] = config.sharedSoftmax ? "softmax" : "one";
}

static void set(const EmoConfig &config, llvm::json::Object &json) {
  json["model_type"] = "emo";
  json["architectures"] = llvm::json::Array{"EmoForCausalLM"};
  json["vocab_size"] = config.vocabSize;
  json["hidden_size"] = config.hiddenSize;
  json["intermediate_size"] = config.expertSize;
  json["num_hidden_layers"] = config.layers;
  json["num_attention_heads"] = config.heads;
  json["num_key_value_heads"] = config.kvHeads;
  json["max_position_embeddings"] = config.maxPositions;
  json["rms_norm_eps"] = config.rmsNormEps;
  json["rope_theta"] = config.ropeTheta;
  json["hidden_act"] = activationName(config.activation);
  json["norm_topk_prob"] = config.normalizeTopK;
  json["attention_bias"] = config.attentionBias;
  json["tie_word_embeddings"] = config.tiedEmbeddings;
  if (config.eosId)
    json["eos_token_id"] = *config.eosId;
  else
    json.erase("eos_token_id");
  setExperts(config, json);
}

std::string emo::configText(const Checkpoint &checkpoint, StringRef folder, MLIRContext *context) {
  // The file beside the model may be of another model, or of none: it is used as far as it is understood, silently.
  ScopedDiagnosticHandler quiet(context, [](Diagnostic &) { return success(); });
  auto silent = [&] { return emitRemark(UnknownLoc::get(context)); };
  SmallString<256> path(folder);
  llvm::sys::path::append(path, "config.json");
  llvm::json::Object json;
  StringRef dtype = torchName(checkpoint.tensors.front().type.getElementType());
  if (llvm::sys::fs::exists(path))
    if (auto buffer = readTextFile(path, silent)) {
      FailureOr<EmoConfig> known = parseConfig(buffer->getBuffer(), silent, silent);
      if (succeeded(known))
        json = *parseJsonObject(buffer->getBuffer(), silent);
      std::optional<StringRef> said = json.getString("torch_dtype");
      if (succeeded(known) && same(checkpoint.config, *known) && (!said || *said == dtype))
        return known->text;
    }
  set(checkpoint.config, json);
  json["torch_dtype"] = dtype;
  return llvm::formatv("{0:2}\n", llvm::json::Value(std::move(json))).str();
}
