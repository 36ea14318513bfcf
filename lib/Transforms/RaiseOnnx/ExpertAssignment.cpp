// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From contributions to a layer: which expert each one is, and whether together they are what the router chose.
#include "ExpertProof.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

/// `load` of a parameter at [expert,] row and column, in any order of dimensions.
bool ExpertProof::expertWeight(ExprRef load, ExprRef row, ExprRef column, ExpertWeight &weight, ExprRef &expert) {
  weight = {load->root, -1, -1, -1, -1};
  expert = nullptr;
  // A fused matrix is read at row + start.
  auto startOf = [&](ExprRef index) -> std::optional<int64_t> {
    if (index == row)
      return 0;
    SmallVector<ExprRef> terms = termsOf(index);
    if (terms.size() == 2 && llvm::is_contained(terms, row))
      for (ExprRef term : terms)
        if (term->kind == ExprKind::Integer)
          return term->integer;
    return std::nullopt;
  };
  for (auto [dim, index] : llvm::enumerate(load->operands)) {
    if (std::optional<int64_t> start = startOf(index); start && weight.rowDim < 0) {
      weight.rowDim = dim;
      weight.rowStart = *start;
      const SymbolicDim &extent = factory.extentOf(row);
      if (!extent.isConstant() || *start < 0 ||
          *start + extent.factor > cast<RankedTensorType>(load->root.getType()).getDimSize(dim))
        return fail("an expert's weight is read beyond its rows");
      weight.rows = extent.factor;
    } else if (index == column && weight.columnDim < 0) {
      weight.columnDim = dim;
    } else if (!expert) {
      expert = index;
      weight.expertDim = dim;
    } else {
      return fail("an expert's weight has more dimensions than expert, row and column");
    }
  }
  if (weight.rowDim < 0 || weight.columnDim < 0)
    return fail("an expert's weight is not read as a matrix");
  if (expert && expert->kind == ExprKind::Integer)
    weight.expert = expert->integer;
  return true;
}

/// The value of choice `choice` (an index expression), possibly normalised and scaled. All contributions have to agree.
bool ExpertProof::matchWeight(ExprRef weight, ExprRef choice, MoeLayer &layer) {
  Value values = topK.getNodeOutput(0);
  bool normalize = false, softmax = false, hasValue = false;
  double epsilon = 0, scale = 1;
  ExprRef value = factory.load(values, {token, choice});
  auto isSumOfValues = [&](ExprRef expr) {
    if (expr->kind != ExprKind::Sum)
      return false;
    ExprRef variable = factory.variableOf(expr);
    return expr->operands[0] == factory.load(values, {token, variable}) &&
           factory.extentOf(variable).isConstant(layer.router.choices);
  };
  for (ExprRef factor : factorsOf(weight)) {
    if (factor == value && !hasValue) {
      hasValue = true;
    } else if (factor->kind == ExprKind::Number) {
      scale *= factor->number;
    } else if (factor->isApply("recip") && !normalize) {
      normalize = true;
      bool sums = false;
      for (ExprRef term : termsOf(factor->operands[0])) {
        if (term->kind == ExprKind::Number)
          epsilon = term->number;
        else if (isSumOfValues(term))
          sums = true;
        else
          return fail("the routing weights are divided by something other than their sum over a token's choices");
      }
      if (!sums)
        return fail("the routing weights are divided by something other than their sum over a token's choices");
    } else if (factor->kind == ExprKind::Softmax && !hasValue) {
      ExprRef variable = factory.variableOf(factor);
      if (factor->operands[1] != choice || factor->operands[0] != factory.load(values, {token, variable}))
        return fail("the softmax of the routing weights does not run over a token's choices");
      softmax = hasValue = true;
    } else {
      return fail("a routing weight is not TopK's value for the chosen expert");
    }
  }
  if (!hasValue)
    return fail("a routing weight is not TopK's value for the chosen expert");
  if (softmax != (layer.router.order == RouteOrder::TopKThenScore))
    return fail(softmax ? "the routing weights are scored twice" : "the routing weights are logits, not scores");
  bool first = layer.up.empty();
  if (!first && (layer.normalize != normalize || layer.epsilon != epsilon || layer.scale != scale))
    return fail("the experts' routing weights are normalised or scaled differently");
  layer.normalize = normalize;
  layer.epsilon = epsilon;
  layer.scale = scale;
  return true;
}

/// Adds expert `expert` (-1: the one that the loads name) behind those of the layer.
bool ExpertProof::appendExpert(const ExpertMlp &mlp, int64_t expert, MoeLayer &layer) {
  if (!layer.x)
    layer.x = mlp.x->root;
  if (layer.x != mlp.x->root)
    return fail("the experts read different inputs");
  if (!layer.up.empty() && (layer.activation != mlp.activation || layer.gate.empty() != !mlp.gate))
    return fail("the experts have different activations");
  layer.activation = mlp.activation;
  auto append = [&](ExprRef load, ExprRef row, ExprRef column, SmallVectorImpl<ExpertWeight> &list) {
    ExpertWeight weight;
    ExprRef index;
    if (!expertWeight(load, row, column, weight, index))
      return false;
    if (expert >= 0)
      weight.expert = expert;
    if (weight.expertDim >= 0 &&
        (weight.expert < 0 || weight.expert >= cast<RankedTensorType>(weight.param.getType()).getDimSize(weight.expertDim)))
      return fail("expert " + Twine(weight.expert) + " has no weights");
    list.push_back(weight);
    return true;
  };
  return (!mlp.gate || append(mlp.gate, mlp.inner, mlp.hidden, layer.gate)) &&
         append(mlp.up, mlp.inner, mlp.hidden, layer.up) && append(mlp.down, mlp.out, mlp.inner, layer.down);
}

bool ExpertProof::assignExperts(ArrayRef<Contribution> found, MoeLayer &layer) {
  if (found.empty())
    return fail("no expert contributes");
  bool gathered = llvm::any_of(found, [&](const Contribution &contribution) {
    return llvm::any_of(contribution.mlp.down->operands, [](ExprRef index) { return index->kind == ExprKind::Load; });
  });
  return gathered ? assignGathered(found, layer) : assignStatic(found, layer);
}

/// Every choice of a token reads its expert's weights from stacked parameters.
bool ExpertProof::assignGathered(ArrayRef<Contribution> found, MoeLayer &layer) {
  int64_t experts = layer.router.experts, choices = layer.router.choices;
  SmallVector<bool> chosen(choices);
  llvm::MapVector<int64_t, const Contribution *> shared;
  const Contribution *routed = nullptr;
  for (const Contribution &contribution : found) {
    const ExpertMlp &mlp = contribution.mlp;
    ExpertWeight weight;
    ExprRef expert, other;
    if (!expertWeight(mlp.down, mlp.out, mlp.inner, weight, expert) ||
        !expertWeight(mlp.up, mlp.inner, mlp.hidden, weight, other))
      return false;
    if (!expert || expert != other)
      return fail("an expert's projections are taken from different experts");
    if (mlp.gate && (!expertWeight(mlp.gate, mlp.inner, mlp.hidden, weight, other) || other != expert))
      return fail("an expert's projections are taken from different experts");
    if (expert->kind == ExprKind::Integer) {
      if (!contribution.weight->isNumber(1))
        return fail("shared expert " + Twine(expert->integer) + " has a weight other than 1");
      if (!shared.insert({expert->integer, &contribution}).second)
        return fail("shared expert " + Twine(expert->integer) + " contributes twice");
      continue;
    }
    ExprRef choice = expert->kind == ExprKind::Load && expert->root == topK.getNodeOutput(1) ? expert->operands[1] : nullptr;
    if (!choice || choice->kind != ExprKind::Integer || expert->operands[0] != token)
      return fail("an expert's weights are not gathered by TopK's index for its token");
    if (chosen[choice->integer])
      return fail("choice " + Twine(choice->integer) + " contributes twice");
    chosen[choice->integer] = true;
    if (!matchWeight(contribution.weight, choice, layer))
      return false;
    routed = &contribution;
    layer.up.resize(1); // matchWeight compares from the second one on
  }
  layer.up.clear();
  if (auto missing = llvm::find(chosen, false); missing != chosen.end())
    return fail("choice " + Twine(missing - chosen.begin()) + " of " + Twine(choices) + " does not contribute");
  layer.numShared = shared.size();
  for (int64_t i = 0; i < layer.numShared; ++i)
    if (!shared.contains(experts + i))
      return fail("the shared experts' ids do not follow the " + Twine(experts) + " routed ones");
  for (int64_t expert = 0; expert < experts; ++expert)
    if (!appendExpert(routed->mlp, expert, layer))
      return false;
  for (int64_t i = 0; i < layer.numShared; ++i)
    if (!appendExpert(shared[experts + i]->mlp, experts + i, layer))
      return false;
  return true;
}

/// Every expert has its own contribution, weighted by what the router gave it (shared ones by 1).
bool ExpertProof::assignStatic(ArrayRef<Contribution> found, MoeLayer &layer) {
  int64_t experts = layer.router.experts;
  SmallVector<const Contribution *> routed(experts), shared;
  for (const Contribution &contribution : found) {
    if (contribution.weight->isNumber(1)) {
      shared.push_back(&contribution);
      continue;
    }
    // weight = sum over j of (index[t, j] == expert ? value of choice j : 0), and factors that do not depend on j
    SmallVector<ExprRef> outside;
    ExprRef sum = nullptr;
    for (ExprRef factor : factorsOf(contribution.weight))
      if (factor->kind == ExprKind::Sum && !sum)
        sum = factor;
      else
        outside.push_back(factor);
    ExprRef choice = sum ? factory.variableOf(sum) : nullptr, body = sum ? sum->operands[0] : nullptr;
    ExprRef condition = body && body->kind == ExprKind::Cond && body->operands[2]->isZero() ? body->operands[0] : nullptr;
    if (!condition || !condition->isApply("eq"))
      return fail("an expert's weight does not depend on whether TopK chose it");
    ExprRef index = condition->operands[0], id = condition->operands[1];
    if (index->kind == ExprKind::Integer)
      std::swap(index, id);
    if (id->kind != ExprKind::Integer || index != factory.load(topK.getNodeOutput(1), {token, choice}))
      return fail("an expert's id is not compared with TopK's indices for its token");
    if (!factory.extentOf(choice).isConstant(layer.router.choices))
      return fail("an expert looks at only some of TopK's choices");
    int64_t expert = id->integer;
    if (expert < 0 || expert >= experts)
      return fail("expert id " + Twine(expert) + " is not below the number of experts, " + Twine(experts));
    if (routed[expert])
      return fail("expert " + Twine(expert) + " contributes twice");
    routed[expert] = &contribution;
    outside.push_back(body->operands[1]);
    if (!matchWeight(factory.mul(outside), choice, layer))
      return false;
    layer.up.resize(1); // matchWeight compares from the second one on
  }
  layer.up.clear();
  if (auto missing = llvm::find(routed, nullptr); missing != routed.end())
    return fail("the experts' ids are incomplete: expert " + Twine(missing - routed.begin()) + " of " + Twine(experts) +
                " does not contribute");
  layer.numShared = shared.size();
  routed.append(shared);
  return llvm::all_of(routed, [&](const Contribution *contribution) { return appendExpert(contribution->mlp, -1, layer); });
}
