// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the element of a value to the contributions of experts, and from those to a layer.
#include "ExpertProof.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

/// Sums over more than this are not sums over choices or experts.
static constexpr int64_t kMaxExperts = 4096;

bool ExpertProof::fail(const Twine &reason) {
  if (why.empty())
    why = reason.str();
  return false;
}

bool ExpertProof::prove(Value value, MoeLayer &layer) {
  SmallVector<ExprRef> indices = evaluator.indexVariables(value);
  token = indices[0];
  column = indices[1];
  if (!proveRouter(layer.router))
    return false;
  steps = 1;
  ExprRef element = evaluator.evaluate(value, indices);
  if (!element)
    return fail(evaluator.reason());
  SmallVector<Contribution> found;
  if (!collect(element, found))
    return false;
  return assignExperts(found, layer);
}

//===----------------------------------------------------------------------===//
// Router
//===----------------------------------------------------------------------===//

bool ExpertProof::proveLogits(ExprRef logits, ExprRef expert, Router &router) {
  if (logits->kind != ExprKind::Sum)
    return fail("the router's logits are not a product of the tokens with a weight");
  ExprRef k = factory.variableOf(logits);
  SmallVector<ExprRef> factors = factorsOf(logits->operands[0]);
  if (factors.size() != 2 || factors[0]->kind != ExprKind::Load || factors[1]->kind != ExprKind::Load)
    return fail("the router's logits are not a product of the tokens with a weight");
  if (context.paramOf(factors[0]->root))
    std::swap(factors[0], factors[1]);
  ExprRef x = factors[0], weight = factors[1];
  if (!context.paramOf(weight->root) || weight->operands.size() != 2 || !llvm::is_contained(weight->operands, k))
    return fail("the router's weight is not a parameter [experts, hidden]");
  router.transposed = weight->operands[0] == k;
  if (x->operands.size() != 2 || x->operands[0] != token || x->operands[1] != k)
    return fail("the router does not read its token's own row");
  // The row is the expert, or the expert plus the start of a slice.
  ExprRef rowIndex = weight->operands[router.transposed ? 1 : 0];
  SmallVector<ExprRef> row = termsOf(rowIndex);
  llvm::erase_if(row, [&](ExprRef term) { return term == expert; });
  if (row.size() == termsOf(rowIndex).size() || row.size() > 1 ||
      (row.size() == 1 && row[0]->kind != ExprKind::Integer))
    return fail("the router's logits are not rows of its weight in order");
  router.firstRow = row.empty() ? 0 : row[0]->integer;
  router.x = x->root;
  router.weight = weight->root;
  return true;
}

bool ExpertProof::proveRouter(Router &router) {
  router.topK = topK;
  Value scores = topK.getInputs()[0];
  auto axis = normalAxis(intAttr(topK, "axis", -1), rankOf(scores));
  auto values = dyn_cast<RankedTensorType>(topK.getInputs()[0].getType());
  if (!axis || rankOf(scores) != 2 || *axis != 1)
    return fail("TopK does not choose along the last of two dimensions");
  if (!intAttr(topK, "largest", 1))
    return fail("TopK chooses the smallest");
  if (!topK.getNodeOutput(0) || !topK.getNodeOutput(1))
    return fail("TopK gives only one of values and indices");
  auto chosen = cast<RankedTensorType>(topK.getNodeOutput(0).getType());
  if (chosen.isDynamicDim(1) || values.isDynamicDim(1))
    return fail("the number of choices or of experts is not static");
  router.choices = chosen.getDimSize(1);
  router.experts = values.getDimSize(1);
  SymbolicShapes::Shape shape = context.shapes.getShape(scores);
  if (!(shape[0] == factory.extentOf(token)))
    return fail("TopK chooses for another number of tokens");

  ExprRef expert = factory.variable(shape[1]);
  ExprRef score = evaluator.evaluate(scores, {token, expert});
  if (!score)
    return fail(evaluator.reason());
  if (score->kind == ExprKind::Softmax) {
    ExprRef variable = factory.variableOf(score);
    if (score->operands[1] != expert)
      return fail("the router's softmax does not run over the experts");
    if (!factory.extentOf(variable).isConstant(router.experts))
      return fail("the router's softmax runs over another number of experts than TopK");
    return proveLogits(score->operands[0], variable, router);
  }
  if (score->isApply("sigmoid")) {
    router.scoring = Scoring::Sigmoid;
    return proveLogits(score->operands[0], expert, router);
  }
  router.order = RouteOrder::TopKThenScore;
  return proveLogits(score, expert, router);
}

//===----------------------------------------------------------------------===//
// Contributions
//===----------------------------------------------------------------------===//

bool ExpertProof::collect(ExprRef element, SmallVectorImpl<Contribution> &found) {
  // All terms, also after a failure: the candidate with the most experts is the one to report.
  bool all = true;
  for (ExprRef term : termsOf(element))
    all &= collectTerm(term, factory.number(1), found);
  return all;
}

bool ExpertProof::collectTerm(ExprRef term, ExprRef outerWeight, SmallVectorImpl<Contribution> &found) {
  if (term->isZero())
    return true;
  if (term->kind == ExprKind::Number)
    return fail("the accumulator starts at " + llvm::formatv("{0}", term->number).str() + ", expected 0");
  if (term->kind == ExprKind::Cond && term->operands[2]->isZero() && !factory.dependsOn(term->operands[0], column))
    return collectTerm(term->operands[1],
                       factory.mul({outerWeight, factory.cond(term->operands[0], factory.number(1), factory.number(0))}),
                       found);
  SmallVector<ExprRef> weights = {outerWeight};
  ExprRef main = nullptr;
  for (ExprRef factor : factorsOf(term)) {
    if (!factory.dependsOn(factor, column)) {
      weights.push_back(factor);
    } else if (main) {
      return fail("a term is the product of two things that depend on the output column");
    } else {
      main = factor;
    }
  }
  if (!main)
    return fail("a term is the same for all output columns");
  ExprRef weight = factory.mul(weights);
  if (main->isApply("add"))
    return llvm::all_of(main->operands, [&](ExprRef part) { return collectTerm(part, weight, found); });
  if (main->kind == ExprKind::Load)
    return fail("the accumulator starts at something other than zero, or another value is added to the experts' outputs");
  if (main->kind != ExprKind::Sum)
    return fail("a term is not an expert's output: it ends in '" + Twine(main->name) + "'");
  Contribution contribution{{}, weight};
  std::string before = std::move(why);
  why.clear();
  if (matchMlp(main, contribution.mlp)) {
    ++steps;
    found.push_back(contribution);
    why = std::move(before);
    return true;
  }
  std::string earlier = std::move(before), mlpReason = std::move(why);
  why.clear();
  bool collected = collectChoices(main, weight, found);
  if (!collected && why.empty())
    why = mlpReason;
  if (!earlier.empty())
    why = earlier;
  return collected;
}

/// A sum whose terms are contributions: over the choices of a token, over experts, or over choices that must equal an expert.
bool ExpertProof::collectChoices(ExprRef sum, ExprRef outerWeight, SmallVectorImpl<Contribution> &found) {
  ExprRef variable = factory.variableOf(sum), body = sum->operands[0];
  ExprRef condition = factory.integer(1);
  if (body->kind == ExprKind::Cond && body->operands[2]->isZero()) {
    condition = body->operands[0];
    body = body->operands[1];
  }
  // The expert's output moves out of the sum when it does not depend on the choice.
  SmallVector<ExprRef> inside, outside;
  for (ExprRef factor : factorsOf(body))
    (factory.dependsOn(factor, column) && !factory.dependsOn(factor, variable) ? outside : inside).push_back(factor);
  if (!outside.empty() && !factory.dependsOn(condition, column)) {
    ExprRef weight = factory.sum(variable, factory.cond(condition, factory.mul(inside), factory.number(0)));
    outside.push_back(weight);
    return collectTerm(factory.mul(outside), outerWeight, found);
  }
  const SymbolicDim &extent = factory.extentOf(variable);
  if (!extent.isConstant() || extent.factor > kMaxExperts)
    return false;
  // A sum over the hidden columns of an expert that is not one ends here: its terms are loads times something.
  for (int64_t i = 0; i < extent.factor; ++i)
    if (!collectTerm(factory.substitute(sum->operands[0], variable, factory.integer(i)), outerWeight, found))
      return false;
  return true;
}

/// sum over `hidden` of weight[.., inner, .., hidden ..] * x[token, hidden].
bool ExpertProof::matchProjection(ExprRef expr, ExprRef inner, ExprRef &weight, ExprRef &x, ExprRef &hidden) {
  if (expr->kind != ExprKind::Sum)
    return false;
  hidden = factory.variableOf(expr);
  SmallVector<ExprRef> factors = factorsOf(expr->operands[0]);
  if (factors.size() != 2 || factors[0]->kind != ExprKind::Load || factors[1]->kind != ExprKind::Load)
    return false;
  if (context.paramOf(factors[0]->root))
    std::swap(factors[0], factors[1]);
  x = factors[0];
  weight = factors[1];
  bool readsRow = llvm::any_of(weight->operands, [&](ExprRef index) { return factory.dependsOn(index, inner); });
  return context.paramOf(weight->root) && readsRow && x->operands.size() == 2 && x->operands[0] == token &&
         x->operands[1] == hidden;
}

bool ExpertProof::matchMlp(ExprRef expr, ExpertMlp &mlp) {
  mlp.out = column;
  mlp.inner = factory.variableOf(expr);
  SmallVector<ExprRef> rest;
  for (ExprRef factor : factorsOf(expr->operands[0])) {
    bool isDown = factor->kind == ExprKind::Load && llvm::is_contained(factor->operands, column) &&
                  llvm::is_contained(factor->operands, mlp.inner) && context.paramOf(factor->root);
    if (isDown && !mlp.down)
      mlp.down = factor;
    else
      rest.push_back(factor);
  }
  if (!mlp.down)
    return fail("an expert's output is not a product with a parameter");
  // silu(g) is g * sigmoid(g), flattened into the product; relu stands for itself.
  ExprRef gate = nullptr;
  for (ExprRef factor : rest)
    if ((factor->isApply("sigmoid") && llvm::is_contained(rest, factor->operands[0])) || factor->isApply("relu")) {
      gate = factor->operands[0];
      mlp.activation = factor->isApply("relu") ? Activation::Relu : Activation::Silu;
      llvm::erase(rest, factor);
      if (mlp.activation == Activation::Silu)
        rest.erase(llvm::find(rest, gate));
      break;
    }
  if (!gate || rest.size() > 1)
    return fail("an expert's activation is neither silu nor relu, plain or gated");
  ExprRef gateX, upX, gateHidden, upHidden;
  if (!matchProjection(gate, mlp.inner, mlp.gate, gateX, gateHidden))
    return fail("an expert does not read its token's own row through a parameter");
  if (rest.empty()) {
    mlp.up = std::exchange(mlp.gate, nullptr);
    mlp.x = gateX;
    mlp.hidden = gateHidden;
    return true;
  }
  if (!matchProjection(rest[0], mlp.inner, mlp.up, upX, upHidden))
    return fail("an expert does not read its token's own row through a parameter");
  // Both projections sum over a variable of their own; write the second in the first one's.
  mlp.up = factory.substitute(mlp.up, upHidden, gateHidden);
  upX = factory.substitute(upX, upHidden, gateHidden);
  if (upX != gateX)
    return fail("an expert's gate and up projections read different rows");
  mlp.x = gateX;
  mlp.hidden = gateHidden;
  return true;
}
