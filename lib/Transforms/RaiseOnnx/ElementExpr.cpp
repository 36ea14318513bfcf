// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expressions in normal form.
#include "ElementExpr.h"

#include "llvm/ADT/Hashing.h"

#include <cmath>

using namespace mlir;
using namespace emo;
using namespace emo::raise;

static size_t hashOf(const Expr &expr) {
  return llvm::hash_combine(int(expr.kind), llvm::bit_cast<uint64_t>(expr.number), expr.integer, expr.name,
                            expr.root.getAsOpaquePointer(),
                            llvm::hash_combine_range(expr.operands.begin(), expr.operands.end()));
}

ExprRef ExprFactory::unique(Expr expr) {
  size_t hash = hashOf(expr);
  auto [begin, end] = table.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Expr &other = *it->second;
    if (other.kind == expr.kind && llvm::bit_cast<uint64_t>(other.number) == llvm::bit_cast<uint64_t>(expr.number) &&
        other.integer == expr.integer && other.name == expr.name && other.root == expr.root &&
        other.operands == expr.operands)
      return it->second;
  }
  expr.id = all.size();
  all.push_back(std::make_unique<Expr>(std::move(expr)));
  table.emplace(hash, all.back().get());
  return all.back().get();
}

ExprRef ExprFactory::number(double value) { return unique({.kind = ExprKind::Number, .number = value}); }
ExprRef ExprFactory::integer(int64_t value) { return unique({.kind = ExprKind::Integer, .integer = value}); }

ExprRef ExprFactory::variable(onnxir::SymbolicDim extent) {
  extents.push_back(std::move(extent));
  variables.push_back(unique({.kind = ExprKind::Var, .integer = int64_t(extents.size()) - 1}));
  return variables.back();
}

ExprRef ExprFactory::load(Value root, ArrayRef<ExprRef> indices) {
  Expr expr{.kind = ExprKind::Load};
  expr.root = root;
  expr.operands.assign(indices.begin(), indices.end());
  return unique(std::move(expr));
}

SmallVector<ExprRef> emo::raise::factorsOf(ExprRef expr) {
  return expr->isApply("mul") ? SmallVector<ExprRef>(expr->operands) : SmallVector<ExprRef>{expr};
}

SmallVector<ExprRef> emo::raise::termsOf(ExprRef expr) {
  return expr->isApply("add") ? SmallVector<ExprRef>(expr->operands) : SmallVector<ExprRef>{expr};
}

static bool byId(ExprRef a, ExprRef b) { return a->id < b->id; }

ExprRef ExprFactory::add(ArrayRef<ExprRef> terms) {
  SmallVector<ExprRef> flat;
  double numbers = 0;
  int64_t integers = 0;
  bool hasNumber = false;
  for (ExprRef term : terms)
    for (ExprRef part : termsOf(term)) {
      if (part->kind == ExprKind::Number)
        numbers += part->number, hasNumber = true;
      else if (part->kind == ExprKind::Integer)
        integers += part->integer;
      else
        flat.push_back(part);
    }
  if (numbers != 0)
    flat.push_back(number(numbers));
  if (integers != 0)
    flat.push_back(integer(integers));
  if (flat.empty())
    return hasNumber ? number(0) : integer(0);
  if (flat.size() == 1)
    return flat.front();
  llvm::sort(flat, byId);
  Expr expr{.kind = ExprKind::Apply, .name = "add"};
  expr.operands.assign(flat.begin(), flat.end());
  return unique(std::move(expr));
}

ExprRef ExprFactory::mul(ArrayRef<ExprRef> factors) {
  SmallVector<ExprRef> flat;
  double numbers = 1;
  bool integral = true;
  for (ExprRef factor : factors)
    for (ExprRef part : factorsOf(factor)) {
      integral &= part->kind != ExprKind::Number;
      if (part->kind == ExprKind::Number)
        numbers *= part->number;
      else if (part->kind == ExprKind::Integer)
        numbers *= double(part->integer);
      else
        flat.push_back(part);
    }
  if (numbers == 0)
    return integral && flat.empty() ? integer(0) : number(0);
  for (auto *it = flat.begin(); it != flat.end(); ++it)
    if ((*it)->kind == ExprKind::Cond && (*it)->operands[2]->isZero()) {
      ExprRef choice = *it;
      flat.erase(it);
      flat.push_back(choice->operands[1]);
      flat.push_back(number(numbers));
      return cond(choice->operands[0], mul(flat), number(0));
    }
  if (flat.empty())
    return integral ? integer(int64_t(numbers)) : number(numbers);
  if (numbers != 1)
    flat.push_back(number(numbers));
  if (flat.size() == 1)
    return flat.front();
  llvm::sort(flat, byId);
  Expr expr{.kind = ExprKind::Apply, .name = "mul"};
  expr.operands.assign(flat.begin(), flat.end());
  return unique(std::move(expr));
}

/// True if an index is known to lie in [0, limit).
bool ExprFactory::isBelow(ExprRef expr, int64_t limit) {
  if (expr->kind == ExprKind::Integer)
    return expr->integer >= 0 && expr->integer < limit;
  if (expr->kind == ExprKind::Var)
    return extentOf(expr).isConstant() && extentOf(expr).factor <= limit;
  return expr->isApply("mod") && expr->operands[1]->kind == ExprKind::Integer && expr->operands[1]->integer <= limit;
}

/// (divisor * a + b) / divisor = a and its remainder b, for 0 <= b < divisor.
ExprRef ExprFactory::foldDivision(bool quotient, ExprRef dividend, int64_t divisor) {
  if (divisor == 1)
    return quotient ? dividend : integer(0);
  if (dividend->kind == ExprKind::Integer && dividend->integer >= 0)
    return integer(quotient ? dividend->integer / divisor : dividend->integer % divisor);
  SmallVector<ExprRef> multiples, rest;
  for (ExprRef term : termsOf(dividend)) {
    SmallVector<ExprRef> factors = factorsOf(term);
    auto *number = llvm::find_if(factors, [&](ExprRef factor) {
      return factor->kind == ExprKind::Number && factor->number == double(int64_t(factor->number)) &&
             int64_t(factor->number) % divisor == 0;
    });
    if (number != factors.end()) {
      *number = integer(int64_t((*number)->number) / divisor);
      multiples.push_back(mul(factors));
    } else {
      rest.push_back(term);
    }
  }
  ExprRef remainder = add(rest);
  if (!isBelow(remainder, divisor))
    return nullptr;
  return quotient ? add(multiples) : remainder;
}

/// Decides what constants decide; null when they do not.
ExprRef ExprFactory::fold(StringRef function, ArrayRef<ExprRef> operands) {
  auto isConstant = [](ExprRef expr) { return expr->kind == ExprKind::Integer || expr->kind == ExprKind::Number; };
  auto value = [](ExprRef expr) { return expr->kind == ExprKind::Integer ? double(expr->integer) : expr->number; };
  bool comparison = function == "eq" || function == "lt" || function == "le";
  if (comparison && isConstant(operands[0]) && isConstant(operands[1])) {
    double a = value(operands[0]), b = value(operands[1]);
    return integer(function == "eq" ? a == b : function == "lt" ? a < b : a <= b);
  }
  if (comparison && operands[0] == operands[1] && operands[0]->kind == ExprKind::Var)
    return integer(function != "lt");
  // A variable against the bounds of its range.
  if (comparison && operands[0]->kind == ExprKind::Var && operands[1]->kind == ExprKind::Integer) {
    const onnxir::SymbolicDim &extent = extentOf(operands[0]);
    int64_t limit = operands[1]->integer + (function == "le");
    if (function != "eq" && extent.isConstant() && extent.factor <= limit)
      return integer(1);
    if (function != "eq" && limit <= 0)
      return integer(0);
  }
  if ((function == "floordiv" || function == "mod") && operands[1]->kind == ExprKind::Integer && operands[1]->integer > 0)
    if (ExprRef result = foldDivision(function == "floordiv", operands[0], operands[1]->integer))
      return result;
  if (function == "not" && isConstant(operands[0]))
    return integer(value(operands[0]) == 0);
  if (function == "itof" && operands[0]->kind == ExprKind::Integer)
    return number(double(operands[0]->integer));
  if (operands.size() == 1 && operands[0]->kind == ExprKind::Number) {
    double x = operands[0]->number;
    if (function == "sqrt")
      return number(std::sqrt(x));
    if (function == "recip")
      return number(1 / x);
  }
  return nullptr;
}

ExprRef ExprFactory::apply(StringRef function, ArrayRef<ExprRef> operands) {
  if (function == "add")
    return add(operands);
  if (function == "mul")
    return mul(operands);
  if (ExprRef folded = fold(function, operands))
    return folded;
  Expr expr{.kind = ExprKind::Apply, .name = function.str()};
  expr.operands.assign(operands.begin(), operands.end());
  return unique(std::move(expr));
}

ExprRef ExprFactory::sum(ExprRef variable, ExprRef body) {
  if (extentOf(variable).isConstant(1))
    return substitute(body, variable, integer(0));
  if (body->isZero())
    return body;
  // Numbers move out, so that a scale is found wherever it was applied.
  double scale = 1;
  SmallVector<ExprRef> factors;
  for (ExprRef factor : factorsOf(body)) {
    if (factor->kind == ExprKind::Number)
      scale *= factor->number;
    else
      factors.push_back(factor);
  }
  if (scale != 1 && !factors.empty())
    return mul({number(scale), sum(variable, mul(factors))});
  Expr expr{.kind = ExprKind::Sum, .integer = variable->integer};
  expr.operands = {body};
  return unique(std::move(expr));
}

ExprRef ExprFactory::softmax(ExprRef variable, ExprRef body, ExprRef at) {
  Expr expr{.kind = ExprKind::Softmax, .integer = variable->integer};
  expr.operands = {body, at};
  return unique(std::move(expr));
}

ExprRef ExprFactory::cond(ExprRef condition, ExprRef then, ExprRef otherwise) {
  if (condition->kind == ExprKind::Integer)
    return condition->integer ? then : otherwise;
  if (then == otherwise)
    return then;
  if (condition->isApply("not"))
    return cond(condition->operands[0], otherwise, then);
  Expr expr{.kind = ExprKind::Cond};
  expr.operands = {condition, then, otherwise};
  return unique(std::move(expr));
}

bool ExprFactory::dependsOn(ExprRef expr, ExprRef variable) {
  if (expr == variable)
    return true;
  if (expr->operands.empty())
    return false;
  auto known = dependence.find({expr, variable});
  if (known != dependence.end())
    return known->second;
  bool result = llvm::any_of(expr->operands, [&](ExprRef operand) { return dependsOn(operand, variable); });
  return dependence[{expr, variable}] = result;
}

ExprRef ExprFactory::substitute(ExprRef expr, ExprRef variable, ExprRef replacement) {
  if (expr == variable)
    return replacement;
  if (!dependsOn(expr, variable))
    return expr;
  SmallVector<ExprRef> operands =
      llvm::map_to_vector(expr->operands, [&](ExprRef operand) { return substitute(operand, variable, replacement); });
  switch (expr->kind) {
  case ExprKind::Load:
    return load(expr->root, operands);
  case ExprKind::Apply:
    return apply(expr->name, operands);
  case ExprKind::Sum:
    return sum(variableOf(expr), operands[0]);
  case ExprKind::Softmax:
    return softmax(variableOf(expr), operands[0], operands[1]);
  case ExprKind::Cond:
    return cond(operands[0], operands[1], operands[2]);
  default:
    return expr;
  }
}
