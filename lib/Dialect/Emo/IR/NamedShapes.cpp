// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NamedShapes.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace emo;

NamedShapes &NamedShapes::fix(StringRef dim, int64_t size, StringRef from) {
  sizes[dim] = {size, ("'" + from + "'").str()};
  return *this;
}

NamedShapes &NamedShapes::add(StringRef name, Value value, StringRef dims) {
  if (value)
    entries.push_back({name, value, dims});
  return *this;
}

int64_t NamedShapes::size(StringRef dim) const {
  auto found = sizes.find(dim);
  return found == sizes.end() ? ShapedType::kDynamic : found->second.size;
}

SmallVector<std::string> NamedShapes::dimNames(const Entry &entry) const {
  int64_t rank = cast<ShapedType>(entry.value.getType()).getRank();
  SmallVector<StringRef> written;
  entry.dims.split(written, ", ", /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  SmallVector<std::string> names;
  if (!written.empty() && written.front() == "..") {
    written.erase(written.begin());
    for (int64_t i = 0; i < rank - static_cast<int64_t>(written.size()); ++i)
      names.push_back("dimension " + std::to_string(i));
  }
  for (StringRef name : written)
    names.push_back(name.str());
  return names;
}

LogicalResult NamedShapes::verify() {
  for (const Entry &entry : entries)
    if (failed(verify(entry)))
      return failure();
  return success();
}

LogicalResult NamedShapes::verify(const Entry &entry) {
  auto type = cast<ShapedType>(entry.value.getType());
  auto expects = [&]() -> InFlightDiagnostic {
    return std::move(op->emitOpError() << "expects '" << entry.name << "' to be [" << entry.dims << "]");
  };
  SmallVector<std::string> names = dimNames(entry);
  if (static_cast<int64_t>(names.size()) != type.getRank())
    return expects() << ", got " << type;
  if (entry.dims.starts_with("..")) {
    int64_t leading = llvm::count_if(names, [](StringRef name) { return name.starts_with("dimension "); });
    Size &known = sizes.try_emplace("..", Size{leading, ("'" + entry.name + "'").str()}).first->second;
    if (known.size != leading)
      return expects() << " with .. = " << known.size << " dimensions from " << known.from << ", got " << type;
  }
  for (auto [name, size] : llvm::zip_equal(names, type.getShape())) {
    if (ShapedType::isDynamic(size))
      continue;
    StringRef dim = name;
    int64_t value = size;
    if (dim.consume_back(" + 1") && --value < 0)
      return expects() << ", got " << type;
    if (auto [left, right] = dim.split(" * "); !right.empty()) {
      int64_t a = this->size(left), b = this->size(right);
      if (ShapedType::isDynamic(a) || ShapedType::isDynamic(b))
        continue;
      int64_t product;
      if (llvm::MulOverflow(a, b, product) || product != value)
        return expects() << " with " << left << " = " << a << " and " << right << " = " << b << ", got " << type;
      continue;
    }
    Size &known = sizes.try_emplace(dim, Size{value, ("'" + entry.name + "'").str()}).first->second;
    if (known.size != value)
      return expects() << " with " << dim << " = " << known.size << " from " << known.from << ", got " << type;
  }
  return success();
}

OpFoldResult NamedShapes::reify(OpBuilder &builder, StringRef dim) const {
  auto attribute = sizes.find(dim);
  if (attribute != sizes.end())
    return builder.getIndexAttr(attribute->second.size);
  for (const Entry &entry : entries) {
    if (entry.value.getDefiningOp() == op)
      continue;
    for (auto [i, name] : llvm::enumerate(dimNames(entry)))
      if (name == dim)
        return tensor::getMixedSize(builder, op->getLoc(), entry.value, i);
  }
  if (auto [left, right] = dim.split(" * "); !right.empty()) {
    Value a = getValueOrCreateConstantIndexOp(builder, op->getLoc(), reify(builder, left));
    Value b = getValueOrCreateConstantIndexOp(builder, op->getLoc(), reify(builder, right));
    return arith::MulIOp::create(builder, op->getLoc(), a, b).getResult();
  }
  if (dim.consume_back(" + 1")) {
    Value value = getValueOrCreateConstantIndexOp(builder, op->getLoc(), reify(builder, dim));
    Value one = arith::ConstantIndexOp::create(builder, op->getLoc(), 1);
    return arith::AddIOp::create(builder, op->getLoc(), value, one).getResult();
  }
  return {};
}

void NamedShapes::reify(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) const {
  for (Value result : op->getResults()) {
    const Entry *entry = llvm::find_if(entries, [&](const Entry &entry) { return entry.value == result; });
    auto type = cast<ShapedType>(result.getType());
    SmallVector<OpFoldResult> &dims = results.emplace_back();
    for (auto [name, size] : llvm::zip_equal(dimNames(*entry), type.getShape())) {
      // Static sizes are attributes, dynamic ones values.
      if (!ShapedType::isDynamic(size))
        dims.push_back(builder.getIndexAttr(size));
      else
        dims.push_back(getValueOrCreateConstantIndexOp(builder, op->getLoc(), reify(builder, name)));
    }
  }
}

LogicalResult emo::verifyFinite(Operation *op, StringRef name, const APFloat &value, std::optional<int64_t> least) {
  bool tooSmall = least && value.isFinite() && value.convertToDouble() < static_cast<double>(*least);
  if (value.isFinite() && !tooSmall)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError() << "expects '" << name << "' to be finite";
  if (least)
    diagnostic << " and at least " << *least;
  return diagnostic << ", got " << value.convertToDouble();
}

LogicalResult emo::verifyRange(Operation *op, StringRef name, int64_t value, int64_t least, int64_t most, StringRef mostName) {
  if (value >= least && value <= most)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError() << "expects '" << name << "' between " << least << " and ";
  if (!mostName.empty())
    diagnostic << mostName << " = ";
  return diagnostic << most << ", got " << value;
}

LogicalResult emo::verifyRotation(Operation *op, const APFloat &theta, DenseF64ArrayAttr frequencies) {
  if (!theta.isFinite() || theta.isZero() || theta.isNegative())
    return op->emitOpError() << "expects 'theta' to be finite and greater than 0, got " << theta.convertToDouble();
  if (frequencies)
    for (double frequency : frequencies.asArrayRef())
      if (!std::isfinite(frequency))
        return op->emitOpError() << "expects 'frequencies' to be finite, got " << frequency;
  return success();
}

LogicalResult emo::verifyHeads(Operation *op, const NamedShapes &shapes) {
  int64_t queries = shapes.size("Hq"), keys = shapes.size("Hkv");
  if (ShapedType::isDynamic(queries) || ShapedType::isDynamic(keys) || (keys > 0 && queries % keys == 0))
    return success();
  return op->emitOpError() << "expects Hq to be a multiple of Hkv, got " << queries << " and " << keys;
}

Type emo::accumulatorType(ValueRange values) {
  Type type = Float32Type::get(values.front().getContext());
  for (Value value : values)
    if (value && getElementTypeOrSelf(value).isF64())
      type = getElementTypeOrSelf(value);
  return type;
}
