// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops, conditions and stores of the reference lowering as kernels of one thread.
#include "Bodies.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

/// `first` and all that its results lead to, in order. Empty unless that can be one kernel at the place of the last: what lies between must
/// not touch memory, but may make room for it.
static SmallVector<Operation *> dependents(Operation *first) {
  llvm::SetVector<Operation *> found;
  found.insert(first);
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i]->getBlock() != first->getBlock() || !isBodyOp(*found[i]))
      return {};
    found.insert(found[i]->user_begin(), found[i]->user_end());
  }
  SmallVector<Operation *> ops = found.takeVector();
  llvm::sort(ops, [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
  llvm::SmallPtrSet<Operation *, 8> members(ops.begin(), ops.end());
  for (Operation *op = first; op != ops.back(); op = op->getNextNode())
    if (!members.contains(op) && !isMemoryEffectFree(op) && !isa<memref::AllocOp>(op))
      return {};
  return ops;
}

bool emo::cuda::lowerSerial(Operation *first, KernelLibrary &library) {
  SmallVector<Operation *> ops = dependents(first);
  if (ops.empty())
    return false;
  llvm::SetVector<Value> outer;
  for (Operation *op : ops) {
    outer.insert(op->operand_begin(), op->operand_end());
    for (Region &region : op->getRegions())
      if (!collectOuter(region, outer))
        return false;
  }
  outer.remove_if([&](Value value) { return llvm::is_contained(ops, value.getDefiningOp()); });
  DeviceHost host(ops.back());
  Operands operands(host);
  for (Value value : outer)
    operands.add(value);
  std::string key = operands.key();
  llvm::raw_string_ostream os(key);
  llvm::DenseMap<Value, int> numbers;
  for (Value value : outer)
    numbers.try_emplace(value, numbers.size());
  for (Operation *op : ops)
    printKey(os, *op, numbers);
  KernelShape shape{32, 1, 0};
  Values list = operands.list();
  StringRef name = library.get("serial", key, shape, list, [&](DeviceEmit &e, ValueRange args) {
    llvm::DenseMap<Value, View> views = operands.views(e, args);
    BodyCloner cloner(e, views);
    operands.bind(e, args, cloner);
    e.onlyIf(e.equal(e.thread(), e.c(0)), [&] {
      for (Operation *op : ops)
        cloner.clone(*op);
    });
  });
  host.launch(name, list, host.c(1), shape);
  for (Operation *op : llvm::reverse(ops))
    op->erase();
  return true;
}
