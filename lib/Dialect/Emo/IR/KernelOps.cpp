// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernel ops: constraints (the numbers are those of docs/dialect.md) and memory effects.
#include "Verify.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// What all kernel ops have in common
//===----------------------------------------------------------------------===//

/// K1 to K3: there are `numOuts` outs (0: at least one); all operands are tensors and each out has a result of its type, or all are
/// memrefs and there are no results.
template <typename KernelOp>
static LogicalResult verifyKernel(KernelOp op, size_t numOuts) {
  ValueRange outs = op.getOuts();
  if (numOuts == 0 && outs.empty())
    return op.emitOpError() << "expects at least 1 out, got 0";
  if (numOuts != 0 && outs.size() != numOuts)
    return op.emitOpError() << "expects " << numOuts << (numOuts == 1 ? " out, got " : " outs, got ") << outs.size();
  bool tensors = isa<TensorType>(outs.front().getType());
  for (Value operand : op->getOperands())
    if (isa<TensorType>(operand.getType()) != tensors)
      return op.emitOpError() << "expects tensors only or memrefs only, got " << outs.front().getType() << " and " << operand.getType();
  if (!tensors && op->getNumResults() != 0)
    return op.emitOpError() << "expects no results on memrefs, got " << op->getNumResults();
  if (tensors && op->getResultTypes() != outs.getTypes())
    return op.emitOpError() << "expects one result of each out's type (" << outs.getTypes() << "), got (" << op->getResultTypes() << ")";
  return success();
}

/// max(f32, the widest of the values' floating-point types): the type of sums and scores.
static Type accumulatorType(ValueRange values) {
  Type type = Float32Type::get(values.front().getContext());
  for (Value value : values)
    if (value && getElementTypeOrSelf(value).isF64())
      type = getElementTypeOrSelf(value);
  return type;
}

static LogicalResult expectElements(Operation *op, StringRef name, Value value, ArrayRef<Type> types) {
  if (!value || llvm::is_contained(types, getElementTypeOrSelf(value)))
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError() << "expects '" << name << "' of elements ";
  llvm::interleave(types, [&](Type type) { diagnostic << type; }, [&] { diagnostic << " or "; });
  return diagnostic << ", got " << value.getType();
}

static LogicalResult expectFloats(Operation *op, StringRef name, Value value) {
  Type element = getElementTypeOrSelf(value);
  if (element.isF16() || element.isBF16() || element.isF32() || element.isF64())
    return success();
  return op->emitOpError() << "expects '" << name << "' of elements f16, bf16, f32 or f64, got " << value.getType();
}

static LogicalResult expectI32(Operation *op, StringRef name, Value value) {
  return expectElements(op, name, value, IntegerType::get(op->getContext(), 32));
}

static LogicalResult expectIds(Operation *op, StringRef name, Value value) {
  return expectElements(op, name, value, {IntegerType::get(op->getContext(), 32), IntegerType::get(op->getContext(), 64)});
}

/// `name` is [E, N, K] weights (without `grouped`: E = 1) in the layout of #emo.pack.
static LogicalResult verifyPacked(Operation *op, StringRef name, Value packed, const NamedShapes &shapes, bool grouped, bool gated) {
  if (failed(expectElements(op, name, packed, {Float32Type::get(op->getContext()), BFloat16Type::get(op->getContext())})))
    return failure();
  auto type = cast<ShapedType>(packed.getType());
  bool bf16 = type.getElementType().isBF16();
  SmallVector<int64_t> expected(4, ShapedType::kDynamic);
  auto divided = [](int64_t size, int64_t by) {
    return ShapedType::isDynamic(size) ? size : static_cast<int64_t>(llvm::divideCeil(size, by));
  };
  expected[0] = grouped ? shapes.size("E") : 1;
  expected[1] = divided(shapes.size("N"), gated ? 16 : 32);
  expected[2] = divided(shapes.size("K"), bf16 ? 32 : 1);
  expected[3] = bf16 ? 1024 : 32;
  if (succeeded(verifyCompatibleShape(type.getShape(), expected)))
    return success();
  return op->emitOpError() << "expects '" << name << "' packed as " << RankedTensorType::get(expected, type.getElementType())
                           << ", got " << type;
}

/// The operands of an epilogue; adds their shapes.
template <typename KernelOp>
static LogicalResult addExtras(KernelOp op, NamedShapes &shapes, StringRef row, StringRef column, StringRef element) {
  if (op.getKinds().size() != op.getExtras().size())
    return op.emitOpError() << "expects one of 'kinds' for each of 'extras', got " << op.getKinds().size() << " and " << op.getExtras().size();
  for (auto [extra, kind] : llvm::zip_equal(op.getExtras(), op.getKinds().template getAsRange<OperandKindAttr>())) {
    OperandKind value = kind.getValue();
    shapes.add(stringifyOperandKind(value), extra, value == OperandKind::Row ? row : value == OperandKind::Column ? column : element);
  }
  return success();
}

/// E1 to E4: the body maps `count` accumulators and an element of each extra to an element of each out.
template <typename KernelOp>
static LogicalResult verifyBody(KernelOp op, int64_t count, Type accumulator) {
  Block &body = op.getBody().front();
  SmallVector<Type> arguments(count, accumulator), results;
  for (Value extra : op.getExtras())
    arguments.push_back(getElementTypeOrSelf(extra));
  for (Value out : op.getOuts())
    results.push_back(getElementTypeOrSelf(out));
  if (body.getArgumentTypes() != TypeRange(arguments))
    return op.emitOpError() << "expects a body with the arguments (" << arguments << "), got (" << body.getArgumentTypes() << ")";
  auto yield = dyn_cast<KernelYieldOp>(body.getTerminator());
  if (!yield)
    return op.emitOpError() << "expects a body that ends with emo.kernel.yield, got " << body.getTerminator()->getName();
  for (Operation &inner : body.without_terminator()) {
    auto isScalar = [](Type type) { return type.isIntOrIndexOrFloat(); };
    if (inner.getNumRegions() != 0 || !isPure(&inner) || !llvm::all_of(inner.getResultTypes(), isScalar))
      return op.emitOpError() << "expects a body of pure ops on scalars, got " << inner.getName();
  }
  if (yield.getOperandTypes() != TypeRange(results))
    return op.emitOpError() << "expects a body that yields (" << results << "), got (" << yield.getOperandTypes() << ")";
  return success();
}

static void kernelEffects(DestinationStyleOpInterface op,
                          SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<BaseMemRefType>(operand.get().getType()))
      continue;
    effects.emplace_back(MemoryEffects::Read::get(), &operand, SideEffects::DefaultResource::get());
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand, SideEffects::DefaultResource::get());
  }
}

using Effects = SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

//===----------------------------------------------------------------------===//
// emo.kernel.matmul
//===----------------------------------------------------------------------===//

LogicalResult KernelMatmulOp::verify() {
  if (failed(verifyKernel(*this, 0)))
    return failure();
  // C1
  int64_t count = getAccumulators(), weights = getPacked() ? 1 : count;
  if (failed(verifyRange(*this, "accumulators", count, 1, 2)))
    return failure();
  if (static_cast<int64_t>(getWeights().size()) != weights)
    return emitOpError() << "expects " << weights << (getPacked() ? " of 'weights' when packed" : " of 'weights', one an accumulator")
                         << ", got " << getWeights().size();
  // C2
  NamedShapes shapes(*this);
  bool grouped = static_cast<bool>(getOffsets());
  shapes.add("lhs", getLhs(), getGather() ? "R, K" : "M, K").add("gather", getGather(), "M").add("offsets", getOffsets(), "E + 1");
  if (!getPacked())
    for (Value weight : getWeights())
      shapes.add("weights", weight, grouped ? "E, N, K" : "N, K");
  for (Value out : getOuts())
    shapes.add("outs", out, "M, N");
  if (failed(addExtras(*this, shapes, "M", grouped ? "E, N" : "N", "M, N")) || failed(shapes.verify()))
    return failure();
  // C3
  if (failed(expectFloats(*this, "lhs", getLhs())) || failed(expectI32(*this, "gather", getGather())) ||
      failed(expectI32(*this, "offsets", getOffsets())))
    return failure();
  for (Value weight : getWeights())
    if (failed(expectElements(*this, "weights", weight, getElementTypeOrSelf(getLhs()))))
      return failure();
  // C4
  return getPacked() ? verifyPacked(*this, "weights", getWeights().front(), shapes, grouped, count == 2) : success();
}

LogicalResult KernelMatmulOp::verifyRegions() { return verifyBody(*this, getAccumulators(), accumulatorType(getLhs())); }

void KernelMatmulOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.attention
//===----------------------------------------------------------------------===//

LogicalResult KernelAttentionOp::verify() {
  if (failed(verifyKernel(*this, 3)))
    return failure();
  // C1
  if (getStart() && getSegments())
    return emitOpError() << "expects 'start' or 'segments', got both";
  // C2, C3
  NamedShapes shapes(*this);
  shapes.add("q", getQ(), "B, S, Hq, D").add("k", getK(), "B, S, Hkv, D").add("v", getV(), "B, S, Hkv, D");
  shapes.add("table", getTable(), "P, D").add("start", getStart(), "B").add("segments", getSegments(), "B, S");
  shapes.add("result", getOuts()[0], "B, S, Hq, D").add("key store", getOuts()[1], "B, Hkv, C, D");
  if (failed(shapes.add("value store", getOuts()[2], "B, Hkv, C, D").verify()) || failed(verifyHeads(*this, shapes)))
    return failure();
  // C4
  int64_t depth = shapes.size("D"), capacity = shapes.size("C"), sequence = shapes.size("S");
  if (getTable() && !ShapedType::isDynamic(depth) && depth % 2 != 0)
    return emitOpError() << "expects D to be even with a 'table', got " << depth;
  // C5
  if (!ShapedType::isDynamic(capacity) && !ShapedType::isDynamic(sequence) && capacity < sequence)
    return emitOpError() << "expects stores of a capacity C of at least S = " << sequence << ", got " << capacity;
  // C6
  Type type = getElementTypeOrSelf(getQ());
  if (failed(expectFloats(*this, "q", getQ())))
    return failure();
  for (auto [name, value] : {std::pair("k", getK()), std::pair("v", getV()), std::pair("result", getOuts()[0]),
                             std::pair("key store", getOuts()[1]), std::pair("value store", getOuts()[2])})
    if (failed(expectElements(*this, name, value, type)))
      return failure();
  if (failed(expectElements(*this, "table", getTable(), accumulatorType(getQ()))) || failed(expectI32(*this, "start", getStart())) ||
      failed(expectI32(*this, "segments", getSegments())))
    return failure();
  // C7
  return verifyFinite(*this, "scale", getScale());
}

void KernelAttentionOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.rms_norm
//===----------------------------------------------------------------------===//

LogicalResult KernelRmsNormOp::verify() {
  if (failed(verifyKernel(*this, 1)))
    return failure();
  // C1
  NamedShapes shapes(*this);
  if (failed(shapes.add("x", getX(), "M, H").add("weight", getWeight(), "H").add("out", getOuts()[0], "M, H").verify()))
    return failure();
  // C2
  if (failed(expectFloats(*this, "x", getX())) || failed(expectFloats(*this, "weight", getWeight())) ||
      failed(expectFloats(*this, "out", getOuts()[0])))
    return failure();
  // C3
  return verifyFinite(*this, "epsilon", getEpsilon(), 0);
}

void KernelRmsNormOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.router
//===----------------------------------------------------------------------===//

LogicalResult KernelRouterOp::verify() {
  bool scores = getOuts().size() == 3;
  if (failed(verifyKernel(*this, scores ? 3 : 2)))
    return failure();
  // C1, C2
  int64_t topK = getTopK(), numShared = getNumShared();
  if (failed(verifyRange(*this, "top_k", topK, 1, maxCount)) || failed(verifyRange(*this, "num_shared", numShared, 0, maxCount)))
    return failure();
  if (getSharedScored() && numShared == 0)
    return emitOpError() << "expects 'num_shared' of at least 1 with 'shared_scored', got 0";
  // C3
  NamedShapes shapes(*this);
  shapes.fix("top_k + S", topK + numShared, "top_k and num_shared").add("x", getX(), "M, H").add("weight", getWeight(), "rows, H");
  shapes.add("weights", getOuts()[0], "M, top_k + S").add("indices", getOuts()[1], "M, top_k + S");
  if (failed(shapes.verify()))
    return failure();
  // C4
  int64_t rows = shapes.size("rows"), scored = getSharedScored() ? numShared : 0;
  if (!ShapedType::isDynamic(rows)) {
    if (failed(verifyRange(*this, "top_k", topK, 1, std::max<int64_t>(rows - scored, 0), "R")))
      return failure();
    shapes.fix("R", rows - scored, "weight");
  }
  // C5
  shapes.add("bias", getBias(), "R").add("pool", getPool(), "D, R").add("segments", getSegments(), "M");
  if (scores)
    shapes.add("scores", getOuts()[2], "M, R");
  if (failed(shapes.verify()))
    return failure();
  // C6
  if (failed(expectFloats(*this, "x", getX())) || failed(expectFloats(*this, "weight", getWeight())) ||
      (getBias() && failed(expectFloats(*this, "bias", getBias()))) ||
      failed(expectElements(*this, "weights", getOuts()[0], accumulatorType({getX(), getWeight()}))) ||
      failed(expectI32(*this, "indices", getOuts()[1])) ||
      failed(expectElements(*this, "pool", getPool(), IntegerType::get(getContext(), 1))) || failed(expectI32(*this, "segments", getSegments())) ||
      (scores && failed(expectElements(*this, "scores", getOuts()[2], accumulatorType({getX(), getWeight()})))))
    return failure();
  // C7
  if (failed(verifyFinite(*this, "epsilon", getEpsilon(), 0)) || failed(verifyFinite(*this, "scale", getScale())))
    return failure();
  // C8
  if (getSegments() && !getPool())
    return emitOpError() << "expects a 'pool' with 'segments', got none";
  if (getPool() && !getSegments() && shapes.size("D") != 1)
    return emitOpError() << "expects 'segments' with a pool of other than 1 row, got " << getPool().getType();
  return success();
}

void KernelRouterOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.weight_gradient
//===----------------------------------------------------------------------===//

LogicalResult KernelWeightGradientOp::verify() {
  if (failed(verifyKernel(*this, 1)))
    return failure();
  // C1
  NamedShapes shapes(*this);
  shapes.add("dy", getDy(), "M, N").add("x", getX(), getGather() ? "R, K" : "M, K");
  if (getGather())
    shapes.add("gather", getGather(), "M");
  if (getOffsets())
    shapes.add("offsets", getOffsets(), "E + 1");
  if (failed(shapes.add("out", getOuts()[0], getOffsets() ? "E, N, K" : "N, K").verify()))
    return failure();
  // C2
  if (failed(expectFloats(*this, "dy", getDy())) || failed(expectElements(*this, "x", getX(), getElementTypeOrSelf(getDy()))) ||
      failed(expectFloats(*this, "out", getOuts()[0])))
    return failure();
  // C3
  return failure((getGather() && failed(expectI32(*this, "gather", getGather()))) ||
                 (getOffsets() && failed(expectI32(*this, "offsets", getOffsets()))));
}

void KernelWeightGradientOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.row_dot
//===----------------------------------------------------------------------===//

LogicalResult KernelRowDotOp::verify() {
  if (failed(verifyKernel(*this, 1)))
    return failure();
  // C1
  NamedShapes shapes(*this);
  if (failed(shapes.add("a", getA(), "M, H").add("b", getB(), "M, H").add("out", getOuts()[0], "M").verify()))
    return failure();
  // C2
  return failure(failed(expectFloats(*this, "a", getA())) || failed(expectFloats(*this, "b", getB())) ||
                 failed(expectElements(*this, "out", getOuts()[0], accumulatorType({getA(), getB()}))));
}

void KernelRowDotOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.group_by_expert
//===----------------------------------------------------------------------===//

LogicalResult KernelGroupByExpertOp::verify() {
  if (failed(verifyKernel(*this, 3)))
    return failure();
  // C1
  NamedShapes shapes(*this);
  shapes.add("indices", getIndices(), "T, k").add("offsets", getOuts()[0], "E + 1").add("tokens", getOuts()[1], "T * k");
  if (failed(shapes.add("inverse", getOuts()[2], "T, k").verify()))
    return failure();
  // C2
  if (shapes.size("E") == 0)
    return emitOpError() << "expects at least 1 expert, got 'offsets' for 0";
  // C3
  for (auto [name, value] : {std::pair("indices", Value(getIndices())), std::pair("offsets", getOuts()[0]),
                             std::pair("tokens", getOuts()[1]), std::pair("inverse", getOuts()[2])})
    if (failed(expectI32(*this, name, value)))
      return failure();
  return success();
}

void KernelGroupByExpertOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.combine
//===----------------------------------------------------------------------===//

LogicalResult KernelCombineOp::verify() {
  if (failed(verifyKernel(*this, 0)))
    return failure();
  // C1
  NamedShapes shapes(*this);
  shapes.add("rows", getRows(), "N, H").add("weights", getWeights(), "T, k").add("inverse", getInverse(), "T, k");
  for (Value out : getOuts())
    shapes.add("outs", out, "T, H");
  if (failed(addExtras(*this, shapes, "T", "H", "T, H")) || failed(shapes.verify()))
    return failure();
  // C2
  return failure(failed(expectFloats(*this, "rows", getRows())) || failed(expectFloats(*this, "weights", getWeights())) ||
                 failed(expectI32(*this, "inverse", getInverse())));
}

LogicalResult KernelCombineOp::verifyRegions() { return verifyBody(*this, 1, accumulatorType({getRows(), getWeights()})); }

void KernelCombineOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.gather_rows
//===----------------------------------------------------------------------===//

LogicalResult KernelGatherRowsOp::verify() {
  if (failed(verifyKernel(*this, 1)))
    return failure();
  // C1
  NamedShapes shapes(*this);
  if (failed(shapes.add("table", getTable(), "V, H").add("ids", getIds(), "M").add("out", getOuts()[0], "M, H").verify()))
    return failure();
  // C2
  return failure(failed(expectFloats(*this, "table", getTable())) || failed(expectIds(*this, "ids", getIds())) ||
                 failed(expectElements(*this, "out", getOuts()[0], getElementTypeOrSelf(getTable()))));
}

void KernelGatherRowsOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.sample
//===----------------------------------------------------------------------===//

LogicalResult KernelSampleOp::verify() {
  if (failed(verifyKernel(*this, 1)))
    return failure();
  // C1
  NamedShapes shapes(*this);
  if (failed(shapes.add("logits", getLogits(), "B, V").add("sampling", getSampling(), "B, 3").add("ids", getOuts()[0], "B").verify()))
    return failure();
  // C2
  if (shapes.size("V") == 0)
    return emitOpError() << "expects at least one logit a row, got " << getLogits().getType();
  // C3
  return failure(failed(expectFloats(*this, "logits", getLogits())) || failed(expectFloats(*this, "sampling", getSampling())) ||
                 failed(expectIds(*this, "ids", getOuts()[0])));
}

void KernelSampleOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }

//===----------------------------------------------------------------------===//
// emo.kernel.loss
//===----------------------------------------------------------------------===//

LogicalResult KernelLossOp::verify() {
  if (failed(verifyKernel(*this, 1)))
    return failure();
  // C1
  if (failed(verifyRange(*this, "vocab_size", getVocabSize(), 1, maxCount)))
    return failure();
  // C2
  NamedShapes shapes(*this);
  shapes.fix("N", getVocabSize(), "vocab_size").add("x", getX(), "M, K");
  if (!getPacked())
    shapes.add("weight", getWeight(), "N, K");
  if (failed(shapes.add("targets", getTargets(), "M").add("losses", getOuts()[0], "M").verify()))
    return failure();
  // C3
  if (failed(expectFloats(*this, "x", getX())) || failed(expectElements(*this, "weight", getWeight(), getElementTypeOrSelf(getX()))) ||
      failed(expectIds(*this, "targets", getTargets())) ||
      failed(expectElements(*this, "losses", getOuts()[0], accumulatorType(getX()))))
    return failure();
  // C4
  return getPacked() ? verifyPacked(*this, "weight", getWeight(), shapes, /*grouped=*/false, /*gated=*/false) : success();
}

void KernelLossOp::getEffects(Effects &effects) { kernelEffects(*this, effects); }
