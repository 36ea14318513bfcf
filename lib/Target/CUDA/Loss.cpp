// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.loss: the product with the vocabulary, of which a kernel stores only the maximum and the sum of exponentials of each part of a
// row, and the target's logit; another one joins the parts.
#include "Matmul.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

// Positions behind the product's arguments.
enum LossArgument { Targets = 2, Rows = 3, Parts = 4, TargetLogits = 5 };
static constexpr int kThreads = 128, kWarps = kThreads / 32;
static constexpr double kLowest = -3.0e38; // below all logits, but finite: differences are no NaN

namespace {
/// Turns a row's logits into (maximum, sum of exponentials).
class PartWriter : public RowConsumer {
public:
  PartWriter(ProductWriter &p, const SumPlace &place, int64_t parts, Type targetType)
      : p(p), e(p.e), place(place), parts(parts), targetType(targetType) {}
  void row(Value row, Value end, ArrayRef<ColumnPair> pairs) override;

private:
  ProductWriter &p;
  DeviceEmit &e;
  SumPlace place;
  int64_t parts;
  Type targetType;
};

class LossProduct : public Product {
public:
  using Product::Product;
  int64_t parts = 0; // of the form that is being written
  Type targetType;
};
} // namespace

/// -1 when there is none.
static Value loadTarget(DeviceEmit &e, Value targets, Value row, Type type) {
  Value target = e.load(type, e.elementAt(targets, row, type), bytesOf(type));
  return e.select(e.less(target, e.c(0, type)), e.c(-1), e.toI32(target));
}

void PartWriter::row(Value row, Value end, ArrayRef<ColumnPair> pairs) {
  Type f32 = e.b.getF32Type();
  Value exists = e.less(row, end), inside = e.min(row, e.sub(end, e.c(1)));
  // The target's logit belongs to one thread.
  Value distance = e.sub(loadTarget(e, p.args[Targets], inside, targetType), place.column);
  Values logits, valid;
  // Columns of rows that do not exist do not exist either: comparisons are of this row alone, and keep no registers for the next ones.
  Value limit = place.masked ? e.select(exists, e.sub(e.c(p.product.n), place.column), e.c(0)) : Value();
  Value isHere = e.c(0, e.b.getI1Type()), atTarget = e.f32(0), largest = e.f32(kLowest);
  for (const ColumnPair &pair : pairs)
    for (int i = 0; i < 2; ++i) {
      Value logit = pair.sums[0][i], hit = e.equal(distance, e.c(pair.offset + i));
      isHere = arith::OrIOp::create(e.b, isHere, hit);
      atTarget = e.select(hit, logit, atTarget);
      if (place.masked) {
        valid.push_back(e.less(e.c(pair.offset + i), limit));
        logit = e.select(valid.back(), logit, e.f32(kLowest));
      }
      logits.push_back(logit);
      largest = e.maxf(largest, logit);
    }
  largest = e.warpMax(largest, place.lanes);
  Value sum = e.f32(0);
  for (auto [i, logit] : llvm::enumerate(logits)) {
    Value term = e.fastExp(e.subf(logit, largest));
    sum = e.addf(sum, place.masked ? e.select(valid[i], term, e.f32(0)) : term);
  }
  sum = e.warpAdd(sum, place.lanes);
  e.onlyIf(e.both(exists, e.equal(e.rem(e.lane(), e.c(place.lanes)), e.c(0))), [&] {
    Value to = e.at(e.rowAt(p.args[Parts], row, parts * 2, f32), e.mul(place.part, 2), f32);
    e.store(largest, to);
    e.store(sum, e.at(to, 1, f32));
  });
  e.onlyIf(e.both(exists, isHere), [&] { e.store(atTarget, e.elementAt(p.args[TargetLogits], row, f32)); });
}

/// A warp has a row.
static void writeJoin(DeviceEmit &e, ValueRange args, int64_t parts, Type targetType) {
  Value targets = args[0], stored = args[1], targetLogits = args[2], out = args[3], rows = args[4];
  Type f32 = e.b.getF32Type();
  Value row = e.add(e.mul(e.block(), kWarps), e.warp());
  e.onlyIf(e.less(row, rows), [&] {
    Value from = e.rowAt(stored, row, parts * 2, f32);
    auto over = [&](Value init, Fn<Value(Value address, Value carried)> body) {
      return e.loop(e.lane(), e.c(parts), 32, ValueRange{init},
                    [&](Value i, ValueRange carried) { return Values{body(e.at(from, e.mul(i, 2), f32), carried[0])}; })[0];
    };
    Value largest = e.warpMax(over(e.f32(kLowest), [&](Value at, Value carried) { return e.maxf(carried, e.load(f32, at)); }));
    Value sum = e.warpAdd(over(e.f32(0), [&](Value at, Value carried) {
      return e.fma(e.load(f32, e.at(at, 1, f32)), e.fastExp(e.subf(e.load(f32, at), largest)), carried);
    }));
    e.onlyIf(e.equal(e.lane(), e.c(0)), [&] {
      Value target = loadTarget(e, targets, row, targetType);
      Value loss = e.either(
          e.less(target, e.c(0)), f32, [&] { return e.f32(0); },
          [&] { return e.addf(e.log(sum), e.subf(largest, e.load(f32, e.elementAt(targetLogits, row, f32)))); });
      e.store(loss, e.elementAt(out, row, f32));
    });
  });
}

static std::unique_ptr<RowConsumer> makePartWriter(ProductWriter &p, const SumPlace &place) {
  auto &product = static_cast<const LossProduct &>(p.product);
  return std::make_unique<PartWriter>(p, place, product.parts, product.targetType);
}

bool emo::cuda::lowerLoss(KernelLossOp op, KernelLibrary &library) {
  Type targetType = elementOf(op.getTargets());
  if (op.getPacked())
    return false;
  DeviceHost host(op);
  LossProduct product(op, host);
  product.targetType = targetType;
  product.consumer = makePartWriter;
  Values own = product.operands;
  product.around = [&](int64_t parts, Fn<void()> launch) {
    Type f32 = host.b.getF32Type();
    Value stored =
        memref::AllocOp::create(host.b, MemRefType::get({ShapedType::kDynamic, parts, 2}, f32), product.rows, host.b.getI64IntegerAttr(64));
    Value targetLogits =
        memref::AllocOp::create(host.b, MemRefType::get({ShapedType::kDynamic}, f32), product.rows, host.b.getI64IntegerAttr(64));
    product.parts = parts;
    product.operands = own;
    product.operands.append({stored, targetLogits});
    launch();
    KernelShape shape{kThreads, 1, 0};
    Values operands = {op.getTargets(), stored, targetLogits, op.getOuts()[0], product.rows};
    StringRef name = library.get("loss_join", std::to_string(parts) + (targetType.isInteger(64) ? "i64" : "i32"), shape, operands,
                                 [&](DeviceEmit &e, ValueRange args) { writeJoin(e, args, parts, targetType); });
    host.launch(name, operands, host.ceilDiv(product.rows, kWarps), shape);
  };
  launchByWidth(product, op.getX(), host, [&](int width) { launchTiled(product, host, library, width); });
  op.erase();
  return true;
}
