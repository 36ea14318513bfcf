// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of emo.launch; the numbers are those of docs/dialect.md.
#include "emo/Dialect/Emo/IR/Emo.h"

using namespace mlir;
using namespace emo;

static SmallVector<ModuleOp> isaModules(ModuleOp program) {
  return llvm::filter_to_vector(program.getOps<ModuleOp>(), [](ModuleOp nested) { return nested->hasAttr("emo.isa"); });
}

ModuleOp emo::findKernelModule(ModuleOp level, StringRef kernel) {
  auto program = level->getParentOfType<ModuleOp>();
  SmallVector<ModuleOp> levels = program ? isaModules(program) : SmallVector<ModuleOp>{level};
  // More steps than levels are a cycle of bases.
  for (size_t steps = 0; level && steps < levels.size(); ++steps) {
    if (SymbolTable::lookupSymbolIn(level, kernel))
      return level;
    Attribute base = level->getAttr("emo.base_isa");
    auto *next = llvm::find_if(levels, [&](ModuleOp other) { return base && other->getAttr("emo.isa") == base; });
    level = next == levels.end() ? ModuleOp() : *next;
  }
  return {};
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  auto module = (*this)->getParentOfType<ModuleOp>();
  SmallVector<ModuleOp> levels = module ? isaModules(module) : SmallVector<ModuleOp>();
  if (levels.empty())
    return emitOpError() << "expects a nested module with 'emo.isa' that has its kernel '" << getKernel() << "', found no such module";
  for (ModuleOp level : levels)
    if (!findKernelModule(level, getKernel()))
      return emitOpError() << "expects its kernel '" << getKernel() << "' for every module with 'emo.isa', in it or where 'emo.base_isa' leads, "
                           << "found none for that of " << level->getAttr("emo.isa");
  return success();
}
