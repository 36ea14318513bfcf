// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.sample: a task has a row. Weights are computed once; a pass over them tells how much those from some size on come to.
#include "Kernels.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

namespace {

constexpr double kLowest = -std::numeric_limits<double>::infinity();
/// Behind the bits of 1, the largest weight: 2.
constexpr int kWeightBits = 30;

class RowSampler {
public:
  RowSampler(KernelArgs &args, int64_t vocab)
      : e(args.e), vocab(vocab), f32(e.b.getF32Type()), logits(e.at(args.ptr(0), e.mul(args.task, vocab), f32)),
        sampling(e.at(args.ptr(1), e.mul(args.task, 3), f32)), weights(args.scratch) {}

  /// The chosen id.
  Value run() {
    Value top = largest();
    Value isDrawn = e.lessf(e.f32(0), parameter(0));
    auto choose = [&] { return e.either(isDrawn, e.indexType(), [&] { return draw(top); }, [&] { return firstAt(logits, top); }); };
    return e.either(e.lessf(e.f32(kLowest), top), e.indexType(), choose, [&] { return e.c(0); });
  }

private:
  Value parameter(int64_t which) { return e.load(f32, e.at(sampling, which, f32), 4); }

  /// Values of the row at `base`, as vectors in the main loop.
  Value row(Value base, Value i, int lanes) { return e.load(e.vec(lanes), e.at(base, i, f32)); }

  /// NaN as -inf.
  Value clean(Value x) {
    int lanes = cast<VectorType>(x.getType()).getDimSize(0);
    return e.select(arith::CmpFOp::create(e.b, arith::CmpFPredicate::ORD, x, x), x, e.f32(kLowest, lanes));
  }

  Value largest() {
    int64_t whole = vocab / e.lanes() * e.lanes();
    Value top = e.f32(kLowest);
    if (whole)
      top = e.reduceMax(e.loop(e.c(0), e.c(whole), e.lanes(), ValueRange{e.f32(kLowest, e.lanes())}, [&](Value i, ValueRange carried) {
        return Values{e.maxf(carried[0], clean(row(logits, i, e.lanes())))};
      })[0]);
    return e.loop(e.c(whole), e.c(vocab), 1, ValueRange{top}, [&](Value i, ValueRange carried) {
      return Values{e.maxf(carried[0], e.load(f32, e.at(logits, i, f32), 4))}; // NaN is not larger
    })[0];
  }

  /// The first place of `values` that has `wanted`, as one does.
  Value firstAt(Value values, Value wanted) {
    auto search = scf::WhileOp::create(
        e.b, TypeRange{e.indexType()}, ValueRange{e.c(0)},
        [&](OpBuilder &, Location, ValueRange at) {
          Value isOther = arith::CmpFOp::create(e.b, arith::CmpFPredicate::UNE, e.load(f32, e.at(values, at[0], f32), 4), wanted);
          scf::ConditionOp::create(e.b, isOther, at);
        },
        [&](OpBuilder &, Location, ValueRange at) { scf::YieldOp::create(e.b, ValueRange{e.add(at[0], 1)}); });
    return search.getResult(0);
  }

  /// For each of `limits` what the weights of at least that size come to.
  Values massesFrom(ValueRange limits) {
    Values results;
    for (Value limit : limits)
      results.push_back(e.sumOver(vocab, [&](Value i, int lanes, Value sum) {
        Value w = row(weights, i, lanes);
        return e.addf(sum, e.select(e.lessf(w, e.splat(limit, lanes)), e.f32(0, lanes), w));
      }));
    return results;
  }

  Value draw(Value top) {
    Value temperature = parameter(0), topP = parameter(1);
    e.eachVector(vocab, [&](Value i, int lanes) {
      Value logit = row(logits, i, lanes), best = e.splat(top, lanes);
      Value power = e.exp(e.divf(e.subf(clean(logit), best), e.splat(temperature, lanes)));
      e.store(e.select(e.equalf(logit, best), e.f32(1, lanes), power), e.at(weights, i, f32));
    });
    Value zero = e.f32(0), isNucleus = e.lessf(topP, e.f32(1)), all = massesFrom(zero)[0];
    auto branch = scf::IfOp::create(e.b, TypeRange{f32, e.indexType()}, isNucleus, /*addThenBlock=*/true, /*addElseBlock=*/true);
    {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(e.b, findNucleus(e.maxf(e.mulf(topP, all), e.f32(std::numeric_limits<float>::min()))));
      e.b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(e.b, ValueRange{zero, e.c(0)});
    }
    return findToken(branch.getResult(0), branch.getResult(1));
  }

  /// The weight of the last tokens of the nucleus, and how many of that weight it has. Of the bits of weights, which are in the order of the
  /// weights, the largest is found from which on tokens weigh `wanted`.
  Values findNucleus(Value wanted) {
    Type i32 = e.b.getI32Type();
    Values bits = e.loop(e.c(0), e.c(kWeightBits), 1, ValueRange{e.c(0, i32)}, [&](Value round, ValueRange carried) {
      Value bit = arith::ShLIOp::create(e.b, e.c(1, i32), e.sub(e.c(kWeightBits - 1, i32), e.toI32(round)));
      Value candidate = e.add(carried[0], bit);
      Value mass = massesFrom(Value(arith::BitcastOp::create(e.b, f32, candidate)))[0];
      return Values{e.select(e.lessf(mass, wanted), carried[0], candidate)};
    });
    Value limit = arith::BitcastOp::create(e.b, f32, bits[0]);
    Value next = arith::BitcastOp::create(e.b, f32, e.add(bits[0], 1));
    Value missing = e.divf(e.subf(wanted, massesFrom(next)[0]), limit);
    Value whole = e.toIndex(arith::FPToSIOp::create(e.b, i32, e.maxf(e.f32(0), min(missing, e.f32(double(1 << 30))))));
    Value isMore = e.lessf(arith::SIToFPOp::create(e.b, f32, e.toI32(whole)), missing);
    return {limit, e.add(whole, e.select(isMore, e.c(1), e.c(0)))}; // something is missing: at least 1
  }

  Value min(Value x, Value y) { return e.select(e.lessf(y, x), y, x); }

  /// Of the tokens above `limit` and the first `ties` of those at it the one at the random number's place.
  Value findToken(Value limit, Value ties) {
    Value zero = e.f32(0);
    // body(i, weight where it is kept, carried)
    auto walk = [&](ValueRange init, Fn<Values(Value, Value, ValueRange)> body) {
      Values all = {e.c(0)};
      llvm::append_range(all, init);
      return e.loop(e.c(0), e.c(vocab), 1, all, [&](Value i, ValueRange carried) {
        Value w = e.load(f32, e.at(weights, i, f32), 4), isTie = e.equalf(w, limit);
        Value isKept = arith::OrIOp::create(e.b, e.lessf(limit, w), e.both(isTie, e.less(carried[0], ties)));
        Values next = {e.add(carried[0], e.select(isTie, e.c(1), e.c(0)))};
        llvm::append_range(next, body(i, e.select(isKept, w, zero), carried.drop_front()));
        return next;
      });
    };
    Value total = walk(zero, [&](Value, Value w, ValueRange sum) { return Values{e.addf(sum[0], w)}; })[1];
    Value point = e.mulf(parameter(2), total);
    // The first whose sum is beyond the point; the last kept one when rounding leaves none.
    Type i1 = e.b.getI1Type();
    return walk({zero, e.c(0), e.c(0, i1)}, [&](Value i, Value w, ValueRange carried) {
      Value sum = e.addf(carried[0], w), isOpen = e.equal(carried[2], e.c(0, i1));
      return Values{sum, e.select(e.both(isOpen, e.lessf(zero, w)), i, carried[1]),
                    arith::OrIOp::create(e.b, carried[2], e.lessf(point, sum))};
    })[2];
  }

  IsaEmit &e;
  int64_t vocab;
  Type f32;
  Value logits, sampling, weights;
};

} // namespace

bool emo::cpu::lowerSample(KernelSampleOp op, KernelLibrary &library) {
  Type idType = elementOf(op.getOuts()[0]);
  int64_t vocab = cast<MemRefType>(op.getLogits().getType()).getDimSize(1);
  StringRef name = library.get("sample_" + Twine(vocab), keyOf(op), /*sameInBase=*/true, [&](KernelArgs &args) {
    Value id = RowSampler(args, vocab).run();
    args.e.store(idType.isInteger(64) ? id : args.e.toI32(id), args.e.at(args.ptr(2), args.task, idType), bytesOf(idType));
  });
  TaskHost host(op);
  host.launch(name, {op.getLogits(), op.getSampling(), op.getOuts()[0]}, host.dim(op.getLogits(), 0), host.c(llvm::alignTo(vocab * 4, 64)));
  op.erase();
  return true;
}
