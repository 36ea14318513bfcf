// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of few rows: a warp sums whole rows of weights, so that each is read once, by loads of 16 bytes.
#include "Matmul.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 128, kWarps = kThreads / 32;

namespace {
class FewWriter {
public:
  FewWriter(DeviceEmit &e, const Product &product, ValueRange args, int width, int rows, int columns)
      : e(e), p(e, product, args), product(product), width(width), rows(rows), columns(columns) {}
  void write();

private:
  void addProducts(Value k, int steps, ValueRange lhs, ValueRange weights, Values &sums);
  Values reduce(Values values);

  DeviceEmit &e;
  ProductWriter p;
  const Product &product;
  int width, rows, columns; // columns: of a warp
};
} // namespace

/// sums[row][weight] += products over `steps` loads of a lane, the first at element `k`.
void FewWriter::addProducts(Value k, int steps, ValueRange lhs, ValueRange weights, Values &sums) {
  Type element = product.element;
  // All loads of weights first: they are what takes time.
  SmallVector<Values> loaded;
  for (int s = 0; s < steps; ++s)
    for (Value weight : weights)
      loaded.push_back(e.loadScalars(element, e.at(e.at(weight, k, element), s * 32 * width, element), width));
  for (int s = 0; s < steps; ++s)
    for (int r = 0; r < rows; ++r) {
      Values x = e.loadScalars(element, e.at(e.at(lhs[r], k, element), s * 32 * width, element), width);
      for (size_t w = 0; w < weights.size(); ++w) {
        Value &sum = sums[r * weights.size() + w];
        for (auto [a, b] : llvm::zip_equal(x, loaded[s * weights.size() + w]))
          sum = e.fma(a, b, sum);
      }
    }
}

/// Sums of each value over the warp; lane l gets that of value l / (32 / count). The number of values is a power of two.
Values FewWriter::reduce(Values values) {
  for (int lanes = 16; lanes; lanes /= 2) {
    if (values.size() == 1) {
      values[0] = e.addf(values[0], e.shuffleXor(values[0], lanes));
      continue;
    }
    // Each half of the lanes keeps half of the values and gives the others away.
    Value upper = e.equal(arith::AndIOp::create(e.b, e.lane(), e.c(lanes)), e.c(lanes));
    size_t half = values.size() / 2;
    for (size_t i = 0; i < half; ++i) {
      Value keep = e.select(upper, values[i + half], values[i]), give = e.select(upper, values[i], values[i + half]);
      values[i] = e.addf(keep, e.shuffleXor(give, lanes));
    }
    values.resize(half);
  }
  return values;
}

void FewWriter::write() {
  bool masked = product.n % columns != 0;
  Value first = e.mul(e.add(e.mul(e.block(), kWarps), e.warp()), columns);
  e.onlyIf(e.less(first, e.c(product.n)), [&] {
    Value firstRow = e.block(1); // 0 when a block has all rows
    Value count = p.args[product.rowCount];
    Value expert = p.expertOf(firstRow);
    Values lhs, weights;
    for (int r = 0; r < rows; ++r)
      lhs.push_back(p.lhsRow(rows == 1 ? firstRow : e.min(e.c(r), e.sub(count, e.c(1)))));
    for (int c = 0; c < columns; ++c)
      for (int j = 0; j < product.accumulators; ++j) {
        Value column = e.add(first, c);
        weights.push_back(p.weightRow(j, expert, masked ? e.min(column, e.c(product.n - 1)) : column));
      }
    int steps = std::max(1, 4 / int(weights.size()));
    int64_t step = 32 * width, whole = product.k / (step * steps) * (step * steps);
    Values sums(rows * weights.size(), e.f32(0));
    Value own = e.mul(e.lane(), width);
    auto sumFrom = [&](Value low, int64_t high, int steps) {
      sums = e.loop(low, e.c(high), step * steps, sums, [&](Value k, ValueRange carried) {
        Values next(carried);
        addProducts(k, steps, lhs, weights, next);
        return next;
      });
    };
    if (whole)
      sumFrom(own, whole, steps);
    if (whole != product.k)
      sumFrom(e.add(own, whole), product.k, 1);
    // Lanes whose sums came out of the halving at the same position have the same (row, column).
    SmallVector<Values> results;
    for (int j = 0; j < product.accumulators; ++j) {
      Values own;
      for (int i = 0; i < rows * columns; ++i)
        own.push_back(sums[i * product.accumulators + j]);
      results.push_back(reduce(own));
    }
    int values = rows * columns, share = 32 / values;
    Value position = e.div(e.lane(), e.c(share));
    Value row = rows == 1 ? firstRow : e.div(position, e.c(columns));
    Value column = e.add(first, e.rem(position, e.c(columns)));
    Value writes = e.equal(e.rem(e.lane(), e.c(share)), e.c(0));
    if (rows > 1)
      writes = e.both(writes, e.less(row, count));
    if (masked)
      writes = e.both(writes, e.less(column, e.c(product.n)));
    e.onlyIf(writes, [&] {
      Epilogue epilogue(p, {expert, column, /*masked=*/false, 1, Value()});
      epilogue.store(epilogue.at(row), 0, results);
    });
  });
}

void emo::cuda::launchFewRows(Product &product, DeviceHost &host, KernelLibrary &library, int width, int rows) {
  // Enough warps to fill a device first, then as few loads of lhs for each load of weights as possible.
  int64_t n = product.n;
  int columns = n >= 8192 ? 4 : n >= 2048 ? 2 : 1;
  columns = std::max(1, columns / product.accumulators);
  KernelShape shape{kThreads, width, 0, /*spillsNothing=*/true};
  std::string kind = product.kind() + "_few" + std::to_string(rows) + (width == 1 ? "_odd" : "");
  StringRef name = library.get(kind, product.key, shape, product.operands,
                               [&](DeviceEmit &e, ValueRange args) { FewWriter(e, product, args, width, rows, columns).write(); });
  Value groups = host.c(llvm::divideCeil(n, columns * kWarps));
  host.launch(name, product.operands, {groups, rows == 1 ? product.rows : host.c(1)}, shape);
}
