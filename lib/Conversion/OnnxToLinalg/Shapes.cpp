// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that ask for shapes, make tensors from shapes and move elements by index arithmetic.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace emo::onnxir;
using namespace emo::onnxlower;

Value NodeLowering::lowerShape() {
  Value data = input(0);
  int64_t rank = typeOf(data).getRank(), start = intAttr(node, "start", 0), end = intAttr(node, "end", rank);
  start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
  end = std::clamp<int64_t>(end < 0 ? end + rank : end, 0, rank);
  SmallVector<Value> sizes;
  for (int64_t dim = start; dim < end; ++dim)
    sizes.push_back(arith::IndexCastOp::create(b, b.getI64Type(), asValue(sizeOf(data, dim))));
  auto type = RankedTensorType::get({int64_t(sizes.size())}, b.getI64Type());
  if (sizes.empty())
    return tensor::EmptyOp::create(b, type.getShape(), b.getI64Type());
  return tensor::FromElementsOp::create(b, type, sizes);
}

Value NodeLowering::lowerSize() {
  Value total = index(1);
  for (OpFoldResult size : sizesOf(input(0)))
    total = arith::MulIOp::create(b, total, asValue(size));
  Value number = arith::IndexCastOp::create(b, b.getI64Type(), total);
  return tensor::FromElementsOp::create(b, RankedTensorType::get({}, b.getI64Type()), number);
}

/// max(ceil((limit - start) / step), 0) elements start + i * step.
Value NodeLowering::lowerRange() {
  Type type = elementOf(input(0));
  Value start = load(input(0), {}), limit = load(input(1), {}), step = load(input(2), {});
  if (isa<FloatType>(type))
    return {};
  auto wide = [&](Value value) { return convert(value, b.getI64Type()); };
  Value distance = arith::SubIOp::create(b, wide(limit), wide(start));
  Value count = arith::MaxSIOp::create(b, arith::CeilDivSIOp::create(b, distance, wide(step)), zero(b.getI64Type()));
  Sizes sizes = {arith::IndexCastOp::create(b, b.getIndexType(), count).getResult()};
  return generate(refine(sizes, resultType()), type, [&](Indices indices) {
    Value i = arith::IndexCastOp::create(b, b.getI64Type(), indices[0]);
    return add(start, mul(convert(i, type), step));
  });
}

Value NodeLowering::lowerConstantOfShape() {
  auto fill = dyn_cast_or_null<DenseElementsAttr>(node.getNodeAttr("value"));
  Type type = resultType().getElementType();
  if (fill && (fill.getNumElements() != 1 || !isa<IntegerAttr, FloatAttr>(fill.getSplatValue<Attribute>())))
    return {};
  Sizes sizes;
  for (Value size : loadIndices(input(0)))
    sizes.push_back(size);
  return generate(refine(sizes, resultType()), type, [&](Indices) -> Value {
    if (!fill)
      return zero(type);
    return arith::ConstantOp::create(b, cast<TypedAttr>(fill.getSplatValue<Attribute>()));
  });
}

Value NodeLowering::lowerReshape() {
  Value data = input(0);
  Sizes sizes;
  if (node.is("Flatten")) {
    auto axis = normalAxis(intAttr(node, "axis", 1), typeOf(data).getRank() + 1);
    Value products[2] = {index(1), index(1)};
    for (int64_t dim = 0; dim < typeOf(data).getRank(); ++dim) {
      Value &product = products[dim >= axis.value_or(1)];
      product = arith::MulIOp::create(b, product, asValue(sizeOf(data, dim)));
    }
    return reshaped(data, refine({products[0], products[1]}, resultType()));
  }
  // 0 copies a size (unless allowzero), -1 takes what is left.
  Value total = index(1), rest = index(1);
  for (OpFoldResult size : sizesOf(data))
    total = arith::MulIOp::create(b, total, asValue(size));
  SmallVector<Value> wanted = loadIndices(input(1));
  bool copies = intAttr(node, "allowzero", 0) == 0;
  for (auto [dim, size] : llvm::enumerate(wanted)) {
    if (copies && int64_t(dim) < typeOf(data).getRank()) {
      Value isZero = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, size, index(0));
      size = arith::SelectOp::create(b, isZero, asValue(sizeOf(data, dim)), size);
    }
    Value isInferred = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, size, index(0));
    rest = arith::MulIOp::create(b, rest, arith::SelectOp::create(b, isInferred, index(1), size));
  }
  // Nothing is left to infer where another size is 0; divide by 1 then.
  Value divisor = arith::MaxSIOp::create(b, rest, index(1));
  Value inferred = arith::DivSIOp::create(b, total, divisor);
  for (Value size : wanted) {
    Value isInferred = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, size, index(0));
    sizes.push_back(arith::SelectOp::create(b, isInferred, inferred, size).getResult());
  }
  return reshaped(data, refine(sizes, resultType()));
}

Value NodeLowering::lowerSqueeze() {
  Value data = input(0);
  bool insert = node.is("Unsqueeze");
  Sizes sizes = sizesOf(data);
  auto axes = constantAxes(node, 1, insert ? resultType().getRank() : int64_t(sizes.size()));
  if (!axes)
    return {};
  if (insert)
    for (int64_t axis : *axes)
      sizes.insert(sizes.begin() + axis, b.getIndexAttr(1));
  else
    for (int64_t axis : llvm::reverse(*axes))
      sizes.erase(sizes.begin() + axis);
  return reshaped(data, refine(sizes, resultType()));
}

Value NodeLowering::lowerTranspose() {
  Value data = input(0);
  SmallVector<int64_t> permutation = transposePermutation(node);
  Sizes sizes;
  for (int64_t dim : permutation)
    sizes.push_back(sizeOf(data, dim));
  return generate(sizes, elementOf(data), [&](Indices indices) {
    SmallVector<Value> inner(indices.size());
    for (auto [i, dim] : llvm::enumerate(permutation))
      inner[dim] = indices[i];
    return load(data, inner);
  });
}

Value NodeLowering::lowerExpand() {
  Value data = input(0);
  int64_t rank = resultType().getRank();
  SmallVector<Value> wanted = loadIndices(input(1));
  Sizes sizes(rank, b.getIndexAttr(1));
  for (auto [i, size] : llvm::enumerate(wanted))
    sizes[rank - wanted.size() + i] = size;
  for (int64_t dim = 0; dim < typeOf(data).getRank(); ++dim) {
    OpFoldResult &size = sizes[rank - typeOf(data).getRank() + dim];
    Value other = asValue(sizeOf(data, dim)), isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, asValue(size), index(1));
    size = arith::SelectOp::create(b, isOne, other, asValue(size)).getResult();
  }
  return generate(refine(sizes, resultType()), elementOf(data),
                  [&](Indices indices) { return loadBroadcast(data, node.getResult(0), indices); });
}

Value NodeLowering::lowerTile() {
  Value data = input(0);
  Sizes sizes = sizesOf(data);
  SmallVector<Value> repeats = loadIndices(input(1)), original;
  for (auto [size, repeat] : llvm::zip(sizes, repeats)) {
    original.push_back(asValue(size));
    size = arith::MulIOp::create(b, original.back(), repeat).getResult();
  }
  return generate(refine(sizes, resultType()), elementOf(data), [&](Indices indices) {
    SmallVector<Value> inner;
    for (auto [i, size] : llvm::zip(indices, original))
      inner.push_back(arith::RemSIOp::create(b, i, size));
    return load(data, inner);
  });
}

Value NodeLowering::lowerConcat() {
  int64_t rank = resultType().getRank();
  auto axis = normalAxis(intAttr(node, "axis", 0), rank);
  if (!axis)
    return {};
  Sizes sizes = sizesOf(input(0));
  Value total = index(0);
  for (Value part : node.getInputs())
    total = arith::AddIOp::create(b, total, asValue(sizeOf(part, *axis)));
  sizes[*axis] = total;
  sizes = refine(sizes, resultType());
  Value result = tensor::EmptyOp::create(b, sizes, resultType().getElementType());
  Sizes offsets(rank, b.getIndexAttr(0)), strides(rank, b.getIndexAttr(1));
  Value position = index(0);
  for (Value part : node.getInputs()) {
    offsets[*axis] = position;
    result = tensor::InsertSliceOp::create(b, part, result, offsets, sizesOf(part), strides);
    position = arith::AddIOp::create(b, position, asValue(sizeOf(part, *axis)));
  }
  return result;
}

SmallVector<Value> NodeLowering::lowerSplit() {
  Value data = input(0);
  int64_t rank = typeOf(data).getRank(), parts = node->getNumResults();
  auto axis = normalAxis(intAttr(node, "axis", 0), rank);
  if (!axis || !node.getOmittedResults().empty())
    return {};
  Value whole = asValue(sizeOf(data, *axis)), position = index(0);
  SmallVector<Value> given = input(1) ? loadIndices(input(1)) : SmallVector<Value>(), results;
  // Equal parts, the last one smaller if need be.
  Value even = arith::CeilDivSIOp::create(b, whole, index(parts));
  for (int64_t part = 0; part < parts; ++part) {
    Value left = arith::SubIOp::create(b, whole, position);
    Value size = given.empty() ? arith::MinSIOp::create(b, even, left).getResult() : given[part];
    Sizes offsets(rank, b.getIndexAttr(0)), sizes = sizesOf(data), strides(rank, b.getIndexAttr(1));
    offsets[*axis] = position;
    sizes[*axis] = size;
    sizes = refine(sizes, resultType(part));
    results.push_back(tensor::ExtractSliceOp::create(b, data, offsets, sizes, strides));
    position = arith::AddIOp::create(b, position, size);
  }
  return results;
}

Value NodeLowering::lowerSlice() {
  Value data = input(0);
  int64_t rank = typeOf(data).getRank();
  SmallVector<Value> starts = loadIndices(input(1)), ends = loadIndices(input(2)), steps, first(rank), stride(rank);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  if (Value operand = input(3)) {
    auto numbers = constantInts(operand);
    if (!numbers)
      return {};
    axes = *numbers;
  }
  if (Value operand = input(4))
    steps = loadIndices(operand);
  Sizes sizes = sizesOf(data);
  for (auto [i, given] : llvm::enumerate(axes)) {
    auto axis = normalAxis(given, rank);
    if (!axis)
      return {};
    Value size = asValue(sizeOf(data, *axis)), step = steps.empty() ? index(1) : steps[i];
    Value backwards = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, step, index(0));
    // Bounds count from the end when negative, then lie in 0..size, or in -1..size-1 for negative steps.
    Value low = arith::SelectOp::create(b, backwards, index(-1), index(0));
    Value high = arith::AddIOp::create(b, size, low);
    auto bound = [&](Value position, Value least) -> Value {
      Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, position, index(0));
      Value counted = arith::SelectOp::create(b, negative, arith::AddIOp::create(b, position, size), position);
      return arith::MinSIOp::create(b, arith::MaxSIOp::create(b, counted, least), high);
    };
    Value start = bound(starts[i], index(0)), end = bound(ends[i], low);
    Value count = arith::CeilDivSIOp::create(b, arith::SubIOp::create(b, end, start), step);
    sizes[*axis] = arith::MaxSIOp::create(b, count, index(0)).getResult();
    first[*axis] = start;
    stride[*axis] = step;
  }
  return generate(refine(sizes, resultType()), elementOf(data), [&](Indices indices) {
    SmallVector<Value> inner(indices);
    for (int64_t dim = 0; dim < rank; ++dim)
      if (first[dim])
        inner[dim] = arith::AddIOp::create(b, arith::MulIOp::create(b, indices[dim], stride[dim]), first[dim]);
    return load(data, inner);
  });
}

Value NodeLowering::lowerTrilu() {
  Value data = input(0), offset = input(1);
  bool upper = intAttr(node, "upper", 1);
  int64_t rank = typeOf(data).getRank();
  if (rank < 2)
    return {};
  return generate(sizesOf(data), elementOf(data), [&](Indices indices) -> Value {
    Value diagonal = indices[rank - 2];
    if (offset)
      diagonal = arith::AddIOp::create(
          b, diagonal, arith::IndexCastOp::create(b, b.getIndexType(), load(offset, SmallVector<Value>(typeOf(offset).getRank(), index(0)))));
    Value keep = arith::CmpIOp::create(b, upper ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle, indices[rank - 1], diagonal);
    return arith::SelectOp::create(b, keep, load(data, indices), zero(elementOf(data)));
  });
}
