// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json and safetensors headers -> MODEL.
#include "emo/Import/HuggingFace.h"

#include "ModelBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace emo;

namespace {

/// Builds @forward. Activations are [batch, sequence, hidden] outside the experts and [tokens, hidden] inside.
class ModelBuilder {
public:
  ModelBuilder(const EmoConfig &config, const StoredTensors &stored, StringRef folder, Type dtype, MLIRContext *context)
      : config(config), stored(stored), folder(folder), dtype(dtype), b(UnknownLoc::get(context), context) {}

  OwningOpRef<ModuleOp> build();

private:
  // Parameters.
  Value param(StringRef name, ArrayRef<std::string> tensors, ArrayRef<int64_t> tensorShape, ArrayRef<Attribute> program,
              RankedTensorType type);
  Value weight(StringRef name, const Twine &tensor, ArrayRef<int64_t> shape);
  Value expertWeights(StringRef name, const Twine &prefix, StringRef projection, int64_t experts, ArrayRef<int64_t> shape);
  Value routerRows(StringRef name, const std::string &tensor, int64_t experts, int64_t first, int64_t count);
  void report(StringRef tensor, const Twine &problem);
  void checkUnused();

  // Graph.
  Value forward(Value ids);
  Value attention(Value x, int64_t layer);
  Value experts(Value x, int64_t layer);
  Value linear(Value x, StringRef name, const Twine &prefix, int64_t outputs, int64_t inputs, bool bias);
  Value splitHeads(Value x, int64_t heads);
  Type activation(ArrayRef<int64_t> shape, Type element) { return RankedTensorType::get(shape, element); }
  void setLocation(const Twine &name) { b.setLoc(NameLoc::get(b.getStringAttr(name))); }
  DictionaryAttr modelAttr();
  NamedAttrList argAttrs(StringRef name, ArrayRef<StringRef> dims, StringRef role);

  const EmoConfig &config;
  const StoredTensors &stored;
  StringRef folder;
  Type dtype;
  ImplicitLocOpBuilder b;
  ModuleOp module;
  Value batch, sequence; // index
  llvm::StringSet<> used;
  /// Problems with tensors so far. After the first ones nothing more is looked up: a wrong config.json may ask for millions.
  int problems = 0;
  static constexpr int kShown = 10;
};

} // namespace

static constexpr int64_t kDynamic = ShapedType::kDynamic;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// Counts a problem and shows the first ones.
void ModelBuilder::report(StringRef tensor, const Twine &problem) {
  if (++problems <= kShown)
    emitError(NameLoc::get(b.getStringAttr(tensor))) << "tensor '" << tensor << "' " << problem;
  else if (problems == kShown + 1)
    emitError(UnknownLoc::get(b.getContext())) << "more tensors are missing or do not fit; does config.json belong to this checkpoint?";
}

/// A parameter made of one or more stored tensors of the same shape, concatenated along dimension 0; neighbours in one file become
/// one source.
Value ModelBuilder::param(StringRef name, ArrayRef<std::string> tensors, ArrayRef<int64_t> tensorShape, ArrayRef<Attribute> program,
                          RankedTensorType type) {
  SmallVector<Attribute> sources;
  Type storedType;
  for (const std::string &tensor : tensors) {
    if (problems > kShown)
      return Value();
    used.insert(tensor);
    auto found = stored.tensors.find(tensor);
    if (found == stored.tensors.end()) {
      report(tensor, "is missing from the checkpoint");
      continue;
    }
    const StoredTensor &source = found->second;
    auto misfit = [&](const Twine &expected) {
      std::string type;
      llvm::raw_string_ostream(type) << source.type;
      report(tensor, "has the type " + type + ", expected " + expected);
    };
    if (source.type.getShape() != tensorShape) {
      std::string shape;
      llvm::raw_string_ostream stream(shape);
      llvm::interleaveComma(tensorShape, stream);
      misfit("the shape [" + shape + "]");
      continue;
    }
    if (!isa<FloatType>(source.type.getElementType())) {
      misfit("floating-point numbers");
      continue;
    }
    if (storedType && source.type.getElementType() != storedType) {
      misfit("the element type of its neighbour '" + tensors.front() + "'");
      continue;
    }
    storedType = source.type.getElementType();
    if (!sources.empty()) {
      auto last = cast<SourceAttr>(sources.back());
      int64_t bytes = last.getType().getNumElements() * storedType.getIntOrFloatBitWidth() / 8;
      if (last.getFile() == source.file && last.getOffset() + bytes == source.offset) {
        SmallVector<int64_t> shape(last.getType().getShape());
        shape[0] += tensorShape[0];
        sources.back() = SourceAttr::get(b.getContext(), last.getFile(), last.getOffset(), RankedTensorType::get(shape, storedType), {});
        continue;
      }
    }
    sources.push_back(SourceAttr::get(b.getContext(), source.file, source.offset, source.type, {}));
  }
  if (problems)
    return Value();
  SmallVector<Attribute> steps(program);
  if (storedType != type.getElementType())
    steps.push_back(CastAttr::get(b.getContext(), type.getElementType()));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(module.getBody());
    ParamOp::create(b, name, type, b.getArrayAttr(sources), b.getArrayAttr(steps));
  }
  return ParamRefOp::create(b, type, FlatSymbolRefAttr::get(b.getContext(), name));
}

Value ModelBuilder::weight(StringRef name, const Twine &tensor, ArrayRef<int64_t> shape) {
  return param(name, tensor.str(), shape, {}, RankedTensorType::get(shape, dtype));
}

/// [experts, ...] from one tensor per expert.
Value ModelBuilder::expertWeights(StringRef name, const Twine &prefix, StringRef projection, int64_t experts,
                                  ArrayRef<int64_t> shape) {
  SmallVector<std::string> tensors;
  for (int64_t e = 0; e < experts && problems <= kShown; ++e)
    tensors.push_back((prefix + "mlp.experts." + Twine(e) + "." + projection + "_proj.weight").str());
  SmallVector<int64_t> stacked = {experts};
  stacked.append(shape.begin(), shape.end());
  return param(name, tensors, shape, ReshapeAttr::get(b.getContext(), stacked), RankedTensorType::get(stacked, dtype));
}

/// Rows of the router, always f32.
Value ModelBuilder::routerRows(StringRef name, const std::string &tensor, int64_t experts, int64_t first, int64_t count) {
  SmallVector<Attribute> program;
  if (count != experts)
    program.push_back(SliceAttr::get(b.getContext(), 0, first, count));
  return param(name, tensor, {experts, config.hiddenSize}, program,
               RankedTensorType::get({count, config.hiddenSize}, b.getF32Type()));
}

/// Reports tensors that nothing uses: a checkpoint of another model, or one with parts this import would silently drop.
void ModelBuilder::checkUnused() {
  if (problems > kShown)
    return;
  SmallVector<StringRef> unused;
  for (auto &entry : stored.tensors)
    if (!used.contains(entry.getKey()))
      unused.push_back(entry.getKey());
  if (unused.empty())
    return;
  llvm::sort(unused);
  ++problems;
  InFlightDiagnostic diag = emitError(UnknownLoc::get(b.getContext()))
                            << "the checkpoint has " << unused.size() << (unused.size() == 1 ? " tensor" : " tensors")
                            << " that config.json does not account for: "
                            << llvm::join(ArrayRef(unused).take_front(10), ", ");
  if (unused.size() > 10)
    diag << ", ...";
}

//===----------------------------------------------------------------------===//
// Graph
//===----------------------------------------------------------------------===//

Value ModelBuilder::linear(Value x, StringRef name, const Twine &prefix, int64_t outputs, int64_t inputs, bool bias) {
  setLocation(prefix);
  Value w = weight(name, prefix + ".weight", {outputs, inputs});
  Value v = bias ? weight((name + ".bias").str(), prefix + ".bias", {outputs}) : Value();
  if (problems)
    return x;
  SmallVector<int64_t> shape(cast<RankedTensorType>(x.getType()).getShape());
  shape.back() = outputs;
  return LinearOp::create(b, activation(shape, dtype), x, w, v);
}

Value ModelBuilder::splitHeads(Value x, int64_t heads) {
  SmallVector<OpFoldResult> sizes = {batch, sequence, b.getIndexAttr(heads), b.getIndexAttr(config.headDim())};
  auto type = RankedTensorType::get({kDynamic, kDynamic, heads, config.headDim()}, dtype);
  SmallVector<ReassociationIndices> groups = {{0}, {1}, {2, 3}};
  return tensor::ExpandShapeOp::create(b, type, x, groups, sizes);
}

Value ModelBuilder::attention(Value x, int64_t layer) {
  std::string prefix = "model.layers." + std::to_string(layer) + ".";
  std::string name = "layers." + std::to_string(layer) + ".";
  int64_t hidden = config.hiddenSize, kvSize = config.kvHeads * config.headDim();
  setLocation(prefix + "pre_attention_layernorm");
  Value normWeight = weight(name + "attention_norm", prefix + "pre_attention_layernorm.weight", {hidden});
  Value n = problems ? x : RmsNormOp::create(b, x.getType(), x, normWeight, b.getF64FloatAttr(config.rmsNormEps));
  Value q = linear(n, name + "q", prefix + "self_attn.q_proj", hidden, hidden, config.attentionBias);
  Value k = linear(n, name + "k", prefix + "self_attn.k_proj", kvSize, hidden, config.attentionBias);
  Value v = linear(n, name + "v", prefix + "self_attn.v_proj", kvSize, hidden, config.attentionBias);
  Value o = x;
  setLocation(prefix + "self_attn");
  if (!problems) {
    q = splitHeads(q, config.heads);
    k = splitHeads(k, config.kvHeads);
    v = splitHeads(v, config.kvHeads);
    auto rotate = [&](Value t) -> Value {
      return RotaryOp::create(b, t.getType(), t, Value(), b.getF64FloatAttr(config.ropeTheta), DenseF64ArrayAttr(), b.getBoolAttr(false));
    };
    auto attend = AttentionOp::create(b, q.getType(), Type(), Type(), rotate(q), rotate(k), v, Value(), Value(), Value(), Value(),
                                      b.getF64FloatAttr(1 / std::sqrt(double(config.headDim()))), b.getBoolAttr(true));
    SmallVector<ReassociationIndices> groups = {{0}, {1}, {2, 3}};
    o = tensor::CollapseShapeOp::create(b, attend.getResult(), groups);
  }
  o = linear(o, name + "o", prefix + "self_attn.o_proj", hidden, hidden, config.attentionBias);
  return problems ? x : arith::AddFOp::create(b, x, o);
}

Value ModelBuilder::experts(Value x, int64_t layer) {
  std::string prefix = "model.layers." + std::to_string(layer) + ".";
  std::string name = "layers." + std::to_string(layer) + ".";
  LayerExperts in = config.experts[layer];
  int64_t hidden = config.hiddenSize, size = config.expertSize;
  setLocation(prefix + "pre_feedforward_layernorm");
  Value normWeight = weight(name + "feedforward_norm", prefix + "pre_feedforward_layernorm.weight", {hidden});
  setLocation(prefix + "mlp.gate");
  Value router = routerRows(name + "router", prefix + "mlp.gate.weight", in.experts, 0, in.routed());
  // One shared expert's softmax is 1: no logits are needed.
  bool sharedLogits = config.sharedSoftmax && in.shared > 1;
  Value sharedRouter =
      sharedLogits ? routerRows(name + "shared_router", prefix + "mlp.gate.weight", in.experts, in.routed(), in.shared) : Value();
  setLocation(prefix + "mlp.experts");
  Value gate = expertWeights(name + "experts.gate", prefix, "gate", in.experts, {size, hidden});
  Value up = expertWeights(name + "experts.up", prefix, "up", in.experts, {size, hidden});
  Value down = expertWeights(name + "experts.down", prefix, "down", in.experts, {hidden, size});
  if (problems)
    return x;

  setLocation(prefix + "pre_feedforward_layernorm");
  Value n = RmsNormOp::create(b, x.getType(), x, normWeight, b.getF64FloatAttr(config.rmsNormEps));
  SmallVector<ReassociationIndices> groups = {{0, 1}, {2}};
  Value rows = tensor::CollapseShapeOp::create(b, n, groups);

  setLocation(prefix + "mlp.gate");
  Value wide = rows;
  if (!dtype.isF32())
    wide = arith::ExtFOp::create(b, activation({kDynamic, hidden}, b.getF32Type()), rows);
  Value logits = LinearOp::create(b, activation({kDynamic, in.routed()}, b.getF32Type()), wide, router, Value());
  Value shared;
  if (sharedLogits)
    shared = LinearOp::create(b, activation({kDynamic, in.shared}, b.getF32Type()), wide, sharedRouter, Value());
  int64_t chosen = in.topK - in.shared;
  auto route = RouteOp::create(b, TypeRange{activation({kDynamic, in.topK}, b.getF32Type()), activation({kDynamic, in.topK}, b.getI32Type())},
                               logits, Value(), shared, b.getI64IntegerAttr(chosen), b.getI64IntegerAttr(in.shared),
                               ScoringAttr::get(b.getContext(), Scoring::Softmax),
                               RouteOrderAttr::get(b.getContext(), RouteOrder::ScoreThenTopK), b.getBoolAttr(config.normalizeTopK),
                               b.getF64FloatAttr(0), b.getF64FloatAttr(1), b.getI64IntegerAttr(1), b.getI64IntegerAttr(1),
                               b.getBoolAttr(false), b.getF64FloatAttr(0.01));

  setLocation(prefix + "mlp.experts");
  auto grouped = GroupByExpertOp::create(
      b, TypeRange{activation({in.experts + 1}, b.getI32Type()), activation({kDynamic}, b.getI32Type()), activation({kDynamic, in.topK}, b.getI32Type())},
      route.getIndices(), b.getI64IntegerAttr(in.experts));
  auto rowsType = activation({kDynamic, hidden}, dtype);
  Value dispatched = DispatchOp::create(b, rowsType, rows, grouped.getTokens());
  Value y = ExpertMlpOp::create(b, rowsType, dispatched, grouped.getOffsets(), up, down, gate, Value(), Value(), Value(),
                                ActivationAttr::get(b.getContext(), config.activation), FloatAttr(), b.getF64FloatAttr(1), b.getF64FloatAttr(0));
  setLocation(prefix + "mlp");
  Value combined = CombineOp::create(b, rowsType, y, route.getWeights(), grouped.getInverse());
  SmallVector<OpFoldResult> sizes = {batch, sequence, b.getIndexAttr(hidden)};
  Value out = tensor::ExpandShapeOp::create(b, cast<RankedTensorType>(x.getType()), combined, groups, sizes);
  return arith::AddFOp::create(b, x, out);
}

Value ModelBuilder::forward(Value ids) {
  setLocation("input_ids");
  batch = tensor::DimOp::create(b, ids, 0);
  sequence = tensor::DimOp::create(b, ids, 1);
  setLocation("model.embed_tokens");
  Value table = weight("embedding", "model.embed_tokens.weight", {config.vocabSize, config.hiddenSize});
  Value x = ids;
  if (!problems)
    x = EmbeddingOp::create(b, activation({kDynamic, kDynamic, config.hiddenSize}, dtype), ids, table);
  for (int64_t layer = 0; layer < config.layers; ++layer)
    x = experts(attention(x, layer), layer);
  setLocation("model.norm");
  Value normWeight = weight("norm", "model.norm.weight", {config.hiddenSize});
  setLocation("lm_head");
  Value head = config.tiedEmbeddings ? table : weight("lm_head", "lm_head.weight", {config.vocabSize, config.hiddenSize});
  if (problems)
    return Value();
  setLocation("model.norm");
  x = RmsNormOp::create(b, x.getType(), x, normWeight, b.getF64FloatAttr(config.rmsNormEps));
  setLocation("lm_head");
  return LinearOp::create(b, activation({kDynamic, kDynamic, config.vocabSize}, b.getF32Type()), x, head, Value());
}

//===----------------------------------------------------------------------===//
// Module
//===----------------------------------------------------------------------===//

NamedAttrList ModelBuilder::argAttrs(StringRef name, ArrayRef<StringRef> dims, StringRef role) {
  NamedAttrList attrs;
  attrs.set("emo.name", b.getStringAttr(name));
  attrs.set("emo.dims", b.getStrArrayAttr(dims));
  attrs.set("emo.role", b.getStringAttr(role));
  return attrs;
}

std::string emo::checkpointHash(const EmoConfig &config, const StoredTensors &stored) {
  llvm::SHA256 hash;
  hash.update(config.text);
  hash.update(stored.identity);
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

/// What the manifest says about the model.
DictionaryAttr ModelBuilder::modelAttr() {
  NamedAttrList attrs;
  attrs.set("hash", b.getStringAttr(checkpointHash(config, stored)));
  SmallString<128> absolute(folder);
  llvm::sys::fs::make_absolute(absolute);
  llvm::sys::path::remove_dots(absolute, /*remove_dot_dot=*/true);
  attrs.set("name", b.getStringAttr(llvm::sys::path::filename(absolute)));
  attrs.set("model_type", b.getStringAttr("emo"));
  auto integer = [&](StringRef key, int64_t value) { attrs.set(key, b.getI64IntegerAttr(value)); };
  integer("vocab_size", config.vocabSize);
  integer("hidden_size", config.hiddenSize);
  integer("expert_size", config.expertSize);
  integer("layers", config.layers);
  integer("heads", config.heads);
  integer("kv_heads", config.kvHeads);
  integer("max_positions", config.maxPositions);
  if (config.eosId)
    integer("eos_token_id", *config.eosId);
  SmallVector<int64_t> experts, shared, topK;
  for (const LayerExperts &in : config.experts) {
    experts.push_back(in.experts);
    shared.push_back(in.shared);
    topK.push_back(in.topK);
  }
  attrs.set("experts_per_layer", b.getDenseI64ArrayAttr(experts));
  attrs.set("shared_experts_per_layer", b.getDenseI64ArrayAttr(shared));
  attrs.set("experts_per_token", b.getDenseI64ArrayAttr(topK));
  std::string type;
  llvm::raw_string_ostream(type) << dtype;
  attrs.set("dtype", b.getStringAttr(type));
  return attrs.getDictionary(b.getContext());
}

OwningOpRef<ModuleOp> ModelBuilder::build() {
  OwningOpRef<ModuleOp> owner = ModuleOp::create(b, b.getLoc());
  module = *owner;
  module->setAttr("emo.phase", b.getStringAttr("raise"));
  module->setAttr("emo.model", modelAttr());
  module->setAttr("emo.weights_dir", b.getStringAttr(folder));
  NamedAttrList files;
  for (auto &[name, bytes] : stored.files)
    files.set(name, b.getI64IntegerAttr(bytes));
  module->setAttr("emo.weights_files", files.getDictionary(b.getContext()));
  b.setInsertionPointToEnd(module.getBody());
  Type idsType = RankedTensorType::get({kDynamic, kDynamic}, b.getI64Type());
  Type logitsType = activation({kDynamic, kDynamic, config.vocabSize}, b.getF32Type());
  auto function = func::FuncOp::create(b, "forward", b.getFunctionType(idsType, logitsType));
  NamedAttrList ids = argAttrs("input_ids", {"batch", "sequence"}, "token_ids");
  ids.set("emo.range", b.getDenseI64ArrayAttr({0, config.vocabSize}));
  function.setArgAttrs(0, ids.getDictionary(b.getContext()));
  function.setResultAttrs(0, argAttrs("logits", {"batch", "sequence", ""}, "logits").getDictionary(b.getContext()));
  b.setInsertionPointToStart(function.addEntryBlock());
  Value logits = forward(function.getArgument(0));
  checkUnused();
  if (problems)
    return nullptr;
  func::ReturnOp::create(b, logits);
  return owner;
}

OwningOpRef<ModuleOp> emo::buildModel(const EmoConfig &config, const StoredTensors &stored, StringRef folder, Type dtype,
                                      MLIRContext *context) {
  context->loadDialect<EmoDialect, func::FuncDialect, arith::ArithDialect, tensor::TensorDialect>();
  return ModelBuilder(config, stored, folder, dtype, context).build();
}

/// The type that most of the checkpoint is stored in, by its embedding.
static Type storedDtype(const StoredTensors &stored) {
  auto found = stored.tensors.find("model.embed_tokens.weight");
  return found == stored.tensors.end() ? Type() : found->second.type.getElementType();
}

OwningOpRef<ModuleOp> emo::importHuggingFace(StringRef folder, const HuggingFaceImportOptions &options, MLIRContext *context) {
  FailureOr<EmoConfig> config = readConfig(folder, context);
  if (failed(config))
    return nullptr;
  FailureOr<StoredTensors> stored = readSafetensors(folder, context);
  if (failed(stored))
    return nullptr;
  Builder builder(context);
  Type dtype = builder.getBF16Type();
  if (options.dtype == ModelDtype::F32)
    dtype = builder.getF32Type();
  if (options.dtype == ModelDtype::F16)
    dtype = builder.getF16Type();
  if (options.dtype == ModelDtype::Keep) {
    Type kept = storedDtype(*stored);
    // f64 checkpoints have no kernels of their own, f16 ones have none on CPUs: they compute in f32.
    if (kept && !kept.isBF16())
      dtype = builder.getF32Type();
  }
  OwningOpRef<ModuleOp> module = buildModel(*config, *stored, folder, dtype, context);
  if (module)
    recordTokenizer(*module, folder);
  return module;
}
