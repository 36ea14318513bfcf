// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that read or write where other tensors say, and those whose result's size depends on values.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace emo::onnxir;
using namespace emo::onnxlower;

/// A position read from an index tensor, inside 0..size.
static Value position(ImplicitLocOpBuilder &b, Value scalar) {
  return arith::IndexCastOp::create(b, b.getIndexType(), scalar);
}

Value NodeLowering::lowerGather() {
  Value data = input(0), positions = input(1);
  int64_t rank = typeOf(data).getRank(), indexRank = typeOf(positions).getRank();
  auto axis = normalAxis(intAttr(node, "axis", 0), rank);
  if (!axis)
    return {};
  Sizes sizes = sizesOf(data), middle = sizesOf(positions);
  Value size = asValue(sizes[*axis]);
  sizes.erase(sizes.begin() + *axis);
  sizes.insert(sizes.begin() + *axis, middle.begin(), middle.end());
  return generate(refine(sizes, resultType()), elementOf(data), [&](Indices indices) {
    Value at = normalIndex(position(b, load(positions, indices.slice(*axis, indexRank))), size);
    SmallVector<Value> inner(indices.take_front(*axis));
    inner.push_back(at);
    inner.append(indices.begin() + *axis + indexRank, indices.end());
    return load(data, inner);
  });
}

Value NodeLowering::lowerGatherElements() {
  Value data = input(0), positions = input(1);
  auto axis = normalAxis(intAttr(node, "axis", 0), typeOf(data).getRank());
  if (!axis)
    return {};
  Value size = asValue(sizeOf(data, *axis));
  return generate(sizesOf(positions), elementOf(data), [&](Indices indices) {
    SmallVector<Value> inner(indices);
    inner[*axis] = normalIndex(position(b, load(positions, indices)), size);
    return load(data, inner);
  });
}

Value NodeLowering::lowerGatherND() {
  Value data = input(0), positions = input(1);
  int64_t batch = intAttr(node, "batch_dims", 0), rank = typeOf(data).getRank(), indexRank = typeOf(positions).getRank();
  if (indexRank < 1 || typeOf(positions).isDynamicDim(indexRank - 1))
    return {};
  int64_t depth = typeOf(positions).getDimSize(indexRank - 1);
  if (batch + depth > rank)
    return {};
  Sizes sizes = sizesOf(positions), all = sizesOf(data);
  sizes.pop_back();
  sizes.append(all.begin() + batch + depth, all.end());
  return generate(refine(sizes, resultType()), elementOf(data), [&](Indices indices) {
    SmallVector<Value> inner(indices.take_front(batch)), at(indices.take_front(indexRank - 1));
    at.emplace_back();
    for (int64_t i = 0; i < depth; ++i) {
      at.back() = index(i);
      inner.push_back(normalIndex(position(b, load(positions, at)), asValue(all[batch + i])));
    }
    inner.append(indices.begin() + indexRank - 1, indices.end());
    return load(data, inner);
  });
}

Value NodeLowering::lowerOneHot() {
  Value positions = input(0), values = input(2);
  auto axis = normalAxis(intAttr(node, "axis", -1), resultType().getRank());
  if (!axis || !typeOf(positions).getElementType().isInteger())
    return {};
  Value depth = loadIndices(input(1)).front();
  Sizes sizes = sizesOf(positions);
  sizes.insert(sizes.begin() + *axis, depth);
  return generate(refine(sizes, resultType()), resultType().getElementType(), [&](Indices indices) -> Value {
    SmallVector<Value> outer(indices);
    outer.erase(outer.begin() + *axis);
    Value at = position(b, load(positions, outer));
    Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at, index(0));
    at = arith::SelectOp::create(b, negative, arith::AddIOp::create(b, at, depth), at);
    Value hot = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at, indices[*axis]);
    return arith::SelectOp::create(b, hot, load(values, index(1)), load(values, index(0)));
  });
}

/// The j-th choice is found by j + 1 passes: each takes the best of what comes after the one before, the lower index of equals.
SmallVector<Value> NodeLowering::lowerTopK() {
  Value data = input(0);
  Type element = elementOf(data), i64 = b.getI64Type();
  auto axis = normalAxis(intAttr(node, "axis", -1), typeOf(data).getRank());
  if (!axis || !node.getOmittedResults().empty())
    return {};
  bool largest = intAttr(node, "largest", 1);
  Sizes sizes = sizesOf(data);
  Value length = asValue(sizes[*axis]);
  sizes[*axis] = loadIndices(input(1)).front();
  sizes = refine(sizes, resultType());
  auto at = [&](Indices indices, Value position) {
    SmallVector<Value> inner(indices);
    inner[*axis] = position;
    return inner;
  };
  auto better = [&](Value a, Value c) { return largest ? less(c, a) : less(a, c); };
  Value choice = generate(sizes, i64, [&](Indices indices) -> Value {
    Value none = index(-1);
    Value passes = arith::AddIOp::create(b, indices[*axis], index(1));
    Value found = loop(passes, none, [&](Value, ValueRange previous) -> SmallVector<Value> {
      Value last = previous[0], isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, last, index(0));
      Value safeLast = arith::MaxSIOp::create(b, last, index(0));
      Value lastValue = load(data, at(indices, safeLast));
      return loop(length, none, [&](Value i, ValueRange carried) -> SmallVector<Value> {
        Value value = load(data, at(indices, i)), best = carried[0];
        // Not yet chosen: worse than the last choice, or equal and behind it.
        Value behind = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, i, last);
        Value notBetter = arith::XOrIOp::create(b, better(value, lastValue), constant(b.getI1Type(), 1));
        Value remains = arith::OrIOp::create(b, better(lastValue, value), arith::AndIOp::create(b, notBetter, behind));
        remains = arith::OrIOp::create(b, remains, isFirst);
        Value noneYet = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, best, index(0));
        Value bestValue = load(data, at(indices, arith::MaxSIOp::create(b, best, index(0))));
        Value wins = arith::OrIOp::create(b, noneYet, better(value, bestValue));
        return {arith::SelectOp::create(b, arith::AndIOp::create(b, remains, wins), i, best)};
      });
    })[0];
    return arith::IndexCastOp::create(b, i64, arith::MaxSIOp::create(b, found, index(0)));
  });
  Value values = generate(sizes, element, [&](Indices indices) {
    return load(data, at(indices, position(b, load(choice, indices))));
  });
  if (resultType(1).getElementType() != i64)
    return {};
  return {values, choice};
}

/// Counts first, then writes the coordinates of each element that is not zero, in row-major order.
Value NodeLowering::lowerNonZero() {
  Value data = input(0);
  Type i64 = b.getI64Type();
  int64_t rank = typeOf(data).getRank();
  SmallVector<Value> sizes = llvm::map_to_vector(sizesOf(data), [&](OpFoldResult size) { return asValue(size); });
  auto isSet = [&](Indices indices) { return convert(load(data, indices), b.getI1Type()); };
  Value count = loopNest(sizes, index(0), [&](Indices indices, ValueRange carried) -> SmallVector<Value> {
    Value next = arith::AddIOp::create(b, carried[0], index(1));
    return {arith::SelectOp::create(b, isSet(indices), next, carried[0])};
  })[0];
  Value empty = tensor::EmptyOp::create(b, Sizes{b.getIndexAttr(rank), count}, i64);
  return loopNest(sizes, {empty, index(0)}, [&](Indices indices, ValueRange carried) -> SmallVector<Value> {
    SmallVector<Value> coordinates(indices);
    auto write = scf::IfOp::create(b, TypeRange{empty.getType(), b.getIndexType()}, isSet(coordinates), /*withElse=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(write.thenBlock());
      Value list = carried[0];
      for (auto [dim, coordinate] : llvm::enumerate(coordinates))
        list = tensor::InsertOp::create(b, arith::IndexCastOp::create(b, i64, coordinate), list,
                                        ValueRange{index(dim), carried[1]});
      Value next = arith::AddIOp::create(b, carried[1], index(1));
      scf::YieldOp::create(b, ValueRange{list, next});
      b.setInsertionPointToStart(write.elseBlock());
      scf::YieldOp::create(b, carried);
    }
    return SmallVector<Value>(write.getResults());
  })[0];
}

Value NodeLowering::lowerScatterND() {
  Value data = input(0), positions = input(1), updates = input(2);
  StringRef reduction = stringAttr(node, "reduction", "none");
  int64_t indexRank = typeOf(positions).getRank();
  if (indexRank < 1 || typeOf(positions).isDynamicDim(indexRank - 1))
    return {};
  int64_t depth = typeOf(positions).getDimSize(indexRank - 1);
  Sizes all = sizesOf(data);
  SmallVector<Value> sizes = llvm::map_to_vector(sizesOf(updates), [&](OpFoldResult size) { return asValue(size); });
  return loopNest(sizes, data, [&](Indices indices, ValueRange carried) -> SmallVector<Value> {
    SmallVector<Value> inner, at(indices.take_front(indexRank - 1));
    at.emplace_back();
    for (int64_t i = 0; i < depth; ++i) {
      at.back() = index(i);
      inner.push_back(normalIndex(position(b, load(positions, at)), asValue(all[i])));
    }
    inner.append(indices.begin() + indexRank - 1, indices.end());
    Value value = combine(reduction, load(carried[0], inner), load(updates, indices));
    return {tensor::InsertOp::create(b, value, carried[0], inner)};
  })[0];
}

Value NodeLowering::lowerScatterElements() {
  Value data = input(0), positions = input(1), updates = input(2);
  StringRef reduction = stringAttr(node, "reduction", "none");
  auto axis = normalAxis(intAttr(node, "axis", 0), typeOf(data).getRank());
  if (!axis)
    return {};
  Value size = asValue(sizeOf(data, *axis));
  SmallVector<Value> sizes = llvm::map_to_vector(sizesOf(updates), [&](OpFoldResult size) { return asValue(size); });
  return loopNest(sizes, data, [&](Indices indices, ValueRange carried) -> SmallVector<Value> {
    SmallVector<Value> inner(indices);
    inner[*axis] = normalIndex(position(b, load(positions, indices)), size);
    Value value = combine(reduction, load(carried[0], inner), load(updates, indices));
    return {tensor::InsertOp::create(b, value, carried[0], inner)};
  })[0];
}
