// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of emo.launch; the numbers are those of docs/dialect.md.
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace emo;

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  SmallVector<ModuleOp> levels;
  if (auto module = (*this)->getParentOfType<ModuleOp>())
    llvm::copy_if(module.getOps<ModuleOp>(), std::back_inserter(levels), [](ModuleOp nested) { return nested->hasAttr("emo.isa"); });
  if (levels.empty())
    return emitOpError() << "expects a nested module with 'emo.isa' that has its kernel '" << getKernel() << "', found no such module";
  for (ModuleOp level : levels)
    if (!symbols.lookupSymbolIn(level, getKernelAttr()))
      return emitOpError() << "expects its kernel '" << getKernel() << "' in every module with 'emo.isa', found none in that of "
                           << level->getAttr("emo.isa");
  return success();
}
