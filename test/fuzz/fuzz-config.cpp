// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A config.json: with the tensors that it asks for it makes a module that verifies, without them it is refused.
#include "Fuzz.h"
#include "Import/HuggingFace/ModelBuilder.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace emo;

/// Every tensor of the checkpoint, by the names of docs/import-huggingface.md; nothing when they would be too many for a test.
static StoredTensors tensorsOf(const EmoConfig &config, MLIRContext *context) {
  StoredTensors stored;
  constexpr int64_t kMost = 1 << 20;
  int64_t experts = 0;
  for (const LayerExperts &layer : config.experts)
    experts += layer.experts;
  if (experts > 64 || config.layers > 16 || std::max({config.vocabSize, config.hiddenSize, config.expertSize}) > kMost)
    return stored;
  int64_t offset = 0;
  auto add = [&](const Twine &name, ArrayRef<int64_t> shape) {
    auto type = RankedTensorType::get(shape, Float32Type::get(context));
    stored.tensors[name.str()] = {"fuzz", offset, type};
    offset += type.getNumElements() * 4;
  };
  int64_t hidden = config.hiddenSize, kv = config.kvHeads * config.headDim();
  add("model.embed_tokens.weight", {config.vocabSize, hidden});
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    std::string prefix = "model.layers." + std::to_string(layer) + ".";
    for (const char *norm : {"pre_attention_layernorm", "pre_feedforward_layernorm"})
      add(prefix + norm + ".weight", hidden);
    for (const char *name : {"q", "k", "v", "o"}) {
      int64_t rows = *name == 'k' || *name == 'v' ? kv : hidden;
      add(prefix + "self_attn." + name + "_proj.weight", {rows, hidden});
      if (config.attentionBias)
        add(prefix + "self_attn." + name + "_proj.bias", rows);
    }
    add(prefix + "mlp.gate.weight", {config.experts[layer].experts, hidden});
    for (int64_t e = 0; e < config.experts[layer].experts; ++e) {
      std::string expert = prefix + "mlp.experts." + std::to_string(e) + ".";
      add(expert + "gate_proj.weight", {config.expertSize, hidden});
      add(expert + "up_proj.weight", {config.expertSize, hidden});
      add(expert + "down_proj.weight", {hidden, config.expertSize});
    }
  }
  add("model.norm.weight", hidden);
  if (!config.tiedEmbeddings)
    add("lm_head.weight", {config.vocabSize, hidden});
  return stored;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzzOne(data, size, [](StringRef text, MLIRContext *context) -> LogicalResult {
    auto error = [&] { return emitError(UnknownLoc::get(context)); };
    auto warning = [&] { return emitWarning(UnknownLoc::get(context)); };
    FailureOr<EmoConfig> config = parseConfig(text, error, warning);
    if (failed(config))
      return failure();
    StoredTensors stored = tensorsOf(*config, context);
    OwningOpRef<ModuleOp> module = buildModel(*config, stored, "fuzz", Float32Type::get(context), context);
    fuzzCheck(stored.tensors.empty() != bool(module), "a checkpoint without tensors is accepted, or one that fits its config refused");
    if (!module)
      return failure();
    fuzzCheck(succeeded(verify(*module)), "the imported module does not verify");
    return success();
  });
}
