// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From @forward to a checkpoint, backwards from the logits. Every operand is followed to the token ids or a parameter, so that nothing
// of the function is left out. Activations are [batch, sequence, hidden] from the embedding on, which leaves one way to split them into
// heads and to list them as rows.
#include "Checkpoint.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace emo;

namespace {

/// The parameters of a layer.
struct LayerParams {
  ParamOp attentionNorm, q, k, v, o, qBias, kBias, vBias, oBias;
  ParamOp feedforwardNorm, router, sharedRouter, gate, up, down;
};

class ModelMatcher {
public:
  ModelMatcher(ModuleOp module, Checkpoint &checkpoint) : module(module), checkpoint(checkpoint), config(checkpoint.config) {}
  LogicalResult match();

private:
  // The function, last things first. Each returns what the matched part is applied to, or null after an error.
  bool matchInterface(func::FuncOp forward);
  Value matchNorm(Value value, StringRef role, ParamOp &weight);
  Value matchExperts(Value branch, LayerParams &layer);
  bool matchRouter(RouteOp route, Value rows, LayerParams &layer);
  Value matchAttention(Value branch, LayerParams &layer);
  Value matchHeads(Value value, StringRef role, bool rotated, int64_t &heads, ParamOp &weight, ParamOp &bias);
  bool matchEmbedding(Value value);
  bool matchResidual(Value value, StringRef role, bool (*isBranch)(Operation *), Value &residual, Value &branch);
  LinearOp matchLinear(Value value, StringRef role, Type type, Type result, ParamOp &weight, ParamOp *bias);
  ParamOp matchParam(Value value, StringRef role);
  bool finishConfig();

  // Checks.
  template <typename OpT> OpT expect(Value value, StringRef role);
  template <typename T> bool agree(std::optional<T> &known, T found, Value at, StringRef what);
  InFlightDiagnostic fail(Location at) {
    return emitError(at) << "the model cannot be written as a checkpoint of the model type 'emo': ";
  }
  static std::string text(Type type) {
    std::string text;
    llvm::raw_string_ostream(text) << type;
    return text;
  }
  /// Fails unless `holds`.
  bool require(bool holds, Value at, const Twine &expectation) {
    if (!holds)
      fail(at.getLoc()) << "expects " << expectation;
    return holds;
  }

  // Tensors.
  bool fill();
  void tensor(const Twine &name, ParamOp param);
  void linear(const Twine &name, ParamOp weight, ParamOp bias);
  void stack(const Twine &prefix, StringRef projection, ParamOp param);
  bool router(const Twine &name, LayerParams &layer, int64_t experts);
  ParamOp stored(ParamOp param, int64_t rows = -1);

  ModuleOp module;
  Checkpoint &checkpoint;
  EmoConfig &config;
  Value ids;
  std::vector<LayerParams> layers;
  ParamOp embedding, norm, head;
  Type dtype; // of activations
  std::optional<double> epsilon, theta;
  std::optional<int64_t> numHeads, numKvHeads, expertSize;
  std::optional<Activation> activation;
  std::optional<bool> biases, normalizes, sharedSoftmax;
};

} // namespace

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

template <typename OpT> OpT ModelMatcher::expect(Value value, StringRef role) {
  if (auto op = value.getDefiningOp<OpT>())
    return op;
  InFlightDiagnostic diag = fail(value.getLoc()) << "expects " << role << " to come from " << OpT::getOperationName() << ", found ";
  if (Operation *op = value.getDefiningOp())
    diag << op->getName();
  else
    diag << "an argument";
  return OpT();
}

template <typename T> bool ModelMatcher::agree(std::optional<T> &known, T found, Value at, StringRef what) {
  if (!known)
    known = found;
  return require(*known == found, at, "one value of " + what + " for all layers");
}

ParamOp ModelMatcher::matchParam(Value value, StringRef role) {
  auto ref = expect<ParamRefOp>(value, role);
  return ref ? module.lookupSymbol<ParamOp>(ref.getParam()) : ParamOp();
}

/// A linear layer of element type `type` with results of the type `result`; without a bias when `bias` is null.
LinearOp ModelMatcher::matchLinear(Value value, StringRef role, Type type, Type result, ParamOp &weight, ParamOp *bias) {
  auto op = expect<LinearOp>(value, role);
  if (!op || !(weight = matchParam(op.getWeight(), "a weight")))
    return LinearOp();
  if (op.getBias() && (!require(bias, value, role + " to have no bias") || !(*bias = matchParam(op.getBias(), "a bias"))))
    return LinearOp();
  bool typed = getElementTypeOrSelf(op.getX()) == type && getElementTypeOrSelf(weight.getType()) == type &&
               (!op.getBias() || getElementTypeOrSelf(op.getBias()) == type);
  if (!require(typed && getElementTypeOrSelf(value) == result, value,
               role + " to be computed in " + text(type) + " and to be in " + text(result)))
    return LinearOp();
  return op;
}

Value ModelMatcher::matchNorm(Value value, StringRef role, ParamOp &weight) {
  auto op = expect<RmsNormOp>(value, role);
  if (!op || !(weight = matchParam(op.getWeight(), "a norm's weight")))
    return Value();
  if (!dtype)
    dtype = getElementTypeOrSelf(op.getX());
  bool ok = require(dtype.isF32() || dtype.isBF16(), value, "activations in f32 or bf16") &&
            require(getElementTypeOrSelf(op.getX()) == dtype && getElementTypeOrSelf(value) == dtype &&
                        getElementTypeOrSelf(weight.getType()) == dtype,
                    value, "norms of all layers to be computed in one type") &&
            agree(epsilon, op.getEpsilon().convertToDouble(), value, "the norms' epsilon");
  return ok ? op.getX() : Value();
}

/// A sum of what went into a part of a layer and what came out.
bool ModelMatcher::matchResidual(Value value, StringRef role, bool (*isBranch)(Operation *), Value &residual, Value &branch) {
  auto sum = expect<arith::AddFOp>(value, role);
  if (!sum)
    return false;
  auto is = [&](Value operand) { return operand.getDefiningOp() && isBranch(operand.getDefiningOp()); };
  bool first = is(sum.getLhs());
  if (!require(first != is(sum.getRhs()), value, role + " to be a sum of its input and its output"))
    return false;
  branch = first ? sum.getLhs() : sum.getRhs();
  residual = first ? sum.getRhs() : sum.getLhs();
  return true;
}

//===----------------------------------------------------------------------===//
// Experts
//===----------------------------------------------------------------------===//

bool ModelMatcher::matchRouter(RouteOp route, Value rows, LayerParams &layer) {
  Value at = route.getWeights();
  bool plain = !route.getBias() && route.getScoring() == Scoring::Softmax && route.getOrder() == RouteOrder::ScoreThenTopK &&
               route.getEpsilon().isZero() && route.getScale().convertToDouble() == 1 && route.getNumGroups() == 1 &&
               !route.getSparseMixer();
  if (!require(plain, at, "a router with a softmax before the choice, without bias, epsilon, scale, groups or sparse mixer"))
    return false;
  Type f32 = Float32Type::get(module.getContext());
  auto matchLogits = [&](Value logits, ParamOp &weight) {
    LinearOp linear = matchLinear(logits, "the router's logits", f32, f32, weight, nullptr);
    if (!linear)
      return false;
    Value x = linear.getX();
    if (auto wide = x.getDefiningOp<arith::ExtFOp>())
      x = wide.getIn();
    return require(x == rows, logits, "the router to read what the experts read");
  };
  if (!require(getElementTypeOrSelf(at) == f32, at, "the router's weights in f32"))
    return false;
  if (!matchLogits(route.getLogits(), layer.router) || !agree(normalizes, route.getNormalize(), at, "'norm_topk_prob'"))
    return false;
  if (route.getNumShared() > 1 && !agree(sharedSoftmax, bool(route.getSharedLogits()), at, "'shared_weighting'"))
    return false;
  if (!require(!route.getNormalize() || route.getNumShared() == 0, at, "no shared experts where weights are normalised"))
    return false;
  return !route.getSharedLogits() || matchLogits(route.getSharedLogits(), layer.sharedRouter);
}

Value ModelMatcher::matchExperts(Value branch, LayerParams &layer) {
  auto expand = expect<tensor::ExpandShapeOp>(branch, "the experts' result");
  auto combine = expand ? expect<CombineOp>(expand.getSrc(), "the experts' result") : CombineOp();
  auto mlp = combine ? expect<ExpertMlpOp>(combine.getRows(), "the combined rows") : ExpertMlpOp();
  auto dispatch = mlp ? expect<DispatchOp>(mlp.getRows(), "the experts' rows") : DispatchOp();
  auto group = dispatch ? expect<GroupByExpertOp>(dispatch.getTokens(), "the experts' tokens") : GroupByExpertOp();
  auto route = group ? expect<RouteOp>(group.getIndices(), "the experts' indices") : RouteOp();
  if (!route)
    return Value();
  bool wired = dispatch.getTokens() == group.getTokens() && mlp.getOffsets() == group.getOffsets() &&
               combine.getInverse() == group.getInverse() && combine.getWeights() == route.getWeights() &&
               group.getIndices() == route.getIndices();
  if (!require(wired, combine.getResult(), "the experts' rows to be grouped and combined by one router"))
    return Value();
  int64_t routed = cast<ShapedType>(route.getLogits().getType()).getDimSize(1), shared = route.getNumShared(), all = group.getNumExperts();
  constexpr int64_t kMaxExperts = 1 << 16; // as the import of config.json
  if (!require(all <= kMaxExperts, combine.getResult(), "at most " + Twine(kMaxExperts) + " experts, found " + Twine(all)))
    return Value();
  if (!require(routed + shared == all, combine.getResult(), "logits for all " + Twine(all) + " experts but the shared ones, found " +
                                                                Twine(routed) + " and " + Twine(shared) + " shared"))
    return Value();
  bool gated = mlp.getGate() && !mlp.getUpBias() && !mlp.getDownBias() && !mlp.getGateBias() && !mlp.getLimit() &&
               mlp.getAlpha().convertToDouble() == 1 && mlp.getBeta().isZero();
  Value at = mlp.getResult();
  if (!require(gated, at, "gated experts without biases, limit, alpha and beta") ||
      !require(mlp.getActivation() != Activation::Identity, at, "an activation in the experts") ||
      !agree(activation, mlp.getActivation(), at, "the activation"))
    return Value();
  layer.gate = matchParam(mlp.getGate(), "the experts' gates");
  layer.up = layer.gate ? matchParam(mlp.getUp(), "the experts' up projections") : ParamOp();
  layer.down = layer.up ? matchParam(mlp.getDown(), "the experts' down projections") : ParamOp();
  if (!layer.down)
    return Value();
  Value rows = dispatch.getX();
  bool typed = llvm::all_of(ArrayRef<Value>{mlp.getGate(), mlp.getUp(), mlp.getDown(), rows, at, branch},
                            [&](Value value) { return getElementTypeOrSelf(value) == dtype; });
  if (!require(typed, at, "experts and norms to be computed in one type"))
    return Value();
  if (!agree(expertSize, cast<ShapedType>(layer.up.getType()).getDimSize(1), at, "the experts' size") ||
      !matchRouter(route, rows, layer))
    return Value();
  config.experts.push_back({all, shared, int64_t(route.getTopK()) + shared});
  auto collapse = expect<tensor::CollapseShapeOp>(rows, "the experts' input");
  return collapse ? matchNorm(collapse.getSrc(), "the experts' input", layer.feedforwardNorm) : Value();
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// Heads from a linear layer, whose input is returned.
Value ModelMatcher::matchHeads(Value value, StringRef role, bool rotated, int64_t &heads, ParamOp &weight, ParamOp &bias) {
  if (rotated) {
    auto rotary = expect<RotaryOp>(value, role);
    if (!rotary)
      return Value();
    bool plain = !rotary.getStart() && !rotary.getFrequencies() && !rotary.getInterleaved();
    if (!require(plain, value, "rotary embeddings in halves, from position 0, with the powers of one theta") ||
        !agree(theta, rotary.getTheta().convertToDouble(), value, "the rotary theta"))
      return Value();
    value = rotary.getX();
  }
  auto expand = expect<tensor::ExpandShapeOp>(value, role);
  if (!expand)
    return Value();
  heads = cast<ShapedType>(value.getType()).getDimSize(2);
  if (!require(!ShapedType::isDynamic(heads), value, role + " to have a fixed number of heads"))
    return Value();
  LinearOp linear = matchLinear(expand.getSrc(), role, dtype, dtype, weight, &bias);
  return linear ? linear.getX() : Value();
}

Value ModelMatcher::matchAttention(Value branch, LayerParams &layer) {
  LinearOp o = matchLinear(branch, "the attention's result", dtype, dtype, layer.o, &layer.oBias);
  auto collapse = o ? expect<tensor::CollapseShapeOp>(o.getX(), "the attention's result") : tensor::CollapseShapeOp();
  auto attention = collapse ? expect<AttentionOp>(collapse.getSrc(), "the attention's result") : AttentionOp();
  if (!attention)
    return Value();
  Value at = attention.getResult();
  int64_t dim = cast<ShapedType>(at.getType()).getDimSize(3);
  float scale = float(attention.getScale().convertToDouble());
  if (!require(attention.getCausal() && !attention.getSegments() && !attention.getKeyCache(), at,
               "causal attention over the whole row, without a cache") ||
      !require(scale == float(1 / std::sqrt(double(dim))), at, "an attention scale of 1/sqrt(" + Twine(dim) + ")"))
    return Value();
  int64_t heads, kvHeads, valueHeads;
  Value q = matchHeads(attention.getQ(), "the queries", /*rotated=*/true, heads, layer.q, layer.qBias);
  Value k = q ? matchHeads(attention.getK(), "the keys", /*rotated=*/true, kvHeads, layer.k, layer.kBias) : Value();
  Value v = k ? matchHeads(attention.getV(), "the values", /*rotated=*/false, valueHeads, layer.v, layer.vBias) : Value();
  if (!v || !require(q == k && k == v, at, "queries, keys and values of one input"))
    return Value();
  bool bias = layer.qBias;
  if (!require(bool(layer.kBias) == bias && bool(layer.vBias) == bias && bool(layer.oBias) == bias, at,
               "biases in all projections of the attention or in none") ||
      !agree(biases, bias, at, "'attention_bias'") || !agree(numHeads, heads, at, "the number of heads") ||
      !agree(numKvHeads, kvHeads, at, "the number of key and value heads"))
    return Value();
  int64_t hidden = cast<ShapedType>(q.getType()).getDimSize(2);
  if (!require(heads * dim == hidden, at, "heads as wide together as the hidden size, " + Twine(hidden) + ", found " + Twine(heads) +
                                              " of " + Twine(dim)))
    return Value();
  return matchNorm(q, "the attention's input", layer.attentionNorm);
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

bool ModelMatcher::matchInterface(func::FuncOp forward) {
  FunctionType type = forward.getFunctionType();
  auto hasRank = [](ArrayRef<Type> types, int64_t rank) {
    auto shaped = types.size() == 1 ? dyn_cast<RankedTensorType>(types.front()) : RankedTensorType();
    return shaped && shaped.getRank() == rank;
  };
  bool fits = hasRank(type.getInputs(), 2) && hasRank(type.getResults(), 3) && forward.getBody().hasOneBlock();
  if (!fits) {
    fail(forward.getLoc()) << "expects @forward to have one argument, token ids [batch, sequence], and one result, logits [batch, "
                              "sequence, vocabulary]; found "
                           << type;
    return false;
  }
  ids = forward.getArgument(0);
  return true;
}

bool ModelMatcher::matchEmbedding(Value value) {
  auto op = expect<EmbeddingOp>(value, "the first layer's input");
  if (!op || !require(op.getIds() == ids, value, "the embedding of the token ids") ||
      !(embedding = matchParam(op.getTable(), "the embedding")))
    return false;
  return require(getElementTypeOrSelf(embedding.getType()) == dtype, value, "embedding and norms in one type");
}

LogicalResult ModelMatcher::match() {
  auto forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!forward || forward.isExternal())
    return fail(module.getLoc()) << "expects a function @forward";
  if (!matchInterface(forward))
    return failure();
  Value logits = forward.getBody().front().getTerminator()->getOperand(0);
  auto headOp = expect<LinearOp>(logits, "the logits");
  if (!headOp)
    return failure();
  Value x = matchNorm(headOp.getX(), "the head's input", norm);
  if (!x || !matchLinear(logits, "the logits", dtype, Float32Type::get(module.getContext()), head, nullptr))
    return failure();
  do {
    LayerParams layer;
    Value residual, branch;
    if (!matchResidual(x, "a layer's experts", [](Operation *op) { return isa<tensor::ExpandShapeOp>(op); }, residual, branch))
      return failure();
    Value middle = matchExperts(branch, layer);
    if (!middle || !require(middle == residual, x, "a layer's experts to be added to their input"))
      return failure();
    if (!matchResidual(middle, "a layer's attention", [](Operation *op) { return isa<LinearOp>(op); }, residual, branch))
      return failure();
    Value input = matchAttention(branch, layer);
    if (!input || !require(input == residual, middle, "a layer's attention to be added to its input"))
      return failure();
    layers.push_back(layer);
    x = input;
  } while (x.getDefiningOp<arith::AddFOp>());
  if (!matchEmbedding(x))
    return failure();
  std::reverse(layers.begin(), layers.end());
  std::reverse(config.experts.begin(), config.experts.end());
  return success(finishConfig() && fill());
}

/// What the function does not say is in emo.model.
bool ModelMatcher::finishConfig() {
  auto table = cast<ShapedType>(embedding.getType());
  config.vocabSize = table.getDimSize(0);
  config.hiddenSize = table.getDimSize(1);
  config.expertSize = *expertSize;
  config.layers = layers.size();
  config.heads = *numHeads;
  config.kvHeads = *numKvHeads;
  config.rmsNormEps = *epsilon;
  config.ropeTheta = *theta;
  config.activation = *activation;
  config.normalizeTopK = *normalizes;
  config.attentionBias = *biases;
  config.sharedSoftmax = sharedSoftmax.value_or(true);
  config.tiedEmbeddings = embedding == head || (embedding.getSources() == head.getSources() && embedding.getProgram() == head.getProgram());
  int64_t vocabulary = cast<ShapedType>(head.getType()).getDimSize(0);
  if (!require(vocabulary == config.vocabSize, ids, "as many logits as rows of the embedding, found " + Twine(vocabulary) + " and " +
                                                        Twine(config.vocabSize)))
    return false;
  int64_t topK = 0;
  for (const LayerExperts &in : config.experts)
    topK = std::max(topK, in.topK);
  for (const LayerExperts &in : config.experts)
    if (!require(in.topK == std::min(topK, in.experts), ids, "as many experts a token in each layer, or all of a layer's, found " +
                                                                 Twine(in.topK) + " and " + Twine(topK)))
      return false;
  auto model = module->getAttrOfType<DictionaryAttr>("emo.model");
  auto positions = model ? model.getAs<IntegerAttr>("max_positions") : IntegerAttr();
  if (!require(bool(positions), ids, "'max_positions' in emo.model; import with emo-compile --max-positions=N"))
    return false;
  config.maxPositions = positions.getInt();
  if (auto eos = model.getAs<IntegerAttr>("eos_token_id"))
    config.eosId = eos.getInt();
  return true;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

ParamOp ModelMatcher::stored(ParamOp param, int64_t rows) {
  OpBuilder b = OpBuilder::atBlockEnd(checkpoint.params->getBody());
  return createStoredParam(param, rows, b);
}

void ModelMatcher::tensor(const Twine &name, ParamOp param) {
  ParamOp value = stored(param);
  auto type = cast<RankedTensorType>(value.getType());
  checkpoint.uses.push_back({value, {{checkpoint.tensors.size(), 0, type.getNumElements()}}});
  checkpoint.tensors.push_back({name.str(), type});
}

void ModelMatcher::linear(const Twine &name, ParamOp weight, ParamOp bias) {
  tensor(name + ".weight", weight);
  if (bias)
    tensor(name + ".bias", bias);
}

/// One tensor per expert.
void ModelMatcher::stack(const Twine &prefix, StringRef projection, ParamOp param) {
  ParamOp value = stored(param);
  auto type = cast<RankedTensorType>(value.getType());
  auto one = RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
  CheckpointUse use{value, {}};
  for (int64_t expert = 0; expert < type.getDimSize(0); ++expert) {
    use.pieces.push_back({checkpoint.tensors.size(), 0, one.getNumElements()});
    checkpoint.tensors.push_back({(prefix + Twine(expert) + "." + projection + "_proj.weight").str(), one});
  }
  checkpoint.uses.push_back(std::move(use));
}

/// The rows of routed and shared experts in one tensor. Nobody reads the row of a single shared expert, whose weight is 1: it is what
/// the model's files have, or zeros.
bool ModelMatcher::router(const Twine &name, LayerParams &layer, int64_t experts) {
  ParamOp routed = stored(layer.router, experts);
  auto type = cast<RankedTensorType>(routed.getType());
  int64_t rows = type.getNumElements();
  checkpoint.uses.push_back({routed, {{checkpoint.tensors.size(), 0, rows}}});
  if (type.getDimSize(0) < experts && layer.sharedRouter) {
    ParamOp shared = stored(layer.sharedRouter);
    auto sharedType = cast<RankedTensorType>(shared.getType());
    if (sharedType.getElementType() != type.getElementType()) {
      fail(layer.sharedRouter.getLoc()) << "expects '" << layer.router.getSymName() << "' and '" << layer.sharedRouter.getSymName()
                                        << "' to be stored in one type, found " << type.getElementType() << " and "
                                        << sharedType.getElementType();
      return false;
    }
    checkpoint.uses.push_back({shared, {{checkpoint.tensors.size(), rows, sharedType.getNumElements()}}});
  }
  checkpoint.tensors.push_back({name.str(), RankedTensorType::get({experts, type.getDimSize(1)}, type.getElementType())});
  return true;
}

/// In the order of the model, the experts' projections one after the other: what an import reads in one piece lies in one piece.
bool ModelMatcher::fill() {
  checkpoint.params = ModuleOp::create(module.getLoc());
  tensor("model.embed_tokens.weight", embedding);
  for (auto [number, layer] : llvm::enumerate(layers)) {
    std::string prefix = "model.layers." + std::to_string(number) + ".";
    tensor(prefix + "pre_attention_layernorm.weight", layer.attentionNorm);
    linear(prefix + "self_attn.q_proj", layer.q, layer.qBias);
    linear(prefix + "self_attn.k_proj", layer.k, layer.kBias);
    linear(prefix + "self_attn.v_proj", layer.v, layer.vBias);
    linear(prefix + "self_attn.o_proj", layer.o, layer.oBias);
    tensor(prefix + "pre_feedforward_layernorm.weight", layer.feedforwardNorm);
    if (!router(prefix + "mlp.gate.weight", layer, config.experts[number].experts))
      return false;
    stack(prefix + "mlp.experts.", "gate", layer.gate);
    stack(prefix + "mlp.experts.", "up", layer.up);
    stack(prefix + "mlp.experts.", "down", layer.down);
  }
  tensor("model.norm.weight", norm);
  if (!config.tiedEmbeddings)
    tensor("lm_head.weight", head);
  return true;
}

LogicalResult emo::matchModel(ModuleOp module, Checkpoint &checkpoint) { return ModelMatcher(module, checkpoint).match(); }
