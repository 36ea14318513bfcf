// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// x * cos + rotate_half(x) * sin, proved column by column.
#include "RaiseOnnx.h"

#include <cmath>

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

namespace {

class RotaryProof {
public:
  RotaryProof(RaiseContext &context, ElementEvaluator &evaluator)
      : context(context), evaluator(evaluator), factory(evaluator.getFactory()) {}

  bool prove(Value value);
  const std::string &reason() const { return why; }
  /// True once the value looked like a rotation, so that a failure is worth a remark.
  bool isLikely() const { return likely; }

  Value x;
  SmallVector<int64_t> order; ///< dimension of the result that each dimension of x [batch, sequence, heads, D] is
  double theta = 0;
  SmallVector<double> frequencies; ///< empty when they are powers of theta

private:
  bool fail(const Twine &reason) {
    why = reason.str();
    return false;
  }
  bool splitTerm(ExprRef term, StringRef function, ExprRef &element, ExprRef &angle);
  std::optional<double> frequencyOf(ExprRef angle, ExprRef &position);
  std::optional<double> numberOf(ExprRef expr);
  void recogniseTheta(int64_t dim);

  RaiseContext &context;
  ElementEvaluator &evaluator;
  ExprFactory &factory;
  std::string why;
  bool likely = false;
};

} // namespace

/// term = element * function(angle).
bool RotaryProof::splitTerm(ExprRef term, StringRef function, ExprRef &element, ExprRef &angle) {
  SmallVector<ExprRef> rest;
  angle = nullptr;
  for (ExprRef factor : factorsOf(term))
    if (factor->isApply(function) && !angle)
      angle = factor->operands[0];
    else
      rest.push_back(factor);
  element = factory.mul(rest);
  return angle;
}

/// A number, or an element of a parameter whose value the module holds.
std::optional<double> RotaryProof::numberOf(ExprRef expr) {
  if (expr->kind == ExprKind::Number)
    return expr->number;
  ParamOp param = expr->kind == ExprKind::Load ? context.paramOf(expr->root) : ParamOp();
  if (!param || param.getSources().size() != 1 || !param.getProgram().empty())
    return std::nullopt;
  auto literal = dyn_cast<LiteralAttr>(param.getSources()[0]);
  auto values = literal ? constantFloats(literal.getValue()) : std::nullopt;
  if (!values)
    return std::nullopt;
  int64_t position = 0;
  for (auto [index, size] : llvm::zip(expr->operands, cast<ShapedType>(param.getType()).getShape())) {
    if (index->kind != ExprKind::Integer || index->integer >= size)
      return std::nullopt;
    position = position * size + index->integer;
  }
  return (*values)[position];
}

/// angle = float(position) * frequency.
std::optional<double> RotaryProof::frequencyOf(ExprRef angle, ExprRef &position) {
  double frequency = 1;
  position = nullptr;
  for (ExprRef factor : factorsOf(angle)) {
    if (factor->isApply("itof") && !position)
      position = factor->operands[0];
    else if (std::optional<double> number = numberOf(factor))
      frequency *= *number;
    else
      return std::nullopt;
  }
  if (!position)
    return std::nullopt;
  return frequency;
}

/// The frequencies are f32 roundings of theta^(-2i/dim): finds the shortest theta that gives them all, within one unit.
void RotaryProof::recogniseTheta(int64_t dim) {
  if (frequencies.size() < 2 || frequencies[0] != 1 || !(frequencies[1] > 0))
    return;
  double estimate = std::pow(frequencies.back(), -double(dim) / (2 * double(frequencies.size() - 1)));
  for (int digits = 1; digits <= 8; ++digits) {
    double unit = std::pow(10.0, std::floor(std::log10(estimate)) + 1 - digits);
    double candidate = std::round(estimate / unit) * unit;
    bool all = true;
    for (auto [i, frequency] : llvm::enumerate(frequencies))
      all &= std::abs(std::pow(candidate, -2.0 * double(i) / double(dim)) - frequency) <= 1.2e-7 * frequency;
    if (all) {
      theta = candidate;
      frequencies.clear();
      return;
    }
  }
}

bool RotaryProof::prove(Value value) {
  SmallVector<ExprRef> indices = evaluator.indexVariables(value);
  ExprRef element = evaluator.evaluate(value, indices);
  if (!element)
    return fail(evaluator.reason());
  SmallVector<ExprRef> terms = termsOf(element);
  if (terms.size() != 2)
    return fail("not a sum of two terms");
  ExprRef straight, rotated, angle, otherAngle;
  if (!splitTerm(terms[0], "cos", straight, angle))
    std::swap(terms[0], terms[1]);
  if (!splitTerm(terms[0], "cos", straight, angle) || !splitTerm(terms[1], "sin", rotated, otherAngle))
    return fail("not a cosine and a sine term");
  likely = true;
  if (angle != otherAngle)
    return fail("sine and cosine are taken of different angles");
  if (straight->kind != ExprKind::Load || straight->operands.size() != 4)
    return fail("what is rotated is not a tensor of four dimensions");
  x = straight->root;
  for (ExprRef index : straight->operands) {
    auto *dim = llvm::find(indices, index);
    if (dim == indices.end() || llvm::is_contained(order, dim - indices.begin()))
      return fail("what is rotated is not read in whole");
    order.push_back(dim - indices.begin());
  }
  ExprRef column = straight->operands[3], sequence = straight->operands[1];
  if (!factory.extentOf(column).isConstant() || factory.extentOf(column).factor % 2 != 0)
    return fail("the rotated dimension has no static even size");
  int64_t dim = factory.extentOf(column).factor;
  for (int64_t i = 0; i < dim; ++i) {
    ExprRef at = factory.integer(i);
    SmallVector<ExprRef> partner(straight->operands);
    partner[3] = factory.integer((i + dim / 2) % dim);
    ExprRef expected = factory.load(x, partner);
    if (i < dim / 2)
      expected = factory.mul({factory.number(-1), expected});
    if (factory.substitute(rotated, column, at) != expected)
      return fail("column " + Twine(i) + " is not combined with the one half the size away");
    ExprRef position;
    std::optional<double> frequency = frequencyOf(factory.substitute(angle, column, at), position);
    if (!frequency)
      return fail("the angle is not a position times a known frequency");
    if (position != sequence)
      return fail("the position is not the place in the sequence");
    if (i < dim / 2)
      frequencies.push_back(*frequency);
    else if (frequencies[i - dim / 2] != *frequency)
      return fail("the two halves have different frequencies");
  }
  recogniseTheta(dim);
  return true;
}

void emo::raise::raiseRotary(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    if (!node.is("Add") || rankOf(node.getResult(0)) != 4)
      continue;
    ExprFactory factory;
    ElementEvaluator evaluator(factory, context.shapes);
    RotaryProof proof(context, evaluator);
    if (!proof.prove(node.getResult(0))) {
      if (proof.isLikely())
        node.emitRemark() << "rotary embedding is not raised: " << proof.reason();
      continue;
    }
    OpBuilder builder(node);
    auto rotary = RotaryOp::create(
        builder, node.getLoc(), proof.x.getType(), proof.x, /*start=*/Value(), builder.getF64FloatAttr(proof.theta ? proof.theta : 1.0),
        proof.frequencies.empty() ? DenseF64ArrayAttr() : builder.getDenseF64ArrayAttr(proof.frequencies), builder.getBoolAttr(false));
    context.shapes.copyShape(proof.x, rotary);
    context.replacePermuted(builder, node.getResult(0), rotary, proof.order);
  }
  context.eraseDeadNodes();
}
