// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row-wise kernels: rms_norm, row_dot, gather_rows, combine. A warp has a row; its lanes take groups of elements in turn.
#include "Alignment.h"
#include "Kernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 128, kWarps = kThreads / 32;
/// Of a block that works on one row.
static constexpr int64_t kMostThreads = 512;
/// So many elements of a row a lane may keep in registers.
static constexpr int64_t kHeldElements = 64;

/// body(first element, elements) for the lane's share of a row of `size` elements.
static void eachGroup(DeviceEmit &e, int64_t size, Fn<void(Value, int)> body) {
  int lanes = e.lanes();
  e.loop(e.mul(e.lane(), lanes), e.c(size), 32 * lanes, [&](Value i) { body(i, lanes); });
}

static Value sumGroups(DeviceEmit &e, int64_t size, Fn<Value(Value index, int lanes, Value sum)> body) {
  int lanes = e.lanes();
  Values sums = e.loop(e.mul(e.lane(), lanes), e.c(size), 32 * lanes, ValueRange{e.f32(0, lanes)},
                       [&](Value i, ValueRange carried) { return Values{body(i, lanes, carried[0])}; });
  return e.warpAdd(e.reduceAdd(sums[0]));
}

/// Whether the lanes of a warp have equally many groups of a row, and few enough to keep them in registers.
static bool canHold(int64_t size, int lanes) { return size % (32 * lanes) == 0 && size / 32 <= kHeldElements; }

/// Where the lane's groups of a row begin, and load(place) of them: all loads are under way at once.
static std::pair<Values, Values> holdRow(DeviceEmit &e, int64_t size, Fn<Value(Value)> load) {
  Values places, groups;
  for (int64_t i = 0; i < size; i += 32 * e.lanes()) {
    places.push_back(e.add(e.mul(e.lane(), e.lanes()), i));
    groups.push_back(load(places.back()));
  }
  return {places, groups};
}

/// body(row) when this warp has a row below `rows`.
static void ownRow(DeviceEmit &e, Value rows, Fn<void(Value)> body) {
  Value row = e.add(e.mul(e.block(), kWarps), e.warp());
  e.onlyIf(e.less(row, rows), [&] { body(row); });
}

/// Kernels for equal types may take groups of different sizes, because alignment comes from where memrefs come from.
static std::string kernelKey(Operation *op, const KernelShape &shape) { return keyOf(op) + ";" + std::to_string(shape.lanes); }

/// 1 / the root mean square of a row, from the sum of its squares.
static Value inverseRms(DeviceEmit &e, KernelRmsNormOp op, Value squares) {
  int64_t size = cast<MemRefType>(op.getX().getType()).getDimSize(1);
  Value mean = e.addf(e.divf(squares, e.f32(size)), e.f32(op.getEpsilon().convertToDouble()));
  return e.divf(e.f32(1), e.sqrt(mean));
}

/// Stores elements `x` of a row's norm at place `i` of the row at `to`.
static void storeNorm(DeviceEmit &e, KernelRmsNormOp op, Value x, Value inverse, Value weight, Value to, Value i) {
  Type out = elementOf(op.getOuts()[0]);
  int lanes = cast<VectorType>(x.getType()).getDimSize(0);
  e.storeF32(e.mulf(e.mulf(x, e.splat(inverse, lanes)), weight), out, e.at(to, i, out));
}

/// The norm of a row from its squares: element(i, lanes) gives elements of the row, 0 <= i < size. each(body) calls body(i, lanes) for those of
/// the thread.
static void writeNorm(DeviceEmit &e, KernelRmsNormOp op, Value squares, Value weights, Value to, Fn<void(Fn<void(Value, int)>)> each,
                      Fn<Value(Value, int)> element) {
  Type weight = elementOf(op.getWeight());
  Value inverse = inverseRms(e, op, squares);
  each([&](Value i, int lanes) { storeNorm(e, op, element(i, lanes), inverse, e.loadF32(weight, e.at(weights, i, weight), lanes), to, i); });
}

static void launchRmsNorm(KernelRmsNormOp op, DeviceHost &host, KernelLibrary &library) {
  Value x = op.getX(), weight = op.getWeight(), out = op.getOuts()[0];
  int64_t size = cast<MemRefType>(x.getType()).getDimSize(1);
  KernelShape shape{kThreads, groupFor({x, weight, out}, size), 0};
  Value rows = host.dim(x, 0);
  Values operands = {x, weight, out, rows, host.stride(x, 0)};
  StringRef name = library.get("rms_norm_" + Twine(size), kernelKey(op, shape), shape, operands, [&](DeviceEmit &e, ValueRange args) {
    ownRow(e, args[3], [&](Value row) {
      Value from = e.rowAt(args[0], row, args[4], elementOf(x)), to = e.rowAt(args[2], row, size, elementOf(out));
      auto element = [&](Value i, int lanes) { return e.loadF32(elementOf(x), e.at(from, i, elementOf(x)), lanes); };
      if (canHold(size, shape.lanes)) {
        auto [places, groups] = holdRow(e, size, [&](Value i) { return element(i, shape.lanes); });
        // Asked for before the sum is known.
        auto loadWeight = [&](Value i) { return e.loadF32(elementOf(weight), e.at(args[1], i, elementOf(weight)), shape.lanes); };
        Values weights = holdRow(e, size, loadWeight).second;
        Value sum = e.f32(0, shape.lanes);
        for (Value v : groups)
          sum = e.fma(v, v, sum);
        Value inverse = inverseRms(e, op, e.warpAdd(e.reduceAdd(sum)));
        for (auto [i, group, w] : llvm::zip_equal(places, groups, weights))
          storeNorm(e, op, group, inverse, w, to, i);
        return;
      }
      Value squares = sumGroups(e, size, [&](Value i, int lanes, Value sum) {
        Value v = element(i, lanes);
        return e.fma(v, v, sum);
      });
      writeNorm(e, op, squares, args[1], to, [&](Fn<void(Value, int)> body) { eachGroup(e, size, body); }, element);
    });
  });
  host.launch(name, operands, host.ceilDiv(rows, kWarps), shape);
}

bool emo::cuda::lowerRmsNorm(KernelRmsNormOp op, KernelLibrary &library) {
  DeviceHost host(op);
  launchRmsNorm(op, host, library);
  op.erase();
  return true;
}

bool emo::cuda::lowerGatherRows(KernelGatherRowsOp op, KernelLibrary &library) {
  Value table = op.getTable(), ids = op.getIds(), out = op.getOuts()[0];
  Type element = elementOf(table), index = elementOf(ids);
  int64_t size = cast<MemRefType>(table.getType()).getDimSize(1);
  KernelShape shape{kThreads, groupFor({table, out}, size), 0};
  DeviceHost host(op);
  Value rows = host.dim(ids, 0);
  Values operands = {table, ids, out, rows};
  StringRef name = library.get("gather_rows_" + Twine(size), kernelKey(op, shape), shape, operands, [&](DeviceEmit &e, ValueRange args) {
    ownRow(e, args[3], [&](Value row) {
      Value id = e.load(index, e.at(args[1], row, index), bytesOf(index));
      Value from = e.rowAt(args[0], id, size, element), to = e.rowAt(args[2], row, size, element);
      Type raw = e.vec(shape.lanes, e.b.getIntegerType(element.getIntOrFloatBitWidth())); // bits as they are
      auto load = [&](Value i) { return e.load(raw, e.at(from, i, element)); };
      auto store = [&](Value i, Value group) { e.store(group, e.at(to, i, element)); };
      if (canHold(size, shape.lanes)) {
        auto [places, groups] = holdRow(e, size, load);
        for (auto [i, group] : llvm::zip_equal(places, groups))
          store(i, group);
      } else {
        eachGroup(e, size, [&](Value i, int) { store(i, load(i)); });
      }
    });
  });
  host.launch(name, operands, host.ceilDiv(rows, kWarps), shape);
  op.erase();
  return true;
}

bool emo::cuda::lowerRowDot(KernelRowDotOp op, KernelLibrary &library) {
  Value a = op.getA(), b = op.getB(), out = op.getOuts()[0];
  int64_t size = cast<MemRefType>(a.getType()).getDimSize(1);
  KernelShape shape{kThreads, groupFor({a, b}, size), 0};
  DeviceHost host(op);
  Value rows = host.dim(a, 0);
  Values operands = {a, b, out, rows, host.stride(a, 0), host.stride(b, 0)};
  StringRef name = library.get("row_dot_" + Twine(size), kernelKey(op, shape), shape, operands, [&](DeviceEmit &e, ValueRange args) {
    ownRow(e, args[3], [&](Value row) {
      Value first = e.rowAt(args[0], row, args[4], elementOf(a)), second = e.rowAt(args[1], row, args[5], elementOf(b));
      Value sum = sumGroups(e, size, [&](Value i, int lanes, Value carried) {
        Value x = e.loadF32(elementOf(a), e.at(first, i, elementOf(a)), lanes);
        return e.fma(x, e.loadF32(elementOf(b), e.at(second, i, elementOf(b)), lanes), carried);
      });
      e.onlyIf(e.equal(e.lane(), e.c(0)), [&] { e.store(sum, e.elementAt(args[2], row, e.b.getF32Type()), 4); });
    });
  });
  host.launch(name, operands, host.ceilDiv(rows, kWarps), shape);
  op.erase();
  return true;
}

namespace {

/// Sums of groups of columns of a token; the rows of a sum are all under way at once.
class CombineWriter {
public:
  CombineWriter(DeviceEmit &e, KernelCombineOp op, ValueRange args) : e(e), op(op), args(args) {
    size = cast<MemRefType>(op.getRows().getType()).getDimSize(1);
    choices = cast<MemRefType>(op.getWeights().getType()).getDimSize(1);
    tokens = args[3 + op.getExtras().size() + op.getOuts().size()];
  }

  /// A thread has a group, so that lanes side by side read side by side.
  void write() {
    int lanes = e.lanes();
    int64_t groups = size / lanes;
    Value number = e.add(e.mul(e.block(), e.threads), e.thread());
    Value token = e.div(number, e.c(groups));
    e.onlyIf(e.less(token, tokens), [&] { write(token, e.mul(e.rem(number, e.c(groups)), lanes)); });
  }

  /// A warp has a token, whose results it normalises: `norm` reads result `result`.
  void writeWithNorm(KernelRmsNormOp norm, int result, Value weights, Value out) {
    ownRow(e, tokens, [&](Value token) {
      Value squares = sumGroups(e, size, [&](Value i, int lanes, Value sum) {
        Value v = write(token, i)[result];
        return e.fma(v, v, sum);
      });
      writeNormOf(norm, result, token, squares, weights, out, [&](Fn<void(Value, int)> body) { eachGroup(e, size, body); });
    });
  }

  /// The same by a block for each token: of few tokens, warps would not use the device. Shared memory: 4 bytes for each warp.
  void writeWithNormTogether(KernelRmsNormOp norm, int result, Value weights, Value out) {
    Value token = e.block();
    int lanes = e.lanes();
    Value first = e.mul(e.thread(), lanes);
    if (e.threads * lanes == size) { // threads have a group each, and keep it
      Type weight = elementOf(norm.getWeight());
      Value own = e.loadF32(weight, e.at(weights, first, weight), lanes);
      Value held = e.rounded(elementOf(op.getOuts()[result]), write(token, first)[result]);
      Value inverse = inverseRms(e, norm, sumOfBlock(e.mulf(held, held)));
      storeNorm(e, norm, held, inverse, own, normRow(norm, token, out), first);
      return;
    }
    Values sums = e.loop(first, e.c(size), e.threads * lanes, ValueRange{e.f32(0, lanes)}, [&](Value i, ValueRange carried) {
      Value v = write(token, i)[result];
      return Values{e.fma(v, v, carried[0])};
    });
    writeNormOf(norm, result, token, sumOfBlock(sums[0]), weights, out, [&](Fn<void(Value, int)> body) {
      e.loop(first, e.c(size), e.threads * lanes, [&](Value i) { body(i, lanes); });
    });
  }

private:
  /// A thread reads what it has written itself.
  void writeNormOf(KernelRmsNormOp norm, int result, Value token, Value squares, Value weights, Value out, Fn<void(Fn<void(Value, int)>)> each) {
    Type element = elementOf(op.getOuts()[result]);
    Value from = e.rowAt(args[3 + op.getExtras().size() + result], token, size, element);
    writeNorm(e, norm, squares, weights, normRow(norm, token, out), each,
              [&](Value i, int lanes) { return e.loadF32(element, e.at(from, i, element), lanes); });
  }

  Value normRow(KernelRmsNormOp norm, Value token, Value out) { return e.rowAt(out, token, size, elementOf(norm.getOuts()[0])); }

  /// The sum of all threads' vectors, in a fixed order.
  Value sumOfBlock(Value vector) {
    Type f32 = e.b.getF32Type();
    Value ofWarp = e.warpAdd(e.reduceAdd(vector));
    e.onlyIf(e.equal(e.lane(), e.c(0)), [&] { e.store(ofWarp, e.at(e.shared(), e.warp(), f32), 4); });
    e.barrier();
    Value sum = e.f32(0);
    for (int warp = 0; warp < e.warps(); ++warp)
      sum = e.addf(sum, e.load(f32, e.at(e.shared(), e.c(warp), f32), 4));
    return sum;
  }

  /// Computes and stores one group, and gives what was stored.
  Values write(Value token, Value column) {
    Values inputs = {sum(token, column)};
    for (auto [i, extra] : llvm::enumerate(op.getExtras()))
      inputs.push_back(loadExtra(i, extra, token, column));
    Values results = *inlineBody(e, op.getBody(), inputs);
    for (auto [i, out] : llvm::enumerate(op.getOuts())) {
      Value row = e.rowAt(args[3 + op.getExtras().size() + i], token, size, elementOf(out));
      e.storeF32(results[i], elementOf(out), e.at(row, column, elementOf(out)));
    }
    return results;
  }

  /// Rows under way at once; with more choices than twice as many they are a loop.
  static constexpr int64_t kBatch = 8;

  Value sum(Value token, Value column) {
    int lanes = e.lanes();
    Type element = elementOf(op.getRows()), weight = elementOf(op.getWeights()), i32 = e.b.getI32Type();
    Value positions = e.rowAt(args[2], token, choices, i32), factors = e.rowAt(args[1], token, choices, weight);
    auto rowAt = [&](Value position) { return e.loadF32(element, e.at(e.rowAt(args[0], position, size, element), column, element), lanes); };
    Value zero = e.f32(0, lanes);
    if (choices > 2 * kBatch)
      return e.repeatedLoop(e.c(0), e.c(choices), 1, kBatch, zero, [&](Value j, ValueRange carried) {
        Value factor = e.splat(e.loadScalar(weight, e.at(factors, j, weight)), lanes);
        return Values{e.fma(factor, rowAt(e.loadI32(positions, j)), carried[0])};
      })[0];
    Values position, factor;
    for (int64_t j = 0; j < choices; ++j) {
      position.push_back(e.load(i32, e.at(positions, j, i32), 4));
      factor.push_back(e.loadScalar(weight, e.at(factors, j, weight)));
    }
    Value total = zero;
    for (int64_t first = 0; first < choices; first += kBatch) {
      int64_t end = std::min(choices, first + kBatch);
      Values batch;
      for (int64_t j = first; j < end; ++j)
        batch.push_back(rowAt(position[j]));
      for (int64_t j = first; j < end; ++j)
        total = e.fma(e.splat(factor[j], lanes), batch[j - first], total);
    }
    return total;
  }

  Value loadExtra(int64_t i, Value extra, Value token, Value column) {
    Type type = elementOf(extra);
    Value base = args[3 + i];
    switch (cast<OperandKindAttr>(op.getKinds()[i]).getValue()) {
    case OperandKind::Row:
      return e.splat(e.loadScalar(type, e.elementAt(base, token, type)), e.lanes());
    case OperandKind::Column:
      return e.loadF32(type, e.at(base, column, type), e.lanes());
    case OperandKind::Element:
      return e.loadF32(type, e.at(e.rowAt(base, token, size, type), column, type), e.lanes());
    }
    llvm_unreachable("unknown kind");
  }

  DeviceEmit &e;
  KernelCombineOp op;
  ValueRange args;
  int64_t size, choices;
  Value tokens;
};

} // namespace

/// With a norm: by a block for each token (`together`) or a warp.
static void launchCombine(KernelCombineOp op, KernelRmsNormOp norm, bool together, DeviceHost &host, KernelLibrary &library) {
  Value rows = op.getRows(), weights = op.getWeights();
  Values operands = {rows, weights, op.getInverse()}, grouped = {rows};
  llvm::append_range(operands, op.getExtras());
  llvm::append_range(operands, op.getOuts());
  int64_t size = cast<MemRefType>(rows.getType()).getDimSize(1), choices = cast<MemRefType>(weights.getType()).getDimSize(1);
  llvm::append_range(grouped, op.getOuts());
  for (auto [extra, kind] : llvm::zip_equal(op.getExtras(), op.getKinds().getAsRange<OperandKindAttr>()))
    if (kind.getValue() != OperandKind::Row)
      grouped.push_back(extra);
  Value tokens = host.dim(weights, 0);
  operands.push_back(tokens);
  std::string kind = ("combine_" + Twine(choices) + "x" + Twine(size)).str();
  if (!norm) {
    KernelShape shape{kThreads, groupFor(grouped, size), 0};
    StringRef name = library.get(kind, kernelKey(op, shape), shape, operands,
                                 [&](DeviceEmit &e, ValueRange args) { CombineWriter(e, op, args).write(); });
    host.launch(name, operands, host.ceilDiv(host.mul(tokens, host.c(size / shape.lanes)), kThreads), shape);
    return;
  }
  grouped.append({norm.getWeight(), norm.getOuts()[0]});
  KernelShape shape{kThreads, groupFor(grouped, size), 0};
  if (together) {
    int64_t groups = size / shape.lanes;
    if (groups % 32 == 0 && groups <= kMostThreads)
      shape.threads = int(groups);
    shape.sharedBytes = shape.threads / 32 * 4;
  }
  size_t count = operands.size();
  operands.append({norm.getWeight(), norm.getOuts()[0]});
  int result = llvm::find(op.getOuts(), norm.getX()) - op.getOuts().begin();
  StringRef name = library.get(kind + (together ? "_norm_few" : "_norm"), kernelKey(op, shape) + keyOf(norm), shape, operands,
                               [&](DeviceEmit &e, ValueRange args) {
    CombineWriter writer(e, op, args);
    if (together)
      writer.writeWithNormTogether(norm, result, args[count], args[count + 1]);
    else
      writer.writeWithNorm(norm, result, args[count], args[count + 1]);
  });
  host.launch(name, operands, together ? tokens : host.ceilDiv(tokens, kWarps), shape);
}

bool emo::cuda::lowerCombine(KernelCombineOp op, KernelLibrary &library) {
  if (cast<MemRefType>(op.getRows().getType()).getDimSize(1) == 0)
    return false;
  auto norm = kernelBehind<KernelRmsNormOp>(op);
  if (norm && !llvm::is_contained(op.getOuts(), norm.getX()))
    norm = {};
  if (!norm) {
    DeviceHost host(op);
    launchCombine(op, {}, false, host, library);
    op.erase();
    return true;
  }
  DeviceHost host(norm);
  Value isFew = arith::CmpIOp::create(host.b, arith::CmpIPredicate::ult, host.dim(op.getWeights(), 0), host.c(kFewTokens));
  auto branch = scf::IfOp::create(host.b, isFew, /*withElseRegion=*/true);
  host.b.setInsertionPointToStart(branch.thenBlock());
  launchCombine(op, norm, /*together=*/true, host, library);
  host.b.setInsertionPointToStart(branch.elseBlock());
  launchCombine(op, norm, /*together=*/false, host, library);
  norm->setAttr(kLoweredAttr, host.b.getUnitAttr());
  op.erase();
  return true;
}
