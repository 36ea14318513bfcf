// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row-wise kernels: rms_norm, row_dot, gather_rows, combine. A warp has a row; its lanes take groups of elements in turn.
#include "Kernels.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 128, kWarps = kThreads / 32;

/// Elements that a lane takes at once: 16 bytes of `type` where rows of `size` elements, `stride` apart, are so aligned; 1 otherwise.
static int lanesFor(ArrayRef<Type> types, ArrayRef<int64_t> multiples) {
  int64_t bytes = 2;
  for (Type type : types)
    bytes = std::max(bytes, bytesOf(type));
  for (int lanes = 16 / bytes; lanes > 1; lanes /= 2)
    if (llvm::all_of(multiples, [&](int64_t m) { return m != ShapedType::kDynamic && m % lanes == 0; }))
      return lanes;
  return 1;
}

/// The static distance between rows, or kDynamic.
static int64_t rowStride(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) && strides.size() == 2 ? strides[0] : ShapedType::kDynamic;
}

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

/// body(row) when this warp has a row below `rows`.
static void ownRow(DeviceEmit &e, Value rows, Fn<void(Value)> body) {
  Value row = e.add(e.mul(e.block(), kWarps), e.warp());
  e.onlyIf(e.less(row, rows), [&] { body(row); });
}

static bool isDense(Value v) { return cast<MemRefType>(v.getType()).getLayout().isIdentity(); }

bool emo::cuda::lowerRmsNorm(KernelRmsNormOp op, KernelLibrary &library) {
  Value x = op.getX(), weight = op.getWeight(), out = op.getOuts()[0];
  for (Value v : {x, weight, out})
    if (!isKernelType(elementOf(v)) || !hasDenseRows(v))
      return false;
  if (!isDense(out))
    return false;
  int64_t size = cast<MemRefType>(x.getType()).getDimSize(1);
  KernelShape shape{kThreads, lanesFor({elementOf(x), elementOf(weight), elementOf(out)}, {size, rowStride(x)}), 0};
  DeviceHost host(op);
  Value rows = host.dim(x, 0);
  Values operands = {x, weight, out, rows, host.stride(x, 0)};
  StringRef name = library.get("rms_norm_" + Twine(size), keyOf(op), shape, operands, [&](DeviceEmit &e, ValueRange args) {
    ownRow(e, args[3], [&](Value row) {
      Value from = e.rowAt(args[0], row, args[4], elementOf(x)), to = e.rowAt(args[2], row, size, elementOf(out));
      Value squares = sumGroups(e, size, [&](Value i, int lanes, Value sum) {
        Value v = e.loadF32(elementOf(x), e.at(from, i, elementOf(x)), lanes);
        return e.fma(v, v, sum);
      });
      Value mean = e.addf(e.divf(squares, e.f32(size)), e.f32(op.getEpsilon().convertToDouble()));
      Value inverse = e.divf(e.f32(1), e.sqrt(mean));
      eachGroup(e, size, [&](Value i, int lanes) {
        Value v = e.loadF32(elementOf(x), e.at(from, i, elementOf(x)), lanes);
        Value w = e.loadF32(elementOf(weight), e.at(args[1], i, elementOf(weight)), lanes);
        e.storeF32(e.mulf(e.mulf(v, e.splat(inverse, lanes)), w), elementOf(out), e.at(to, i, elementOf(out)));
      });
    });
  });
  host.launch(name, operands, host.ceilDiv(rows, kWarps), shape);
  op.erase();
  return true;
}

bool emo::cuda::lowerGatherRows(KernelGatherRowsOp op, KernelLibrary &library) {
  Value table = op.getTable(), ids = op.getIds(), out = op.getOuts()[0];
  Type element = elementOf(table), index = elementOf(ids);
  if (!isKernelType(element) || elementOf(out) != element || !isDense(table) || !isDense(ids) || !isDense(out) ||
      !(index.isInteger(32) || index.isInteger(64)))
    return false;
  int64_t size = cast<MemRefType>(table.getType()).getDimSize(1);
  KernelShape shape{kThreads, lanesFor({element}, {size}), 0};
  DeviceHost host(op);
  Value rows = host.dim(ids, 0);
  Values operands = {table, ids, out, rows};
  StringRef name = library.get("gather_rows_" + Twine(size), keyOf(op), shape, operands, [&](DeviceEmit &e, ValueRange args) {
    ownRow(e, args[3], [&](Value row) {
      Value id = e.load(index, e.at(args[1], row, index), bytesOf(index));
      Value from = e.rowAt(args[0], id, size, element), to = e.rowAt(args[2], row, size, element);
      eachGroup(e, size, [&](Value i, int lanes) {
        Type raw = e.vec(lanes, e.b.getIntegerType(element.getIntOrFloatBitWidth())); // bits as they are
        e.store(e.load(raw, e.at(from, i, element)), e.at(to, i, element));
      });
    });
  });
  host.launch(name, operands, host.ceilDiv(rows, kWarps), shape);
  op.erase();
  return true;
}

bool emo::cuda::lowerRowDot(KernelRowDotOp, KernelLibrary &) { return false; }
bool emo::cuda::lowerCombine(KernelCombineOp, KernelLibrary &) { return false; }
