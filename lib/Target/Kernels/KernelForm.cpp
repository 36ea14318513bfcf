// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all kernels ask of an op; everything else takes the reference lowering.
#include "KernelForm.h"

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace emo;
using namespace emo::codegen;

static bool isStatic(Value memref, ArrayRef<int64_t> dims) {
  auto type = cast<MemRefType>(memref.getType());
  return llvm::none_of(dims, [&](int64_t dim) { return dim >= type.getRank() || type.isDynamicDim(dim); });
}

bool emo::codegen::isDense(Value memref) { return cast<MemRefType>(memref.getType()).getLayout().isIdentity(); }

static bool hasUnitInnerStride(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(cast<MemRefType>(memref.getType()).getStridesAndOffset(strides, offset)) && !strides.empty() && strides.back() == 1;
}

/// The innermost size of results, which kernels have as a constant.
static bool haveStaticRows(ValueRange outs) {
  return llvm::all_of(outs, [](Value out) { return isStatic(out, cast<MemRefType>(out.getType()).getRank() - 1); });
}

/// Element types; computation is in f32 whatever they are.
static bool haveKernelTypes(Operation *op, KernelFloats floats) {
  auto isKernel = [&](Value v) { return isKernelType(elementOf(v), floats); };
  auto isSame = [](Value x, Value y) { return elementOf(x) == elementOf(y); };
  auto isI32 = [](Value v) { return elementOf(v).isInteger(32); };
  auto isIds = [](Value v) { return elementOf(v).isInteger(32) || elementOf(v).isInteger(64); };
  auto isF32 = [](Value v) { return elementOf(v).isF32(); };
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](KernelMatmulOp matmul) {
        return isKernel(matmul.getLhs()) && llvm::all_of(matmul.getExtras(), isKernel) && llvm::all_of(matmul.getOuts(), isKernel) &&
               llvm::all_of(matmul.getWeights(), [&](Value weight) { return isSame(weight, matmul.getLhs()); });
      })
      .Case([&](KernelWeightGradientOp gradient) { return isKernel(gradient.getDy()) && isSame(gradient.getX(), gradient.getDy()) && isKernel(gradient.getOuts()[0]); })
      .Case([&](KernelRmsNormOp norm) { return llvm::all_of(norm->getOperands(), isKernel); })
      .Case([&](KernelRowDotOp dot) { return isKernel(dot.getA()) && isKernel(dot.getB()) && isF32(dot.getOuts()[0]); })
      .Case([&](KernelGatherRowsOp gather) {
        return isKernel(gather.getTable()) && isIds(gather.getIds()) && isSame(gather.getOuts()[0], gather.getTable());
      })
      .Case([&](KernelRouterOp router) {
        ValueRange outs = router.getOuts();
        return isKernel(router.getX()) && isKernel(router.getWeight()) && (!router.getBias() || isKernel(router.getBias())) &&
               isF32(outs[0]) && isI32(outs[1]) && llvm::all_of(outs.drop_front(2), isF32);
      })
      .Case([&](KernelGroupByExpertOp group) { return llvm::all_of(group->getOperands(), isI32); })
      .Case([&](KernelCombineOp combine) {
        return isI32(combine.getInverse()) &&
               llvm::all_of(combine->getOperands(), [&](Value v) { return v == combine.getInverse() || isKernel(v); });
      })
      .Case([&](KernelAttentionOp attention) {
        Value q = attention.getQ();
        return isKernel(q) && isSame(attention.getK(), q) && isSame(attention.getV(), q) &&
               llvm::all_of(attention.getOuts(), [&](Value out) { return isSame(out, q); });
      })
      .Case([&](KernelLossOp loss) {
        return isKernel(loss.getX()) && isSame(loss.getWeight(), loss.getX()) && isIds(loss.getTargets()) && isF32(loss.getOuts()[0]);
      })
      .Case([&](KernelSampleOp sample) { return isF32(sample.getLogits()) && isF32(sample.getSampling()) && isIds(sample.getOuts()[0]); })
      .Default([](Operation *) { return true; });
}

bool emo::codegen::hasKernelForm(Operation *op, KernelFloats floats) {
  // Operands whose strides the kernels read.
  SmallVector<Value> strided;
  bool fits = llvm::TypeSwitch<Operation *, bool>(op)
                  .Case([&](KernelMatmulOp matmul) {
                    strided.push_back(matmul.getLhs());
                    for (auto [extra, kind] : llvm::zip_equal(matmul.getExtras(), matmul.getKinds().getAsRange<OperandKindAttr>()))
                      if (kind.getValue() == OperandKind::Element)
                        strided.push_back(extra);
                    return isStatic(matmul.getLhs(), 1) && haveStaticRows(matmul.getOuts()) && hasVectorForm(matmul.getBody(), floats);
                  })
                  .Case([&](KernelWeightGradientOp gradient) {
                    strided.append({gradient.getDy(), gradient.getX()});
                    return isStatic(gradient.getDy(), 1) && isStatic(gradient.getX(), 1) && isStatic(gradient.getOuts()[0], 0);
                  })
                  .Case([&](KernelRmsNormOp norm) {
                    strided.push_back(norm.getX());
                    return isStatic(norm.getX(), 1);
                  })
                  .Case([&](KernelRowDotOp dot) {
                    strided.append({dot.getA(), dot.getB()});
                    return isStatic(dot.getA(), 1) && isStatic(dot.getB(), 1);
                  })
                  .Case([&](KernelAttentionOp attention) {
                    strided.append({attention.getQ(), attention.getK(), attention.getV()});
                    return isStatic(attention.getQ(), {2, 3}) && isStatic(attention.getK(), {2, 3});
                  })
                  .Case([&](KernelRouterOp router) {
                    if (router.getPool())
                      strided.push_back(router.getPool());
                    return isStatic(router.getX(), 1) && isStatic(router.getWeight(), 0) && haveStaticRows(router.getOuts());
                  })
                  .Case([&](KernelCombineOp combine) {
                    return isStatic(combine.getRows(), 1) && isStatic(combine.getWeights(), 1) && hasVectorForm(combine.getBody(), floats);
                  })
                  .Case([&](KernelGatherRowsOp gather) { return isStatic(gather.getTable(), 1); })
                  .Case([&](KernelGroupByExpertOp group) { return isStatic(group.getIndices(), 1) && isStatic(group.getOuts()[0], 0); })
                  .Case([&](KernelLossOp loss) { return isStatic(loss.getX(), 1); })
                  .Case([&](KernelSampleOp sample) { return isStatic(sample.getLogits(), 1); })
                  .Default([](Operation *) { return true; });
  return fits && haveKernelTypes(op, floats) && llvm::all_of(op->getOperands(), [&](Value operand) {
           return llvm::is_contained(strided, operand) ? hasUnitInnerStride(operand) : isDense(operand);
         });
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
bool emo::codegen::hasDenseRows(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  return type.getLayout().isIdentity() || (type.getRank() == 2 && strides[1] == 1);
}

Type emo::codegen::elementOf(Value shaped) { return cast<ShapedType>(shaped.getType()).getElementType(); }
int64_t emo::codegen::bytesOf(Type element) { return element.getIntOrFloatBitWidth() / 8; }

void emo::codegen::printKey(llvm::raw_ostream &os, Operation &op, llvm::DenseMap<Value, int> &numbers) {
  auto number = [&](Value value) { return numbers.try_emplace(value, numbers.size()).first->second; };
  os << op.getName() << "(";
  for (Value operand : op.getOperands())
    os << number(operand) << ",";
  os << ")" << op.getAttrDictionary();
  for (Value result : op.getResults())
    os << number(result) << result.getType();
  for (Region &region : op.getRegions()) {
    os << "{";
    printKey(os, region, numbers);
    os << "}";
  }
}

void emo::codegen::printKey(llvm::raw_ostream &os, Region &region, llvm::DenseMap<Value, int> &numbers) {
  for (Block &block : region) {
    for (BlockArgument argument : block.getArguments())
      os << numbers.try_emplace(argument, numbers.size()).first->second << argument.getType() << ",";
    for (Operation &op : block)
      printKey(os, op, numbers);
  }
}

/// Dynamic sizes and strides are arguments of kernels, static ones are constants; bodies have no operands from outside.
std::string emo::codegen::keyOf(Operation *op) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (Type type : op->getOperandTypes())
    os << type << ";";
  os << op->getAttrDictionary();
  llvm::DenseMap<Value, int> numbers;
  for (Region &region : op->getRegions())
    printKey(os, region, numbers);
  return text;
}

SmallVector<Operation *> emo::codegen::kernelOps(Operation *root) {
  SmallVector<Operation *> kernels;
  root->walk([&](DestinationStyleOpInterface op) {
    if (op->getName().getStringRef().starts_with("emo.kernel."))
      kernels.push_back(op);
  });
  return kernels;
}

std::pair<StringRef, bool> emo::codegen::KernelNames::get(const Twine &kind, StringRef key) {
  std::string kindName = kind.str();
  auto [entry, isNew] = names.try_emplace((kindName + "|" + key).str());
  if (isNew)
    entry->second = kindName + "_" + std::to_string(kinds[kindName]++);
  return {entry->second, isNew};
}
