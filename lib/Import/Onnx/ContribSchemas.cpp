// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled with exceptions; see OnnxLibrary.h.
#include "ContribSchemas.h"

#include "onnx/defs/function.h"
#include "onnx/defs/schema.h"
#include "onnx/defs/shape_inference.h"

#include <cmath>

using namespace onnx;

static constexpr const char *kDomain = "com.microsoft";
static const std::vector<std::string> kFloats = {"tensor(float)", "tensor(float16)", "tensor(bfloat16)", "tensor(double)"};

/// Size of dimension `axis` of input `index`, -1 when it is not known.
static int64_t knownDim(InferenceContext &ctx, int index, int axis) {
  if (!hasInputShape(ctx, index) || axis >= getInputShape(ctx, index).dim_size())
    return -1;
  const auto &dim = getInputShape(ctx, index).dim(axis);
  return dim.has_dim_value() ? dim.dim_value() : -1;
}

static void expectRank(InferenceContext &ctx, int index, const char *name, int rank) {
  if (hasInputShape(ctx, index) && getInputShape(ctx, index).dim_size() != rank)
    fail_shape_inference("MoE expects ", name, " to have rank ", rank, ", got ", getInputShape(ctx, index).dim_size());
}

static void expectDim(InferenceContext &ctx, int index, const char *name, int axis, int64_t expected, const char *meaning) {
  int64_t found = knownDim(ctx, index, axis);
  if (found >= 0 && expected >= 0 && found != expected)
    fail_shape_inference("MoE expects dimension ", axis, " of ", name, " to be the ", meaning, " ", expected, ", got ", found);
}

/// Every constraint between the shapes of MoE's inputs. ONNX Runtime also guesses a transposed "legacy" layout of the weights from
/// their shapes and computes nonsense with it on CPU; such weights are refused here.
static void inferMoe(InferenceContext &ctx) {
  propagateElemTypeFromInputToOutput(ctx, 0, 0);
  propagateShapeFromInputToOutput(ctx, 0, 0);
  int64_t k = getAttribute(ctx, "k", int64_t(1)), fusion = getAttribute(ctx, "swiglu_fusion", int64_t(0));
  std::string activation = getAttribute(ctx, "activation_type", "relu");
  static const std::set<std::string> known = {"relu", "gelu", "silu", "swiglu", "identity"};
  if (!known.count(activation))
    fail_shape_inference("MoE expects activation_type relu, gelu, silu, swiglu or identity, got ", activation);
  if (fusion < 0 || fusion > 2)
    fail_shape_inference("MoE expects swiglu_fusion 0, 1 or 2, got ", fusion);
  expectRank(ctx, 1, "router_probs", 2);
  expectRank(ctx, 2, "fc1_experts_weights", 3);
  expectRank(ctx, 4, "fc2_experts_weights", 3);
  expectRank(ctx, 6, "fc3_experts_weights", 3);
  if (hasInputShape(ctx, 0)) {
    int rank = getInputShape(ctx, 0).dim_size();
    if (rank != 2 && rank != 3)
      fail_shape_inference("MoE expects input to have rank 2 or 3, got ", rank);
    int64_t hidden = knownDim(ctx, 0, rank - 1);
    expectDim(ctx, 2, "fc1_experts_weights", 2, hidden, "hidden size");
    expectDim(ctx, 4, "fc2_experts_weights", 1, hidden, "hidden size");
    expectDim(ctx, 6, "fc3_experts_weights", 2, hidden, "hidden size");
  }
  int64_t experts = knownDim(ctx, 1, 1);
  if (experts == 0)
    fail_shape_inference("MoE expects at least one expert, got zero columns of router_probs");
  if (k < 1 || (experts > 0 && k > experts))
    fail_shape_inference("MoE expects k between 1 and the number of experts, got k = ", k, " and ", experts, " experts");
  for (int index : {2, 3, 4, 5, 6, 7})
    expectDim(ctx, index, "the weights and biases of the experts", 0, experts, "number of experts");
  int64_t inner = knownDim(ctx, 4, 2), factor = activation == "swiglu" && fusion > 0 ? 2 : 1;
  expectDim(ctx, 2, "fc1_experts_weights", 1, inner < 0 ? -1 : inner * factor, "expert size (twice it when fused)");
  expectDim(ctx, 6, "fc3_experts_weights", 1, inner, "expert size");
}

static OpSchema moeSchema() {
  OpSchema schema;
  schema.SetName("MoE").SetDomain(kDomain).SinceVersion(1).SetLocation(__FILE__, __LINE__);
  schema.Input(0, "input", "[tokens, hidden] or [batch, sequence, hidden]", "T")
      .Input(1, "router_probs", "logits of the router [tokens, experts]", "T")
      .Input(2, "fc1_experts_weights", "[experts, fusion * inner, hidden]", "T")
      .Input(3, "fc1_experts_bias", "[experts, fusion * inner]", "T", OpSchema::Optional)
      .Input(4, "fc2_experts_weights", "[experts, hidden, inner]", "T")
      .Input(5, "fc2_experts_bias", "[experts, hidden]", "T", OpSchema::Optional)
      .Input(6, "fc3_experts_weights", "[experts, inner, hidden]", "T", OpSchema::Optional)
      .Input(7, "fc3_experts_bias", "[experts, inner]", "T", OpSchema::Optional)
      .Output(0, "output", "like input", "T")
      .TypeConstraint("T", kFloats, "")
      .Attr("activation_type", "", AttributeProto::STRING, std::string("relu"))
      .Attr("k", "", AttributeProto::INT, int64_t(1))
      .Attr("normalize_routing_weights", "", AttributeProto::INT, int64_t(0))
      .Attr("use_sparse_mixer", "", AttributeProto::INT, int64_t(0))
      .Attr("swiglu_fusion", "", AttributeProto::INT, int64_t(0))
      .Attr("activation_alpha", "", AttributeProto::FLOAT, 1.0f)
      .Attr("activation_beta", "", AttributeProto::FLOAT, 0.0f)
      .Attr("swiglu_limit", "", AttributeProto::FLOAT, OPTIONAL_VALUE)
      .TypeAndShapeInferenceFunction(inferMoe);
  return schema;
}

/// RMS normalisation under its older name; the body is today's standard op.
static OpSchema simplifiedLayerNormSchema() {
  OpSchema schema;
  schema.SetName("SimplifiedLayerNormalization").SetDomain(kDomain).SinceVersion(1).SetLocation(__FILE__, __LINE__);
  schema.Input(0, "X", "", "T")
      .Input(1, "scale", "", "V")
      .Output(0, "Y", "", "V")
      .Output(1, "inv_std_var", "", "U", OpSchema::Optional)
      .TypeConstraint("T", kFloats, "")
      .TypeConstraint("U", kFloats, "")
      .TypeConstraint("V", kFloats, "")
      .Attr("axis", "", AttributeProto::INT, int64_t(-1))
      .Attr("epsilon", "", AttributeProto::FLOAT, 1e-5f)
      .Attr("stash_type", "", AttributeProto::INT, int64_t(1))
      .TypeAndShapeInferenceFunction([](InferenceContext &ctx) {
        propagateElemTypeFromInputToOutput(ctx, 1, 0);
        propagateShapeFromInputToOutput(ctx, 0, 0);
      })
      .SetContextDependentFunctionBodyBuilder(
          [](const FunctionBodyBuildContext &ctx, const OpSchema &schema, FunctionProto &function) {
            if (ctx.hasOutput(1))
              return false;
            FunctionBuilder(function)
                .AddOpset("", 23)
                .Add("Y = RMSNormalization <axis : int = @axis, epsilon : float = @epsilon, stash_type : int = @stash_type> (X, scale)");
            schema.BuildFunction(function);
            return true;
          });
  return schema;
}

static OpSchema skipSimplifiedLayerNormSchema() {
  OpSchema schema;
  schema.SetName("SkipSimplifiedLayerNormalization").SetDomain(kDomain).SinceVersion(1).SetLocation(__FILE__, __LINE__);
  schema.Input(0, "input", "", "T")
      .Input(1, "skip", "", "T")
      .Input(2, "gamma", "", "T")
      .Input(3, "bias", "", "T", OpSchema::Optional)
      .Output(0, "output", "", "T")
      .Output(1, "mean", "", "U", OpSchema::Optional)
      .Output(2, "inv_std_var", "", "U", OpSchema::Optional)
      .Output(3, "input_skip_bias_sum", "", "T", OpSchema::Optional)
      .TypeConstraint("T", kFloats, "")
      .TypeConstraint("U", {"tensor(float)"}, "")
      .Attr("epsilon", "", AttributeProto::FLOAT, 1e-5f)
      .TypeAndShapeInferenceFunction([](InferenceContext &ctx) {
        for (int output : {0, 3})
          if (ctx.hasOutput(output)) {
            propagateElemTypeFromInputToOutput(ctx, 0, output);
            propagateShapeFromInputToOutput(ctx, 0, output);
          }
      })
      .SetContextDependentFunctionBodyBuilder(
          [](const FunctionBodyBuildContext &ctx, const OpSchema &schema, FunctionProto &function) {
            if (ctx.hasOutput(1) || ctx.hasOutput(2))
              return false;
            FunctionBuilder builder(function);
            builder.AddOpset("", 23);
            if (ctx.hasInput(3))
              builder.Add("skipped = Add (input, skip)").Add("input_skip_bias_sum = Add (skipped, bias)");
            else
              builder.Add("input_skip_bias_sum = Add (input, skip)");
            builder.Add("output = RMSNormalization <axis = -1, epsilon : float = @epsilon> (input_skip_bias_sum, gamma)");
            schema.BuildFunction(function);
            return true;
          });
  return schema;
}

void emo::onnximport::registerContribSchemas() {
  static const bool once = [] {
    auto &domains = OpSchemaRegistry::DomainToVersionRange::Instance();
    if (!domains.Map().count(kDomain))
      domains.AddDomainToVersion(kDomain, 1, 1);
    RegisterSchema(moeSchema(), 0, false);
    RegisterSchema(simplifiedLayerNormSchema(), 0, false);
    RegisterSchema(skipSimplifiedLayerNormSchema(), 0, false);
    return true;
  }();
  (void)once;
}
