// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Helpers of emo-to-kernels: activations as rows, epilogue regions.
#include "Utils.h"

using namespace mlir;
using namespace emo;

bool emo::haveKernelTypes(ValueRange values) {
  return llvm::all_of(values, [](Value value) {
    if (!value)
      return true;
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return false;
    Type element = type.getElementType();
    return element.isF32() || element.isBF16() || element.isF16() ||
           element.isInteger(32) || element.isInteger(64);
  });
}

bool emo::areParams(ValueRange values) {
  return llvm::all_of(values, [](Value value) {
    return !value || value.getDefiningOp<ParamRefOp>();
  });
}

static Value collapseLeading(OpBuilder &builder, Location loc, Value value,
                             int64_t leading) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  if (leading <= 1)
    return value;
  SmallVector<ReassociationIndices> groups(1);
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (dim >= leading)
      groups.emplace_back();
    groups.back().push_back(dim);
  }
  return tensor::CollapseShapeOp::create(builder, loc, value, groups);
}

Value emo::toRows(OpBuilder &builder, Location loc, Value value) {
  return collapseLeading(builder, loc, value,
                         cast<RankedTensorType>(value.getType()).getRank() - 1);
}

Value emo::toFlat(OpBuilder &builder, Location loc, Value value) {
  return collapseLeading(builder, loc, value,
                         cast<RankedTensorType>(value.getType()).getRank());
}

Value emo::fromRows(OpBuilder &builder, Location loc, Value rows, Value like,
                    unsigned drop, RankedTensorType type) {
  int64_t leading = cast<RankedTensorType>(like.getType()).getRank() - drop;
  if (leading <= 1)
    return rows;
  SmallVector<ReassociationIndices> groups(1);
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    if (dim >= leading)
      groups.emplace_back();
    groups.back().push_back(dim);
    if (dim < leading)
      sizes.push_back(tensor::getMixedSize(builder, loc, like, dim));
    else
      sizes.push_back(builder.getIndexAttr(type.getDimSize(dim)));
  }
  return tensor::ExpandShapeOp::create(builder, loc, type, rows, groups, sizes);
}

Value emo::emptyRows(OpBuilder &builder, Location loc, Value rows,
                     ArrayRef<int64_t> columns, Type elementType) {
  SmallVector<OpFoldResult> sizes{tensor::getMixedSize(builder, loc, rows, 0)};
  for (int64_t size : columns)
    sizes.push_back(builder.getIndexAttr(size));
  return tensor::EmptyOp::create(builder, loc, sizes, elementType);
}

Value emo::castFloat(OpBuilder &builder, Location loc, Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth(),
           to = type.getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(builder, loc, type, value);
  if (from > to)
    return arith::TruncFOp::create(builder, loc, type, value);
  return value;
}

Value emo::createMatmul(OpBuilder &builder, Location loc,
                        const MatmulOperands &operands, Value out,
                        Epilogue epilogue) {
  SmallVector<Attribute> kinds;
  for (OperandKind kind : operands.kinds)
    kinds.push_back(OperandKindAttr::get(builder.getContext(), kind));
  auto matmul = KernelMatmulOp::create(
      builder, loc, TypeRange{out.getType()}, operands.lhs, operands.weights,
      operands.gather, operands.offsets, operands.extras, ValueRange{out},
      static_cast<int64_t>(operands.weights.size()),
      builder.getArrayAttr(kinds), /*packed=*/false);
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> types(operands.weights.size(), builder.getF32Type());
  for (Value extra : operands.extras)
    types.push_back(getElementTypeOrSelf(extra));
  Block *body = builder.createBlock(&matmul.getBody(), {}, types,
                                    SmallVector<Location>(types.size(), loc));
  Value result = epilogue(builder, loc, body->getArguments());
  KernelYieldOp::create(builder, loc, result);
  return matmul.getResult(0);
}
