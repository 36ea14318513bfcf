// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/AsmState.h"

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
  std::string kindName = kind.str();
  auto [entry, isNew] = names.try_emplace((kindName + "|" + key).str());
  if (!isNew)
    return entry->second;
  entry->second = kindName + "_" + std::to_string(kinds[kindName]++);
  for (auto &[level, nested] : modules) {
    if (sameInBase && nested->hasAttr("emo.base_isa"))
      continue;
    ImplicitLocOpBuilder b(module.getLoc(), nested.getBody(), nested.getBody()->end());
    Type ptr = LLVM::LLVMPointerType::get(b.getContext());
    auto function = func::FuncOp::create(b, entry->second, b.getFunctionType({ptr, b.getI64Type(), ptr}, {}));
    Block *body = function.addEntryBlock();
    b.setInsertionPointToStart(body);
    Emit e(b, *level);
    KernelArgs args{e, body->getArgument(0), body->getArgument(1), body->getArgument(2)};
    write(args);
    func::ReturnOp::create(b);
  }
  return entry->second;
}

Value Host::c(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
Value Host::dim(Value memref, int64_t i) { return memref::DimOp::create(b, memref, i); }
Value Host::stride(Value memref, int64_t i) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (succeeded(type.getStridesAndOffset(strides, offset)) && strides[i] != ShapedType::kDynamic)
    return c(strides[i]);
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
  return metadata.getStrides()[i];
}
Value Host::mul(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
Value Host::add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
Value Host::ceilDiv(Value x, int64_t y) { return arith::DivUIOp::create(b, add(x, c(y - 1)), c(y)); }
Value Host::max(Value x, Value y) { return arith::MaxSIOp::create(b, x, y); }
Value Host::min(Value x, Value y) { return arith::MinSIOp::create(b, x, y); }
void Host::launch(StringRef kernel, ValueRange args, Value tasks, Value scratchBytes) {
  LaunchOp::create(b, kernel, args, tasks, scratchBytes);
}

bool emo::cpu::hasDenseRows(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  return type.getLayout().isIdentity() || (type.getRank() == 2 && strides[1] == 1);
}

bool emo::cpu::isKernelType(Type type) { return type.isF32() || type.isBF16(); }
Type emo::cpu::elementOf(Value shaped) { return cast<ShapedType>(shaped.getType()).getElementType(); }
int64_t emo::cpu::bytesOf(Type element) { return element.getIntOrFloatBitWidth() / 8; }

std::string emo::cpu::keyOf(Operation *op) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (Value operand : op->getOperands()) {
    auto type = cast<MemRefType>(operand.getType());
    // Dynamic sizes and strides are arguments; static ones are constants of the kernel.
    os << type << ";";
  }
  os << op->getAttrDictionary();
  // The body, with values numbered from its own start.
  for (Region &region : op->getRegions())
    for (Block &block : region) {
      llvm::DenseMap<Value, int> numbers;
      for (BlockArgument arg : block.getArguments())
        numbers.try_emplace(arg, numbers.size());
      for (Operation &inner : block) {
        os << inner.getName() << "(";
        for (Value operand : inner.getOperands()) {
          auto found = numbers.find(operand);
          if (found != numbers.end())
            os << found->second << ",";
          else if (Operation *def = operand.getDefiningOp())
            os << def->getName() << def->getAttrDictionary() << ",";
        }
        os << ")" << inner.getAttrDictionary();
        for (Value result : inner.getResults()) {
          numbers.try_emplace(result, numbers.size());
          os << result.getType();
        }
      }
    }
  return text;
}
