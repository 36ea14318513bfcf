// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products, reductions and softmax: loops inside the element, sums in at least f32.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace emo::onnxir;
using namespace emo::onnxlower;

Value NodeLowering::lowerMatMul() {
  Value left = input(0), right = input(1);
  int64_t leftRank = typeOf(left).getRank(), rightRank = typeOf(right).getRank();
  if (leftRank < 1 || rightRank < 1)
    return {};
  // Vectors are matrices whose missing dimension is not in the result.
  bool rows = leftRank > 1, columns = rightRank > 1;
  int64_t leftBatch = std::max<int64_t>(leftRank - 2, 0), rightBatch = std::max<int64_t>(rightRank - 2, 0);
  int64_t batch = std::max(leftBatch, rightBatch);
  Sizes sizes(batch, b.getIndexAttr(1));
  for (auto [operand, rank] : {std::pair(left, leftBatch), std::pair(right, rightBatch)})
    for (int64_t dim = 0; dim < rank; ++dim) {
      OpFoldResult &size = sizes[batch - rank + dim];
      Value other = asValue(sizeOf(operand, dim));
      Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, asValue(size), index(1));
      size = arith::SelectOp::create(b, isOne, other, asValue(size)).getResult();
    }
  if (rows)
    sizes.push_back(sizeOf(left, leftRank - 2));
  if (columns)
    sizes.push_back(sizeOf(right, rightRank - 1));
  Value inner = asValue(sizeOf(left, leftRank - 1));
  Type element = resultType().getElementType(), wide = wideType(element);
  return generate(refine(sizes, resultType()), element, [&](Indices indices) {
    auto batchIndices = [&](Value operand, int64_t rank) {
      SmallVector<Value> result;
      for (int64_t dim = 0; dim < rank; ++dim) {
        Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, asValue(sizeOf(operand, dim)), index(1));
        result.push_back(arith::SelectOp::create(b, isOne, index(0), indices[batch - rank + dim]));
      }
      return result;
    };
    SmallVector<Value> leftIndices = batchIndices(left, leftBatch), rightIndices = batchIndices(right, rightBatch);
    SmallVector<Value> sum = loop(inner, zero(wide), [&](Value k, ValueRange carried) -> SmallVector<Value> {
      SmallVector<Value> l = leftIndices, r = rightIndices;
      if (rows)
        l.push_back(indices[batch]);
      l.push_back(k);
      r.push_back(k);
      if (columns)
        r.push_back(indices.back());
      return {add(carried[0], mul(convert(load(left, l), wide), convert(load(right, r), wide)))};
    });
    return convert(sum[0], element);
  });
}

Value NodeLowering::lowerGemm() {
  Value left = input(0), right = input(1), bias = input(2);
  bool transLeft = intAttr(node, "transA", 0), transRight = intAttr(node, "transB", 0);
  Sizes sizes = {sizeOf(left, transLeft), sizeOf(right, !transRight)};
  Value inner = asValue(sizeOf(left, !transLeft));
  Type element = resultType().getElementType(), wide = wideType(element);
  return generate(refine(sizes, resultType()), element, [&](Indices indices) {
    SmallVector<Value> sum = loop(inner, zero(wide), [&](Value k, ValueRange carried) -> SmallVector<Value> {
      SmallVector<Value> l = {indices[0], k}, r = {k, indices[1]};
      if (transLeft)
        std::swap(l[0], l[1]);
      if (transRight)
        std::swap(r[0], r[1]);
      return {add(carried[0], mul(convert(load(left, l), wide), convert(load(right, r), wide)))};
    });
    Value result = mul(sum[0], constant(wide, floatAttr(node, "alpha", 1)));
    if (bias) {
      Value term = convert(loadBroadcast(bias, node.getResult(0), indices), wide);
      result = add(result, mul(term, constant(wide, floatAttr(node, "beta", 1))));
    }
    return convert(result, element);
  });
}

Value NodeLowering::lowerReduction() {
  Value data = input(0);
  int64_t rank = typeOf(data).getRank();
  // Without axes, or with an empty list, all are reduced, unless the node says that nothing is.
  auto axes = constantAxes(node, 1, rank);
  bool keep = intAttr(node, "keepdims", 1);
  if (!axes || (axes->empty() && intAttr(node, "noop_with_empty_axes", 0)))
    return {};
  if (axes->empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  Sizes all = sizesOf(data), sizes;
  SmallVector<Value> reduced;
  for (int64_t dim = 0; dim < rank; ++dim) {
    bool isReduced = llvm::is_contained(*axes, dim);
    if (isReduced)
      reduced.push_back(asValue(all[dim]));
    if (!isReduced || keep)
      sizes.push_back(isReduced ? OpFoldResult(b.getIndexAttr(1)) : all[dim]);
  }
  Type element = elementOf(data), wide = wideType(element);
  StringRef op = node.getOpType();
  StringRef reduction = op == "ReduceMax" ? "max" : op == "ReduceMin" ? "min" : op == "ReduceProd" ? "mul" : "add";
  double infinity = std::numeric_limits<double>::infinity();
  bool isFloat = isa<FloatType>(wide);
  Value start;
  if (reduction == "max" || reduction == "min") {
    bool max = reduction == "max";
    if (isFloat)
      start = constant(wide, max ? -infinity : infinity);
    else
      start = arith::ConstantOp::create(
          b, b.getIntegerAttr(wide, max ? APInt::getSignedMinValue(wide.getIntOrFloatBitWidth())
                                        : APInt::getSignedMaxValue(wide.getIntOrFloatBitWidth())));
  } else {
    start = constant(wide, reduction == "mul" ? 1 : 0);
  }
  return generate(refine(sizes, resultType()), element, [&](Indices indices) {
    SmallVector<Value> result = loopNest(reduced, start, [&](Indices at, ValueRange carried) -> SmallVector<Value> {
      SmallVector<Value> inner;
      size_t outer = 0, next = 0;
      for (int64_t dim = 0; dim < rank; ++dim) {
        bool isReduced = llvm::is_contained(*axes, dim);
        inner.push_back(isReduced ? at[next++] : indices[outer]);
        outer += !isReduced || keep;
      }
      return {combine(reduction, carried[0], convert(load(data, inner), wide))};
    });
    Value value = result[0];
    if (op == "ReduceMean") {
      Value count = index(1);
      for (Value size : reduced)
        count = arith::MulIOp::create(b, count, size);
      Value number = convert(arith::IndexCastOp::create(b, b.getI64Type(), count), wide);
      value = isFloat ? arith::DivFOp::create(b, value, number).getResult() : arith::DivSIOp::create(b, value, number).getResult();
    }
    return convert(value, element);
  });
}

/// exp(x - max) / sum of exp(x - max), in at least f32.
Value NodeLowering::lowerSoftmax() {
  Value data = input(0);
  auto axis = normalAxis(intAttr(node, "axis", -1), typeOf(data).getRank());
  if (!axis)
    return {};
  Type element = elementOf(data), wide = wideType(element);
  Sizes sizes = sizesOf(data), rows = sizes;
  rows[*axis] = b.getIndexAttr(1);
  Value length = asValue(sizes[*axis]);
  auto at = [&](Indices indices, Value position) {
    SmallVector<Value> inner(indices);
    inner[*axis] = position;
    return inner;
  };
  Value most = generate(rows, wide, [&](Indices indices) {
    Value start = constant(wide, -std::numeric_limits<double>::infinity());
    return loop(length, start, [&](Value i, ValueRange carried) -> SmallVector<Value> {
      return {combine("max", carried[0], convert(load(data, at(indices, i)), wide))};
    })[0];
  });
  auto exponential = [&](Indices indices, Value row) -> Value {
    Value x = convert(load(data, indices), wide);
    return math::ExpOp::create(b, arith::SubFOp::create(b, x, load(most, row ? at(indices, row) : SmallVector<Value>(indices))));
  };
  Value sum = generate(rows, wide, [&](Indices indices) {
    return loop(length, zero(wide), [&](Value i, ValueRange carried) -> SmallVector<Value> {
      return {add(carried[0], exponential(at(indices, i), index(0)))};
    })[0];
  });
  return generate(sizes, element, [&](Indices indices) {
    Value total = load(sum, at(indices, index(0)));
    return convert(arith::DivFOp::create(b, exponential(indices, index(0)), total), element);
  });
}

/// Element i is the sum of elements 0..i (exclusive: 0..i-1), from the other end when reversed.
Value NodeLowering::lowerCumSum() {
  Value data = input(0);
  auto given = constantInts(input(1));
  auto axis = given && given->size() == 1 ? normalAxis(given->front(), typeOf(data).getRank()) : std::nullopt;
  if (!axis)
    return {};
  bool exclusive = intAttr(node, "exclusive", 0), reverse = intAttr(node, "reverse", 0);
  Type element = elementOf(data), wide = wideType(element);
  Sizes sizes = sizesOf(data);
  Value last = arith::SubIOp::create(b, asValue(sizes[*axis]), index(1));
  return generate(sizes, element, [&](Indices indices) {
    auto mirrored = [&](Value i) -> Value { return reverse ? arith::SubIOp::create(b, last, i).getResult() : i; };
    Value count = arith::AddIOp::create(b, mirrored(indices[*axis]), index(exclusive ? 0 : 1));
    Value sum = loop(count, zero(wide), [&](Value i, ValueRange carried) -> SmallVector<Value> {
      SmallVector<Value> inner(indices);
      inner[*axis] = mirrored(i);
      return {add(carried[0], convert(load(data, inner), wide))};
    })[0];
    return convert(sum, element);
  });
}

/// x / sqrt(mean(x^2) + epsilon) * scale over the dimensions from `axis` on, in at least f32.
Value NodeLowering::lowerRmsNorm() {
  Value data = input(0), scale = input(1);
  int64_t rank = typeOf(data).getRank();
  auto axis = normalAxis(intAttr(node, "axis", -1), rank);
  if (!axis)
    return {};
  Type element = resultType().getElementType(), wide = wideType(elementOf(data));
  Sizes sizes = sizesOf(data), rows(sizes.begin(), sizes.begin() + *axis);
  SmallVector<Value> reduced;
  Value count = index(1);
  for (int64_t dim = *axis; dim < rank; ++dim) {
    reduced.push_back(asValue(sizes[dim]));
    count = arith::MulIOp::create(b, count, reduced.back());
  }
  Value number = convert(arith::IndexCastOp::create(b, b.getI64Type(), count), wide);
  Value norms = generate(rows, wide, [&](Indices row) -> Value {
    Value sum = loopNest(reduced, zero(wide), [&](Indices at, ValueRange carried) -> SmallVector<Value> {
      SmallVector<Value> inner(row);
      inner.append(at.begin(), at.end());
      Value x = convert(load(data, inner), wide);
      return {add(carried[0], mul(x, x))};
    })[0];
    Value mean = arith::DivFOp::create(b, sum, number);
    return math::SqrtOp::create(b, add(mean, constant(wide, floatAttr(node, "epsilon", 1e-5f))));
  });
  return generate(sizes, element, [&](Indices indices) {
    Value x = arith::DivFOp::create(b, convert(load(data, indices), wide), load(norms, indices.take_front(*axis)));
    return convert(mul(x, convert(loadBroadcast(scale, node.getResult(0), indices), wide)), element);
  });
}
