// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.router and emo.kernel.group_by_expert.
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

namespace {

/// Writes the routing of one token on f32 arrays in scratch memory.
class TokenRouter {
public:
  TokenRouter(Emit &e, KernelRouterOp op, int64_t routed) : e(e), op(op), routed(routed), f32(e.b.getF32Type()) {}

  /// The token's row of the pool, or null; `masked` says whether it masks anything.
  Value pool, masked;

  /// logits [routed + shared logits] -> scores in place, choices into `weights` and `indices` of the token, and into `scores` (or null) the
  /// scores of all routed experts.
  void run(Value logits, Value selection, Value bias, Value weights, Value indices, Value scores) {
    bool scoreFirst = op.getOrder() == RouteOrder::ScoreThenTopK;
    int64_t topK = op.getTopK();
    fillMasked(logits, -std::numeric_limits<double>::infinity());
    if (scores) {
      copy(logits, scores);
      scoreInPool(scores);
    }
    if (scoreFirst && scores)
      copy(scores, logits);
    else if (scoreFirst)
      scoreInPool(logits);
    if (topK == routed)
      chooseAll(logits, weights, indices);
    else
      chooseBest(logits, selection, bias, weights, indices);
    if (!scoreFirst)
      score(weights, topK);
    finish(weights, topK);
    appendShared(logits, weights, indices, topK);
  }

private:
  /// Nothing to choose: all experts, in the order of their indices.
  void chooseAll(Value scores, Value weights, Value indices) {
    e.loop(e.c(0), e.c(routed), 1, [&](Value j) {
      e.store(e.load(f32, e.at(scores, j, f32), 4), e.at(weights, j, f32), 4);
      e.store(e.toI32(j), e.at(indices, j, e.b.getI32Type()), 4);
    });
  }

  void copy(Value from, Value to) {
    e.eachVector(routed, [&](Value i, int lanes) { e.store(e.load(e.vec(lanes), e.at(from, i, f32)), e.at(to, i, f32)); });
  }

  /// `number` for the experts outside the pool.
  void fillMasked(Value values, double number) {
    if (!pool)
      return;
    e.onlyIf(masked, [&] {
      e.loop(e.c(0), e.c(routed), 1, [&](Value i) {
        Value kept = e.load(e.b.getI8Type(), e.bytesAt(pool, i));
        Value none = arith::ConstantOp::create(e.b, e.b.getI8IntegerAttr(0));
        e.onlyIf(arith::CmpIOp::create(e.b, arith::CmpIPredicate::eq, kept, none),
                 [&] { e.store(e.f32(number), e.at(values, i, f32), 4); });
      });
    });
  }

  /// A sigmoid of -inf is 0 up to rounding only.
  void scoreInPool(Value values) {
    score(values, routed);
    if (op.getScoring() == Scoring::Sigmoid)
      fillMasked(values, 0);
  }

  void chooseBest(Value logits, Value selection, Value bias, Value weights, Value indices) {
    e.eachVector(routed, [&](Value i, int lanes) {
      Value s = e.load(e.vec(lanes), e.at(logits, i, f32));
      if (bias)
        s = e.addf(s, e.loadF32(elementOf(op.getBias()), e.at(bias, i, elementOf(op.getBias())), lanes));
      e.store(s, e.at(selection, i, f32));
    });
    fillMasked(selection, -std::numeric_limits<double>::infinity()); // chosen last, whatever their bias
    e.loop(e.c(0), e.c(op.getTopK()), 1, [&](Value j) { choose(logits, selection, weights, indices, j); });
  }

  /// softmax or sigmoid of values[0..count), in place.
  void score(Value values, int64_t count) {
    if (op.getScoring() == Scoring::Sigmoid) {
      e.eachVector(count, [&](Value i, int lanes) {
        Value x = e.load(e.vec(lanes), e.at(values, i, f32));
        Value one = e.f32(1, lanes);
        e.store(e.divf(one, e.addf(one, e.exp(e.subf(e.f32(0, lanes), x)))), e.at(values, i, f32));
      });
      return;
    }
    Values top = e.loop(e.c(0), e.c(count), 1, ValueRange{e.f32(-std::numeric_limits<double>::infinity())}, [&](Value i, ValueRange c) {
      return Values{e.maxf(c[0], e.load(f32, e.at(values, i, f32), 4))};
    });
    Value sum = e.sumOver(count, [&](Value i, int lanes, Value carried) {
      Value p = e.exp(e.subf(e.load(e.vec(lanes), e.at(values, i, f32)), e.splat(top[0], lanes)));
      e.store(p, e.at(values, i, f32));
      return e.addf(carried, p);
    });
    e.eachVector(count, [&](Value i, int lanes) {
      Value p = e.load(e.vec(lanes), e.at(values, i, f32));
      e.store(e.divf(p, e.splat(sum, lanes)), e.at(values, i, f32));
    });
  }

  /// Choice j: the largest selection score, the lower index on ties; it is then taken out.
  void choose(Value scores, Value selection, Value weights, Value indices, Value j) {
    Value first = e.load(f32, selection, 4);
    Values best = e.loop(e.c(1), e.c(routed), 1, {first, e.c(0)}, [&](Value i, ValueRange carried) {
      Value s = e.load(f32, e.at(selection, i, f32), 4);
      // Taken experts are NaN: never larger, always replaced.
      Value better = arith::OrIOp::create(e.b, e.lessf(carried[0], s),
                                          e.both(isNan(carried[0]), arith::CmpFOp::create(e.b, arith::CmpFPredicate::ORD, s, s)));
      return Values{e.select(better, s, carried[0]), e.select(better, i, carried[1])};
    });
    e.store(e.load(f32, e.at(scores, best[1], f32), 4), e.at(weights, j, f32), 4);
    e.store(e.toI32(best[1]), e.at(indices, j, e.b.getI32Type()), 4);
    e.store(e.f32(std::numeric_limits<double>::quiet_NaN()), e.at(selection, best[1], f32), 4);
  }

  Value isNan(Value x) { return arith::CmpFOp::create(e.b, arith::CmpFPredicate::UNO, x, x); }

  void finish(Value weights, int64_t topK) {
    double scale = op.getScale().convertToDouble();
    Value factor = e.f32(scale);
    if (op.getNormalize()) {
      Value sum = e.f32(0);
      for (int64_t j = 0; j < topK; ++j)
        sum = e.addf(sum, e.load(f32, e.at(weights, j, f32), 4));
      factor = e.divf(factor, e.addf(sum, e.f32(op.getEpsilon().convertToDouble())));
    } else if (scale == 1) {
      return;
    }
    for (int64_t j = 0; j < topK; ++j)
      e.store(e.mulf(e.load(f32, e.at(weights, j, f32), 4), factor), e.at(weights, j, f32), 4);
  }

  void appendShared(Value logits, Value weights, Value indices, int64_t topK) {
    int64_t shared = op.getNumShared();
    int64_t rows = cast<MemRefType>(op.getWeight().getType()).getDimSize(0);
    Value sharedLogits = e.at(logits, routed, f32);
    if (rows > routed)
      softmaxShared(sharedLogits, shared);
    for (int64_t j = 0; j < shared; ++j) {
      Value weight = rows > routed ? e.load(f32, e.at(sharedLogits, j, f32), 4) : e.f32(1);
      e.store(weight, e.at(weights, topK + j, f32), 4);
      e.store(e.toI32(e.c(routed + j)), e.at(indices, topK + j, e.b.getI32Type()), 4);
    }
  }

  void softmaxShared(Value values, int64_t count) {
    Value top = e.load(f32, values, 4);
    for (int64_t j = 1; j < count; ++j)
      top = e.maxf(top, e.load(f32, e.at(values, j, f32), 4));
    Value sum = e.f32(0);
    Values exps;
    for (int64_t j = 0; j < count; ++j) {
      exps.push_back(e.exp(e.subf(e.load(f32, e.at(values, j, f32), 4), top)));
      sum = e.addf(sum, exps.back());
    }
    for (int64_t j = 0; j < count; ++j)
      e.store(e.divf(exps[j], sum), e.at(values, j, f32), 4);
  }

  Emit &e;
  KernelRouterOp op;
  int64_t routed;
  Type f32;
};

} // namespace

/// logits[r] = x . w[r] for rows r of the weights, four rows at a time: their loads of x are shared.
static void routerLogits(Emit &e, Value x, Type weightType, Value weights, Value logits, int64_t rows, int64_t size) {
  Type f32 = e.b.getF32Type();
  int64_t whole = size / e.lanes() * e.lanes();
  auto block = [&](Value first, int count) {
    Values sums = e.loop(e.c(0), e.c(whole), e.lanes(), Values(count, e.f32(0, e.lanes())), [&](Value i, ValueRange carried) {
      Value v = e.load(e.vec(e.lanes()), e.at(x, i, f32));
      Values next;
      for (int r = 0; r < count; ++r) {
        Value w = e.loadF32(weightType, e.at(weights, e.add(e.mul(e.add(first, r), size), i), weightType), e.lanes());
        next.push_back(e.fma(v, w, carried[r]));
      }
      return next;
    });
    for (int r = 0; r < count; ++r) {
      Value sum = e.reduceAdd(sums[r]);
      if (whole != size)
        sum = e.loop(e.c(whole), e.c(size), 1, ValueRange{sum}, [&](Value i, ValueRange carried) {
          Value w = e.loadScalar(weightType, e.at(weights, e.add(e.mul(e.add(first, r), size), i), weightType));
          return Values{e.fma(e.load(f32, e.at(x, i, f32), 4), w, carried[0])};
        })[0];
      e.store(sum, e.at(logits, e.add(first, r), f32), 4);
    }
  };
  int64_t blocks = rows / 4 * 4;
  e.loop(e.c(0), e.c(blocks), 4, [&](Value r) { block(r, 4); });
  e.loop(e.c(blocks), e.c(rows), 1, [&](Value r) { block(r, 1); });
}

bool emo::cpu::lowerRouter(KernelRouterOp op, KernelLibrary &library) {
  Value x = op.getX(), weight = op.getWeight();
  Type xType = elementOf(x), weightType = elementOf(weight);
  int64_t size = cast<MemRefType>(x.getType()).getDimSize(1);
  int64_t rows = cast<MemRefType>(weight.getType()).getDimSize(0);
  int64_t choices = cast<MemRefType>(op.getOuts()[0].getType()).getDimSize(1);
  int64_t routed = rows - (op.getSharedScored() ? op.getNumShared() : 0);
  int64_t logitsStart = llvm::alignTo(size * 4, 64), selectionStart = logitsStart + llvm::alignTo(rows * 4, 64);
  constexpr int64_t kTokens = 8;
  // Operands that not every router has, by their position among the launch's.
  Values operands = {x, weight, op.getOuts()[0], op.getOuts()[1], Host(op).dim(x, 0)};
  auto optional = [&](Value operand) {
    if (operand)
      operands.push_back(operand);
    return operand ? int(operands.size()) - 1 : 0;
  };
  int biasAt = optional(op.getBias()), poolAt = optional(op.getPool());
  int strideAt = optional(op.getPool() ? Host(op).stride(op.getPool(), 0) : Value()), segmentsAt = optional(op.getSegments());
  int scoresAt = optional(op.getOuts().size() == 3 ? op.getOuts()[2] : Value());
  StringRef name = library.get("router_" + Twine(size) + "x" + Twine(rows), keyOf(op), /*sameInBase=*/true, [&](KernelArgs &args) {
    Emit &e = args.e;
    Type f32 = e.b.getF32Type();
    Value from = args.ptr(0), matrix = args.ptr(1), weights = args.ptr(2), indices = args.ptr(3);
    Value bias = biasAt ? args.ptr(biasAt) : Value();
    Value logits = e.bytesAt(args.scratch, logitsStart), selection = e.bytesAt(args.scratch, selectionStart);
    Value first = e.mul(args.task, kTokens);
    e.loop(first, e.min(args.integer(4), e.add(first, kTokens)), 1, [&](Value token) {
      Value row = e.mul(token, size);
      e.eachVector(size, [&](Value i, int lanes) {
        e.store(e.loadF32(xType, e.at(from, e.add(row, i), xType), lanes), e.at(args.scratch, i, f32));
      });
      routerLogits(e, args.scratch, weightType, matrix, logits, rows, size);
      Value choice = e.mul(token, choices);
      TokenRouter router(e, op, routed);
      if (poolAt) {
        Value segment = segmentsAt ? e.loadI32(args.ptr(segmentsAt), token) : e.c(0);
        router.masked = e.less(e.c(-1), segment);
        router.pool = e.bytesAt(args.ptr(poolAt), e.mul(e.max(segment, e.c(0)), args.integer(strideAt)));
      }
      Value scores = scoresAt ? e.at(args.ptr(scoresAt), e.mul(token, routed), f32) : Value();
      router.run(logits, selection, bias, e.at(weights, choice, f32), e.at(indices, choice, e.b.getI32Type()), scores);
    });
  });
  TaskHost host(op);
  host.launch(name, operands, host.ceilDiv(operands[4], kTokens), host.c(selectionStart + llvm::alignTo(rows * 4, 64)));
  op.erase();
  return true;
}

/// A counting sort by one task: tens of microseconds even for thousands of tokens, and stable by construction.
bool emo::cpu::lowerGroupByExpert(KernelGroupByExpertOp op, KernelLibrary &library) {
  int64_t choices = cast<MemRefType>(op.getIndices().getType()).getDimSize(1);
  int64_t experts = cast<MemRefType>(op.getOuts()[0].getType()).getDimSize(0) - 1;
  StringRef name = library.get("group_by_expert_" + Twine(experts), keyOf(op), /*sameInBase=*/true, [&](KernelArgs &args) {
    Emit &e = args.e;
    Type i32 = e.b.getI32Type();
    Value indices = args.ptr(0), offsets = args.ptr(1), tokens = args.ptr(2), inverse = args.ptr(3);
    Value total = e.mul(args.integer(4), choices);
    Value next = args.scratch; // next free row of each expert
    auto put = [&](Value value, Value base, Value index) { e.store(e.toI32(value), e.at(base, index, i32), 4); };
    e.loop(e.c(0), e.c(experts), 1, [&](Value expert) { put(e.c(0), next, expert); });
    e.loop(e.c(0), total, 1, [&](Value i) {
      Value expert = e.loadI32(indices, i);
      put(e.add(e.loadI32(next, expert), 1), next, expert);
    });
    Values end = e.loop(e.c(0), e.c(experts), 1, ValueRange{e.c(0)}, [&](Value expert, ValueRange carried) {
      Value count = e.loadI32(next, expert);
      put(carried[0], offsets, expert);
      put(carried[0], next, expert);
      return Values{e.add(carried[0], count)};
    });
    put(end[0], offsets, e.c(experts));
    e.loop(e.c(0), total, 1, [&](Value i) {
      Value expert = e.loadI32(indices, i);
      Value row = e.loadI32(next, expert);
      put(e.add(row, 1), next, expert);
      put(e.div(i, e.c(choices)), tokens, row);
      put(row, inverse, i);
    });
  });
  TaskHost host(op);
  host.launch(name, {op.getIndices(), op.getOuts()[0], op.getOuts()[1], op.getOuts()[2], host.dim(op.getIndices(), 0)}, host.c(1),
              host.c((experts + 1) * 4));
  op.erase();
  return true;
}
