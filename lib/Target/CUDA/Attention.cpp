// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.attention: rotary and cache update, then attention by one of several kernels.
#include "Attention.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 128;
static constexpr int64_t kFewQueries = 8; // below: keys are divided among warps, not queries

//===----------------------------------------------------------------------===//
// Shared parts
//===----------------------------------------------------------------------===//

template <typename Self, typename F>
void AttentionArgs::each(Self &self, F visit) {
  for (auto *value : {&self.q, &self.k, &self.v, &self.keys, &self.values, &self.out, &self.table, &self.start, &self.segments, &self.sequence,
                      &self.capacity})
    visit(*value);
  for (int i = 0; i < 3; ++i) {
    visit(self.qStrides[i]);
    visit(self.kStrides[i]);
    visit(self.vStrides[i]);
  }
  visit(self.partial);
  visit(self.tops);
}

Values AttentionArgs::list() const {
  Values present;
  each(*this, [&](Value value) {
    if (value)
      present.push_back(value);
  });
  return present;
}

AttentionArgs AttentionArgs::with(ValueRange values) const {
  AttentionArgs result = *this;
  size_t next = 0;
  each(result, [&](Value &value) {
    if (value)
      value = values[next++];
  });
  return result;
}

AttentionForm::AttentionForm(KernelAttentionOp op)
    : q(op.getQ()), element(elementOf(op.getQ())), scale(op.getScale().convertToDouble()), causal(op.getCausal()) {
  auto type = cast<MemRefType>(q.getType());
  heads = type.getDimSize(2);
  kvHeads = cast<MemRefType>(op.getK().getType()).getDimSize(2);
  size = type.getDimSize(3);
  group = groupFor({op.getQ(), op.getK(), op.getV()}, size / 2);
  // Sizes and strides are arguments: equal kernels serve calls with and without a cache of any capacity.
  llvm::raw_string_ostream(key) << element << heads << "," << kvHeads << "," << size << "," << group << op.getScaleAttr() << bool(op.getCausal())
                                << bool(op.getTable()) << bool(op.getStart()) << bool(op.getSegments());
}

Value AttentionWriter::rowOf(Value base, const Value (&strides)[3], Value batch, Value token, Value head) {
  Value row = e.rowAt(base, batch, strides[0], element);
  return e.rowAt(e.rowAt(row, token, strides[1], element), head, strides[2], element);
}

Value AttentionWriter::cacheRow(Value base, Value batch, Value kvHead, Value position) {
  Value head = e.add(e.mul(batch, form.kvHeads), kvHead);
  return e.rowAt(e.rowAt(base, head, e.mul(e.toI64(args.capacity), size), element), position, size, element);
}

Value AttentionWriter::outRow(Value batch, Value token, Value head) {
  Value row = e.rowAt(args.out, e.add(e.mul(batch, args.sequence), token), form.heads * size, element);
  return e.rowAt(row, head, size, element);
}

std::pair<Value, Value> AttentionWriter::rotatedHalves(Value row, Value position, Value column) {
  int lanes = form.group;
  Value first = e.at(row, column, element);
  Value low = e.loadF32(element, first, lanes), high = e.loadF32(element, e.at(first, size / 2, element), lanes);
  if (!args.table)
    return {low, high};
  Value angles = e.at(e.rowAt(args.table, position, size, f32), column, f32);
  Value cosine = e.load(e.vec(lanes), angles, std::min(16, 4 * lanes)), sine = e.load(e.vec(lanes), e.at(angles, size / 2, f32), std::min(16, 4 * lanes));
  auto round = [&](Value x) { return e.rounded(element, x); };
  return {round(e.subf(e.mulf(low, cosine), e.mulf(high, sine))), round(e.addf(e.mulf(high, cosine), e.mulf(low, sine)))};
}

Value AttentionWriter::shiftFor(Value top) { return e.select(e.equalf(top, lowest()), e.f32(0), top); }

AttentionWriter::KeyRange AttentionWriter::keyRange(Value batch, Value start, Value first, int count, Value scratch) {
  Value total = e.add(start, args.sequence);
  Value high = form.causal ? e.min(total, e.add(start, e.add(first, count))) : total;
  if (!args.segments)
    return {e.c(0), high, {}, {}};
  // Documents have ascending numbers: keys between the smallest and the largest of the queries' may matter, and among tokens of no document
  // (negative numbers) those of none. What lies between is masked.
  Value smallest = e.c(std::numeric_limits<int32_t>::max()), largest = e.c(-1), none = e.c(0), lane = e.lane(), last = e.sub(args.sequence, e.c(1));
  for (int i = 0; i < count; i += 32) {
    Value segment = segmentAt(batch, e.min(e.add(first, e.add(e.min(lane, e.c(count - 1)), i)), last));
    Value isNone = e.less(segment, e.c(0));
    smallest = e.min(smallest, e.select(isNone, smallest, segment));
    largest = e.max(largest, segment);
    none = arith::OrIOp::create(e.b, none, e.select(isNone, e.c(1), e.c(0)));
  }
  smallest = e.reduceMin32(smallest);
  largest = e.reduceMax32(largest);
  Value seesNone = e.equal(e.reduceMax32(none), e.c(1));
  Values range = e.repeatedLoop(e.thread(), high, e.threads, 4, {high, e.c(0)}, [&](Value key, ValueRange carried) {
    Value segment = segmentAt(batch, key);
    Value within = arith::CmpIOp::create(e.b, arith::CmpIPredicate::sge, segment, smallest);
    within = e.both(within, arith::CmpIOp::create(e.b, arith::CmpIPredicate::sle, segment, largest));
    within = arith::OrIOp::create(e.b, within, e.both(seesNone, e.less(segment, e.c(0))));
    return Values{e.min(carried[0], e.select(within, key, high)), e.max(carried[1], e.select(within, e.add(key, 1), e.c(0)))};
  });
  Value low = e.reduceMin32(range[0]), end = e.reduceMax32(range[1]);
  Value own = e.at(scratch, e.mul(e.warp(), 2), i32);
  e.onlyIf(e.equal(lane, e.c(0)), [&] {
    e.store(low, own, 4);
    e.store(end, e.at(own, 1, i32), 4);
  });
  e.barrier();
  for (int warp = 0; warp < e.warps(); ++warp) {
    low = e.min(low, e.load(i32, e.at(scratch, 2 * warp, i32), 4));
    end = e.max(end, e.load(i32, e.at(scratch, 2 * warp + 1, i32), 4));
  }
  Value isSingle = e.both(e.equal(smallest, largest), arith::XOrIOp::create(e.b, seesNone, e.c(1, e.b.getI1Type())));
  return {low, end, isSingle, smallest};
}

//===----------------------------------------------------------------------===//
// Cache update
//===----------------------------------------------------------------------===//

namespace {

class StoreWriter : public AttentionWriter {
public:
  using AttentionWriter::AttentionWriter;

  /// A thread has a group of one half of a head, and the same of the other half.
  void write(Value tokens) {
    int64_t groups = size / 2 / form.group;
    Value number = e.add(e.mul(e.block(), e.threads), e.thread());
    Value column = e.mul(e.rem(number, e.c(groups)), form.group), rest = e.div(number, e.c(groups));
    Value head = e.rem(rest, e.c(form.kvHeads)), token = e.div(rest, e.c(form.kvHeads));
    e.onlyIf(e.less(token, tokens), [&] {
      Value batch = e.div(token, args.sequence), s = e.rem(token, args.sequence);
      Value position = e.add(startOf(batch), s);
      auto [low, high] = rotatedHalves(rowOf(args.k, args.kStrides, batch, s, head), position, column);
      storeHalves(low, high, cacheRow(args.keys, batch, head, position), column);
      Value source = e.at(rowOf(args.v, args.vStrides, batch, s, head), column, element);
      storeHalves(e.loadF32(element, source, form.group), e.loadF32(element, e.at(source, size / 2, element), form.group),
                  cacheRow(args.values, batch, head, position), column);
    });
  }

private:
  void storeHalves(Value low, Value high, Value row, Value column) {
    Value target = e.at(row, column, element);
    e.storeF32(low, element, target);
    e.storeF32(high, element, e.at(target, size / 2, element));
  }
};

} // namespace

static void launchStore(DeviceHost &host, KernelLibrary &library, const AttentionForm &form, const AttentionArgs &operands, Value tokens) {
  KernelShape shape{kThreads, form.group, 0};
  Values list = operands.list();
  list.push_back(tokens);
  StringRef name = library.get("attention_store_" + Twine(form.kvHeads) + "x" + Twine(form.size), form.key, shape, list,
                               [&](DeviceEmit &e, ValueRange args) {
                                 AttentionArgs own = operands.with(args.drop_back());
                                 StoreWriter(e, form, own).write(args.back());
                               });
  host.launch(name, list, host.ceilDiv(host.mul(tokens, host.c(form.kvHeads * (form.size / 2 / form.group))), kThreads), shape);
}

bool emo::cuda::lowerAttention(KernelAttentionOp op, KernelLibrary &library) {
  AttentionForm form(op);
  if (form.size % 4 != 0 || form.size == 0 || form.heads == 0 || form.heads % form.kvHeads != 0 ||
      !(canLaunchMatrixQueries(form) || canLaunchManyQueries(form)))
    return false;

  DeviceHost host(op);
  AttentionArgs operands;
  operands.q = op.getQ();
  operands.k = op.getK();
  operands.v = op.getV();
  operands.out = op.getOuts()[0];
  operands.keys = op.getOuts()[1];
  operands.values = op.getOuts()[2];
  operands.table = op.getTable();
  operands.start = op.getStart();
  operands.segments = op.getSegments();
  operands.sequence = host.dim(op.getQ(), 1);
  operands.capacity = host.dim(op.getOuts()[1], 2);
  for (int i = 0; i < 3; ++i) {
    operands.qStrides[i] = host.stride(op.getQ(), i);
    operands.kStrides[i] = host.stride(op.getK(), i);
    operands.vStrides[i] = host.stride(op.getV(), i);
  }
  launchStore(host, library, form, operands, host.mul(host.dim(op.getQ(), 0), operands.sequence));
  auto isFew = arith::CmpIOp::create(host.b, arith::CmpIPredicate::ult, operands.sequence, host.c(kFewQueries));
  auto branch = scf::IfOp::create(host.b, isFew, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(host.b);
    host.b.setInsertionPointToStart(branch.thenBlock());
    launchFewQueries(host, library, form, operands);
    host.b.setInsertionPointToStart(branch.elseBlock());
    if (canLaunchMatrixQueries(form))
      launchMatrixQueries(host, library, form, operands);
    else
      launchManyQueries(host, library, form, operands);
  }
  op.erase();
  return true;
}
