// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The general path: a linalg op or a copy as a kernel with a thread for each point of its parallel loops; reductions are loops of the thread.
#include "Bodies.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 256;
static constexpr int64_t kMaxBlocks = 4096; // threads take several points beyond

static Value applyExpression(DeviceEmit &e, AffineExpr expression, ValueRange dims) {
  Type i64 = e.b.getI64Type();
  if (auto dim = dyn_cast<AffineDimExpr>(expression))
    return dims[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return e.c(constant.getValue(), i64);
  auto binary = cast<AffineBinaryOpExpr>(expression);
  Value x = applyExpression(e, binary.getLHS(), dims), y = applyExpression(e, binary.getRHS(), dims);
  switch (expression.getKind()) {
  case AffineExprKind::Add:
    return e.add(x, y);
  case AffineExprKind::Mul:
    return e.mul(x, y);
  case AffineExprKind::Mod:
    return e.rem(x, y);
  case AffineExprKind::FloorDiv:
    return e.div(x, y);
  default:
    return e.div(e.sub(e.add(x, y), e.c(1, i64)), y);
  }
}

/// Loops of maps are dimensions only, symbols do not occur.
static bool hasPlainMaps(linalg::LinalgOp op) {
  return llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) { return map.getNumSymbols() == 0; });
}

namespace {

/// Writes the kernel of a linalg op.
class LinalgWriter {
public:
  LinalgWriter(DeviceEmit &e, linalg::LinalgOp op, const llvm::DenseMap<Value, View> &views, BodyCloner &cloner, bool isFlat)
      : e(e), op(op), views(views), cloner(cloner), isFlat(isFlat), maps(op.getIndexingMapsArray()), kinds(op.getIteratorTypesArray()) {}

  void write(ValueRange scalars, ValueRange loopSizes, Value points);

private:
  bool isParallel(int64_t loop) { return kinds[loop] == utils::IteratorType::parallel; }
  Values at(OpOperand &operand, ValueRange point) {
    if (isFlat)
      return Values(point);
    return llvm::map_to_vector(maps[operand.getOperandNumber()].getResults(), [&](AffineExpr x) { return applyExpression(e, x, point); });
  }
  Values body(ValueRange point, ValueRange outs, ValueRange scalars);
  Values reduce(SmallVector<int64_t> loops, Values point, ValueRange outs, ValueRange scalars, ValueRange sizes);

  DeviceEmit &e;
  linalg::LinalgOp op;
  const llvm::DenseMap<Value, View> &views;
  BodyCloner &cloner;
  bool isFlat; // a point is the number of an element
  SmallVector<AffineMap> maps;
  SmallVector<utils::IteratorType> kinds;
};

} // namespace

/// What the body yields for inputs at `point` and the outs' current elements.
Values LinalgWriter::body(ValueRange point, ValueRange outs, ValueRange scalars) {
  Block &block = *op.getBlock();
  int64_t inputs = op.getNumDpsInputs();
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = block.getArgument(input->getOperandNumber());
    if (argument.use_empty())
      continue;
    bool isMemref = isa<MemRefType>(input->get().getType());
    cloner.map.map(argument, isMemref ? cloner.load(views.lookup(input->get()), at(*input, point)) : scalars[input->getOperandNumber()]);
  }
  for (auto [i, out] : llvm::enumerate(outs))
    if (out)
      cloner.map.map(block.getArgument(inputs + i), out);
  cloner.indices = Values(point);
  for (Operation &inner : block.without_terminator())
    cloner.clone(inner);
  return llvm::map_to_vector(block.getTerminator()->getOperands(), [&](Value value) { return cloner.operand(value); });
}

Values LinalgWriter::reduce(SmallVector<int64_t> loops, Values point, ValueRange outs, ValueRange scalars, ValueRange sizes) {
  if (loops.empty())
    return body(point, outs, scalars);
  int64_t loop = loops.front();
  loops.erase(loops.begin());
  Type i64 = e.b.getI64Type();
  return e.loop(e.c(0, i64), sizes[loop], 1, outs, [&](Value i, ValueRange carried) {
    Values inner = point;
    inner[loop] = i;
    return reduce(loops, inner, carried, scalars, sizes);
  });
}

void LinalgWriter::write(ValueRange scalars, ValueRange sizes, Value points) {
  Type i64 = e.b.getI64Type();
  Value first = e.add(e.mul(e.toI64(e.block()), e.threads), e.toI64(e.thread()));
  Value step = e.mul(e.toI64(e.blocks()), e.threads);
  auto grid = scf::ForOp::create(e.b, first, points, step);
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(grid.getBody());
  // The last parallel loop is that of neighbouring threads.
  Values point;
  SmallVector<int64_t> parallel, reductions;
  Value rest = grid.getInductionVar();
  if (isFlat) {
    point.push_back(rest);
  } else {
    point.resize(sizes.size());
    for (int64_t i = 0; i < int64_t(sizes.size()); ++i)
      (isParallel(i) ? parallel : reductions).push_back(i);
  }
  for (int64_t loop : llvm::reverse(parallel)) {
    bool isOuter = loop == parallel.front();
    point[loop] = isOuter ? rest : e.rem(rest, sizes[loop]);
    if (!isOuter)
      rest = e.div(rest, sizes[loop]);
  }
  for (int64_t loop : reductions)
    point[loop] = e.c(0, i64);
  Values outs;
  Block &block = *op.getBlock();
  for (auto [i, out] : llvm::enumerate(op.getDpsInitsMutable())) {
    bool isRead = !reductions.empty() || !block.getArgument(op.getNumDpsInputs() + i).use_empty();
    outs.push_back(isRead ? cloner.load(views.lookup(out.get()), at(out, point)) : Value());
  }
  Values results = reduce(reductions, point, outs, scalars, sizes);
  for (auto [out, result] : llvm::zip_equal(op.getDpsInitsMutable(), results))
    cloner.store(result, views.lookup(out.get()), at(out, point));
}

/// Whether elements meet element by element, in the order of memory.
static bool isFlat(linalg::LinalgOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops())
    return false;
  for (OpOperand &operand : op->getOpOperands())
    if (auto type = dyn_cast<MemRefType>(operand.get().getType()); type && (!type.getLayout().isIdentity() || !op.getMatchingIndexingMap(&operand).isIdentity()))
      return false;
  return !op->getRegion(0).walk([](Operation *inner) {
    return isa<linalg::IndexOp, memref::LoadOp, memref::StoreOp>(inner) ? WalkResult::interrupt() : WalkResult::advance();
  }).wasInterrupted();
}

/// Each out is written by one thread and holds a value for every point.
static bool hasOwnOuts(linalg::LinalgOp op) {
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  if (!llvm::all_of(kinds, [](utils::IteratorType kind) { return kind == utils::IteratorType::parallel || kind == utils::IteratorType::reduction; }))
    return false;
  return llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &out) {
    AffineMap map = op.getMatchingIndexingMap(&out);
    // All parallel loops occur, no reduction does.
    llvm::SmallBitVector used(kinds.size());
    for (AffineExpr x : map.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(x);
      if (!dim && !isa<AffineConstantExpr>(x))
        return false;
      if (dim)
        used.set(dim.getPosition());
    }
    for (auto [i, kind] : llvm::enumerate(kinds))
      if (used.test(i) != (kind == utils::IteratorType::parallel))
        return false;
    return true;
  });
}

static bool lowerLinalg(linalg::LinalgOp op, KernelLibrary &library) {
  if (op->getNumResults() || op.getNumLoops() > kMaxRank || !hasPlainMaps(op) || !hasOwnOuts(op) || op->getNumRegions() != 1)
    return false;
  for (OpOperand &operand : op->getOpOperands())
    if (isa<MemRefType>(operand.get().getType()) ? !isView(operand.get()) : !isElementType(operand.get().getType()))
      return false;
  for (Operation &inner : *op.getBlock())
    if (!isBodyOp(inner))
      return false;
  llvm::SetVector<Value> outer;
  if (!collectOuter(op->getRegion(0), outer))
    return false;

  DeviceHost host(op);
  Operands operands(host);
  for (Value value : op->getOperands())
    operands.add(value);
  for (Value value : outer)
    operands.add(value);
  // The sizes of the loops, and how many points the parallel ones have.
  Value points = host.c(1);
  for (auto [range, kind] : llvm::zip_equal(op.createLoopRanges(host.b, op.getLoc()), op.getIteratorTypesArray())) {
    Value size = getValueOrCreateConstantIndexOp(host.b, op.getLoc(), range.size);
    operands.addSize(size);
    if (kind == utils::IteratorType::parallel)
      points = host.mul(points, size);
  }
  operands.addSize(points);

  std::string key = operands.key();
  llvm::raw_string_ostream os(key);
  for (Value value : op->getOperands())
    os << value.getType() << ";";
  os << op->getName() << op->getAttrDictionary();
  llvm::DenseMap<Value, int> numbers;
  printKey(os, op->getRegion(0), numbers);

  KernelShape shape{kThreads, 1, 0};
  std::string kind = op->getName().getStringRef().str();
  std::replace(kind.begin(), kind.end(), '.', '_');
  Values list = operands.list();
  StringRef name = library.get(kind, key, shape, list, [&](DeviceEmit &e, ValueRange args) {
    llvm::DenseMap<Value, View> views = operands.views(e, args);
    bool flat = isFlat(op);
    for (auto &entry : views)
      if (flat)
        entry.second.strides = {e.c(1, e.b.getI64Type())};
    BodyCloner cloner(e, views);
    ValueRange sizes = operands.bind(e, args, cloner);
    Values inputs;
    for (Value value : op->getOperands())
      inputs.push_back(isa<MemRefType>(value.getType()) ? Value() : cloner.map.lookup(value));
    LinalgWriter(e, op, views, cloner, flat).write(inputs, sizes.drop_back(), sizes.back());
  });
  host.launch(name, list, host.min(host.ceilDiv(points, kThreads), host.c(kMaxBlocks)), shape);
  op.erase();
  return true;
}

bool emo::cuda::lowerElementwise(Operation *op, KernelLibrary &library) {
  if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    if (!isView(copy.getSource()) || !isView(copy.getTarget()))
      return false;
    OpBuilder b(op);
    auto loops = linalg::CopyOp::create(b, op->getLoc(), ValueRange{copy.getSource()}, ValueRange{copy.getTarget()});
    if (!lowerLinalg(loops, library)) {
      loops.erase();
      return false;
    }
    copy.erase();
    return true;
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && lowerLinalg(linalgOp, library);
}
