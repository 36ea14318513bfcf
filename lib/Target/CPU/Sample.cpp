// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.sample: a task has a row. Weights are computed once; a pass over them tells how much those from some sizes on come to.
#include "Kernels.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

namespace {

constexpr double kLowest = -std::numeric_limits<double>::infinity(), kHottest = 0x1p126; // of logits, temperatures
/// Behind the bits of 1, the largest weight: 2.
constexpr int kWeightBits = 30;
/// Weights that are summed by themselves: a row is one short sum of short sums. Behind the last token weights are 0.
constexpr int64_t kBlock = 256;

int64_t weightsOf(int64_t vocab) { return llvm::alignTo(vocab, kBlock); }

class RowSampler {
public:
  RowSampler(KernelArgs &args, int64_t vocab)
      : e(args.e), vocab(vocab), padded(weightsOf(vocab)), f32(e.b.getF32Type()), logits(e.at(args.ptr(0), e.mul(args.task, vocab), f32)),
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

  //===--- Sums of weights ---===//

  /// Sums of what `terms` makes of the weights of a block.
  Values sumBlock(Value block, int64_t count, Fn<Values(Value w)> terms) {
    Values sums = e.loop(block, e.add(block, kBlock), e.lanes(), Values(count, e.f32(0, e.lanes())), [&](Value i, ValueRange carried) {
      Values next;
      for (auto [sum, term] : llvm::zip_equal(carried, terms(row(weights, i, e.lanes()))))
        next.push_back(e.addf(sum, term));
      return next;
    });
    for (Value &sum : sums)
      sum = e.reduceAdd(sum);
    return sums;
  }

  /// For each of `limits` what the weights of at least that size come to; all in one order, so that they can be compared.
  Values massesFrom(ValueRange limits) {
    return e.loop(e.c(0), e.c(padded), kBlock, Values(limits.size(), e.f32(0)), [&](Value block, ValueRange carried) {
      Values sums = sumBlock(block, limits.size(), [&](Value w) {
        Values terms;
        for (Value limit : limits)
          terms.push_back(e.select(e.lessf(w, e.splat(limit, e.lanes())), e.f32(0, e.lanes()), w));
        return terms;
      });
      for (auto [sum, before] : llvm::zip_equal(sums, carried))
        sum = e.addf(before, sum);
      return sums;
    });
  }

  //===--- Drawing ---===//

  Value draw(Value top) {
    Value temperature = e.minf(parameter(0), e.f32(kHottest)), topP = parameter(1);
    e.eachVector(vocab, [&](Value i, int lanes) {
      Value logit = row(logits, i, lanes), best = e.splat(top, lanes);
      Value power = e.exp(e.divf(e.subf(clean(logit), best), e.splat(temperature, lanes)));
      e.store(e.select(e.equalf(logit, best), e.f32(1, lanes), power), e.at(weights, i, f32));
    });
    e.loop(e.c(vocab), e.c(padded), 1, [&](Value i) { e.store(e.f32(0), e.at(weights, i, f32), 4); });
    Value isNucleus = e.lessf(topP, e.f32(1));
    auto branch = scf::IfOp::create(e.b, TypeRange{f32, e.indexType()}, isNucleus, /*addThenBlock=*/true, /*addElseBlock=*/true);
    {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.setInsertionPointToStart(branch.thenBlock());
      Value all = massesFrom(e.f32(0))[0];
      scf::YieldOp::create(e.b, findNucleus(e.maxf(e.mulf(topP, all), e.f32(std::numeric_limits<float>::min()))));
      e.b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(e.b, ValueRange{e.f32(0), e.c(0)});
    }
    return findToken(branch.getResult(0), branch.getResult(1));
  }

  /// The weight of the last tokens of the nucleus, and how many of that weight it has. Of the bits of weights, which are in the order of the
  /// weights, the largest is found from which on tokens weigh `wanted`: two bits more in each pass.
  Values findNucleus(Value wanted) {
    Type i32 = e.b.getI32Type();
    auto asFloat = [&](Value bits) -> Value { return arith::BitcastOp::create(e.b, f32, bits); };
    Values bits = e.loop(e.c(0), e.c(kWeightBits / 2), 1, ValueRange{e.c(0, i32)}, [&](Value round, ValueRange carried) {
      Value unit = arith::ShLIOp::create(e.b, e.c(1, i32), e.sub(e.c(kWeightBits - 2, i32), e.mul(e.toI32(round), 2)));
      Values candidates, limits;
      for (int64_t i = 1; i < 4; ++i) {
        candidates.push_back(e.add(carried[0], e.mul(unit, i)));
        limits.push_back(asFloat(candidates.back()));
      }
      Value found = carried[0];
      for (auto [candidate, mass] : llvm::zip_equal(candidates, massesFrom(limits)))
        found = e.select(e.lessf(mass, wanted), found, candidate);
      return Values{found};
    });
    Value limit = asFloat(bits[0]), above = massesFrom(asFloat(e.add(bits[0], 1)))[0];
    Value missing = e.divf(e.subf(wanted, above), limit);
    Value whole = count(e.maxf(e.f32(0), e.minf(missing, e.f32(double(1 << 30)))));
    Value isMore = e.lessf(asF32(whole), missing);
    return {limit, e.add(whole, e.select(isMore, e.c(1), e.c(0)))}; // something is missing: at least 1
  }

  Value count(Value f32) { return e.toIndex(arith::FPToSIOp::create(e.b, e.b.getI32Type(), f32)); }
  Value asF32(Value index) { return arith::SIToFPOp::create(e.b, f32, e.toI32(index)); }

  /// Of the kept tokens, those above `limit` and the first `ties` of those at it, the one at the random number's place: its block first.
  Value findToken(Value limit, Value ties) {
    Value zero = e.f32(0), none = e.c(0), isNot = e.c(0, e.b.getI1Type());
    // body(block, ties before it, weight of its kept tokens, carried)
    auto overBlocks = [&](ValueRange init, Fn<Values(Value, Value, Value, ValueRange)> body) {
      Values all = {none};
      llvm::append_range(all, init);
      Values results = e.loop(none, e.c(padded), kBlock, all, [&](Value block, ValueRange carried) {
        Value edge = e.splat(limit, e.lanes()), nothing = e.f32(0, e.lanes());
        Values sums = sumBlock(block, 2, [&](Value w) {
          return Values{e.select(e.lessf(edge, w), w, nothing), e.select(e.equalf(edge, w), e.f32(1, e.lanes()), nothing)};
        });
        Value own = count(sums[1]), kept = e.min(e.max(e.sub(ties, carried[0]), none), own);
        Values next = {e.add(carried[0], own)};
        llvm::append_range(next, body(block, carried[0], e.addf(sums[0], e.mulf(asF32(kept), limit)), carried.drop_front()));
        return next;
      });
      results.erase(results.begin());
      return results;
    };
    Value total = overBlocks(zero, [&](Value, Value, Value mass, ValueRange sum) { return Values{e.addf(sum[0], mass)}; })[0];
    Value point = e.mulf(parameter(2), total);
    // The first whose sum is beyond the point; the last kept one when rounding leaves none.
    auto search = [&](Value sum, Value own, Value isFound) {
      Value next = e.addf(sum, own), isCandidate = e.both(e.equal(isFound, isNot), e.lessf(zero, own));
      return std::tuple(next, isCandidate, arith::OrIOp::create(e.b, isFound, e.lessf(point, next)).getResult());
    };
    Values found = overBlocks({zero, isNot, none, none, zero}, [&](Value block, Value tie, Value mass, ValueRange carried) {
      auto [next, isCandidate, isFound] = search(carried[0], mass, carried[1]);
      auto keep = [&](Value value, int i) { return e.select(isCandidate, value, carried[i]); };
      return Values{next, isFound, keep(block, 2), keep(tie, 3), keep(carried[0], 4)};
    });
    Value block = found[2], firstTie = found[3], start = found[4];
    return e.loop(block, e.add(block, kBlock), 1, ValueRange{start, isNot, none, firstTie}, [&](Value i, ValueRange carried) {
      Value w = e.load(f32, e.at(weights, i, f32), 4), isTie = e.equalf(w, limit), tie = carried[3];
      Value isKept = arith::OrIOp::create(e.b, e.lessf(limit, w), e.both(isTie, e.less(tie, ties)));
      auto [next, isCandidate, isFound] = search(carried[0], e.select(isKept, w, zero), carried[1]);
      return Values{next, isFound, e.select(isCandidate, i, carried[2]), e.add(tie, e.select(isTie, e.c(1), none))};
    })[2];
  }

  IsaEmit &e;
  int64_t vocab, padded;
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
  host.launch(name, {op.getLogits(), op.getSampling(), op.getOuts()[0]}, host.dim(op.getLogits(), 0), host.c(weightsOf(vocab) * 4));
  op.erase();
  return true;
}
