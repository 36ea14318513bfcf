// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Matmul.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static MemRefType typeOf(Value memref) { return cast<MemRefType>(memref.getType()); }

bool Product::supports(KernelMatmulOp op) {
  return !op.getPacked() && llvm::all_of(op.getWeights(), [](Value weight) { return typeOf(weight).hasStaticShape(); });
}

Product::Product(KernelMatmulOp op, DeviceHost &host)
    : op(op), key(keyOf(op)), element(elementOf(op.getLhs())), k(typeOf(op.getLhs()).getDimSize(1)),
      n(typeOf(op.getOuts()[0]).getDimSize(1)), accumulators(op.getAccumulators()), rows(host.dim(op.getOuts()[0], 0)) {
  if (op.getOffsets())
    experts = typeOf(op.getWeights()[0]).getDimSize(0);
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)typeOf(op.getLhs()).getStridesAndOffset(strides, offset);
  lhsStride = strides[0];

  operands = {op.getLhs()};
  auto append = [&](ValueRange values) {
    int position = operands.size();
    llvm::append_range(operands, values);
    return position;
  };
  weights = append(op.getWeights());
  if (op.getGather())
    gather = append(op.getGather());
  if (op.getOffsets())
    offsets = append(op.getOffsets());
  extras = append(op.getExtras());
  outs = append(op.getOuts());
  rowCount = append(rows);
  stride = append(host.stride(op.getLhs(), 0));
  extraStrides = operands.size();
  for (Value extra : op.getExtras())
    append(host.stride(extra, 0));
}

Product::Product(KernelLossOp loss, DeviceHost &host)
    : key(keyOf(loss)), element(elementOf(loss.getX())), k(typeOf(loss.getX()).getDimSize(1)), n(loss.getVocabSize()), accumulators(1),
      lhsStride(k), rows(host.dim(loss.getX(), 0)), weights(1), extras(0), outs(0), rowCount(3), stride(-1), extraStrides(0) {
  operands = {loss.getX(), loss.getWeight(), loss.getTargets(), rows};
}

std::string Product::kind() const {
  if (!op)
    return ("loss_" + Twine(k) + "x" + Twine(n)).str();
  return ((grouped() ? "expert_" : "linear_") + Twine(k) + "x" + Twine(n)).str();
}

bool Product::isAligned(Value lhs, int64_t elements, bool &unknown) const {
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)typeOf(lhs).getStridesAndOffset(strides, offset);
  auto fits = [&](int64_t size) { return ShapedType::isDynamic(size) || size % elements == 0; };
  unknown = ShapedType::isDynamic(offset) || ShapedType::isDynamic(strides[0]);
  return k % elements == 0 && fits(offset) && fits(strides[0]);
}

Value emo::cuda::countRowTiles(DeviceHost &host, const Product &product, int64_t size) {
  if (!product.grouped())
    return host.ceilDiv(product.rows, size);
  Value whole = arith::DivUIOp::create(host.b, product.rows, host.c(size));
  return host.add(host.min(product.rows, host.c(product.experts)), whole);
}

//===----------------------------------------------------------------------===//
// Rows and weights
//===----------------------------------------------------------------------===//

ProductWriter::ProductWriter(DeviceEmit &e, const Product &product, ValueRange args) : e(e), product(product), args(args) {
  // Results are distinct from all other operands.
  auto function = cast<gpu::GPUFuncOp>(e.b.getInsertionBlock()->getParentOp());
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (auto pointer = dyn_cast<LLVM::LLVMPointerType>(type); pointer && pointer.getAddressSpace() == 1)
      function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), e.b.getUnitAttr());
}

std::pair<Value, Value> ProductWriter::tileAt(Value index, Value count, int64_t columnTiles) {
  if (columnTiles == 1)
    return {index, e.c(0)};
  // Up to 8 tiles of rows go through all columns together.
  int64_t group = 8 * columnTiles;
  Value first = e.mul(e.div(index, e.c(group)), 8), inside = e.rem(index, e.c(group));
  Value rows = e.min(e.c(8), e.sub(e.div(count, e.c(columnTiles)), first));
  Value column = e.div(inside, rows);
  return {e.add(first, e.sub(inside, e.mul(column, rows))), column};
}

/// Inclusive sums over the lanes of a warp.
static Value scan(DeviceEmit &e, Value value) {
  for (int lanes = 1; lanes < 32; lanes *= 2) {
    Value other = e.shuffleUp(value, lanes);
    value = e.add(value, e.select(e.less(e.lane(), e.c(lanes)), e.c(0), other));
  }
  return value;
}

RowTile ProductWriter::findTile(Value tile, int64_t size) {
  if (!product.grouped()) {
    Value first = e.mul(tile, size);
    return {Value(), first, args[product.rowCount]};
  }
  // A lane has `share` neighbouring experts. Their tiles are summed over the warp; the lane with the tile among its own knows the rest.
  int64_t share = llvm::divideCeil(product.experts, 32);
  Values limits;
  for (int64_t i = 0; i <= share; ++i) {
    Value expert = e.min(e.add(e.mul(e.lane(), share), i), e.c(product.experts));
    limits.push_back(e.loadI32(args[product.offsets], expert));
  }
  auto tiles = [&](int64_t i) { return e.ceilDiv(e.sub(limits[i + 1], limits[i]), e.c(size)); };
  Value own = e.c(0);
  for (int64_t i = 0; i < share; ++i)
    own = e.add(own, tiles(i));
  Value end = scan(e, own);
  Value left = e.sub(tile, e.sub(end, own)); // tiles to skip among the lane's own
  Value before = e.ballot(e.less(tile, end));
  Value found = e.c(0), first = e.c(0), last = e.c(0);
  for (int64_t i = 0; i < share; ++i) {
    Value count = tiles(i);
    Value here = e.both(e.less(e.c(-1), left), e.less(left, count));
    found = e.select(here, e.add(e.mul(e.lane(), share), i), found);
    first = e.select(here, e.add(limits[i], e.mul(left, size)), first);
    last = e.select(here, limits[i + 1], last);
    left = e.sub(left, count);
  }
  // Behind the last tile no lane has it, and lane 0 says so with an empty range.
  Value owner = e.select(e.equal(before, e.c(0)), e.c(0), math::CountTrailingZerosOp::create(e.b, before));
  return {e.shuffleFrom(found, owner), e.shuffleFrom(first, owner), e.shuffleFrom(last, owner)};
}

Value ProductWriter::expertOf(Value row) {
  if (!product.grouped())
    return Value();
  Value before = e.c(0);
  for (int64_t i = 1; i <= product.experts; i += 32) {
    Value index = e.min(e.add(e.lane(), i), e.c(product.experts)); // the last offset is above all rows
    Value passed = e.ballot(e.less(e.loadI32(args[product.offsets], index), e.add(row, 1)));
    before = e.add(before, math::CtPopOp::create(e.b, passed));
  }
  return before;
}

Value ProductWriter::lhsRow(Value row) {
  if (product.gather >= 0)
    row = e.loadI32(args[product.gather], row);
  if (ShapedType::isDynamic(product.lhsStride))
    return e.rowAt(args[0], row, args[product.stride], product.element);
  return e.rowAt(args[0], row, product.lhsStride, product.element);
}

Value ProductWriter::weightRow(int j, Value expert, Value column) {
  Value row = expert ? e.add(e.mul(expert, product.n), column) : column;
  return e.rowAt(args[product.weights + j], row, product.k, product.element);
}

//===----------------------------------------------------------------------===//
// Epilogue
//===----------------------------------------------------------------------===//

std::unique_ptr<RowConsumer> ProductWriter::consumer(const SumPlace &place) {
  return product.consumer ? product.consumer(*this, place) : std::make_unique<Epilogue>(*this, place);
}

void Epilogue::row(Value row, Value end, ArrayRef<ColumnPair> pairs) {
  Row target = at(row, end);
  for (const ColumnPair &pair : pairs)
    store(target, pair.offset, pair.sums);
}

Epilogue::Row Epilogue::at(Value row, Value end) {
  Row result;
  if (end) {
    result.valid = e.less(row, end);
    row = e.min(row, e.sub(end, e.c(1)));
  }
  const Product &product = p.product;
  for (auto [i, out] : llvm::enumerate(product.op.getOuts())) {
    Type element = elementOf(out);
    result.outs.push_back(e.at(e.rowAt(p.args[product.outs + i], row, product.n, element), column, element));
  }
  for (auto [i, extra] : llvm::enumerate(product.op.getExtras())) {
    Type element = elementOf(extra);
    Value base = p.args[product.extras + i], scalar, address;
    switch (cast<OperandKindAttr>(product.op.getKinds()[i]).getValue()) {
    case OperandKind::Row:
      scalar = e.loadScalar(element, e.elementAt(base, row, element));
      break;
    case OperandKind::Element:
      address = e.at(e.rowAt(base, row, p.args[product.extraStrides + i], element), column, element);
      break;
    case OperandKind::Column:
      break;
    }
    result.scalars.push_back(scalar);
    result.elements.push_back(address);
  }
  return result;
}

/// Distance from `column` to the columns at `offset`, moved before the end of the row.
Value Epilogue::delta(int64_t offset, int lanes) {
  if (!masked)
    return e.c(offset);
  Value &known = deltas[offset * 2 + lanes - 1];
  if (!known)
    known = e.sub(e.min(e.add(column, offset), e.c(p.product.n - lanes)), column);
  return known;
}

/// A scalar, or a vector of two.
Value Epilogue::loadAt(Type element, Value address, int lanes, bool paired) {
  if (lanes == 1)
    return e.loadScalar(element, address);
  if (paired)
    return e.loadF32(element, address, 2);
  Value both[] = {e.loadScalar(element, address), e.loadScalar(element, e.at(address, 1, element))};
  return vector::FromElementsOp::create(e.b, e.vec(2), both);
}

/// Whether pairs at even columns are aligned.
static bool hasPairs(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)typeOf(memref).getStridesAndOffset(strides, offset);
  auto even = [](int64_t size) { return !ShapedType::isDynamic(size) && size % 2 == 0; };
  return even(offset) && llvm::all_of(ArrayRef(strides).drop_back(), even);
}

void Epilogue::store(const Row &row, int64_t offset, ArrayRef<Values> sums) {
  int lanes = sums[0].size();
  // Without pairs in memory the two columns go one by one.
  int together = p.product.n % 2 == 0 ? lanes : 1;
  for (int first = 0; first < lanes; first += together)
    storeLanes(row, offset + first, together, sums, first);
}

void Epilogue::storeLanes(const Row &row, int64_t offset, int lanes, ArrayRef<Values> sums, int first) {
  const Product &product = p.product;
  auto lanesOf = [&](ArrayRef<Value> scalars) {
    return lanes == 1 ? scalars[0] : Value(vector::FromElementsOp::create(e.b, e.vec(2), scalars));
  };
  Values inputs;
  for (const Values &accumulator : sums)
    inputs.push_back(lanesOf(ArrayRef(accumulator).slice(first, lanes)));
  Value at = delta(offset, lanes);
  auto [known, isNew] = columnExtras.try_emplace(offset);
  for (auto [i, extra] : llvm::enumerate(product.op.getExtras())) {
    Type element = elementOf(extra);
    switch (cast<OperandKindAttr>(product.op.getKinds()[i]).getValue()) {
    case OperandKind::Row: {
      Value both[] = {row.scalars[i], row.scalars[i]};
      inputs.push_back(lanesOf(ArrayRef(both).take_front(lanes)));
      break;
    }
    case OperandKind::Element:
      inputs.push_back(loadAt(element, e.at(row.elements[i], at, element), lanes, hasPairs(extra)));
      break;
    case OperandKind::Column: {
      if (isNew) {
        Value index = e.add(column, at);
        if (typeOf(extra).getRank() == 2)
          index = e.add(e.mul(expert, product.n), index);
        known->second.push_back(loadAt(element, e.elementAt(p.args[product.extras + i], index, element), lanes, hasPairs(extra)));
      }
      int position = llvm::count_if(product.op.getKinds().getValue().take_front(i),
                                    [](Attribute kind) { return cast<OperandKindAttr>(kind).getValue() == OperandKind::Column; });
      inputs.push_back(known->second[position]);
      break;
    }
    }
  }
  Values results = *inlineBody(e, product.op.getBody(), inputs);
  Value valid = row.valid;
  if (masked) {
    Value exists = e.less(e.add(column, offset), e.c(product.n));
    valid = valid ? e.both(valid, exists) : exists;
  }
  auto write = [&] {
    for (auto [i, out] : llvm::enumerate(product.op.getOuts())) {
      Type element = elementOf(out);
      Value address = e.at(row.outs[i], at, element);
      if (lanes == 1)
        e.storeScalar(results[i], element, address);
      else
        e.storeF32(results[i], element, address);
    }
  };
  if (valid)
    e.onlyIf(valid, write);
  else
    write();
}
