// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Alignment.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;
using namespace emo;

namespace {
/// Known divisors of a memref's strides and offset; 0 divides by everything.
struct Divisors {
  SmallVector<int64_t> strides;
  int64_t offset = 1;
};
} // namespace

static int64_t known(int64_t value) { return ShapedType::isDynamic(value) ? 1 : value; }
static int64_t known(OpFoldResult value) { return getConstantIntValue(value).value_or(1); }

static Divisors divisorsOf(Value memref);

static Divisors divisorsOf(memref::SubViewOp op) {
  Divisors source = divisorsOf(op.getSource()), result;
  result.offset = source.offset;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [i, offset, stride] : llvm::enumerate(op.getMixedOffsets(), op.getMixedStrides())) {
    result.offset = std::gcd(result.offset, source.strides[i] * known(offset));
    if (!dropped.test(i))
      result.strides.push_back(source.strides[i] * known(stride));
  }
  return result;
}

static Divisors divisorsOf(memref::ExpandShapeOp op) {
  Divisors source = divisorsOf(op.getSrc()), result;
  result.offset = source.offset;
  result.strides.assign(op.getResultType().getRank(), 1);
  for (auto [dim, group] : llvm::enumerate(op.getReassociationIndices())) {
    int64_t stride = source.strides[dim];
    for (int64_t i : llvm::reverse(group)) {
      result.strides[i] = stride;
      stride *= known(op.getResultType().getDimSize(i));
    }
  }
  return result;
}

static Divisors divisorsOf(memref::CollapseShapeOp op) {
  Divisors source = divisorsOf(op.getSrc()), result;
  result.offset = source.offset;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    int64_t stride = 0;
    for (int64_t i : group)
      stride = std::gcd(stride, source.strides[i]);
    result.strides.push_back(stride);
  }
  return result;
}

static Divisors divisorsOf(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  Divisors own;
  SmallVector<int64_t> strides;
  int64_t offset;
  own.strides.assign(type.getRank(), 1);
  if (type.getLayout().isIdentity()) {
    int64_t stride = 1;
    for (int64_t i = type.getRank() - 1; i >= 0; --i) {
      own.strides[i] = stride;
      stride *= known(type.getDimSize(i));
    }
    own.offset = 0;
    return own;
  }
  if (failed(type.getStridesAndOffset(strides, offset)))
    return own;
  Operation *definition = memref.getDefiningOp();
  Divisors derived = own;
  if (definition)
    derived = llvm::TypeSwitch<Operation *, Divisors>(definition)
                  .Case<memref::SubViewOp, memref::ExpandShapeOp, memref::CollapseShapeOp>([](auto op) { return divisorsOf(op); })
                  .Case([&](memref::CastOp op) { return isa<MemRefType>(op.getSource().getType()) ? divisorsOf(op.getSource()) : own; })
                  .Default([&](Operation *) { return own; });
  own.offset = ShapedType::isDynamic(offset) ? derived.offset : offset;
  for (auto [i, stride] : llvm::enumerate(strides))
    own.strides[i] = ShapedType::isDynamic(stride) ? derived.strides[i] : stride;
  return own;
}

int64_t emo::cuda::rowAlignment(Value memref) {
  Divisors divisors = divisorsOf(memref);
  int64_t common = std::gcd(int64_t(16), divisors.offset);
  for (int64_t stride : ArrayRef<int64_t>(divisors.strides).drop_back(divisors.strides.empty() ? 0 : 1))
    common = std::gcd(common, stride);
  return common;
}

int emo::cuda::groupFor(ArrayRef<Value> memrefs, int64_t size) {
  int64_t bytes = 2;
  for (Value memref : memrefs)
    bytes = std::max(bytes, codegen::bytesOf(codegen::elementOf(memref)));
  int64_t common = std::gcd(16 / bytes, size);
  for (Value memref : memrefs)
    common = std::gcd(common, rowAlignment(memref));
  return common;
}
