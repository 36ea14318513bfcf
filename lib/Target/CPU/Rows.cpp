// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row-wise kernels: rms_norm, row_dot, gather_rows, combine.
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

/// Rows of a task: about 64 KiB of input each.
static int64_t rowsPerTask(int64_t rowElements) { return std::clamp<int64_t>((32 << 10) / std::max<int64_t>(rowElements, 1), 1, 64); }

/// body(row) for the rows of this task; argument `rowsArgument` of the launch is their number.
static void eachRow(KernelArgs &args, int64_t perTask, int rowsArgument, Fn<void(Value)> body) {
  Emit &e = args.e;
  Value first = e.mul(args.task, perTask);
  Value end = e.min(args.integer(rowsArgument), e.add(first, perTask));
  e.loop(first, end, 1, body);
}

bool emo::cpu::lowerRmsNorm(KernelRmsNormOp op, KernelLibrary &library) {
  Value x = op.getX(), weight = op.getWeight(), out = op.getOuts()[0];
  int64_t size = cast<MemRefType>(x.getType()).getDimSize(1);
  int64_t perTask = rowsPerTask(size);
  StringRef name = library.get("rms_norm_" + Twine(size), keyOf(op), /*sameInBase=*/true, [&](KernelArgs &args) {
    Emit &e = args.e;
    Value from = args.ptr(0), scale = args.ptr(1), to = args.ptr(2);
    eachRow(args, perTask, 3, [&](Value row) {
      Value start = e.mul(row, args.integer(4)), result = e.mul(row, size);
      Value squares = e.sumOver(size, [&](Value i, int lanes, Value sum) {
        Value v = e.loadF32(elementOf(x), e.at(from, e.add(start, i), elementOf(x)), lanes);
        return e.fma(v, v, sum);
      });
      Value mean = e.addf(e.divf(squares, e.f32(size)), e.f32(op.getEpsilon().convertToDouble()));
      Value inverse = e.divf(e.f32(1), e.sqrt(mean));
      e.eachVector(size, [&](Value i, int lanes) {
        Value v = e.loadF32(elementOf(x), e.at(from, e.add(start, i), elementOf(x)), lanes);
        Value w = e.loadF32(elementOf(weight), e.at(scale, i, elementOf(weight)), lanes);
        Value y = e.mulf(e.mulf(v, e.splat(inverse, lanes)), w);
        e.storeF32(y, elementOf(out), e.at(to, e.add(result, i), elementOf(out)));
      });
    });
  });
  TaskHost host(op);
  Value rows = host.dim(x, 0);
  host.launch(name, {x, weight, out, rows, host.stride(x, 0)}, host.ceilDiv(rows, perTask), host.c(0));
  op.erase();
  return true;
}

bool emo::cpu::lowerRowDot(KernelRowDotOp op, KernelLibrary &library) {
  Value a = op.getA(), b = op.getB(), out = op.getOuts()[0];
  int64_t size = cast<MemRefType>(a.getType()).getDimSize(1);
  int64_t perTask = rowsPerTask(size);
  StringRef name = library.get("row_dot_" + Twine(size), keyOf(op), /*sameInBase=*/true, [&](KernelArgs &args) {
    Emit &e = args.e;
    eachRow(args, perTask, 3, [&](Value row) {
      Value first = e.mul(row, args.integer(4)), second = e.mul(row, args.integer(5));
      Value sum = e.sumOver(size, [&](Value i, int lanes, Value carried) {
        Value x = e.loadF32(elementOf(a), e.at(args.ptr(0), e.add(first, i), elementOf(a)), lanes);
        return e.fma(x, e.loadF32(elementOf(b), e.at(args.ptr(1), e.add(second, i), elementOf(b)), lanes), carried);
      });
      e.store(sum, e.at(args.ptr(2), row, e.b.getF32Type()), 4);
    });
  });
  TaskHost host(op);
  Value rows = host.dim(a, 0);
  host.launch(name, {a, b, out, rows, host.stride(a, 0), host.stride(b, 0)}, host.ceilDiv(rows, perTask), host.c(0));
  op.erase();
  return true;
}

bool emo::cpu::lowerGatherRows(KernelGatherRowsOp op, KernelLibrary &library) {
  Value table = op.getTable(), ids = op.getIds(), out = op.getOuts()[0];
  Type element = elementOf(table), index = elementOf(ids);
  int64_t size = cast<MemRefType>(table.getType()).getDimSize(1);
  int64_t perTask = rowsPerTask(size);
  StringRef name = library.get("gather_rows_" + Twine(size), keyOf(op), /*sameInBase=*/true, [&](KernelArgs &args) {
    Emit &e = args.e;
    Value from = args.ptr(0), numbers = args.ptr(1), to = args.ptr(2);
    eachRow(args, perTask, 3, [&](Value row) {
      Value id = e.load(index, e.at(numbers, row, index), index.isInteger(64) ? 8 : 4);
      if (!index.isInteger(64))
        id = e.toI64(id);
      Value source = e.mul(id, size), target = e.mul(row, size);
      e.eachVector(size, [&](Value i, int lanes) {
        // Bits are copied as they are.
        Type raw = e.vec(lanes, e.b.getIntegerType(element.getIntOrFloatBitWidth()));
        e.store(e.load(raw, e.at(from, e.add(source, i), element)), e.at(to, e.add(target, i), element));
      });
    });
  });
  TaskHost host(op);
  Value rows = host.dim(ids, 0);
  host.launch(name, {table, ids, out, rows}, host.ceilDiv(rows, perTask), host.c(0));
  op.erase();
  return true;
}

bool emo::cpu::lowerCombine(KernelCombineOp op, KernelLibrary &library) {
  Value rows = op.getRows(), weights = op.getWeights(), inverse = op.getInverse();
  int64_t size = cast<MemRefType>(rows.getType()).getDimSize(1);
  int64_t choices = cast<MemRefType>(weights.getType()).getDimSize(1);
  int64_t perTask = rowsPerTask(size * choices);
  int outs = 3 + op.getExtras().size();
  bool ok = true;
  StringRef name = library.get("combine_" + Twine(choices) + "x" + Twine(size), keyOf(op), /*sameInBase=*/true, [&](KernelArgs &args) {
    Emit &e = args.e;
    Value from = args.ptr(0), scale = args.ptr(1), position = args.ptr(2);
    eachRow(args, perTask, outs + op.getOuts().size(), [&](Value token) {
      Values starts, factors;
      for (int64_t j = 0; j < choices; ++j) {
        Value choice = e.add(e.mul(token, choices), j);
        starts.push_back(e.mul(e.loadI32(position, choice), size));
        factors.push_back(e.loadScalar(elementOf(weights), e.at(scale, choice, elementOf(weights))));
      }
      e.eachVector(size, [&](Value i, int lanes) {
        Value sum = e.f32(0, lanes);
        for (int64_t j = 0; j < choices; ++j) {
          Value y = e.loadF32(elementOf(rows), e.at(from, e.add(starts[j], i), elementOf(rows)), lanes);
          sum = e.fma(e.splat(factors[j], lanes), y, sum);
        }
        Values inputs = {sum};
        Value element = e.add(e.mul(token, size), i);
        for (auto [k, extra] : llvm::enumerate(op.getExtras())) {
          Type type = elementOf(extra);
          Value base = args.ptr(3 + k);
          OperandKind kind = cast<OperandKindAttr>(op.getKinds()[k]).getValue();
          if (kind == OperandKind::Row)
            inputs.push_back(e.splat(e.loadScalar(type, e.at(base, token, type)), lanes));
          else
            inputs.push_back(e.loadF32(type, e.at(base, kind == OperandKind::Column ? i : element, type), lanes));
        }
        FailureOr<Values> results = inlineBody(e, op.getBody(), inputs);
        if (failed(results)) {
          ok = false;
          return;
        }
        for (auto [k, out] : llvm::enumerate(op.getOuts()))
          e.storeF32((*results)[k], elementOf(out), e.at(args.ptr(outs + k), element, elementOf(out)));
      });
    });
  });
  TaskHost host(op);
  Value tokens = host.dim(weights, 0);
  Values operands = {rows, weights, inverse};
  llvm::append_range(operands, op.getExtras());
  llvm::append_range(operands, op.getOuts());
  operands.push_back(tokens);
  host.launch(name, operands, host.ceilDiv(tokens, perTask), host.c(0));
  op.erase();
  return ok;
}
