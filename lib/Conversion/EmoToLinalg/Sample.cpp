// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference lowering of the choice of the next token.
#include "Reference.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

/// The first id in 0..count for which `condition` holds; `otherwise` when there
/// is none.
static Value firstId(Reference &r, Value count, Value otherwise,
                     llvm::function_ref<Value(Value)> condition) {
  return r.loop(r.index(0), count, {otherwise, r.boolean(false)},
                [&](Value i, ValueRange found) {
                  Value isNew = r.both(r.equal(found[1], r.boolean(false)),
                                       condition(i));
                  return Values{r.select(isNew, i, found[0]),
                                r.either(found[1], isNew)};
                })
      .front();
}

Value reference::sampleRows(Reference &r, Value logits, Value sampling,
                            Value out) {
  Type type = computeType({logits, sampling});
  Sizes sizes = r.sizes(logits);
  Value count = r.asValue(sizes[1]), none = r.negativeInfinity(type),
        zero = r.real(type, 0), one = r.real(type, 1);
  auto parameter = [&](Value row, int64_t which) {
    return r.loadFloat(sampling, {row, r.index(which)}, type);
  };
  auto isDrawn = [&](Value row) { return r.less(zero, parameter(row, 0)); };

  // NaN is never chosen.
  Value clean = r.generate(sizes, type, [&](Indices at) {
    Value logit = r.loadFloat(logits, at, type);
    return r.select(r.equal(logit, logit), logit, none);
  });
  Value top = r.generate({sizes[0]}, type, [&](Indices at) {
    return r.maximum(count, type,
                     [&](Value i) { return r.load(clean, {at[0], i}); });
  });
  Value weights = r.generate(sizes, type, [&](Indices at) {
    Value logit = r.load(clean, at), best = r.load(top, at[0]);
    Value temperature = r.minf(parameter(at[0], 0), r.real(type, 0x1p126));
    Value power = r.exp(r.div(r.sub(logit, best), temperature));
    return r.select(r.equal(logit, best), one, power);
  });
  // A token is kept when those before it in descending order, equal ones by
  // their ids, weigh less than top-p of all.
  Value kept = r.generate(sizes, type, [&](Indices at) {
    Value own = r.load(weights, at), topP = parameter(at[0], 1);
    auto weight = [&](Value i) { return r.load(weights, {at[0], i}); };
    Value isNucleus = r.both(isDrawn(at[0]), r.less(topP, one));
    return r.onlyIf(isNucleus, own, [&] {
      Value before = r.sum(count, type, [&](Value i) {
        Value other = weight(i);
        Value tieBefore = r.both(r.equal(other, own), r.less(i, at[1]));
        return r.select(r.either(r.greater(other, own), tieBefore), other,
                        zero);
      });
      Value isFirst = r.equal(before, zero);
      Value isInside = r.less(before, r.mul(topP, r.sum(count, type, weight)));
      return r.select(r.either(isFirst, isInside), own, zero);
    });
  });
  return r.writeOne(out, [&](Indices at) {
    Value row = at[0], best = r.load(top, row);
    auto isBest = [&](Value i) {
      return r.equal(r.load(clean, {row, i}), best);
    };
    Value greedy = firstId(r, count, r.index(0), isBest);
    // All are -inf: 0.
    Value draws = r.both(isDrawn(row), r.greater(best, none));
    Value id = r.onlyIf(draws, greedy, [&] {
      auto weight = [&](Value i) { return r.load(kept, {row, i}); };
      Value point =
          r.mul(parameter(row, 2), r.sum(count, type, weight));
      // The first whose sum is beyond the point; the last kept one when
      // rounding leaves none.
      Values found = r.loop(
          r.index(0), count, {zero, greedy, r.boolean(false)},
          [&](Value i, ValueRange carried) {
            Value sum = r.add(carried[0], weight(i));
            Value isCandidate =
                r.both(r.equal(carried[2], r.boolean(false)),
                       r.less(zero, weight(i)));
            return Values{sum, r.select(isCandidate, i, carried[1]),
                          r.either(carried[2], r.less(point, sum))};
          });
      return found[1];
    });
    return arith::IndexCastOp::create(r.b, elementOf(out), id).getResult();
  });
}
