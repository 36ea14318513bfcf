// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Result types of the steps of weight programs.
#include "emo/Dialect/Emo/IR/Emo.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace emo;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

static bool checkDim(int64_t dim, RankedTensorType input, EmitError emitError) {
  if (dim >= 0 && dim < input.getRank())
    return true;
  emitError() << "expects a dimension of " << input << ", got " << dim;
  return false;
}

static RankedTensorType withDim(RankedTensorType input, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(input.getShape());
  shape[dim] = size;
  return RankedTensorType::get(shape, input.getElementType());
}

RankedTensorType SelectAttr::apply(RankedTensorType input, EmitError emitError) const {
  if (!checkDim(getDim(), input, emitError))
    return {};
  for (int64_t index : getIndices())
    if (index < 0 || index >= input.getDimSize(getDim())) {
      emitError() << "expects selected indices below " << input.getDimSize(getDim()) << ", got " << index;
      return {};
    }
  return withDim(input, getDim(), getIndices().size());
}

RankedTensorType SliceAttr::apply(RankedTensorType input, EmitError emitError) const {
  if (!checkDim(getDim(), input, emitError))
    return {};
  if (getOffset() < 0 || getSize() < 0 || getOffset() > input.getDimSize(getDim()) - getSize()) {
    emitError() << "expects a slice inside dimension " << getDim() << " of size " << input.getDimSize(getDim()) << ", got offset "
                << getOffset() << " and size " << getSize();
    return {};
  }
  return withDim(input, getDim(), getSize());
}

RankedTensorType TransposeAttr::apply(RankedTensorType input, EmitError emitError) const {
  SmallVector<bool> seen(input.getRank());
  SmallVector<int64_t> shape;
  for (int64_t dim : getPermutation()) {
    if (dim < 0 || dim >= input.getRank() || seen[dim])
      break;
    seen[dim] = true;
    shape.push_back(input.getDimSize(dim));
  }
  if ((int64_t)shape.size() != input.getRank() || getPermutation().size() != shape.size()) {
    emitError() << "expects a permutation of the dimensions of " << input << ", got " << Attribute(*this);
    return {};
  }
  return RankedTensorType::get(shape, input.getElementType());
}

RankedTensorType ReshapeAttr::apply(RankedTensorType input, EmitError emitError) const {
  int64_t elements = 1;
  for (int64_t size : getShape())
    if (size < 0 || llvm::MulOverflow(elements, size, elements)) {
      emitError() << "expects a static shape, got " << Attribute(*this);
      return {};
    }
  if (elements != input.getNumElements()) {
    emitError() << "expects a shape of " << input.getNumElements() << " elements, got " << Attribute(*this);
    return {};
  }
  return RankedTensorType::get(getShape(), input.getElementType());
}

RankedTensorType CastAttr::apply(RankedTensorType input, EmitError emitError) const {
  if (!getElementType().isIntOrFloat()) {
    emitError() << "expects a cast to an integer or floating-point type, got " << getElementType();
    return {};
  }
  return RankedTensorType::get(input.getShape(), getElementType());
}

RankedTensorType PackAttr::apply(RankedTensorType input, EmitError emitError) const {
  int64_t rank = getGated() ? 4 : 3;
  if (input.getRank() != rank || (getGated() && input.getDimSize(0) != 2) ||
      !(input.getElementType().isF32() || input.getElementType().isBF16())) {
    emitError() << "expects f32 or bf16 weights " << (getGated() ? "[2, E, N, K]" : "[E, N, K]") << ", got " << input;
    return {};
  }
  ArrayRef<int64_t> shape = input.getShape().take_back(3);
  bool bf16 = input.getElementType().isBF16();
  int64_t panels = llvm::divideCeil(shape[1], getGated() ? 16 : 32);
  int64_t steps = bf16 ? llvm::divideCeil(shape[2], 32) : shape[2];
  return RankedTensorType::get({shape[0], panels, steps, bf16 ? 1024 : 32}, input.getElementType());
}
