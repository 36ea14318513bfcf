// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sum over t of softmax over t of (t <= s ? scale * <q_s, k_t> : very negative) * v_t, for each head.
#include "RaiseOnnx.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

/// exp of this is zero in every float type, also relative to scores of any size that occurs.
static constexpr double kMasked = -1e4;

namespace {

class AttentionProof {
public:
  AttentionProof(RaiseContext &context, ElementEvaluator &evaluator)
      : context(context), evaluator(evaluator), factory(evaluator.getFactory()) {}

  bool prove(Value value);
  const std::string &reason() const { return why; }
  bool isLikely() const { return likely; }

  Value q, k, v;
  double scale = 1;
  bool causal = false;
  SmallVector<int64_t> order; ///< dimension of the result that batch, sequence, head and column are

private:
  bool fail(const Twine &reason) {
    why = reason.str();
    return false;
  }
  bool proveScores(ExprRef body, ExprRef key);
  bool proveMask(ExprRef condition, ExprRef key, bool &keepsWhenTrue);
  bool isHeadOf(ExprRef index, Value keys);

  RaiseContext &context;
  ElementEvaluator &evaluator;
  ExprFactory &factory;
  ExprRef batch = nullptr, sequence = nullptr, head = nullptr, column = nullptr;
  std::string why;
  bool likely = false;
};

} // namespace

/// The head of k or v that query head `head` reads: itself, or head / (query heads / key heads).
bool AttentionProof::isHeadOf(ExprRef index, Value keys) {
  SymbolicDim heads = factory.extentOf(head), keyHeads = context.shapes.getShape(keys)[2];
  if (!heads.isConstant() || !keyHeads.isConstant() || keyHeads.factor == 0 || heads.factor % keyHeads.factor != 0)
    return false;
  for (int64_t i = 0; i < heads.factor; ++i)
    if (!factory.substitute(index, head, factory.integer(i))->isInteger(i / (heads.factor / keyHeads.factor)))
      return false;
  return true;
}

bool AttentionProof::proveMask(ExprRef condition, ExprRef key, bool &keepsWhenTrue) {
  // key <= query keeps; query < key drops.
  if (condition->isApply("le") && condition->operands[0] == key && condition->operands[1] == sequence) {
    keepsWhenTrue = true;
    return true;
  }
  if (condition->isApply("lt") && condition->operands[0] == sequence && condition->operands[1] == key) {
    keepsWhenTrue = false;
    return true;
  }
  return fail("the mask does not keep exactly the keys up to the query's place");
}

bool AttentionProof::proveScores(ExprRef body, ExprRef key) {
  ExprRef scores = body;
  if (body->kind == ExprKind::Cond) {
    bool keepsWhenTrue;
    if (!proveMask(body->operands[0], key, keepsWhenTrue))
      return false;
    scores = body->operands[keepsWhenTrue ? 1 : 2];
    ExprRef masked = body->operands[keepsWhenTrue ? 2 : 1];
    if (masked->kind != ExprKind::Number || !(masked->number <= kMasked))
      return fail("masked scores are not a number of at most -10000");
    causal = true;
  } else if (body->isApply("add") && body->operands.size() == 2) {
    // scores + (keep ? 0 : very negative)
    int maskSide = body->operands[0]->kind == ExprKind::Cond ? 0 : 1;
    ExprRef mask = body->operands[maskSide];
    bool keepsWhenTrue;
    if (mask->kind != ExprKind::Cond || !proveMask(mask->operands[0], key, keepsWhenTrue))
      return fail(why.empty() ? "something is added to the scores that is not a causal mask" : why);
    ExprRef kept = mask->operands[keepsWhenTrue ? 1 : 2], masked = mask->operands[keepsWhenTrue ? 2 : 1];
    if (!kept->isZero() || masked->kind != ExprKind::Number || !(masked->number <= kMasked))
      return fail("the added mask is not 0 where it keeps and at most -10000 elsewhere");
    scores = body->operands[1 - maskSide];
    causal = true;
  }
  ExprRef product = nullptr;
  for (ExprRef factor : factorsOf(scores)) {
    if (factor->kind == ExprKind::Number)
      scale *= factor->number;
    else if (factor->kind == ExprKind::Sum && !product)
      product = factor;
    else
      return fail("the scores are not a scaled product of queries and keys");
  }
  SmallVector<ExprRef> pair = product ? factorsOf(product->operands[0]) : SmallVector<ExprRef>();
  if (pair.size() != 2 || pair[0]->kind != ExprKind::Load || pair[1]->kind != ExprKind::Load ||
      pair[0]->operands.size() != 4 || pair[1]->operands.size() != 4)
    return fail("the scores are not a scaled product of queries and keys");
  if (llvm::is_contained(pair[0]->operands, key))
    std::swap(pair[0], pair[1]);
  ExprRef inner = factory.variableOf(product);
  q = pair[0]->root;
  k = pair[1]->root;
  ArrayRef<ExprRef> queryIndex = pair[0]->operands, keyIndex = pair[1]->operands;
  if (queryIndex[0] != batch || queryIndex[1] != sequence || queryIndex[2] != head || queryIndex[3] != inner)
    return fail("the queries are not [batch, sequence, heads, columns]");
  if (keyIndex[0] != batch || keyIndex[1] != key || !isHeadOf(keyIndex[2], k) || keyIndex[3] != inner)
    return fail("the keys are not [batch, sequence, heads, columns]");
  return true;
}

bool AttentionProof::prove(Value value) {
  SmallVector<ExprRef> indices = evaluator.indexVariables(value);
  ExprRef element = evaluator.evaluate(value, indices);
  if (!element)
    return fail(evaluator.reason());
  if (element->kind != ExprKind::Sum)
    return fail("not a sum");
  ExprRef at = factory.variableOf(element);
  SmallVector<ExprRef> pair = factorsOf(element->operands[0]);
  if (pair.size() != 2)
    return fail("not a product");
  if (pair[0]->kind != ExprKind::Softmax)
    std::swap(pair[0], pair[1]);
  if (pair[0]->kind != ExprKind::Softmax)
    return fail("no softmax");
  likely = true;
  ExprRef softmax = pair[0], load = pair[1], key = factory.variableOf(softmax);
  if (softmax->operands[1] != at)
    return fail("the softmax does not run over the keys that the values are summed over");
  if (load->kind != ExprKind::Load || load->operands.size() != 4 || load->operands[1] != at)
    return fail("the values are not [batch, sequence, heads, columns]");
  v = load->root;
  batch = load->operands[0];
  column = load->operands[3];
  // The result's other two variables are the query's place and head: the head is the one that the values depend on.
  for (ExprRef index : indices)
    if (index != batch && index != column)
      (factory.dependsOn(load->operands[2], index) ? head : sequence) = index;
  if (!head || !sequence || !llvm::is_contained(indices, batch) || !llvm::is_contained(indices, column) || !isHeadOf(load->operands[2], v))
    return fail("the values are not [batch, sequence, heads, columns]");
  if (!(factory.extentOf(at) == factory.extentOf(key)) || !(factory.extentOf(key) == factory.extentOf(sequence)))
    return fail("queries and keys are not as many");
  if (!proveScores(softmax->operands[0], key))
    return false;
  for (ExprRef index : {batch, sequence, head, column})
    order.push_back(llvm::find(indices, index) - indices.begin());
  return true;
}

void emo::raise::raiseAttention(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    if (!node.is("MatMul") || rankOf(node.getResult(0)) != 4)
      continue;
    ExprFactory factory;
    ElementEvaluator evaluator(factory, context.shapes);
    AttentionProof proof(context, evaluator);
    if (!proof.prove(node.getResult(0))) {
      if (proof.isLikely())
        node.emitRemark() << "attention is not raised: " << proof.reason();
      continue;
    }
    OpBuilder builder(node);
    auto attention = AttentionOp::create(builder, node.getLoc(), proof.q.getType(), Type(), Type(), proof.q, proof.k, proof.v,
                                         /*segments=*/Value(), /*key_cache=*/Value(), /*value_cache=*/Value(),
                                         /*lengths=*/Value(), builder.getF64FloatAttr(proof.scale),
                                         builder.getBoolAttr(proof.causal));
    context.shapes.copyShape(proof.q, attention.getResult());
    context.replacePermuted(builder, node.getResult(0), attention.getResult(), proof.order);
  }
  context.eraseDeadNodes();
}
