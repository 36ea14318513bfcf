// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.param and emo.param.ref.
#include "Sources.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace emo;

using EmitError = function_ref<InFlightDiagnostic()>;

/// Whether values of the type can be stored, moved and converted, and have a size.
static LogicalResult checkValue(RankedTensorType type, EmitError emitError) {
  Type element = type.getElementType();
  bool known = element.isF16() || element.isBF16() || element.isF32() || element.isF64() || element.isInteger(1) ||
               element.isInteger(8) || element.isInteger(16) || element.isInteger(32) || element.isInteger(64);
  if (!known)
    return emitError() << "expects elements that are integers of 1, 8, 16, 32 or 64 bits, f16, bf16, f32 or f64, got " << type;
  int64_t bytes = 8;
  bool tooLarge = false;
  for (int64_t size : type.getShape())
    tooLarge |= size < 0 || llvm::MulOverflow(bytes, size, bytes);
  if (tooLarge)
    return emitError() << "expects a static shape of less than 2^60 elements, got " << type;
  return success();
}

/// The table's type; null after an error.
static RankedTensorType tableType(RopeTableAttr table, EmitError emitError) {
  int64_t dim = table.getDim(), half = table.getFrequencies() ? table.getFrequencies().size() : dim / 2;
  if (table.getPositions() < 1 || dim < 2 || dim % 2 || half != dim / 2) {
    emitError() << "expects a rotary table of some positions, an even dimension and half as many frequencies, got "
                << table.getPositions() << " positions, dimension " << dim << " and " << half << " frequencies";
    return {};
  }
  double theta = table.getTheta().getValueAsDouble();
  if (!std::isfinite(theta) || theta <= 0) {
    emitError() << "expects the theta of a rotary table to be finite and greater than 0, got " << theta;
    return {};
  }
  for (double frequency : table.getFrequencies() ? table.getFrequencies().asArrayRef() : ArrayRef<double>())
    if (!std::isfinite(frequency)) {
      emitError() << "expects the frequencies of a rotary table to be finite, got " << frequency;
      return {};
    }
  return RankedTensorType::get({table.getPositions(), dim}, Float32Type::get(table.getContext()));
}

/// The type of one source after its own transforms; null after an error.
static RankedTensorType sourceType(Attribute source, EmitError emitError) {
  if (auto literal = dyn_cast<LiteralAttr>(source)) {
    auto type = dyn_cast<RankedTensorType>(literal.getValue().getType());
    if (!type)
      emitError() << "expects a literal to be a tensor, got " << literal.getValue().getType();
    return type && succeeded(checkValue(type, emitError)) ? type : RankedTensorType();
  }
  if (auto table = dyn_cast<RopeTableAttr>(source)) {
    RankedTensorType type = tableType(table, emitError);
    return type && succeeded(checkValue(type, emitError)) ? type : RankedTensorType();
  }
  auto stored = dyn_cast<SourceAttr>(source);
  if (!stored) {
    emitError() << "expects sources to be #emo.source, #emo.literal or #emo.rope_table, got " << source;
    return {};
  }
  if (stored.getOffset() < 0) {
    emitError() << "expects a source offset of at least 0, got " << stored.getOffset();
    return {};
  }
  RankedTensorType type = stored.getType();
  if (failed(checkValue(type, emitError)))
    return {};
  int64_t end, bytes = type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  if (llvm::AddOverflow(stored.getOffset(), bytes, end)) {
    emitError() << "expects a source that ends before 2^63, got offset " << stored.getOffset() << " and " << bytes << " bytes";
    return {};
  }
  for (Attribute transform : stored.getTransforms()) {
    auto step = dyn_cast<WeightTransformInterface>(transform);
    if (!step) {
      emitError() << "expects a source's transforms to be weight transforms, got " << transform;
      return {};
    }
    type = step.apply(type, emitError);
    if (!type || failed(checkValue(type, emitError)))
      return {};
  }
  return type;
}

//===----------------------------------------------------------------------===//
// Lists of sources
//===----------------------------------------------------------------------===//

/// Number of sources from `first` on that are one file's bytes of one type at equal distances, and the distance.
static std::pair<size_t, int64_t> runOfSources(ArrayRef<Attribute> sources) {
  auto distance = [](Attribute a, Attribute b) -> std::optional<int64_t> {
    auto x = dyn_cast<SourceAttr>(a), y = dyn_cast<SourceAttr>(b);
    int64_t bytes;
    if (!x || !y || x.getFile() != y.getFile() || x.getType() != y.getType() || x.getTransforms() != y.getTransforms() ||
        llvm::SubOverflow(y.getOffset(), x.getOffset(), bytes))
      return std::nullopt;
    return bytes;
  };
  if (sources.size() < 2)
    return {1, 0};
  std::optional<int64_t> step = distance(sources[0], sources[1]);
  size_t count = 1;
  while (step && count < sources.size() && distance(sources[count - 1], sources[count]) == step)
    ++count;
  return {count, step.value_or(0)};
}

void emo::printSources(OpAsmPrinter &printer, Operation *, ArrayAttr sources) {
  printer << "[";
  for (ArrayRef<Attribute> left = sources.getValue(); !left.empty();) {
    auto [count, step] = runOfSources(left);
    constexpr size_t kShortestRun = 3;
    count = count < kShortestRun ? 1 : count;
    printer << left.front();
    if (count > 1)
      printer << " repeat(" << count << " by " << step << ")";
    left = left.drop_front(count);
    if (!left.empty())
      printer << ", ";
  }
  printer << "]";
}

ParseResult emo::parseSources(OpAsmParser &parser, ArrayAttr &sources) {
  SmallVector<Attribute> list;
  auto parseOne = [&]() -> ParseResult {
    Attribute first;
    if (parser.parseAttribute(first))
      return failure();
    list.push_back(first);
    if (failed(parser.parseOptionalKeyword("repeat")))
      return success();
    SMLoc at = parser.getCurrentLocation();
    int64_t count, step, last;
    if (parser.parseLParen() || parser.parseInteger(count) || parser.parseKeyword("by") || parser.parseInteger(step) || parser.parseRParen())
      return failure();
    auto source = dyn_cast<SourceAttr>(first);
    if (!source)
      return parser.emitError(at, "expects repeat after a #emo.source, got ") << first;
    constexpr int64_t kMost = 1 << 20;
    if (count < 1 || count > kMost)
      return parser.emitError(at, "expects to repeat a source 1 to ") << kMost << " times, got " << count;
    if (llvm::MulOverflow(count - 1, step, last) || llvm::AddOverflow(source.getOffset(), last, last))
      return parser.emitError(at, "repeats a source past the largest offset, found ") << count << " by " << step;
    for (int64_t i = 1; i < count; ++i)
      list.push_back(SourceAttr::get(parser.getContext(), source.getFile(), source.getOffset() + i * step, source.getType(), source.getTransforms()));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseOne))
    return failure();
  sources = parser.getBuilder().getArrayAttr(list);
  return success();
}

LogicalResult ParamOp::verify() {
  auto error = [&] { return emitOpError(); };
  // C1
  if (getSources().empty())
    return emitOpError() << "expects at least one source";
  RankedTensorType type;
  for (Attribute source : getSources()) {
    // C2 to C4
    RankedTensorType next = sourceType(source, error);
    if (!next)
      return failure();
    if (!type) {
      type = next;
      continue;
    }
    // C5
    if (next.getRank() == 0 || next.getRank() != type.getRank() || next.getElementType() != type.getElementType() ||
        next.getShape().drop_front() != type.getShape().drop_front())
      return emitOpError() << "expects sources that differ in dimension 0 only, got " << type << " and " << next;
    SmallVector<int64_t> shape(type.getShape());
    shape[0] += next.getDimSize(0);
    type = RankedTensorType::get(shape, type.getElementType());
    if (failed(checkValue(type, error)))
      return failure();
  }
  // C3, C4
  for (Attribute transform : getProgram()) {
    auto step = dyn_cast<WeightTransformInterface>(transform);
    if (!step)
      return emitOpError() << "expects the program to consist of weight transforms, got " << transform;
    type = step.apply(type, error);
    if (!type || failed(checkValue(type, error)))
      return failure();
  }
  // C6
  if (type != getType())
    return emitOpError() << "expects its type to be what sources and program give, got " << getType() << " and " << type;
  return success();
}

LogicalResult ParamRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto param = symbols.lookupNearestSymbolFrom<ParamOp>(*this, getParamAttr());
  if (!param)
    return emitOpError() << "expects '" << getParam() << "' to be an emo.param of the module, found none";
  auto type = cast<ShapedType>(getResult().getType());
  auto expected = cast<ShapedType>(param.getType());
  auto memref = dyn_cast<MemRefType>(type);
  if (type.getShape() != expected.getShape() || type.getElementType() != expected.getElementType() ||
      (memref && !memref.getLayout().isIdentity()))
    return emitOpError() << "expects the type of '" << getParam() << "', " << expected << ", got " << type;
  return success();
}
