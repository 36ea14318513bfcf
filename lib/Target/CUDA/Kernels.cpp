// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

KernelLibrary::KernelLibrary(ModuleOp parent, const DeviceArch &arch) : arch(arch) {
  OpBuilder b = OpBuilder::atBlockEnd(parent.getBody());
  module = gpu::GPUModuleOp::create(b, parent.getLoc(), ("kernels_" + arch.name).str());
  module->setAttr("emo.device", b.getStringAttr(arch.name));
}

StringRef KernelLibrary::get(const Twine &kind, StringRef key, const KernelShape &shape, ValueRange operands,
                             Fn<void(DeviceEmit &, ValueRange)> write, int maps) {
  auto [name, isNew] = names.get(kind, key);
  if (!isNew)
    return name;
  ImplicitLocOpBuilder b(module.getLoc(), module.getBody(), module.getBody()->end());
  SmallVector<Type> types;
  for (Type type : operands.getTypes())
    types.push_back(isa<MemRefType>(type) ? Type(LLVM::LLVMPointerType::get(b.getContext(), 1)) : type.isIndex() ? b.getI32Type() : type);
  types.append(maps, LLVM::LLVMPointerType::get(b.getContext()));
  auto function = gpu::GPUFuncOp::create(b, name, b.getFunctionType(types, {}));
  if (shape.spillsNothing)
    function->setAttr("emo.spills_nothing", b.getUnitAttr());
  if (maps)
    function->setAttr("emo.tensor_maps", b.getI64IntegerAttr(maps));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  function.setKnownBlockSize(std::array<int32_t, 3>{shape.threads, 1, 1});
  if (shape.sharedBytes)
    function->setAttr("emo.shared_bytes", b.getI64IntegerAttr(shape.sharedBytes));
  b.setInsertionPointToStart(&function.front());
  DeviceEmit e(b, arch, shape.threads, shape.lanes);
  write(e, function.getArguments());
  gpu::ReturnOp::create(b);
  return name;
}

void DeviceHost::launch(StringRef kernel, ValueRange args, ValueRange grid, const KernelShape &shape, ArrayRef<TensorBoxes> maps) {
  Value one = c(1);
  Values matrices;
  SmallVector<int64_t> boxes;
  for (const TensorBoxes &map : maps) {
    matrices.push_back(map.matrix);
    boxes.append({map.rows, map.columns});
  }
  DeviceLaunchOp::create(b, kernel, args, matrices, grid[0], grid.size() > 1 ? grid[1] : one, grid.size() > 2 ? grid[2] : one, shape.threads,
                         c(shape.sharedBytes), boxes);
}
