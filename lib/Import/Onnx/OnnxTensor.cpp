// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OnnxTensor.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace emo::onnximport;
using onnx::TensorProto;

/// No tensor of a model is bigger than this many elements; more is a broken or hostile file.
static constexpr int64_t kMaxElements = int64_t(1) << 40;

Type emo::onnximport::elementType(MLIRContext *context, int onnxType) {
  Builder builder(context);
  switch (onnxType) {
  case TensorProto::FLOAT:
    return builder.getF32Type();
  case TensorProto::FLOAT16:
    return builder.getF16Type();
  case TensorProto::BFLOAT16:
    return builder.getBF16Type();
  case TensorProto::DOUBLE:
    return builder.getF64Type();
  case TensorProto::BOOL:
    return builder.getI1Type();
  case TensorProto::INT8:
    return builder.getIntegerType(8);
  case TensorProto::INT16:
    return builder.getIntegerType(16);
  case TensorProto::INT32:
    return builder.getIntegerType(32);
  case TensorProto::INT64:
    return builder.getIntegerType(64);
  case TensorProto::UINT8:
    return builder.getIntegerType(8, /*isSigned=*/false);
  case TensorProto::UINT16:
    return builder.getIntegerType(16, /*isSigned=*/false);
  case TensorProto::UINT32:
    return builder.getIntegerType(32, /*isSigned=*/false);
  case TensorProto::UINT64:
    return builder.getIntegerType(64, /*isSigned=*/false);
  default:
    return {};
  }
}

int emo::onnximport::onnxElementType(Type type) {
  for (int onnxType = 1; onnxType <= TensorProto::BFLOAT16; ++onnxType)
    if (elementType(type.getContext(), onnxType) == type)
      return onnxType;
  return TensorProto::UNDEFINED;
}

std::string emo::onnximport::elementTypeName(int onnxType) {
  return TensorProto::DataType_IsValid(onnxType) ? TensorProto::DataType_Name(TensorProto::DataType(onnxType))
                                                 : std::to_string(onnxType);
}

RankedTensorType emo::onnximport::tensorType(const TensorProto &tensor, MLIRContext *context, EmitError emitError) {
  Type element = elementType(context, tensor.data_type());
  if (!element) {
    emitError() << "tensor '" << tensor.name() << "' has element type " << elementTypeName(tensor.data_type())
                << ", expected a float of 16 to 64 bits, an integer of 8 to 64 bits or BOOL";
    return {};
  }
  int64_t elements = 1;
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  for (auto [axis, size] : llvm::enumerate(shape))
    if (size < 0) {
      emitError() << "tensor '" << tensor.name() << "' has the negative size " << size << " in dimension " << axis;
      return {};
    }
  if (llvm::is_contained(shape, 0))
    elements = 0;
  for (int64_t size : shape)
    if (elements != 0 && (llvm::MulOverflow(elements, size, elements) || elements > kMaxElements)) {
      emitError() << "tensor '" << tensor.name() << "' has too many elements, expected at most " << kMaxElements;
      return {};
    }
  return RankedTensorType::get(shape, element);
}

uint64_t emo::onnximport::storedBytes(RankedTensorType type) {
  uint64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape())
    bytes *= size;
  return bytes;
}

//===----------------------------------------------------------------------===//
// Data inside the message
//===----------------------------------------------------------------------===//

namespace {

/// The typed field that ONNX prescribes for an element type: its name and how many values it holds.
struct TypedField {
  const char *name;
  int64_t size;
};

} // namespace

static TypedField typedField(const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return {"float_data", tensor.float_data_size()};
  case TensorProto::DOUBLE:
    return {"double_data", tensor.double_data_size()};
  case TensorProto::INT64:
    return {"int64_data", tensor.int64_data_size()};
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    return {"uint64_data", tensor.uint64_data_size()};
  default:
    return {"int32_data", tensor.int32_data_size()};
  }
}

LogicalResult emo::onnximport::checkTensor(const TensorProto &tensor, MLIRContext *context, EmitError emitError) {
  RankedTensorType type = tensorType(tensor, context, emitError);
  if (!type)
    return failure();
  if (tensor.has_segment())
    return emitError() << "tensor '" << tensor.name() << "' is stored in segments, expected a whole tensor";
  bool external = tensor.data_location() == TensorProto::EXTERNAL;
  TypedField typed = typedField(tensor);
  int64_t anyTyped = tensor.float_data_size() + tensor.double_data_size() + tensor.int32_data_size() +
                     tensor.int64_data_size() + tensor.uint64_data_size() + tensor.string_data_size();
  if (external && (tensor.has_raw_data() || anyTyped > 0))
    return emitError() << "tensor '" << tensor.name() << "' has external data and data in the file, expected one of them";
  if (external)
    return success();
  if (tensor.has_raw_data() && anyTyped > 0)
    return emitError() << "tensor '" << tensor.name() << "' has raw_data and typed data, expected one of them";
  if (!tensor.has_raw_data() && anyTyped != typed.size)
    return emitError() << "tensor '" << tensor.name() << "' of element type " << elementTypeName(tensor.data_type())
                       << " has data in another field than " << typed.name;
  if (tensor.has_raw_data() && tensor.raw_data().size() != storedBytes(type))
    return emitError() << "tensor '" << tensor.name() << "' has " << tensor.raw_data().size() << " bytes of data, expected "
                       << storedBytes(type) << " bytes for " << type;
  if (!tensor.has_raw_data() && typed.size != type.getNumElements())
    return emitError() << "tensor '" << tensor.name() << "' has " << typed.size << " elements of data, expected "
                       << type.getNumElements() << " for " << type;
  return success();
}

DenseElementsAttr emo::onnximport::literalFromBytes(RankedTensorType type, StringRef bytes) {
  if (type.getNumElements() == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> values(llvm::map_range(bytes, [](char byte) { return byte != 0; }));
    return DenseElementsAttr::get(type, values);
  }
  return DenseElementsAttr::getFromRawBuffer(type, ArrayRef<char>(bytes.data(), bytes.size()));
}

/// Little-endian bytes of `values`, each narrowed to T.
template <typename T, typename Range>
static std::string bytesOf(const Range &values) {
  std::string bytes;
  bytes.reserve(values.size() * sizeof(T));
  for (auto value : values) {
    T narrow = static_cast<T>(value);
    bytes.append(reinterpret_cast<const char *>(&narrow), sizeof(T));
  }
  return bytes;
}

DenseElementsAttr emo::onnximport::literal(const TensorProto &tensor, MLIRContext *context) {
  Builder builder(context);
  RankedTensorType type = tensorType(tensor, context, [&] { return emitError(builder.getUnknownLoc()); });
  if (tensor.has_raw_data())
    return literalFromBytes(type, tensor.raw_data());
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return literalFromBytes(type, bytesOf<float>(tensor.float_data()));
  case TensorProto::DOUBLE:
    return literalFromBytes(type, bytesOf<double>(tensor.double_data()));
  case TensorProto::INT64:
    return literalFromBytes(type, bytesOf<int64_t>(tensor.int64_data()));
  case TensorProto::UINT64:
    return literalFromBytes(type, bytesOf<uint64_t>(tensor.uint64_data()));
  case TensorProto::UINT32:
    return literalFromBytes(type, bytesOf<uint32_t>(tensor.uint64_data()));
  case TensorProto::INT32:
    return literalFromBytes(type, bytesOf<int32_t>(tensor.int32_data()));
  case TensorProto::INT8:
  case TensorProto::UINT8:
  case TensorProto::BOOL:
    return literalFromBytes(type, bytesOf<uint8_t>(tensor.int32_data()));
  default: // 16-bit integers and floats, stored as their bits
    return literalFromBytes(type, bytesOf<uint16_t>(tensor.int32_data()));
  }
}
