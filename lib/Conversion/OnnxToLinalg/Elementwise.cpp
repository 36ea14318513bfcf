// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that work element by element, with broadcasting.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace emo::onnxir;
using namespace emo::onnxlower;

/// Comparison predicates of floats and integers by operator.
static std::optional<std::pair<arith::CmpFPredicate, arith::CmpIPredicate>> comparison(StringRef op) {
  using Pair = std::pair<arith::CmpFPredicate, arith::CmpIPredicate>;
  return llvm::StringSwitch<std::optional<Pair>>(op)
      .Case("Equal", Pair(arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq))
      .Case("Less", Pair(arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt))
      .Case("LessOrEqual", Pair(arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle))
      .Case("Greater", Pair(arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt))
      .Case("GreaterOrEqual", Pair(arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge))
      .Default(std::nullopt);
}

/// One element of the node from the elements of its inputs, floats in at least f32.
Value NodeLowering::lowerScalar(ArrayRef<Value> x) {
  StringRef op = node.getOpType();
  bool isFloat = isa<FloatType>(x[0].getType());
  if (auto predicates = comparison(op))
    return isFloat ? arith::CmpFOp::create(b, predicates->first, x[0], x[1]).getResult()
                   : arith::CmpIOp::create(b, predicates->second, x[0], x[1]).getResult();
  if (op == "Add" || op == "Sum")
    return add(x[0], x[1]);
  if (op == "Mul")
    return mul(x[0], x[1]);
  if (op == "Sub")
    return isFloat ? arith::SubFOp::create(b, x[0], x[1]).getResult() : arith::SubIOp::create(b, x[0], x[1]).getResult();
  if (op == "Div")
    return isFloat ? arith::DivFOp::create(b, x[0], x[1]).getResult() : arith::DivSIOp::create(b, x[0], x[1]).getResult();
  if (op == "Pow") {
    if (!isFloat)
      return isa<FloatType>(x[1].getType()) ? Value() : math::IPowIOp::create(b, x[0], convert(x[1], x[0].getType())).getResult();
    return math::PowFOp::create(b, x[0], convert(x[1], x[0].getType()));
  }
  if (op == "Max" || op == "Min")
    return combine(op.lower(), x[0], x[1]);
  if (op == "Mod") {
    // The result has the divisor's sign, or with fmod the dividend's.
    bool fmod = intAttr(node, "fmod", 0);
    if (isFloat)
      return fmod ? arith::RemFOp::create(b, x[0], x[1]).getResult() : Value();
    Value rest = arith::RemSIOp::create(b, x[0], x[1]);
    if (fmod)
      return rest;
    Value differs = arith::XOrIOp::create(b, less(rest, zero(rest.getType())), less(x[1], zero(rest.getType())));
    Value isZero = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest, zero(rest.getType()));
    return arith::SelectOp::create(
        b, arith::AndIOp::create(b, differs, arith::XOrIOp::create(b, isZero, constant(b.getI1Type(), 1))), add(rest, x[1]), rest);
  }
  if (op == "And")
    return arith::AndIOp::create(b, x[0], x[1]);
  if (op == "Or")
    return arith::OrIOp::create(b, x[0], x[1]);
  if (op == "Xor")
    return arith::XOrIOp::create(b, x[0], x[1]);
  if (op == "Not")
    return arith::XOrIOp::create(b, x[0], constant(x[0].getType(), 1));
  if (op == "Identity")
    return x[0];
  if (op == "Neg")
    return isFloat ? arith::NegFOp::create(b, x[0]).getResult() : arith::SubIOp::create(b, zero(x[0].getType()), x[0]).getResult();
  if (op == "Abs")
    return isFloat ? math::AbsFOp::create(b, x[0]).getResult() : math::AbsIOp::create(b, x[0]).getResult();
  if (op == "Relu")
    return combine("max", x[0], zero(x[0].getType()));
  if (!isFloat)
    return {};
  if (op == "IsNaN")
    return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x[0], x[0]);
  Value one = constant(x[0].getType(), 1);
  if (op == "Sqrt")
    return math::SqrtOp::create(b, x[0]);
  if (op == "Reciprocal")
    return arith::DivFOp::create(b, one, x[0]);
  if (op == "Sigmoid") {
    Value exp = math::ExpOp::create(b, arith::NegFOp::create(b, x[0]));
    return arith::DivFOp::create(b, one, arith::AddFOp::create(b, one, exp));
  }
  if (op == "Exp")
    return math::ExpOp::create(b, x[0]);
  if (op == "Log")
    return math::LogOp::create(b, x[0]);
  if (op == "Tanh")
    return math::TanhOp::create(b, x[0]);
  if (op == "Erf")
    return math::ErfOp::create(b, x[0]);
  if (op == "Cos")
    return math::CosOp::create(b, x[0]);
  if (op == "Sin")
    return math::SinOp::create(b, x[0]);
  if (op == "Floor")
    return math::FloorOp::create(b, x[0]);
  if (op == "Ceil")
    return math::CeilOp::create(b, x[0]);
  return {};
}

Value NodeLowering::lowerElementwise() {
  SmallVector<Value> operands(node.getInputs());
  Sizes sizes = refine(broadcastSizes(operands), resultType());
  Type element = resultType().getElementType();
  bool supported = true;
  Value result = generate(sizes, element, [&](Indices indices) {
    SmallVector<Value> x;
    for (Value operand : operands) {
      Value scalar = loadBroadcast(operand, node.getResult(0), indices);
      x.push_back(convert(scalar, wideType(scalar.getType())));
    }
    // Max, Min and Sum take any number of operands.
    Value value = x[0];
    if (x.size() > 2)
      for (Value next : ArrayRef(x).drop_front())
        value = lowerScalar({value, next});
    else if (x.size() == 2 || (node.getOpType() != "Max" && node.getOpType() != "Min" && node.getOpType() != "Sum"))
      value = lowerScalar(x);
    supported = supported && value;
    return value ? convert(value, element) : zero(element);
  });
  return supported ? result : Value();
}

Value NodeLowering::lowerCast() {
  Value data = input(0);
  return generate(sizesOf(data), resultType().getElementType(),
                  [&](Indices indices) { return convert(load(data, indices), resultType().getElementType()); });
}

Value NodeLowering::lowerClip() {
  Value data = input(0), low = input(1), high = input(2);
  return generate(sizesOf(data), elementOf(data), [&](Indices indices) {
    Value value = load(data, indices);
    if (low)
      value = combine("max", value, load(low, {}));
    if (high)
      value = combine("min", value, load(high, {}));
    return value;
  });
}

Value NodeLowering::lowerWhere() {
  SmallVector<Value> operands(node.getInputs());
  Sizes sizes = refine(broadcastSizes(operands), resultType());
  Value result = node.getResult(0);
  return generate(sizes, resultType().getElementType(), [&](Indices indices) -> Value {
    return arith::SelectOp::create(b, loadBroadcast(operands[0], result, indices), loadBroadcast(operands[1], result, indices),
                                   loadBroadcast(operands[2], result, indices));
  });
}
