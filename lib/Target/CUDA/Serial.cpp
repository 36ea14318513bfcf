// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops, conditions and stores of the reference lowering as kernels of one thread.
#include "Bodies.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

bool emo::cuda::lowerSerial(Operation *op, KernelLibrary &library) {
  if (!isBodyOp(*op) || !llvm::all_of(op->getResults(), [](Value result) { return result.use_empty(); }))
    return false;
  DeviceHost host(op);
  Operands operands(host);
  llvm::SetVector<Value> outer(op->operand_begin(), op->operand_end());
  for (Region &region : op->getRegions())
    if (!collectOuter(region, outer))
      return false;
  for (Value value : outer)
    operands.add(value);
  std::string key = operands.key();
  llvm::raw_string_ostream os(key);
  llvm::DenseMap<Value, int> numbers;
  for (Value value : outer)
    numbers.try_emplace(value, numbers.size());
  os << op->getName() << op->getAttrDictionary();
  for (Value operand : op->getOperands())
    os << numbers.lookup(operand) << ",";
  for (Region &region : op->getRegions())
    printKey(os, region, numbers);
  KernelShape shape{32, 1, 0};
  Values list = operands.list();
  StringRef name = library.get("serial", key, shape, list, [&](DeviceEmit &e, ValueRange args) {
    llvm::DenseMap<Value, View> views = operands.views(e, args);
    BodyCloner cloner(e, views);
    operands.bind(e, args, cloner);
    e.onlyIf(e.equal(e.thread(), e.c(0)), [&] { cloner.clone(*op); });
  });
  host.launch(name, list, host.c(1), shape);
  op->erase();
  return true;
}
