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

static bool isDense(Value memref) { return cast<MemRefType>(memref.getType()).getLayout().isIdentity(); }

static bool hasUnitInnerStride(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(cast<MemRefType>(memref.getType()).getStridesAndOffset(strides, offset)) && !strides.empty() && strides.back() == 1;
}

/// The innermost size of results, which kernels have as a constant.
static bool haveStaticRows(ValueRange outs) {
  return llvm::all_of(outs, [](Value out) { return isStatic(out, cast<MemRefType>(out.getType()).getRank() - 1); });
}

bool emo::codegen::hasKernelForm(Operation *op) {
  // Operands whose strides the kernels read.
  SmallVector<Value> strided;
  bool fits = llvm::TypeSwitch<Operation *, bool>(op)
                  .Case([&](KernelMatmulOp matmul) {
                    strided.push_back(matmul.getLhs());
                    for (auto [extra, kind] : llvm::zip_equal(matmul.getExtras(), matmul.getKinds().getAsRange<OperandKindAttr>()))
                      if (kind.getValue() == OperandKind::Element)
                        strided.push_back(extra);
                    return isStatic(matmul.getLhs(), 1) && haveStaticRows(matmul.getOuts()) && hasVectorForm(matmul.getBody());
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
                  .Case([&](KernelCombineOp combine) { return isStatic(combine.getRows(), 1) && hasVectorForm(combine.getBody()); })
                  .Case([&](KernelGatherRowsOp gather) { return isStatic(gather.getTable(), 1); })
                  .Case([&](KernelGroupByExpertOp group) { return isStatic(group.getIndices(), 1) && isStatic(group.getOuts()[0], 0); })
                  .Case([&](KernelLossOp loss) { return isStatic(loss.getX(), 1); })
                  .Default([](Operation *) { return true; });
  return fits && llvm::all_of(op->getOperands(), [&](Value operand) {
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

std::string emo::codegen::keyOf(Operation *op) {
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
