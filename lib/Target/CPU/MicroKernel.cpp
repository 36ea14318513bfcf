// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "MicroKernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

static int64_t paddedStride(int64_t bytes) {
  bytes = llvm::alignTo(bytes, 64);
  return bytes % 4096 == 0 ? bytes + 64 : bytes;
}

int64_t MicroKernel::rowStride(const IsaLevel &isa, Type element, int64_t k) {
  bool dot = element.isBF16() && isa.bf16Dot;
  return paddedStride(dot ? llvm::alignTo(k, 32) * 2 : llvm::alignTo(k, 32) * 4);
}

int64_t MicroKernel::maxRowStride(int64_t k) { return paddedStride(llvm::alignTo(k, 32) * 4); }

void MicroKernel::copyRow(const RowBlock &block, Value row, Value source) {
  Value to = e.bytesAt(block.data, e.mul(row, block.strideBytes));
  if (dot()) {
    // Raw bf16, 32 at a time.
    Type raw = e.vec(32, e.b.getI16Type());
    int64_t whole = k / 32 * 32;
    e.loop(e.c(0), e.c(whole), 32, [&](Value i) {
      e.store(e.load(raw, e.at(source, i, e.b.getI16Type())), e.at(to, i, e.b.getI16Type()));
    });
    if (whole == k)
      return;
    Value zero = arith::ConstantOp::create(e.b, e.b.getZeroAttr(raw));
    e.store(zero, e.at(to, whole, e.b.getI16Type()));
    e.loop(e.c(whole), e.c(k), 1, [&](Value i) {
      e.store(e.load(e.b.getI16Type(), e.at(source, i, e.b.getI16Type()), 2), e.at(to, i, e.b.getI16Type()), 2);
    });
    return;
  }
  Type f32 = e.b.getF32Type();
  e.eachVector(k, [&](Value i, int lanes) {
    e.storeF32(e.loadF32(element, e.at(source, i, element), lanes), f32, e.at(to, i, f32));
  });
  e.loop(e.c(k), e.c(llvm::alignTo(k, 32)), 1, [&](Value i) { e.store(e.f32(0), e.at(to, i, f32), 4); });
}

/// Start of the unit's columns at K step 0. Units of one panel are neighbours: panel = unit / unitsPerPanel.
Value MicroKernel::panelOf(Value weights, Value unit) {
  int64_t panelElements = element.isBF16() ? llvm::divideCeil(k, 32) * 1024 : k * 32;
  int64_t perPanel = unitsPerPanel();
  if (perPanel == 1)
    return e.at(weights, e.mul(unit, panelElements), element);
  Value panel = e.div(unit, e.c(perPanel)), part = e.rem(unit, e.c(perPanel));
  // A column is two elements (a pair of k) in bf16 panels.
  int64_t columnElements = element.isBF16() ? 2 : 1;
  return e.at(weights, e.add(e.mul(panel, panelElements), e.mul(part, e.lanes() * columnElements)), element);
}

/// Multiplies one k (f32) or one pair of k (bf16) into the sums. `offset`: of the weights' row in elements from the panel base;
/// the first row's broadcast operand is `rowBytes` behind `rowBase`.
Values MicroKernel::step(const RowBlock &block, Value rowBase, int64_t rowBytes, int rows, Value panelBase, int units,
                         Value offset, ValueRange sums) {
  int lanes = e.lanes();
  Values next(sums);
  bool bf16 = element.isBF16();
  int64_t panelElements = bf16 ? llvm::divideCeil(k, 32) * 1024 : k * 32;
  int64_t half = bf16 ? 512 : 16; // from the first half of a panel to the second
  Type i32 = e.b.getI32Type();
  SmallVector<std::array<Value, 2>> weights; // even and odd k, or the pair
  for (int u = 0; u < units; ++u)
    for (int h = 0; h < 2; ++h) {
      Value address = e.at(panelBase, e.add(offset, u * panelElements + h * half), element);
      if (!bf16) {
        weights.push_back({e.load(e.vec(lanes), address), Value()});
      } else if (dot()) {
        weights.push_back({e.load(e.vec(lanes * 2, e.b.getBF16Type()), address), Value()});
      } else {
        auto wide = e.vec(lanes, i32);
        Value pair = e.load(wide, address);
        Value sixteen = arith::ConstantOp::create(e.b, DenseElementsAttr::get(wide, e.b.getI32IntegerAttr(16)));
        Value mask = arith::ConstantOp::create(e.b, DenseElementsAttr::get(wide, e.b.getI32IntegerAttr(int32_t(0xffff0000))));
        Value even = arith::BitcastOp::create(e.b, e.vec(lanes), arith::ShLIOp::create(e.b, pair, sixteen));
        Value odd = arith::BitcastOp::create(e.b, e.vec(lanes), arith::AndIOp::create(e.b, pair, mask));
        weights.push_back({even, odd});
      }
    }
  for (int r = 0; r < rows; ++r) {
    Value address = e.bytesAt(rowBase, e.c(r * block.strideBytes + rowBytes));
    if (dot()) {
      Value pair = e.splat(e.load(i32, address, 4), lanes);
      Value a = vector::BitCastOp::create(e.b, e.vec(lanes * 2, e.b.getBF16Type()), pair);
      for (auto [i, w] : llvm::enumerate(weights)) {
        Value &sum = next[r * weights.size() + i];
        sum = LLVM::CallIntrinsicOp::create(e.b, sum.getType(), e.b.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512"),
                                            ValueRange{sum, a, w[0]}).getResult(0);
      }
      continue;
    }
    Value even = e.splat(e.load(e.b.getF32Type(), address, 4), lanes);
    Value odd = bf16 ? e.splat(e.load(e.b.getF32Type(), e.bytesAt(address, e.c(4)), 4), lanes) : Value();
    for (auto [i, w] : llvm::enumerate(weights)) {
      Value &sum = next[r * weights.size() + i];
      sum = e.fma(even, w[0], sum);
      if (bf16)
        sum = e.fma(odd, w[1], sum);
    }
  }
  return next;
}

void MicroKernel::tile(const RowBlock &block, Value row, int rows, Value weights, Value unit, int units, Store store) {
  Value panel = panelOf(weights, unit);
  Value rowBase = e.bytesAt(block.data, e.mul(row, block.strideBytes));
  Values sums(rows * units * 2, e.f32(0, e.lanes()));
  if (element.isBF16()) {
    // K steps of 32 are 16 pairs; the inner loop takes 4 of them. Rows and weights are padded with zeros to whole steps.
    int64_t pairBytes = dot() ? 4 : 8;
    auto pairs = [&](Value kStep, ValueRange carried) {
      return e.loop(e.c(0), e.c(16), 4, carried, [&](Value pair, ValueRange inner) {
        Values current(inner);
        Value base = e.add(e.mul(kStep, 1024), e.mul(pair, 32));
        Value a = e.bytesAt(rowBase, e.add(e.mul(kStep, 16 * pairBytes), e.mul(pair, pairBytes)));
        for (int64_t j = 0; j < 4; ++j)
          current = step(block, a, j * pairBytes, rows, panel, units, e.add(base, j * 32), current);
        return current;
      });
    };
    int64_t steps = llvm::divideCeil(k, 32);
    sums = e.loop(e.c(0), e.c(steps), 1, sums, [&](Value kStep, ValueRange carried) { return pairs(kStep, carried); });
  } else {
    int64_t whole = k / 4 * 4;
    auto one = [&](Value at, int64_t j, ValueRange carried) {
      return step(block, e.bytesAt(rowBase, e.mul(at, 4)), j * 4, rows, panel, units, e.mul(e.add(at, j), 32), carried);
    };
    sums = e.loop(e.c(0), e.c(whole), 4, sums, [&](Value at, ValueRange carried) {
      Values current(carried);
      for (int64_t j = 0; j < 4; ++j)
        current = one(at, j, current);
      return current;
    });
    if (whole != k)
      sums = e.loop(e.c(whole), e.c(k), 1, sums, [&](Value at, ValueRange carried) { return one(at, 0, carried); });
  }
  // Through memory, so that the epilogue is written once and not once per row.
  Type f32 = e.b.getF32Type();
  int64_t lanes = e.lanes();
  for (auto [i, sum] : llvm::enumerate(sums))
    e.store(sum, e.at(block.sums, i * lanes, f32));
  e.loop(e.c(0), e.c(rows * units), 1, [&](Value i) {
    Value r = units == 1 ? i : e.div(i, e.c(units)), u = units == 1 ? e.c(0) : e.rem(i, e.c(units));
    Value pair = e.at(block.sums, e.mul(i, 2 * lanes), f32);
    store(e.add(row, r), e.add(unit, e.mul(u, unitsPerPanel())), e.load(e.vec(lanes), pair), e.load(e.vec(lanes), e.at(pair, lanes, f32)));
  });
}

/// `rows` rows over a range of units, several panels at a time: more independent sums and more memory streams when rows are few.
void MicroKernel::unitRange(const RowBlock &block, Value row, int rows, Value weights, Value begin, Value end, int units, Store store) {
  if (units > 1 && unitsPerPanel() == 1) {
    Value whole = e.add(begin, e.mul(e.div(e.sub(end, begin), e.c(units)), units));
    e.loop(begin, whole, units, [&](Value unit) { tile(block, row, rows, weights, unit, units, store); });
    begin = whole;
  }
  e.loop(begin, end, 1, [&](Value unit) { tile(block, row, rows, weights, unit, 1, store); });
}

void MicroKernel::run(const RowBlock &block, Value rows, Value weights, Value begin, Value end, Store store) {
  struct Shape {
    int rows, units;
  };
  SmallVector<Shape> shapes;
  if (e.isa.registers >= 32)
    shapes = {{12, 1}, {8, 1}, {4, 2}, {2, 4}, {1, 4}};
  else
    shapes = {{4, 1}, {2, 1}, {1, 1}};
  // Whole blocks of the largest shape: a panel stays in the caches while all of them use it.
  int largest = shapes[0].rows;
  Value whole = e.mul(e.div(rows, e.c(largest)), largest);
  e.onlyIf(e.less(e.c(0), whole), [&] {
    e.loop(begin, end, 1, [&](Value unit) {
      e.loop(e.c(0), whole, largest, [&](Value row) { tile(block, row, largest, weights, unit, 1, store); });
    });
  });
  Value row = whole, left = e.sub(rows, whole);
  for (Shape shape : ArrayRef(shapes).drop_front()) {
    Value fits = e.less(e.c(shape.rows - 1), left);
    e.onlyIf(fits, [&] { unitRange(block, row, shape.rows, weights, begin, end, shape.units, store); });
    Value taken = e.select(fits, e.c(shape.rows), e.c(0));
    row = e.add(row, taken);
    left = e.sub(left, taken);
  }
}
