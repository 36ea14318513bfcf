// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled with exceptions; see OnnxLibrary.h.
#include "OnnxLibrary.h"

#include "ContribSchemas.h"
#include "onnx/checker.h"
#include "onnx/defs/schema.h"
#include "onnx/inliner/inliner.h"
#include "onnx/onnx_pb.h"
#include "onnx/shape_inference/implementation.h"
#include "onnx/version_converter/convert.h"

#include <algorithm>
#include <set>

using namespace emo::onnximport;

/// Runs `action` and turns what it throws into a message.
template <typename Action>
static Failure guarded(Action action) {
  registerContribSchemas();
  try {
    action();
    return std::nullopt;
  } catch (const std::exception &exception) {
    return std::string(exception.what());
  } catch (...) {
    return std::string("unknown failure of the ONNX library");
  }
}

static bool isDefaultDomain(const std::string &domain) { return domain.empty() || domain == "ai.onnx"; }

/// Opset version of `domain` that the model imports, 0 when none.
static int importedVersion(const onnx::ModelProto &model, const std::string &domain) {
  for (const auto &import : model.opset_import())
    if (import.domain() == domain || (isDefaultDomain(domain) && isDefaultDomain(import.domain())))
      return import.version();
  return 0;
}

int emo::onnximport::newestOpset() {
  return onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("").second;
}

Failure emo::onnximport::inlineLocalFunctions(onnx::ModelProto &model) {
  return guarded([&] { onnx::inliner::InlineLocalFunctions(model, /*convert_version=*/true); });
}

int emo::onnximport::sinceVersion(const onnx::ModelProto &model, const onnx::NodeProto &node) {
  std::string domain = isDefaultDomain(node.domain()) ? "" : node.domain();
  int version = importedVersion(model, domain);
  const onnx::OpSchema *schema = nullptr;
  Failure failure = guarded([&] {
    if (version > 0)
      schema = onnx::OpSchemaRegistry::Instance()->GetSchema(node.op_type(), version, domain);
  });
  return failure || !schema || schema->Deprecated() ? 0 : schema->since_version();
}

static void findUnknownOps(const onnx::ModelProto &model, const onnx::GraphProto &graph, std::vector<UnknownOp> &unknown) {
  for (const auto &node : graph.node()) {
    if (sinceVersion(model, node) == 0) {
      auto known = std::find_if(unknown.begin(), unknown.end(), [&](const UnknownOp &op) {
        return op.domain == node.domain() && op.type == node.op_type();
      });
      if (known == unknown.end()) {
        bool imported = importedVersion(model, node.domain()) != 0;
        known = unknown.insert(unknown.end(), UnknownOp{node.domain(), node.op_type(), node.name(), 0, imported});
      }
      ++known->nodes;
    }
    for (const auto &attribute : node.attribute()) {
      if (attribute.has_g())
        findUnknownOps(model, attribute.g(), unknown);
      for (const auto &inner : attribute.graphs())
        findUnknownOps(model, inner, unknown);
    }
  }
}

Failure emo::onnximport::findUnknownOps(const onnx::ModelProto &model, std::vector<UnknownOp> &unknown) {
  return guarded([&] { ::findUnknownOps(model, model.graph(), unknown); });
}

Failure emo::onnximport::convertToNewestOpset(onnx::ModelProto &model) {
  return guarded([&] {
    if (importedVersion(model, "") != newestOpset())
      model = onnx::version_conversion::ConvertVersion(model, newestOpset());
  });
}

Failure emo::onnximport::checkModel(const onnx::ModelProto &model) {
  return guarded([&] { onnx::checker::check_model(model); });
}

Failure emo::onnximport::inferShapes(onnx::ModelProto &model, bool strict) {
  return guarded([&] {
    onnx::ShapeInferenceOptions options(/*check_type=*/strict, /*strict_mode=*/strict, /*data_prop=*/true);
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), options);
  });
}

Failure emo::onnximport::expandFunctions(
    onnx::ModelProto &model, const std::function<bool(const std::string &, const std::string &)> &wanted) {
  return guarded([&] {
    // To convert a body to the model's opset the inliner wants the type of every input of the call, but overlooks initializers.
    for (const auto &tensor : model.graph().initializer()) {
      auto *type = model.mutable_graph()->add_value_info();
      type->set_name(tensor.name());
      type->mutable_type()->mutable_tensor_type()->set_elem_type(tensor.data_type());
      for (auto size : tensor.dims())
        type->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(size);
    }
    // A body may use further ops that want expanding; the nesting of ONNX's bodies is shallow, the bound is for safety.
    for (int round = 0; round < 8; ++round) {
      std::set<onnx::inliner::FunctionId> ids;
      for (const auto &node : model.graph().node()) {
        if (!wanted(node.domain(), node.op_type()))
          continue;
        const auto *schema = onnx::OpSchemaRegistry::Instance()->GetSchema(
            node.op_type(), importedVersion(model, node.domain()), node.domain());
        if (schema && (schema->HasFunction() || schema->HasContextDependentFunction()))
          ids.insert({node.domain(), node.op_type()});
      }
      if (ids.empty())
        return;
      auto set = onnx::inliner::FunctionIdSet::Create({ids.begin(), ids.end()});
      onnx::inliner::InlineSelectedFunctions(model, *set, onnx::OpSchemaRegistry::Instance());
      onnx::ShapeInferenceOptions options(/*check_type=*/true, /*strict_mode=*/1, /*data_prop=*/true);
      onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), options);
    }
  });
}
