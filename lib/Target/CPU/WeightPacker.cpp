// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WeightPacker.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

Value WeightPacker::pack(ImplicitLocOpBuilder &b, ValueRange weights) {
  SmallVector<ParamOp> params;
  for (Value weight : weights) {
    ParamOp param = factory.lookup(weight);
    auto type = cast<MemRefType>(weight.getType());
    if (!param || !(type.getElementType().isF32() || type.getElementType().isBF16()) || type.getRank() > 3)
      return Value();
    params.push_back(param);
  }
  bool gated = params.size() == 2;
  ParamOp whole = gated ? factory.concat(params, "gate_up") : params[0];
  if (!whole)
    return Value();
  ParamOp &result = packed[whole];
  if (!result) {
    auto type = cast<RankedTensorType>(params[0].getType());
    SmallVector<int64_t> shape = {type.getRank() == 3 ? type.getDimSize(0) : 1};
    llvm::append_range(shape, type.getShape().take_back(2));
    if (gated)
      shape.insert(shape.begin(), 2);
    SmallVector<Attribute> program(whole.getProgram().getValue());
    program.push_back(ReshapeAttr::get(b.getContext(), shape));
    auto pack = PackAttr::get(b.getContext(), gated);
    program.push_back(pack);
    auto packedType = pack.apply(RankedTensorType::get(shape, type.getElementType()), [&] { return whole.emitError(); });
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfter(whole);
    result = ParamOp::create(b, (whole.getSymName() + ".packed").str(), packedType, whole.getSources(), b.getArrayAttr(program));
    symbols.insert(result);
  }
  auto type = cast<RankedTensorType>(result.getType());
  return ParamRefOp::create(b, MemRefType::get(type.getShape(), type.getElementType()),
                            FlatSymbolRefAttr::get(b.getContext(), result.getSymName()));
}
