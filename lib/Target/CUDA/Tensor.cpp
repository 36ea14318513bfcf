// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Tensor.h"

using namespace mlir;
using namespace emo::cuda;

void emo::cuda::copyAsync(DeviceEmit &e, Value shared, Value global, Value bytes) {
  NVVM::CpAsyncOp::create(e.b, shared, global, 16, NVVM::LoadCacheModifierKind::CG, bytes);
}
void emo::cuda::commitCopies(DeviceEmit &e) { NVVM::CpAsyncCommitGroupOp::create(e.b); }
void emo::cuda::waitCopies(DeviceEmit &e, int left) { NVVM::CpAsyncWaitGroupOp::create(e.b, left); }

static Values fields(DeviceEmit &e, Value structure, int count) {
  Values result;
  for (int i = 0; i < count; ++i)
    result.push_back(LLVM::ExtractValueOp::create(e.b, structure, i));
  return result;
}

Values emo::cuda::loadMatrices(DeviceEmit &e, Value address, bool transposed) {
  Type i32 = e.b.getI32Type();
  Type four = LLVM::LLVMStructType::getLiteral(e.b.getContext(), {i32, i32, i32, i32});
  auto shape = NVVM::LdStMatrixShapeAttr::get(e.b.getContext(), 8, 8);
  Value loaded = NVVM::LdMatrixOp::create(e.b, four, address, 4, transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row, shape,
                                          NVVM::LdStMatrixEltType::B16);
  return fields(e, loaded, 4);
}

Values emo::cuda::multiplyAdd(DeviceEmit &e, Type element, ValueRange a, ValueRange b, ValueRange c) {
  Type f32 = e.b.getF32Type();
  Type four = LLVM::LLVMStructType::getLiteral(e.b.getContext(), {f32, f32, f32, f32});
  NVVM::MMATypes type = element.isF16() ? NVVM::MMATypes::f16 : NVVM::MMATypes::bf16;
  // The dialect has registers of f16 as pairs.
  auto registers = [&](ValueRange words) {
    return llvm::map_to_vector(words, [&](Value word) { return element.isF16() ? Value(LLVM::BitcastOp::create(e.b, e.vec(2, element), word)) : word; });
  };
  Value sums = NVVM::MmaOp::create(e.b, four, registers(a), registers(b), c, {16, 8, 16}, std::nullopt, std::nullopt, std::array{type, type},
                                   std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  return fields(e, sums, 4);
}

void emo::cuda::multiplyFragments(DeviceEmit &e, Type element, ArrayRef<Values> a, ArrayRef<Values> b, Values &sums) {
  int across = b.size();
  for (int i = 0; i < int(a.size()); ++i)
    for (int step = 0; step < across; ++step) {
      int j = i % 2 ? across - 1 - step : step; // back and forth: operands stay in registers
      Value *sum = &sums[(i * across + j) * 4];
      llvm::copy(multiplyAdd(e, element, a[i], b[j], ValueRange(ArrayRef(sum, 4))), sum);
    }
}

Value SwizzledRows::offset(DeviceEmit &e, Value row, Value chunk) const {
  // Rows of 64 bytes: two share a line of 128, so that pairs of rows have one order.
  Value key = chunks() >= 8 ? e.rem(row, e.c(8)) : e.rem(e.div(row, e.c(2)), e.c(4));
  Value place = arith::XOrIOp::create(e.b, chunk, key);
  return e.add(e.mul(row, rowBytes()), e.mul(place, 16));
}

void emo::cuda::fenceForProducts(DeviceEmit &e) {
  NVVM::FenceProxyOp::create(e.b, NVVM::ProxyKindAttr::get(e.b.getContext(), NVVM::ProxyKind::async_shared),
                             NVVM::SharedSpaceAttr::get(e.b.getContext(), NVVM::SharedSpace::shared_cta));
}

/// In units of 16 bytes; from bit 16 on: the distance of columns that lie apart.
static Value lowHalf(DeviceEmit &e, Value address, int64_t distance) {
  Value start = e.div(arith::AndIOp::create(e.b, address, e.c(0x3ffff)), e.c(16));
  return arith::OrIOp::create(e.b, start, e.c(distance / 16 << 16));
}

/// Its rows are whole: the distance is not used.
Value emo::cuda::productOperand(DeviceEmit &e, Value address) { return lowHalf(e, address, 16); }
Value emo::cuda::transposedOperand(DeviceEmit &e, Value address, int64_t panel) { return lowHalf(e, address, panel); }

/// The low half may be stepped in 32 bits: addresses end below its other fields. High half: 128-byte swizzle, 1024 bytes between groups of
/// 8 rows.
static Value descriptor(DeviceEmit &e, Value low) {
  Type i64 = e.b.getI64Type();
  return arith::OrIOp::create(e.b, arith::ExtUIOp::create(e.b, i64, low), e.c(int64_t(1) << 62 | int64_t(64) << 32, i64));
}

/// `step`: how far the operands of the next 16 of K lie, in units of 16 bytes.
static Value startGroup(DeviceEmit &e, Type element, Value a, Value b, Value sums, int columns, int depth, int step, bool transposed) {
  MLIRContext *context = e.b.getContext();
  auto type = NVVM::WGMMATypesAttr::get(context, element.isF16() ? NVVM::WGMMATypes::f16 : NVVM::WGMMATypes::bf16);
  auto f32 = NVVM::WGMMATypesAttr::get(context, NVVM::WGMMATypes::f32);
  auto one = NVVM::WGMMAScaleInAttr::get(context, NVVM::WGMMAScaleIn::one);
  fenceRegisters(e);
  for (int k = 0; k < depth / 16; ++k)
    sums = NVVM::WgmmaMmaAsyncOp::create(e.b, sums.getType(), sums, descriptor(e, e.add(a, step * k)), descriptor(e, e.add(b, step * k)),
                                         NVVM::MMAShapeAttr::get(context, 64, columns, 16), type, type, f32,
                                         NVVM::WGMMAScaleOutAttr::get(context, NVVM::WGMMAScaleOut::one), one, one,
                                         NVVM::MMALayoutAttr::get(context, transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row),
                                         NVVM::MMALayoutAttr::get(context, transposed ? NVVM::MMALayout::row : NVVM::MMALayout::col), NVVM::MMAIntOverflowAttr());
  commitProducts(e);
  return sums;
}

Value emo::cuda::startProducts(DeviceEmit &e, Type element, Value a, Value b, Value sums, int columns, int depth) {
  return startGroup(e, element, a, b, sums, columns, depth, 2, /*transposed=*/false);
}
Value emo::cuda::startTransposedProducts(DeviceEmit &e, Type element, Value a, Value b, Value sums, int columns, int depth) {
  return startGroup(e, element, a, b, sums, columns, depth, 16 * 128 / 16, /*transposed=*/true);
}

/// Inline PTX, because the operation of the dialect takes descriptors only.
void emo::cuda::addProduct(DeviceEmit &e, Type element, ArrayRef<Value> a, Value b, bool transposed, MutableArrayRef<Value> sums, bool keeps) {
  int count = sums.size();
  std::string registers, outputs, inputs;
  for (int i = 0; i < count; ++i) {
    registers += (i ? ", $" : "$") + std::to_string(i);
    outputs += "=f,";
    inputs += std::to_string(i) + ",";
  }
  std::string type = element.isF16() ? ".f16" : ".bf16";
  auto operand = [&](int i) { return "$" + std::to_string(2 * count + i); };
  std::string text = "{ .reg .pred p; setp.ne.b32 p, " + operand(5) + ", 0; wgmma.mma_async.sync.aligned.m64n" + std::to_string(2 * count) +
                     "k16.f32" + type + type + " {" + registers + "}, {" + operand(0) + ", " + operand(1) + ", " + operand(2) + ", " + operand(3) + "}, " +
                     operand(4) + ", p, " + operand(6) + ", " + operand(7) + ", " + operand(8) + "; }";
  Values operands(sums.begin(), sums.end());
  llvm::append_range(operands, a);
  operands.append({descriptor(e, b), e.c(keeps), e.c(1), e.c(1), e.c(transposed)});
  Type results = LLVM::LLVMStructType::getLiteral(e.b.getContext(), SmallVector<Type>(count, e.b.getF32Type()));
  Value result = LLVM::InlineAsmOp::create(e.b, results, operands, text, outputs + inputs + "r,r,r,r,l,n,n,n,n", /*has_side_effects=*/true,
                                           /*is_align_stack=*/false, LLVM::TailCallKind::None, LLVM::AsmDialectAttr(), ArrayAttr())
                     .getResult(0);
  llvm::copy(fields(e, result, count), sums.begin());
}

void emo::cuda::fenceRegisters(DeviceEmit &e) { NVVM::WgmmaFenceAlignedOp::create(e.b); }
void emo::cuda::commitProducts(DeviceEmit &e) { NVVM::WgmmaGroupSyncAlignedOp::create(e.b); }
void emo::cuda::waitProducts(DeviceEmit &e, int left) { NVVM::WgmmaWaitGroupSyncOp::create(e.b, left); }
