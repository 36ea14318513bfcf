// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of emo.launch; the numbers are those of docs/dialect.md.
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

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

/// An argument of a kernel that a launch can give from `given`.
static bool takes(Type parameter, Type given) {
  if (isa<MemRefType>(given))
    return parameter.getDialect().getNamespace() == "llvm" && !isa<IntegerType, FloatType>(parameter);
  if (isa<FloatType>(given))
    return parameter == given;
  return parameter.isInteger(32) || parameter.isInteger(64);
}

LogicalResult DeviceLaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // C1
  auto function = (*this)->getParentOfType<FunctionOpInterface>();
  auto device = function ? function->getAttrOfType<StringAttr>("emo.device") : StringAttr();
  if (!device)
    return emitOpError() << "expects to be in a function with the attribute 'emo.device'";
  // C2
  FunctionOpInterface kernel;
  for (Operation &op : *(*this)->getParentOfType<ModuleOp>().getBody())
    if (op.hasTrait<OpTrait::SymbolTable>() && !isa<ModuleOp>(op) && op.getAttr("emo.device") == device)
      kernel = dyn_cast_or_null<FunctionOpInterface>(symbols.lookupSymbolIn(&op, StringAttr::get(getContext(), getKernel())));
  if (!kernel)
    return emitOpError() << "expects the kernel '" << getKernel() << "' in a gpu.module with emo.device = " << device << ", found none";
  // C3
  size_t given = getArgs().size() + getMaps().size();
  if (kernel.getNumArguments() != given)
    return emitOpError() << "gives " << given << " arguments, its kernel '" << getKernel() << "' takes " << kernel.getNumArguments();
  for (auto [i, types] : llvm::enumerate(llvm::zip(kernel.getArgumentTypes(), getArgs().getTypes())))
    if (!takes(std::get<0>(types), std::get<1>(types)))
      return emitOpError() << "gives " << std::get<1>(types) << " as argument " << i << ", its kernel '" << getKernel() << "' takes "
                           << std::get<0>(types);
  // C4
  auto block = kernel->getAttrOfType<DenseI32ArrayAttr>("known_block_size");
  if (block && block[0] != int64_t(getThreads()))
    return emitOpError() << "starts blocks of " << getThreads() << " threads, its kernel '" << getKernel() << "' is written for " << block[0];
  // C5
  auto maps = kernel->getAttrOfType<IntegerAttr>("emo.tensor_maps");
  size_t takenMaps = maps ? maps.getInt() : 0;
  if (takenMaps != getMaps().size())
    return emitOpError() << "gives " << getMaps().size() << " tensor maps, its kernel '" << getKernel() << "' takes " << takenMaps;
  return success();
}

/// Whether it has rows of bf16, f16 or f32, all of them, of all leading dimensions, at one distance.
static bool isMatrix(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!isa<BFloat16Type, Float16Type, Float32Type>(type.getElementType()) || type.getRank() < 2 || failed(type.getStridesAndOffset(strides, offset)) || type.isDynamicDim(type.getRank() - 1) || strides.back() != 1)
    return false;
  for (int64_t d = 0; d + 2 < type.getRank(); ++d)
    if (type.isDynamicDim(d + 1) || ShapedType::isDynamic(strides[d + 1]) || strides[d] != strides[d + 1] * type.getDimSize(d + 1))
      return false;
  return true;
}

LogicalResult DeviceLaunchOp::verify() {
  // C6
  if (getBoxes().size() != getMaps().size() * 2)
    return emitOpError() << "has " << getBoxes().size() << " sizes of boxes for " << getMaps().size() << " maps, expected two each";
  for (auto [i, map] : llvm::enumerate(getMaps())) {
    // C7
    auto type = cast<MemRefType>(map.getType());
    if (!isMatrix(type))
      return emitOpError() << "makes a map of " << type << ", expected rows of a static number of neighbouring bf16, f16 or f32 at one distance";
    // C8
    int64_t rows = getBoxes()[i * 2], bytes = getBoxes()[i * 2 + 1] * type.getElementTypeBitWidth() / 8;
    if (rows < 1 || rows > 256 || bytes != 128)
      return emitOpError() << "has a box of " << rows << " rows of " << bytes << " bytes, expected 1 to 256 rows of 128 bytes";
  }
  return success();
}
