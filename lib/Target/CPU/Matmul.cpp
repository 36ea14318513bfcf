// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.matmul: dense, gathered and grouped products with an epilogue.
//
// A task is (block of at most `rowsPerBlock` rows of one expert, chunk of column panels). Every output element is summed over K by one
// task in one order, so neither the split nor the number of threads changes a bit.
#include "Kernels.h"
#include "MicroKernel.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

namespace {

/// A multiple of the rows of every level's largest tile.
constexpr int64_t kGranule = 48;

/// Static facts of one op.
struct Shape {
  explicit Shape(KernelMatmulOp op)
      : element(elementOf(op.getLhs())), k(cast<MemRefType>(op.getLhs().getType()).getDimSize(1)),
        n(cast<MemRefType>(op.getOuts()[0].getType()).getDimSize(1)), gated(op.getAccumulators() == 2) {
    auto weights = cast<MemRefType>(op.getWeights()[0].getType());
    experts = weights.getDimSize(0);
    panels = weights.getDimSize(1);
    panelBytes = weights.getNumElements() / experts / panels * bytesOf(element);
    // About 640 KiB of rows: they and two panels stay in a level-2 cache.
    rowsPerBlock = kGranule * std::clamp<int64_t>((640 << 10) / (k * bytesOf(element)) / kGranule, 1, 5);
  }
  Type element;
  int64_t k, n, experts, panels, panelBytes, rowsPerBlock;
  bool gated;
};

/// Rows first..end of expert `expert`, for one task.
struct Rows {
  Value expert, first, count;
};

} // namespace

/// Size of blocks of at most `perBlock` rows that divide `rows` rows evenly, so that no block is left with a few rows and all of the weights.
static Value evenBlock(Emit &e, Value perBlock, Value granule, Value rows) {
  Value blocks = e.max(e.c(1), e.ceilDiv(rows, perBlock));
  return e.mul(e.ceilDiv(e.ceilDiv(rows, blocks), granule), granule);
}

/// Finds the expert of block number `block` by walking the offsets; count is 0 for numbers behind the last block.
static Rows findRows(Emit &e, const Shape &shape, Value granule, Value offsets, Value block, Value total) {
  Value perBlock = e.c(shape.rowsPerBlock);
  if (!offsets) {
    Value even = evenBlock(e, perBlock, granule, total);
    Value first = e.mul(block, even);
    return {e.c(0), first, e.min(even, e.sub(total, first))};
  }
  Values args = {offsets, e.c(shape.experts), block, perBlock, granule};
  Values found = e.call("find_rows", Emit::Inline::Never, args, [&](ValueRange inner) {
    Value offsets = inner[0], perBlock = inner[3], granule = inner[4];
    // Carried: blocks left to skip, expert, first row, rows.
    return e.loop(e.c(0), inner[1], 1, {inner[2], e.c(0), e.c(0), e.c(0)}, [&](Value expert, ValueRange carried) {
      Value begin = e.loadI32(offsets, expert), end = e.loadI32(offsets, e.add(expert, 1));
      Value blocks = e.ceilDiv(e.sub(end, begin), perBlock);
      Value skip = carried[0];
      Value here = e.both(e.less(e.c(-1), skip), e.less(skip, blocks));
      Value even = evenBlock(e, perBlock, granule, e.sub(end, begin));
      Value first = e.add(begin, e.mul(skip, even));
      return Values{e.sub(skip, blocks), e.select(here, expert, carried[1]), e.select(here, first, carried[2]),
                    e.select(here, e.min(even, e.sub(end, first)), carried[3])};
    });
  });
  return {found[1], found[2], found[3]};
}

namespace {
/// Positions in the launch's argument block.
struct Arguments {
  int lhs = 0, weights = 1, gather = -1, offsets = -1, extras = 0, outs = 0, rows = 0, chunks = 0, lhsStride = 0;
  int extraStrides = 0; // one for each extra
};
} // namespace

/// Applies the epilogue to one vector per accumulator at (row, column) and stores the outputs.
static void epilogue(KernelMatmulOp op, KernelArgs &args, const Shape &shape, const Arguments &where, Value expert, Value row,
                     Value column, ValueRange sums, bool masked, bool &ok) {
  IsaEmit &e = args.e;
  Value valid = masked ? e.min(e.c(e.lanes()), e.sub(e.c(shape.n), column)) : Value();
  Values inputs(sums);
  for (auto [i, extra] : llvm::enumerate(op.getExtras())) {
    Type element = elementOf(extra);
    Value base = args.ptr(where.extras + i);
    switch (cast<OperandKindAttr>(op.getKinds()[i]).getValue()) {
    case OperandKind::Column: {
      bool perExpert = cast<MemRefType>(extra.getType()).getRank() == 2;
      Value index = perExpert ? e.add(e.mul(expert, shape.n), column) : column;
      inputs.push_back(e.loadF32(element, e.at(base, index, element), e.lanes(), valid));
      break;
    }
    case OperandKind::Row:
      inputs.push_back(e.splat(e.loadScalar(element, e.at(base, row, element)), e.lanes()));
      break;
    case OperandKind::Element:
      inputs.push_back(e.loadF32(element, e.at(base, e.add(e.mul(row, args.integer(where.extraStrides + i)), column), element),
                                 e.lanes(), valid));
      break;
    }
  }
  FailureOr<Values> results = inlineBody(e, op.getBody(), inputs);
  if (failed(results)) {
    ok = false;
    return;
  }
  for (auto [i, out] : llvm::enumerate(op.getOuts())) {
    Type element = elementOf(out);
    Value address = e.at(args.ptr(where.outs + i), e.add(e.mul(row, shape.n), column), element);
    e.storeF32((*results)[i], element, address, valid);
  }
}

static bool writeKernel(KernelMatmulOp op, KernelArgs &args, const Shape &shape, const Arguments &where) {
  IsaEmit &e = args.e;
  bool ok = true;
  Value chunks = args.integer(where.chunks);
  Value block = e.div(args.task, chunks), chunk = e.rem(args.task, chunks);
  Value offsets = where.offsets < 0 ? Value() : args.ptr(where.offsets);
  MicroKernel micro(e, shape.element, shape.k);
  Rows rows = findRows(e, shape, e.c(micro.rowGranule()), offsets, block, args.integer(where.rows));
  e.onlyIf(e.less(e.c(0), rows.count), [&] {
    RowBlock copied = micro.blockAt(args.scratch, rows.count, shape.rowsPerBlock);
    Value lhs = args.ptr(where.lhs), lhsStride = args.integer(where.lhsStride);
    Value gather = where.gather < 0 ? Value() : args.ptr(where.gather);
    e.loop(e.c(0), rows.count, 1, [&](Value r) {
      Value source = e.add(rows.first, r);
      if (gather)
        source = e.loadI32(gather, source);
      micro.copyRow(copied, r, e.at(lhs, e.mul(source, lhsStride), shape.element));
    });
    int64_t perPanel = micro.unitsPerPanel();
    Value begin = e.mul(e.div(e.mul(chunk, shape.panels), chunks), perPanel);
    Value end = e.mul(e.div(e.mul(e.add(chunk, 1), shape.panels), chunks), perPanel);
    Value weights = e.bytesAt(args.ptr(where.weights), e.mul(rows.expert, shape.panels * shape.panelBytes));
    int64_t columns = shape.gated ? 16 : 32;
    bool masked = shape.n % columns != 0;
    micro.run(copied, rows.count, weights, begin, end, [&](Value r, Value unit, Value first, Value second) {
      Value row = e.add(rows.first, r);
      Value panel = e.div(unit, e.c(perPanel)), part = e.rem(unit, e.c(perPanel));
      Value column = e.add(e.mul(panel, columns), e.mul(part, e.lanes()));
      if (shape.gated)
        return epilogue(op, args, shape, where, rows.expert, row, column, {first, second}, masked, ok);
      epilogue(op, args, shape, where, rows.expert, row, column, first, masked, ok);
      epilogue(op, args, shape, where, rows.expert, row, e.add(column, 16), second, masked, ok);
    });
  });
  return ok;
}

/// Number of row blocks (an upper bound for groups) and of column chunks. Few rows are split into many chunks, so that all threads
/// stream weights; a chunk is at least 64 KiB of them.
static std::pair<Value, Value> countTasks(Host &host, const Shape &shape, Value rows, bool grouped) {
  Value blocks = host.ceilDiv(rows, shape.rowsPerBlock);
  if (grouped)
    blocks = host.add(host.min(rows, host.c(shape.experts)), arith::DivUIOp::create(host.b, rows, host.c(shape.rowsPerBlock)));
  int64_t most = std::clamp<int64_t>(shape.panels * shape.panelBytes / (64 << 10), 1, std::min<int64_t>(shape.panels, 32));
  Value wanted = arith::DivUIOp::create(host.b, host.c(64), host.max(blocks, host.c(1)));
  Value chunks = host.max(host.c(1), host.min(wanted, host.c(most)));
  return {blocks, chunks};
}

bool emo::cpu::lowerMatmul(KernelMatmulOp op, KernelLibrary &library) {
  if (!op.getPacked())
    return false;
  Shape shape(op);
  Arguments where;
  Values operands = {op.getLhs(), op.getWeights()[0]};
  auto append = [&](ValueRange values) {
    int position = operands.size();
    llvm::append_range(operands, values);
    return position;
  };
  if (op.getGather())
    where.gather = append(op.getGather());
  if (op.getOffsets())
    where.offsets = append(op.getOffsets());
  where.extras = append(op.getExtras());
  where.outs = append(op.getOuts());
  TaskHost host(op);
  Value rows = host.dim(op.getOuts()[0], 0);
  auto [blocks, chunks] = countTasks(host, shape, rows, bool(op.getOffsets()));
  where.rows = append(rows);
  where.chunks = append(chunks);
  where.lhsStride = append(host.stride(op.getLhs(), 0));
  where.extraStrides = operands.size();
  for (Value extra : op.getExtras())
    append(host.stride(extra, 0));
  bool ok = true;
  std::string kind = std::string(op.getOffsets() ? "expert" : "linear") + "_" + std::to_string(shape.k) + "x" + std::to_string(shape.n);
  StringRef name = library.get(kind, keyOf(op), MicroKernel::isSameInBase(shape.element),
                               [&](KernelArgs &args) { ok &= writeKernel(op, args, shape, where); });
  host.launch(name, operands, host.mul(blocks, chunks), host.c(RowBlock::bytes(shape.rowsPerBlock, shape.k)));
  op.erase();
  return ok;
}
