// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-retype: a whole module in one floating-point type.
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace emo {
#define GEN_PASS_DEF_RETYPE
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

struct RetypePass : emo::impl::RetypeBase<RetypePass> {
  using RetypeBase::RetypeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (to != "f32" && to != "f64") {
      module.emitError()
          << "emo-retype: expects the option to to be f32 or f64, got '" << to
          << "'";
      return signalPassFailure();
    }
    target = to == "f64" ? Type(Float64Type::get(&getContext()))
                         : Float32Type::get(&getContext());
    SmallVector<Operation *> casts;
    WalkResult result = module.walk([&](Operation *op) {
      if (isa<arith::ExtFOp, arith::TruncFOp>(op))
        casts.push_back(op);
      return failed(retype(op)) ? WalkResult::interrupt()
                                : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (auto func : module.getOps<func::FuncOp>())
      retypeFunction(func);
    for (Operation *cast : casts) {
      cast->getResult(0).replaceAllUsesWith(cast->getOperand(0));
      cast->erase();
    }
    describe(module);
  }

private:
  Type convert(Type type) {
    if (isa<FloatType>(type))
      return target;
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && isa<FloatType>(shaped.getElementType())
               ? shaped.clone(target)
               : type;
  }

  LogicalResult retype(Operation *op);
  LogicalResult retypeConstant(arith::ConstantOp op);
  LogicalResult retypeParam(ParamOp op);
  void retypeFunction(func::FuncOp func);
  void describe(ModuleOp module);

  Type target;
};

} // namespace

LogicalResult RetypePass::retype(Operation *op) {
  auto hasFloat = [&](TypeRange types) {
    return llvm::any_of(types, [&](Type type) {
      return isa<FloatType>(getElementTypeOrSelf(type));
    });
  };
  if (isa<LaunchOp>(op) || op->getName().getDialectNamespace() == "onnx" ||
      op->getName().getDialectNamespace() == "llvm")
    return op->emitOpError() << "cannot be retyped; expected a module of the "
                                "phases raise to kernels";
  if (isa<arith::BitcastOp, tensor::BitcastOp>(op) &&
      (hasFloat(op->getOperandTypes()) || hasFloat(op->getResultTypes())))
    return op->emitOpError()
           << "reads the bits of a float, which another type does not have";
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return retypeConstant(constant);
  if (auto param = dyn_cast<ParamOp>(op))
    return retypeParam(param);
  for (Value result : op->getResults())
    result.setType(convert(result.getType()));
  // Functions have inputs to think about.
  if (isa<func::FuncOp>(op))
    return success();
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (Value argument : block.getArguments())
        argument.setType(convert(argument.getType()));
  return success();
}

LogicalResult RetypePass::retypeConstant(arith::ConstantOp op) {
  Type type = convert(op.getType());
  if (type == op.getType())
    return success();
  auto converted = [&](APFloat value) {
    bool lost;
    value.convert(cast<FloatType>(target).getFloatSemantics(),
                  APFloat::rmNearestTiesToEven, &lost);
    return value;
  };
  if (auto scalar = dyn_cast<FloatAttr>(op.getValue())) {
    op.setValueAttr(FloatAttr::get(target, converted(scalar.getValue())));
  } else if (auto dense = dyn_cast<DenseFPElementsAttr>(op.getValue())) {
    op.setValueAttr(dense.mapValues(target, [&](const APFloat &value) {
      return converted(value).bitcastToAPInt();
    }));
  } else {
    return op.emitOpError()
           << "cannot be retyped; expected a scalar or a dense constant";
  }
  op.getResult().setType(cast<TypedAttr>(op.getValue()).getType());
  return success();
}

/// The stored bytes stay; their last step is a cast.
LogicalResult RetypePass::retypeParam(ParamOp op) {
  Type type = convert(op.getType());
  if (type == op.getType())
    return success();
  SmallVector<Attribute> program(op.getProgram().getValue());
  if (llvm::any_of(program, llvm::IsaPred<PackAttr>))
    return op.emitOpError() << "is packed for kernels; retype before phase cpu";
  program.push_back(CastAttr::get(&getContext(), target));
  op.setProgramAttr(ArrayAttr::get(&getContext(), program));
  op.setType(cast<RankedTensorType>(type));
  return success();
}

/// Entries take the inputs that they took; only KV caches, which are outputs as
/// well, change.
void RetypePass::retypeFunction(func::FuncOp func) {
  SmallVector<Type> inputs, results;
  for (Type type : func.getResultTypes())
    results.push_back(convert(type));
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto role = func.getArgAttrOfType<StringAttr>(i, "emo.role");
    bool kept = func.isPublic() && !func.isExternal() &&
                !(role && role.getValue() == "kv_cache");
    Type converted = convert(type);
    inputs.push_back(kept ? type : converted);
    if (func.isExternal() || converted == type)
      continue;
    BlockArgument argument = func.getArgument(i);
    if (!kept) {
      argument.setType(converted);
      continue;
    }
    OpBuilder b = OpBuilder::atBlockBegin(&func.front());
    bool widens = getElementTypeOrSelf(type).getIntOrFloatBitWidth() <
                  target.getIntOrFloatBitWidth();
    Operation *cast =
        widens ? arith::ExtFOp::create(b, func.getLoc(), converted, argument)
                     .getOperation()
               : arith::TruncFOp::create(b, func.getLoc(), converted, argument)
                     .getOperation();
    argument.replaceAllUsesExcept(cast->getResult(0), cast);
  }
  func.setType(FunctionType::get(&getContext(), inputs, results));
}

/// What the manifest says about the arithmetic.
void RetypePass::describe(ModuleOp module) {
  auto model = module->getAttrOfType<DictionaryAttr>("emo.model");
  if (!model || !model.get("dtype"))
    return;
  NamedAttrList attrs(model);
  attrs.set("dtype", StringAttr::get(&getContext(), to));
  module->setAttr("emo.model", attrs.getDictionary(&getContext()));
}
