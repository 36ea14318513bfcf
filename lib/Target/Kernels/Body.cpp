// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Epilogue regions on vectors and scalars.
#include "Emit.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace emo;
using namespace emo::codegen;

namespace {

/// Writes one scalar op of a body on vectors (`lanes` > 0) or scalars of f32. A bf16 or f16 result is rounded after the f32 operation, as two
/// roundings of a correctly rounded sum, product or quotient of such values give the same.
class BodyWriter {
public:
  BodyWriter(Emit &e, int lanes) : e(e), lanes(lanes) {}

  /// Null when the op has no vector form.
  Value write(Operation &op, IRMapping &map) {
    auto in = [&](int i) { return operand(op.getOperand(i), map); };
    Value result =
        llvm::TypeSwitch<Operation *, Value>(&op)
            .Case<arith::ConstantOp>([&](arith::ConstantOp c) { return constant(c.getValue()); })
            .Case<arith::AddFOp>([&](auto) { return e.addf(in(0), in(1)); })
            .Case<arith::SubFOp>([&](auto) { return e.subf(in(0), in(1)); })
            .Case<arith::MulFOp>([&](auto) { return e.mulf(in(0), in(1)); })
            .Case<arith::DivFOp>([&](auto) { return e.divf(in(0), in(1)); })
            .Case<arith::NegFOp>([&](auto) -> Value { return arith::NegFOp::create(e.b, in(0)); })
            .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) { return e.maxf(in(0), in(1)); })
            .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) { return e.select(e.lessf(in(0), in(1)), in(0), in(1)); })
            .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return in(0); })
            .Case<arith::CmpFOp>([&](arith::CmpFOp c) -> Value { return arith::CmpFOp::create(e.b, c.getPredicate(), in(0), in(1)); })
            .Case<arith::SelectOp>([&](auto) { return e.select(in(0), in(1), in(2)); })
            .Case<math::ExpOp>([&](auto) { return e.exp(in(0)); })
            .Case<math::LogOp>([&](auto) { return e.log(in(0)); })
            .Case<math::TanhOp>([&](auto) { return e.tanh(in(0)); })
            .Case<math::ErfOp>([&](auto) { return e.erf(in(0)); })
            .Case<math::SqrtOp>([&](auto) { return e.sqrt(in(0)); })
            .Case<math::AbsFOp>([&](auto) -> Value { return math::AbsFOp::create(e.b, in(0)); })
            .Default([](Operation *) { return Value(); });
    if (!result || op.getNumResults() != 1)
      return Value();
    Type type = op.getResult(0).getType();
    if (isNarrow(type) && !isa<arith::ConstantOp, arith::SelectOp, arith::MaximumFOp, arith::MaxNumFOp, arith::MinimumFOp,
                              arith::MinNumFOp, arith::NegFOp, math::AbsFOp>(op))
      result = e.rounded(type, result);
    return result;
  }

  Value operand(Value scalar, IRMapping &map) {
    if (Value mapped = map.lookupOrNull(scalar))
      return mapped;
    // Constants outside the body.
    if (auto constantOp = scalar.getDefiningOp<arith::ConstantOp>())
      if (Value value = constant(constantOp.getValue())) {
        map.map(scalar, value);
        return value;
      }
    return Value();
  }

private:
  Value constant(Attribute attr) {
    auto number = dyn_cast<FloatAttr>(attr);
    return number ? e.f32(number.getValueAsDouble(), lanes) : Value();
  }
  Emit &e;
  int lanes;
};

} // namespace

bool emo::codegen::hasVectorForm(Region &body, KernelFloats floats) {
  auto isVectorType = [&](Type type) { return isKernelType(type, floats) || type.isInteger(1); };
  return llvm::all_of(body.front().without_terminator(), [&](Operation &op) {
    bool known = isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::NegFOp, arith::MaximumFOp, arith::MaxNumFOp,
                     arith::MinimumFOp, arith::MinNumFOp, arith::ExtFOp, arith::TruncFOp, arith::CmpFOp, arith::SelectOp, math::ExpOp,
                     math::LogOp, math::TanhOp, math::ErfOp, math::SqrtOp, math::AbsFOp>(op);
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      known = isa<FloatAttr>(constant.getValue());
    return known && llvm::all_of(op.getOperandTypes(), isVectorType) && llvm::all_of(op.getResultTypes(), isVectorType) &&
           llvm::all_of(op.getOperands(), [&](Value in) { return in.getParentRegion() == &body; });
  });
}

FailureOr<Values> emo::codegen::inlineBody(Emit &e, Region &body, ValueRange inputs) {
  Block &block = body.front();
  IRMapping map;
  map.map(block.getArguments(), inputs);
  auto vector = dyn_cast<VectorType>(inputs[0].getType());
  BodyWriter writer(e, vector ? vector.getDimSize(0) : 0);
  for (Operation &op : block.without_terminator()) {
    for (Value in : op.getOperands())
      if (!writer.operand(in, map)) {
        op.emitError() << "has an operand from outside the epilogue that is no constant; kernels need it as an extra";
        return failure();
      }
    Value result = writer.write(op, map);
    if (!result) {
      op.emitError() << "has no form in kernels; epilogues may hold arith and math ops on f32, bf16 and f16";
      return failure();
    }
    map.map(op.getResult(0), result);
  }
  Values yielded;
  for (Value value : block.getTerminator()->getOperands())
    yielded.push_back(writer.operand(value, map));
  return yielded;
}
