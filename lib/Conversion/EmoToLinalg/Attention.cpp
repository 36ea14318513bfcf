// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference lowering of attention: what emo.attention and emo.kernel.attention
// share.
#include "Reference.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

Value reference::storeKeys(Reference &r, Value keys, Value start, Value store) {
  Value length = r.dim(keys, 1);
  return r
      .write(store,
             [&](Indices at, ValueRange old) {
               // Position c of the store is token c - start[b] of the call, if
               // it is one.
               Value token =
                   start ? r.sub(at[2], r.loadIndex(start, at[0])) : at[2];
               Value isNew =
                   r.both(r.less(r.index(-1), token), r.less(token, length));
               return Values{r.onlyIf(isNew, old[0], [&] {
                 return r.toFloat(r.load(keys, {at[0], token, at[1], at[3]}),
                                  elementOf(store));
               })};
             })
      .front();
}

Value reference::attend(Reference &r, Value q,
                        function_ref<Value(Indices, Type)> key,
                        function_ref<Value(Indices, Type)> value,
                        OpFoldResult kvHeads, Value start, Value segments,
                        const AttentionOptions &options, Value out) {
  Type type = computeType({q, out});
  Sizes sizes = r.sizes(q); // [B, S, Hq, D]
  Value depth = r.asValue(sizes[3]);
  Value group = r.div(r.asValue(sizes[2]), r.asValue(kvHeads));
  // No position from here on is seen. (Not the capacity of the stores: nothing
  // may be as large as a KV cache.)
  OpFoldResult capacity = sizes[1];
  if (start)
    capacity =
        r.loop(r.index(0), r.asValue(sizes[0]), r.asValue(sizes[1]),
               [&](Value b, ValueRange largest) {
                 Value end = r.add(r.loadIndex(start, b), r.asValue(sizes[1]));
                 return Values{arith::MaxSIOp::create(r.b, largest[0], end)};
               })
            .front();
  // How many positions query s of row b sees, before documents.
  auto end = [&](Value b, Value s) {
    Value last = options.causal ? r.add(s, r.index(1)) : r.asValue(sizes[1]);
    return start ? r.add(last, r.loadIndex(start, b)) : last;
  };
  auto sees = [&](Value b, Value s, Value t) {
    Value visible = r.less(t, end(b, s));
    if (!segments)
      return visible;
    return r.onlyIf(visible, r.boolean(false), [&] {
      return r.equal(r.load(segments, {b, s}), r.load(segments, {b, t}));
    });
  };

  Value none = r.negativeInfinity(type), scale = r.real(type, options.scale);
  Value scores = r.generate(
      {sizes[0], sizes[2], sizes[1], capacity}, type, [&](Indices at) {
        Value b = at[0], h = at[1], s = at[2], t = at[3];
        return r.onlyIf(sees(b, s, t), none, [&] {
          Value kvHead = r.div(h, group);
          Value dot = r.sum(depth, type, [&](Value d) {
            return r.mul(r.loadFloat(q, {b, s, h, d}, type),
                         key({b, t, kvHead, d}, type));
          });
          return r.mul(dot, scale);
        });
      });
  Value top = r.generate({sizes[0], sizes[2], sizes[1]}, type, [&](Indices at) {
    return r.maximum(end(at[0], at[2]), type, [&](Value t) {
      return r.load(scores, {at[0], at[1], at[2], t});
    });
  });
  auto power = [&](Value b, Value h, Value s, Value t) {
    return r.exp(r.sub(r.load(scores, {b, h, s, t}), r.load(top, {b, h, s})));
  };
  Value total =
      r.generate({sizes[0], sizes[2], sizes[1]}, type, [&](Indices at) {
        return r.sum(end(at[0], at[2]), type,
                     [&](Value t) { return power(at[0], at[1], at[2], t); });
      });
  Value weights = r.generate({sizes[0], sizes[2], sizes[1], capacity}, type,
                             [&](Indices at) {
                               return r.div(power(at[0], at[1], at[2], at[3]),
                                            r.load(total, at.drop_back()));
                             });
  return r.writeOne(out, [&](Indices at) {
    Value b = at[0], s = at[1], h = at[2], d = at[3];
    Value kvHead = r.div(h, group);
    Value sum = r.sum(end(b, s), type, [&](Value t) {
      return r.mul(r.load(weights, {b, h, s, t}),
                   value({b, t, kvHead, d}, type));
    });
    return r.toFloat(sum, elementOf(out));
  });
}
