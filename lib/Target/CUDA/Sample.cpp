// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.sample: a block has a row of logits. Its warps have equal segments of the vocabulary, one behind the other, and all passes go over
// them in the same order: the sums of two passes can be compared, and the same tokens are chosen in every run.
#include "Alignment.h"
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

namespace {

constexpr int kThreads = 1024, kWarps = 32; // a lane for each warp
constexpr double kLowest = -std::numeric_limits<double>::infinity(), kHottest = 0x1p126; // of logits, temperatures
/// Behind the bits of 1, the largest weight: 2.
constexpr int kWeightBits = 30;

class SampleWriter {
public:
  SampleWriter(DeviceEmit &e, KernelSampleOp op, ValueRange args)
      : e(e), idType(elementOf(op.getOuts()[0])), f32(e.b.getF32Type()), i32(e.b.getI32Type()), lane(e.lane()), warp(e.warp()), zero(e.f32(0)) {
    int64_t vocab = cast<MemRefType>(op.getLogits().getType()).getDimSize(1);
    groups = vocab / e.lanes();
    steps = llvm::divideCeil(llvm::divideCeil(groups, kWarps), 32);
    Value row = e.block();
    logits = e.rowAt(args[0], row, vocab, f32);
    sampling = e.rowAt(args[1], row, 3, f32);
    out = e.elementAt(args[2], row, idType);
    firstGroup = e.add(e.mul(warp, 32 * steps), lane);
  }

  void write() {
    temperature = parameter(0);
    auto [best, id] = likeliest();
    top = best;
    // Where no logit is above -inf, that is token 0.
    Value draws = e.both(e.lessf(zero, temperature), e.lessf(e.f32(kLowest), top));
    e.onlyIf(draws, [&] { draw(); });
    e.onlyIf(arith::XOrIOp::create(e.b, draws, e.c(1, e.b.getI1Type())), [&] { put(e.equal(e.thread(), e.c(0)), id); });
  }

private:
  Value parameter(int64_t which) { return e.load(f32, e.at(sampling, which, f32), 4); }

  void put(Value condition, Value id) {
    e.onlyIf(condition, [&] { e.store(idType.isInteger(64) ? e.toI64(id) : id, out, bytesOf(idType)); });
  }

  //===--- Passes over the warp's segment ---===//

  /// The lane's logits of step `step` of its warp's segment, -inf behind the end, and the id of the first.
  std::pair<Values, Value> load(Value step) {
    Value group = e.add(firstGroup, e.mul(step, 32)), inside = e.less(group, e.c(groups));
    Value vector = e.load(e.vec(e.lanes()), e.at(logits, e.mul(e.min(group, e.c(groups - 1)), e.lanes()), f32));
    Values values;
    for (int i = 0; i < e.lanes(); ++i)
      values.push_back(e.select(inside, vector::ExtractOp::create(e.b, vector, ArrayRef<int64_t>{i}), e.f32(kLowest)));
    return {values, e.mul(group, e.lanes())};
  }

  Values pass(ValueRange init, Fn<Values(Values logits, Value id, ValueRange carried)> body) {
    return e.repeatedLoop(e.c(0), e.c(steps), 1, 4, init, [&](Value step, ValueRange carried) {
      auto [values, id] = load(step);
      return body(values, id, carried);
    });
  }

  /// exp((logit - largest) / temperature), 1 for the largest and 0 for NaN.
  Value weight(Value logit) {
    Value below = e.subf(e.maxNum(logit, e.f32(kLowest)), top);
    return e.select(e.equalf(logit, top), e.f32(1), e.exp2(e.mulf(below, scale)));
  }

  /// Stores the warps' `values` and gives each lane those of the warp with its number. `isFirst`: there are no others, which may be read still.
  Values ofWarps(ValueRange values, bool isFirst = false) {
    if (!isFirst)
      e.barrier();
    for (auto [i, value] : llvm::enumerate(values))
      e.onlyIf(e.equal(lane, e.c(0)), [&] { e.store(value, e.at(e.shared(4 * kWarps * i), warp, value.getType()), 4); });
    e.barrier();
    Values results;
    for (auto [i, value] : llvm::enumerate(values))
      results.push_back(e.load(value.getType(), e.at(e.shared(4 * kWarps * i), lane, value.getType()), 4));
    return results;
  }

  /// For each of `limits` what the weights of at least that size come to.
  Values massesFrom(ValueRange limits) {
    Values sums = pass(Values(limits.size(), zero), [&](Values logits, Value, ValueRange carried) {
      Values next(carried);
      for (Value logit : logits) {
        Value w = weight(logit);
        for (auto [sum, limit] : llvm::zip_equal(next, limits))
          sum = e.addf(sum, e.select(e.lessf(w, limit), zero, w));
      }
      return next;
    });
    for (Value &sum : sums)
      sum = e.warpAdd(sum);
    sums = ofWarps(sums);
    for (Value &sum : sums)
      sum = e.warpAdd(sum);
    return sums;
  }

  //===--- Scans over the lanes ---===//

  /// Inclusive sums over the lanes, of f32 or i32.
  Value scan(Value value) {
    for (int distance = 1; distance < 32; distance *= 2) {
      Value below = e.shuffleUp(value, distance), isSummand = e.less(e.c(distance - 1), lane);
      value = e.select(isSummand, sum(value, below), value);
    }
    return value;
  }
  /// What `scan` gave the lane below.
  Value before(Value scanned) {
    Value none = scanned.getType().isF32() ? zero : e.c(0);
    return e.select(e.equal(lane, e.c(0)), none, e.shuffleUp(scanned, 1));
  }
  Value sum(Value x, Value y) { return x.getType().isF32() ? e.addf(x, y) : e.add(x, y); }

  //===--- The likeliest token ---===//

  /// The better of two logits with their ids: the larger, the lower id on ties.
  std::pair<Value, Value> better(Value x, Value idOfX, Value y, Value idOfY) {
    Value isY = arith::OrIOp::create(e.b, e.lessf(x, y), e.both(e.equalf(x, y), e.less(idOfY, idOfX)));
    return {e.select(isY, y, x), e.select(isY, idOfY, idOfX)};
  }

  std::pair<Value, Value> likeliest() {
    Values best = pass({e.f32(kLowest), e.c(0)}, [&](Values logits, Value id, ValueRange carried) {
      Values next(carried);
      for (auto [i, logit] : llvm::enumerate(logits)) {
        Value isBetter = e.lessf(next[0], logit); // ids ascend; NaN is not larger
        next = {e.select(isBetter, logit, next[0]), e.select(isBetter, e.add(id, i), next[1])};
      }
      return next;
    });
    auto overLanes = [&](Value value, Value id) {
      for (int distance = 16; distance; distance /= 2)
        std::tie(value, id) = better(value, id, e.shuffleXor(value, distance), e.shuffleXor(id, distance));
      return Values{value, id};
    };
    best = ofWarps(overLanes(best[0], best[1]), /*isFirst=*/true);
    best = overLanes(best[0], best[1]);
    return {best[0], best[1]};
  }

  //===--- Drawing ---===//

  void draw() {
    scale = e.divf(e.f32(1.4426950408889634), e.minNum(temperature, e.f32(kHottest)));
    Value topP = parameter(1), isNucleus = e.lessf(topP, e.f32(1));
    Values kept = {zero, zero}; // see findNucleus
    auto branch = scf::IfOp::create(e.b, TypeRange{f32, f32}, isNucleus, /*addThenBlock=*/true, /*addElseBlock=*/true);
    {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(e.b, findNucleus(topP));
      e.b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(e.b, kept);
    }
    limit = branch.getResult(0);
    findToken(branch.getResult(1), isNucleus);
  }

  /// The weight of the last tokens of the nucleus, and what the nucleus has to weigh. Of the bits of weights, which are in the order of the
  /// weights, the largest is found from which on tokens weigh enough: two bits more in each pass.
  Values findNucleus(Value topP) {
    Value wanted = e.maxNum(e.mulf(topP, massesFrom(zero)[0]), e.f32(std::numeric_limits<float>::min()));
    Values bits = e.loop(e.c(0), e.c(kWeightBits / 2), 1, ValueRange{e.c(0)}, [&](Value round, ValueRange carried) {
      Value unit = arith::ShLIOp::create(e.b, e.c(1), e.sub(e.c(kWeightBits - 2), e.mul(round, 2)));
      Values candidates, limits;
      for (int64_t i = 1; i < 4; ++i) {
        candidates.push_back(e.add(carried[0], e.mul(unit, i)));
        limits.push_back(arith::BitcastOp::create(e.b, f32, candidates.back()));
      }
      Value found = carried[0];
      for (auto [candidate, mass] : llvm::zip_equal(candidates, massesFrom(limits)))
        found = e.select(e.lessf(mass, wanted), found, candidate);
      return Values{found};
    });
    return {arith::BitcastOp::create(e.b, f32, bits[0]), wanted};
  }

  /// Of the kept tokens, those above `limit` and the first `ties` of those at it, the one at the random number's place.
  void findToken(Value wanted, Value isNucleus) {
    Values own = pass({zero, e.c(0)}, [&](Values logits, Value, ValueRange carried) {
      Value above = carried[0], ties = carried[1];
      for (Value logit : logits) {
        Value w = weight(logit);
        above = e.addf(above, e.select(e.lessf(limit, w), w, zero));
        ties = e.add(ties, e.select(e.equalf(limit, w), e.c(1), e.c(0)));
      }
      return Values{above, ties};
    });
    own = ofWarps({e.warpAdd(own[0]), addLanes(own[1])});
    // Every warp finds the warp in whose segment the token is; lane w has warp w's figures.
    Value missing = e.divf(e.subf(wanted, e.warpAdd(own[0])), limit);
    Value whole = arith::FPToSIOp::create(e.b, i32, e.maxNum(zero, e.minNum(missing, e.f32(double(1 << 30)))));
    Value isMore = e.lessf(arith::SIToFPOp::create(e.b, f32, whole), missing);
    ties = e.select(isNucleus, e.add(whole, e.select(isMore, e.c(1), e.c(0))), e.c(0)); // something is missing: at least 1
    Value tiesBefore = before(scan(own[1]));
    Value ownTies = e.min(e.max(e.sub(ties, tiesBefore), e.c(0)), own[1]);
    Value mass = e.addf(own[0], e.mulf(arith::SIToFPOp::create(e.b, f32, ownTies), limit));
    Value masses = scan(mass);
    point = e.mulf(parameter(2), e.shuffleFrom(masses, e.c(31)));
    Value chosen = firstBeyond(masses, mass);
    Value start = e.shuffleFrom(before(masses), chosen), firstTie = e.shuffleFrom(tiesBefore, chosen);
    e.onlyIf(e.equal(warp, chosen), [&] { walk(start, firstTie); });
  }

  /// The first lane whose sum is beyond the point; where rounding leaves none, the last one that has something.
  Value firstBeyond(Value sums, Value own) {
    Value has = e.lessf(zero, own);
    Value first = e.reduceMin32(e.select(e.both(has, e.lessf(point, sums)), lane, e.c(32)));
    Value last = e.reduceMax32(e.select(has, lane, e.c(0)));
    return e.select(e.less(first, e.c(32)), first, last);
  }

  Value addLanes(Value i32) { return e.shuffleFrom(scan(i32), e.c(31)); }

  /// Finds the token in this warp's segment, whose tokens begin at `start` of the kept tokens' weight and at tie `firstTie`.
  void walk(Value start, Value firstTie) {
    Value none = e.c(-1);
    Values found = e.loop(e.c(0), e.c(steps), 1, ValueRange{start, firstTie, none, none}, [&](Value step, ValueRange carried) {
      auto [logits, id] = load(step);
      Values weights;
      Value count = e.c(0);
      for (Value logit : logits) {
        weights.push_back(weight(logit));
        count = e.add(count, e.select(e.equalf(limit, weights.back()), e.c(1), e.c(0)));
      }
      Value counts = scan(count), tie = e.add(carried[1], before(counts)), own = zero;
      for (Value &w : weights) {
        Value isTie = e.equalf(limit, w), isKept = arith::OrIOp::create(e.b, e.lessf(limit, w), e.both(isTie, e.less(tie, ties)));
        tie = e.add(tie, e.select(isTie, e.c(1), e.c(0)));
        w = e.select(isKept, w, zero);
        own = e.addf(own, w);
      }
      Value sums = scan(own);
      // The lane's token, if it is in this lane; the last kept one otherwise.
      Value sum = e.addf(carried[0], before(sums)), token = none, isFound = e.c(0, e.b.getI1Type());
      for (auto [i, w] : llvm::enumerate(weights)) {
        Value isCandidate = e.both(e.lessf(zero, w), e.equal(isFound, e.c(0, e.b.getI1Type())));
        sum = e.addf(sum, w);
        token = e.select(isCandidate, e.add(id, i), token);
        isFound = arith::OrIOp::create(e.b, isFound, e.both(isCandidate, e.lessf(point, sum)));
      }
      Value isHere = e.both(e.lessf(zero, own), e.lessf(point, e.addf(carried[0], sums)));
      Value first = e.reduceMin32(e.select(isHere, lane, e.c(32)));
      Value hit = e.select(e.less(first, e.c(32)), e.shuffleFrom(token, e.both(first, e.c(31))), none);
      return Values{e.addf(carried[0], e.shuffleFrom(sums, e.c(31))), e.add(carried[1], e.shuffleFrom(counts, e.c(31))),
                    e.select(e.less(carried[2], e.c(0)), hit, carried[2]), e.max(carried[3], token)};
    });
    Value last = e.reduceMax32(found[3]);
    put(e.equal(lane, e.c(0)), e.select(e.less(found[2], e.c(0)), last, found[2]));
  }

  DeviceEmit &e;
  Type idType, f32, i32;
  Value lane, warp, zero;
  int64_t groups, steps; // of the row; of a segment
  Value logits, sampling, out, firstGroup;
  Value temperature, top, scale; // scale: of differences of logits, to powers of two
  Value limit, ties, point;
};

} // namespace

bool emo::cuda::lowerSample(KernelSampleOp op, KernelLibrary &library) {
  int64_t vocab = cast<MemRefType>(op.getLogits().getType()).getDimSize(1);
  KernelShape shape{kThreads, groupFor({op.getLogits()}, vocab), 3 * 4 * kWarps, /*spillsNothing=*/true};
  DeviceHost host(op);
  Values operands = {op.getLogits(), op.getSampling(), op.getOuts()[0]};
  StringRef name = library.get("sample_" + Twine(vocab), keyOf(op) + ";" + std::to_string(shape.lanes), shape, operands,
                               [&](DeviceEmit &e, ValueRange args) { SampleWriter(e, op, args).write(); });
  host.launch(name, operands, host.dim(op.getLogits(), 0), shape);
  op.erase();
  return true;
}
