// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Verify.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace emo;

LogicalResult emo::verifyFinite(Operation *op, StringRef name, const APFloat &value, std::optional<int64_t> least) {
  bool tooSmall = least && value.isFinite() && value.convertToDouble() < static_cast<double>(*least);
  if (value.isFinite() && !tooSmall)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError() << "expects '" << name << "' to be finite";
  if (least)
    diagnostic << " and at least " << *least;
  return diagnostic << ", got " << value.convertToDouble();
}

LogicalResult emo::verifyRange(Operation *op, StringRef name, int64_t value, int64_t least, int64_t most, StringRef mostName) {
  if (value >= least && value <= most)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError() << "expects '" << name << "' between " << least << " and ";
  if (!mostName.empty())
    diagnostic << mostName << " = ";
  return diagnostic << most << ", got " << value;
}

LogicalResult emo::verifyHeads(Operation *op, const NamedShapes &shapes) {
  int64_t queries = shapes.size("Hq"), keys = shapes.size("Hkv");
  if (ShapedType::isDynamic(queries) || ShapedType::isDynamic(keys) || (keys > 0 && queries % keys == 0))
    return success();
  return op->emitOpError() << "expects Hq to be a multiple of Hkv, got " << queries << " and " << keys;
}

std::optional<int64_t> emo::getSplatInteger(Value value) {
  auto integer = [](const APInt &bits) { return bits.getBitWidth() == 1 ? bits.getZExtValue() : bits.getSExtValue(); };
  if (auto splat = value.getDefiningOp<tensor::SplatOp>()) {
    APInt bits;
    return matchPattern(splat.getInput(), m_ConstantInt(&bits)) ? std::optional<int64_t>(integer(bits)) : std::nullopt;
  }
  DenseIntElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) || !elements.isSplat())
    return std::nullopt;
  return integer(elements.getSplatValue<APInt>());
}
