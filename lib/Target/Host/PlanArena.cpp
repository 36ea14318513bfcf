// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pass emo-plan-arena.
#include "Bytes.h"
#include "emo/Target/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace emo;

namespace emo {
#define GEN_PASS_DEF_PLANARENA
#include "emo/Target/Passes.h.inc"
} // namespace emo

/// Places begin at multiples of so many bytes.
static constexpr int64_t kAlignment = 256;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// The op that has to be repeated in front of `point` for `size`; null: `size` is there already. Sizes of temporaries are what they were
/// made with.
static Operation *definition(Value &size, Operation *point) {
  while (true) {
    Operation *op = size.getDefiningOp();
    if (!op || (op->getBlock() == point->getBlock() && op->isBeforeInBlock(point)))
      return nullptr;
    auto dim = dyn_cast<memref::DimOp>(op);
    auto alloc = dim ? dim.getSource().getDefiningOp<memref::AllocOp>() : memref::AllocOp();
    std::optional<int64_t> index = dim ? dim.getConstantIndex() : std::nullopt;
    if (!alloc || !index || !alloc.getType().isDynamicDim(*index))
      return op;
    size = alloc.getDynamicSizes()[alloc.getType().getDynamicDimIndex(*index)];
  }
}

static bool isKnownBefore(Value size, Operation *point) {
  Operation *op = definition(size, point);
  if (!op)
    return size.getParentBlock() == point->getBlock();
  return op->getNumRegions() == 0 && (isPure(op) || isa<memref::DimOp>(op)) &&
         llvm::all_of(op->getOperands(), [&](Value operand) { return isKnownBefore(operand, point); });
}

/// `size` computed in front of `point`.
static Value sizeBefore(Value size, Operation *point) {
  Operation *op = definition(size, point);
  if (!op)
    return size;
  IRMapping known;
  for (Value operand : op->getOperands())
    known.map(operand, sizeBefore(operand, point));
  OpBuilder b(point);
  return b.clone(*op, known)->getResult(cast<OpResult>(size).getResultNumber());
}

/// Bytes of all that does not depend on dynamic sizes.
static int64_t staticBytes(MemRefType type) {
  int64_t bytes = bytesOf(type.getElementType());
  for (int64_t size : type.getShape())
    bytes *= ShapedType::isDynamic(size) ? 1 : size;
  return bytes;
}

//===----------------------------------------------------------------------===//
// Lifetimes
//===----------------------------------------------------------------------===//

/// The last op of the entry's block that uses the temporary, as what is seen of it by any name; null: the entry's end.
static Operation *lastUse(memref::AllocOp alloc, Block &entry) {
  Operation *last = entry.findAncestorOpInBlock(*alloc);
  SmallVector<Value> names = {alloc.getResult()};
  for (size_t i = 0; i < names.size(); ++i)
    for (Operation *user : names[i].getUsers()) {
      // Values that branches and loops hand on are not followed, nor are addresses.
      bool handsOn = user->hasTrait<OpTrait::IsTerminator>() || user->getNumRegions() != 0;
      for (Value result : user->getResults()) {
        bool isName = isa<MemRefType>(result.getType());
        handsOn |= !isName && !isa<memref::DimOp, memref::LoadOp, memref::ExtractStridedMetadataOp>(user);
        if (isName)
          names.push_back(result);
      }
      if (handsOn)
        return nullptr;
      Operation *at = entry.findAncestorOpInBlock(*user);
      if (last->isBeforeInBlock(at))
        last = at;
    }
  return last;
}

namespace {
/// Temporaries that are never alive together.
struct Slot {
  SmallVector<memref::AllocOp> buffers;
  int64_t bytes = 0;              // with all unknown sizes alike
  Operation *busyUntil = nullptr; // null: to the end

  /// Better than `other` for a temporary of `wanted` bytes: the smallest one that is large enough, or the largest one.
  bool isBetter(const Slot *other, int64_t wanted) const {
    if (!other)
      return true;
    bool fits = bytes >= wanted, otherFits = other->bytes >= wanted;
    return fits ? !otherFits || bytes < other->bytes : !otherFits && bytes > other->bytes;
  }
};

struct PlanArenaPass : emo::impl::PlanArenaBase<PlanArenaPass> {
  void runOnOperation() override;
};
} // namespace

/// Temporaries whose sizes are known in front of `point`.
static SmallVector<Slot> assignSlots(func::FuncOp entry, Operation *point) {
  constexpr int64_t kUnknown = 1024;
  SmallVector<Slot> slots;
  entry.walk<WalkOrder::PreOrder>([&](memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    if (!type.getLayout().isIdentity() || !llvm::all_of(alloc.getDynamicSizes(), [&](Value size) { return isKnownBefore(size, point); }))
      return;
    Operation *start = entry.front().findAncestorOpInBlock(*alloc);
    int64_t bytes = staticBytes(type);
    for (unsigned i = 0; i < type.getNumDynamicDims(); ++i)
      bytes *= kUnknown;
    Slot *best = nullptr;
    for (Slot &slot : slots)
      if (slot.busyUntil && slot.busyUntil->isBeforeInBlock(start) && slot.isBetter(best, bytes))
        best = &slot;
    if (!best)
      best = &slots.emplace_back();
    best->buffers.push_back(alloc);
    best->bytes = std::max(best->bytes, bytes);
    best->busyUntil = lastUse(alloc, entry.front());
  });
  return slots;
}

//===----------------------------------------------------------------------===//
// The arena
//===----------------------------------------------------------------------===//

static void plan(func::FuncOp entry) {
  Operation *point = nullptr; // what has, or is, the first temporary
  entry.walk([&](memref::AllocOp alloc) {
    point = entry.front().findAncestorOpInBlock(*alloc);
    return WalkResult::interrupt();
  });
  SmallVector<Slot> slots = point ? assignSlots(entry, point) : SmallVector<Slot>();
  if (slots.empty())
    return;

  ImplicitLocOpBuilder b(entry.getLoc(), point);
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  Value total = index(0);
  SmallVector<std::pair<memref::AllocOp, Value>> places;
  for (const Slot &slot : slots) {
    Value largest;
    for (memref::AllocOp alloc : slot.buffers) {
      Value bytes = index(staticBytes(alloc.getType()));
      for (Value size : alloc.getDynamicSizes())
        bytes = arith::MulIOp::create(b, bytes, sizeBefore(size, point));
      largest = largest ? Value(arith::MaxUIOp::create(b, largest, bytes)) : bytes;
      places.push_back({alloc, total});
    }
    Value whole = arith::AndIOp::create(b, arith::AddIOp::create(b, largest, index(kAlignment - 1)), index(-kAlignment));
    total = arith::AddIOp::create(b, total, whole);
  }
  auto arena = memref::AllocOp::create(b, MemRefType::get({ShapedType::kDynamic}, b.getI8Type()), total, b.getI64IntegerAttr(kAlignment));
  for (auto [alloc, offset] : places) {
    OpBuilder at(alloc);
    alloc.replaceAllUsesWith(memref::ViewOp::create(at, alloc.getLoc(), alloc.getType(), arena, offset, alloc.getDynamicSizes()).getResult());
    alloc.erase();
  }
}

void PlanArenaPass::runOnOperation() {
  for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration() && llvm::hasSingleElement(function.getBody()))
      plan(function);
}
