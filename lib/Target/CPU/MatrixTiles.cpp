// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "MatrixTiles.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

/// K steps of a block: its weights (2 KiB a step) stay in a 48 KiB level-1 cache while all rows pass by.
static constexpr int64_t kBlockSteps = 16;
static constexpr int64_t kTileBytes = 1024, kPanelStepBytes = 2048;

/// K blocks are the outer loop: a block of the panel stays in the level-1 cache, the rows stream by from level 2 (TILELOADDT1 keeps them
/// from evicting the panel), and sums wait in memory between blocks.
void MatrixTiles::multiply(Value data, Value rows, Value steps, Value panel, Value next, Value sums) {
  e.call("tiles_times_panel", Emit::Inline::Never, {data, rows, steps, panel, next, sums}, [&](ValueRange args) {
    MatrixTiles(e).write(args);
    return Values();
  });
}

void MatrixTiles::write(ValueRange args) {
  Value data = args[0], rows = args[1], steps = args[2], panel = args[3], next = args[4], sums = args[5];
  if (isEmulated())
    for (int slot = 0; slot < 8; ++slot)
      memory.push_back(LLVM::AllocaOp::create(e.b, e.ptrType(), e.b.getI8Type(), e.c(kTileBytes), 64));
  Value tiles = e.div(rows, e.c(kRows)), stepBytes = e.mul(rows, 64);
  Value pairs = e.div(tiles, e.c(2));
  // 32 lines of the next panel's block for each K step of this one, divided among the passes over the rows.
  Value lines = e.ceilDiv(e.c(kPanelStepBytes / 64), e.max(e.ceilDiv(tiles, e.c(2)), e.c(1)));
  e.loop(e.c(0), steps, kBlockSteps, [&](Value step) {
    Value count = e.min(e.c(kBlockSteps), e.sub(steps, step));
    Value a = e.bytesAt(data, e.mul(step, stepBytes)), b = e.bytesAt(panel, e.mul(step, kPanelStepBytes));
    Value ahead = e.bytesAt(next, e.mul(step, kPanelStepBytes));
    auto rowTiles = [&](int tileRows, Value tile, Value pass) {
      Value row = e.mul(tile, kRows);
      Value share = e.mul(e.mul(e.mul(pass, lines), count), 64);
      pair(tileRows, e.bytesAt(a, e.mul(row, 64)), stepBytes, count, b, e.bytesAt(ahead, share), lines,
           e.at(sums, e.mul(row, 32), e.b.getF32Type()), e.equal(step, e.c(0)));
    };
    e.loop(e.c(0), pairs, 1, [&](Value pass) { rowTiles(2, e.mul(pass, 2), pass); });
    e.onlyIf(e.less(e.mul(pairs, 2), tiles), [&] { rowTiles(1, e.mul(pairs, 2), pairs); });
  });
}

/// One or two row tiles times both column tiles of the panel over one K block; `first`: the sums start at zero.
void MatrixTiles::pair(int tileRows, Value data, Value stepBytes, Value count, Value panel, Value ahead, Value lines, Value sums, Value first) {
  Value rowStride = e.c(64), sumStride = e.c(128);
  auto sumAt = [&](int r, int column) { return e.bytesAt(sums, r * kRows * 128 + column * 64); };
  auto over = [&](Fn<Value(int slot, Value address)> start) {
    Values init;
    for (int r = 0; r < tileRows; ++r)
      for (int column = 0; column < 2; ++column)
        init.push_back(start(r * 2 + column, sumAt(r, column)));
    Values result = e.loop(e.c(0), count, 1, init, [&](Value step, ValueRange carried) {
      Value a = e.bytesAt(data, e.mul(step, stepBytes)), b = e.bytesAt(panel, e.mul(step, kPanelStepBytes));
      Value columns[2];
      for (int column = 0; column < 2; ++column)
        columns[column] = load(4 + column, e.bytesAt(b, column * kTileBytes), rowStride, /*stream=*/false);
      Values next(carried);
      for (int r = 0; r < tileRows; ++r) {
        Value tile = load(6 + r, e.bytesAt(a, r * kTileBytes), rowStride, /*stream=*/true);
        for (int column = 0; column < 2; ++column)
          next[r * 2 + column] = dot(next[r * 2 + column], tile, columns[column]);
      }
      Value from = e.bytesAt(ahead, e.mul(e.mul(step, lines), e.c(64)));
      e.loop(e.c(0), lines, 1, [&](Value line) {
        LLVM::Prefetch::create(e.b, e.bytesAt(from, e.mul(line, 64)), /*rw=*/0, /*hint=*/2, /*cache=*/1);
      });
      return next;
    });
    for (int r = 0; r < tileRows; ++r)
      for (int column = 0; column < 2; ++column)
        store(result[r * 2 + column], sumAt(r, column), sumStride);
  };
  e.onlyIf(first, [&] { over([&](int slot, Value) { return zero(slot); }); });
  e.onlyIf(e.equal(e.toI64(first), e.c(0)), [&] {
    over([&](int slot, Value address) { return load(slot, address, sumStride, /*stream=*/false); });
  });
}

//===----------------------------------------------------------------------===//
// Tile instructions
//===----------------------------------------------------------------------===//

static Value half(Emit &e, int64_t value) { return arith::ConstantOp::create(e.b, e.b.getI16IntegerAttr(value)); }

/// All tiles are 16 rows of 64 bytes.
static Values shape(Emit &e) { return {half(e, 16), half(e, 64)}; }

static Type tileType(Emit &e) { return LLVM::LLVMX86AMXType::get(e.b.getContext()); }

/// body(row) for the 16 rows of an emulated tile.
static void eachRow(Emit &e, Fn<void(Value)> body) { e.loop(e.c(0), e.c(16), 1, body); }

Value MatrixTiles::zero(int slot) {
  if (!isEmulated())
    return e.intrinsic("llvm.x86.tilezero.internal", tileType(e), shape(e));
  eachRow(e, [&](Value row) { e.store(e.f32(0, 16), e.bytesAt(memory[slot], e.mul(row, 64))); });
  return memory[slot];
}

Value MatrixTiles::load(int slot, Value address, Value stride, bool stream) {
  if (!isEmulated()) {
    Values operands = shape(e);
    operands.append({address, stride});
    return e.intrinsic(stream ? "llvm.x86.tileloaddt164.internal" : "llvm.x86.tileloadd64.internal", tileType(e), operands);
  }
  eachRow(e, [&](Value row) {
    e.store(e.load(e.vec(16), e.bytesAt(address, e.mul(row, stride))), e.bytesAt(memory[slot], e.mul(row, 64)));
  });
  return memory[slot];
}

Value MatrixTiles::dot(Value sum, Value a, Value b) {
  if (!isEmulated()) {
    Values operands = shape(e);
    operands.append({half(e, 64), sum, a, b});
    return e.intrinsic("llvm.x86.tdpbf16ps.internal", tileType(e), operands);
  }
  eachRow(e, [&](Value row) {
    Value target = e.bytesAt(sum, e.mul(row, 64));
    Values total = e.loop(e.c(0), e.c(16), 1, e.load(e.vec(16), target), [&](Value pair, ValueRange carried) {
      Value scalar = e.load(e.b.getI32Type(), e.bytesAt(a, e.add(e.mul(row, 64), e.mul(pair, 4))), 4);
      Value both = vector::BitCastOp::create(e.b, e.vec(32, e.b.getBF16Type()), e.splat(scalar, 16));
      Value columns = e.load(e.vec(32, e.b.getBF16Type()), e.bytesAt(b, e.mul(pair, 64)));
      return Values{e.intrinsic("llvm.x86.avx512bf16.dpbf16ps.512", e.vec(16), {carried[0], both, columns})};
    });
    e.store(total[0], target);
  });
  return sum;
}

void MatrixTiles::store(Value tile, Value address, Value stride) {
  if (!isEmulated()) {
    Values operands = shape(e);
    operands.append({address, stride, tile});
    e.intrinsic("llvm.x86.tilestored64.internal", Type(), operands);
    return;
  }
  eachRow(e, [&](Value row) {
    e.store(e.load(e.vec(16), e.bytesAt(tile, e.mul(row, 64))), e.bytesAt(address, e.mul(row, stride)));
  });
}
