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

Values emo::cuda::multiplyAdd(DeviceEmit &e, ValueRange a, ValueRange b, ValueRange c) {
  Type f32 = e.b.getF32Type();
  Type four = LLVM::LLVMStructType::getLiteral(e.b.getContext(), {f32, f32, f32, f32});
  Value sums =
      NVVM::MmaOp::create(e.b, four, a, b, c, {16, 8, 16}, std::nullopt, std::nullopt,
                          std::array{NVVM::MMATypes::bf16, NVVM::MMATypes::bf16}, std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  return fields(e, sums, 4);
}

Value SwizzledRows::offset(DeviceEmit &e, Value row, Value chunk) const {
  // Rows of 64 bytes: two share a line of 128, so that pairs of rows have one order.
  Value key = chunks() == 8 ? e.rem(row, e.c(8)) : e.rem(e.div(row, e.c(2)), e.c(4));
  Value place = arith::XOrIOp::create(e.b, chunk, key);
  return e.add(e.mul(row, rowBytes()), e.mul(place, 16));
}

void emo::cuda::fenceForProducts(DeviceEmit &e) {
  NVVM::FenceProxyOp::create(e.b, NVVM::ProxyKindAttr::get(e.b.getContext(), NVVM::ProxyKind::async_shared),
                             NVVM::SharedSpaceAttr::get(e.b.getContext(), NVVM::SharedSpace::shared_cta));
}

Value emo::cuda::productOperand(DeviceEmit &e, Value address) {
  // In units of 16 bytes; bit 16: the distance of columns, which this layout does not use.
  Value start = e.div(arith::AndIOp::create(e.b, address, e.c(0x3ffff)), e.c(16));
  return arith::OrIOp::create(e.b, start, e.c(1 << 16));
}

/// The low half may be stepped in 32 bits: addresses end below its other fields. High half: 128-byte swizzle, 1024 bytes between groups of
/// 8 rows.
static Value descriptor(DeviceEmit &e, Value low) {
  Type i64 = e.b.getI64Type();
  return arith::OrIOp::create(e.b, arith::ExtUIOp::create(e.b, i64, low), e.c(int64_t(1) << 62 | int64_t(64) << 32, i64));
}

Value emo::cuda::startProducts(DeviceEmit &e, Value a, Value b, Value sums, int columns, int depth) {
  MLIRContext *context = e.b.getContext();
  auto bf16 = NVVM::WGMMATypesAttr::get(context, NVVM::WGMMATypes::bf16), f32 = NVVM::WGMMATypesAttr::get(context, NVVM::WGMMATypes::f32);
  auto one = NVVM::WGMMAScaleInAttr::get(context, NVVM::WGMMAScaleIn::one);
  NVVM::WgmmaFenceAlignedOp::create(e.b);
  for (int k = 0; k < depth / 16; ++k)
    sums = NVVM::WgmmaMmaAsyncOp::create(e.b, sums.getType(), sums, descriptor(e, e.add(a, 2 * k)), descriptor(e, e.add(b, 2 * k)),
                                         NVVM::MMAShapeAttr::get(context, 64, columns, 16), bf16, bf16, f32,
                                         NVVM::WGMMAScaleOutAttr::get(context, NVVM::WGMMAScaleOut::one), one, one,
                                         NVVM::MMALayoutAttr::get(context, NVVM::MMALayout::row),
                                         NVVM::MMALayoutAttr::get(context, NVVM::MMALayout::col), NVVM::MMAIntOverflowAttr());
  NVVM::WgmmaGroupSyncAlignedOp::create(e.b);
  return sums;
}

void emo::cuda::waitProducts(DeviceEmit &e, int left) { NVVM::WgmmaWaitGroupSyncOp::create(e.b, left); }
