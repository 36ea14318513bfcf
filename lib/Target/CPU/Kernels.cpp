// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"


using namespace mlir;
using namespace emo;
using namespace emo::cpu;

KernelLibrary::KernelLibrary(ModuleOp module, ArrayRef<const IsaLevel *> levels) : module(module) {
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  for (const IsaLevel *level : levels) {
    std::string name = ("kernels_" + level->name).str();
    for (char &c : name)
      if (c == '-')
        c = '_';
    auto nested = ModuleOp::create(b, module.getLoc(), name);
    nested->setAttr("emo.isa", b.getStringAttr(level->name));
    // The nearest base that is there.
    const IsaLevel *base = findIsaLevel(level->base);
    while (base && !llvm::is_contained(levels, base))
      base = findIsaLevel(base->base);
    if (base)
      nested->setAttr("emo.base_isa", b.getStringAttr(base->name));
    modules.push_back({level, nested});
  }
}

StringRef KernelLibrary::get(const Twine &kind, StringRef key, bool sameInBase, Fn<void(KernelArgs &)> write) {
  auto [name, isNew] = names.get(kind, key);
  if (!isNew)
    return name;
  for (auto &[level, nested] : modules) {
    if (sameInBase && nested->hasAttr("emo.base_isa"))
      continue;
    ImplicitLocOpBuilder b(module.getLoc(), nested.getBody(), nested.getBody()->end());
    Type ptr = LLVM::LLVMPointerType::get(b.getContext());
    auto function = func::FuncOp::create(b, name, b.getFunctionType({ptr, b.getI64Type(), ptr}, {}));
    Block *body = function.addEntryBlock();
    b.setInsertionPointToStart(body);
    IsaEmit e(b, *level);
    KernelArgs args{e, body->getArgument(0), body->getArgument(1), body->getArgument(2)};
    write(args);
    func::ReturnOp::create(b);
  }
  return name;
}

void TaskHost::launch(StringRef kernel, ValueRange args, Value tasks, Value scratchBytes) {
  LaunchOp::create(b, kernel, args, tasks, scratchBytes);
}
