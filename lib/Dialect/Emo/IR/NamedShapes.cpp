// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Dialect/Emo/IR/NamedShapes.h"

#include "emo/Dialect/Emo/IR/Emo.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace emo;

NamedShapes &NamedShapes::fix(StringRef dim, int64_t size, StringRef from) {
  sizes[dim] = {size, ("'" + from + "'").str()};
  return *this;
}

NamedShapes &NamedShapes::add(StringRef name, Value value, StringRef dims) {
  if (value)
    entries.push_back({name, value, cast<ShapedType>(value.getType()), dims});
  return *this;
}

SmallVector<std::string> NamedShapes::dimNames(const Entry &entry) const {
  int64_t rank = entry.type.getRank();
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
  auto disagree = [&](const Twine &why = "") -> LogicalResult {
    return op->emitOpError() << "expects '" << entry.name << "' to be [" << entry.dims << "]" << why << ", got " << entry.type;
  };
  SmallVector<std::string> names = dimNames(entry);
  if (static_cast<int64_t>(names.size()) != entry.type.getRank())
    return disagree();
  // The size that `dim` has from now on; false when it has another one.
  std::string found;
  auto isSize = [&](StringRef dim, int64_t size, StringRef unit = "") {
    Size &known = sizes.try_emplace(dim, Size{size, ("'" + entry.name + "'").str()}).first->second;
    found = (" with " + dim + " = " + Twine(known.size) + unit + " from " + known.from).str();
    return known.size == size;
  };
  int64_t leading = llvm::count_if(names, [](StringRef name) { return name.starts_with("dimension "); });
  if (entry.dims.starts_with("..") && !isSize("..", leading, " dimensions"))
    return disagree(found);
  for (auto [name, size] : llvm::zip_equal(names, entry.type.getShape())) {
    if (ShapedType::isDynamic(size))
      continue;
    StringRef dim = name;
    if (int64_t given; !dim.getAsInteger(10, given)) {
      if (size != given)
        return disagree();
    } else if (auto [left, right] = dim.split(" * "); !right.empty()) {
      int64_t a = this->size(left), b = this->size(right), product;
      if (!ShapedType::isDynamic(a) && !ShapedType::isDynamic(b) && (llvm::MulOverflow(a, b, product) || product != size))
        return disagree(" with " + left + " = " + Twine(a) + " and " + right + " = " + Twine(b));
    } else if (dim.consume_back(" + 1")) {
      if (size == 0)
        return disagree();
      if (!isSize(dim, size - 1))
        return disagree(found);
    } else if (!isSize(dim, size)) {
      return disagree(found);
    }
  }
  return success();
}

int64_t NamedShapes::size(StringRef dim) const {
  auto known = sizes.find(dim);
  if (known != sizes.end())
    return known->second.size;
  if (int64_t given; !dim.getAsInteger(10, given))
    return given;
  if (auto [left, right] = dim.split(" * "); !right.empty()) {
    int64_t a = size(left), b = size(right), product;
    bool fits = !ShapedType::isDynamic(a) && !ShapedType::isDynamic(b) && !llvm::MulOverflow(a, b, product);
    return fits ? product : ShapedType::kDynamic;
  }
  if (dim.consume_back(" + 1") && !ShapedType::isDynamic(size(dim)))
    return size(dim) + 1;
  return ShapedType::kDynamic;
}

RankedTensorType NamedShapes::refinedType(Value value) const {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  for (const Entry &entry : entries)
    if (entry.value == value)
      for (auto [dim, name, size] : llvm::zip_equal(shape, dimNames(entry), entry.type.getShape())) {
        if (ShapedType::isDynamic(dim))
          dim = ShapedType::isDynamic(size) ? this->size(name) : size;
      }
  return type.clone(shape);
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

namespace {

struct UnifyShapes : OpInterfaceRewritePattern<NamedShapesOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(NamedShapesOpInterface op, PatternRewriter &rewriter) const override {
    NamedShapes shapes = op.getNamedShapes();
    if (failed(shapes.verify()))
      return failure();
    bool changed = false;
    for (OpOperand &operand : op->getOpOperands()) {
      Value value = operand.get();
      Type refined = shapes.refinedType(value);
      if (refined == value.getType())
        continue;
      Value cast = tensor::CastOp::create(rewriter, op.getLoc(), refined, value);
      rewriter.modifyOpInPlace(op, [&] { operand.set(cast); });
      changed = true;
    }
    rewriter.setInsertionPointAfter(op);
    for (OpResult result : op->getResults()) {
      Type type = result.getType(), refined = shapes.refinedType(result);
      if (type == refined)
        continue;
      rewriter.modifyOpInPlace(op, [&] { result.setType(refined); });
      auto cast = tensor::CastOp::create(rewriter, op.getLoc(), type, result);
      rewriter.replaceAllUsesExcept(result, cast, cast);
      changed = true;
    }
    return success(changed);
  }
};

} // namespace

void emo::populateUnifyShapesPatterns(RewritePatternSet &patterns) { patterns.add<UnifyShapes>(patterns.getContext()); }
