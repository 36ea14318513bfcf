// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file ONNX tensors: element types, sizes and where their bytes are.
#ifndef EMO_LIB_IMPORT_ONNX_ONNXTENSOR_H
#define EMO_LIB_IMPORT_ONNX_ONNXTENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"

namespace onnx {
class TensorProto;
} // namespace onnx

namespace emo::onnximport {

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// The MLIR type of an ONNX element type; null when emo has none for it (strings, complex numbers, 4-bit types, ...).
mlir::Type elementType(mlir::MLIRContext *context, int onnxType);

/// The inverse of elementType.
int onnxElementType(mlir::Type type);

/// ONNX's name of an element type, for messages.
std::string elementTypeName(int onnxType);

/// Shape and element type of `tensor` after checking that they make sense; null after an error.
mlir::RankedTensorType tensorType(const onnx::TensorProto &tensor, mlir::MLIRContext *context, EmitError emitError);

/// Bytes of a tensor of `type`, one byte for each i1.
uint64_t storedBytes(mlir::RankedTensorType type);

/// Checks that a tensor holds the data that its shape asks for, in one of ONNX's ways. External data is checked by DataFolder.
mlir::LogicalResult checkTensor(const onnx::TensorProto &tensor, mlir::MLIRContext *context, EmitError emitError);

/// The constant that an already checked tensor without external data holds.
mlir::DenseElementsAttr literal(const onnx::TensorProto &tensor, mlir::MLIRContext *context);

/// A constant from little-endian stored bytes.
mlir::DenseElementsAttr literalFromBytes(mlir::RankedTensorType type, llvm::StringRef bytes);

/// A range of bytes of a file of the model's folder.
struct ByteRange {
  std::string file;
  uint64_t offset = 0, length = 0;
};

/// The folder of a model: resolves external data and refuses whatever leads out of it.
class DataFolder {
public:
  /// `modelFile` is the file's name inside `folder`, `modelBytes` its size.
  DataFolder(llvm::StringRef folder, llvm::StringRef modelFile, uint64_t modelBytes);

  /// Range of the bytes of `tensor`, whose data_location is EXTERNAL.
  llvm::FailureOr<ByteRange> resolve(const onnx::TensorProto &tensor, mlir::RankedTensorType type, EmitError emitError);

  /// Reads a range (small constants only).
  llvm::FailureOr<std::string> read(const ByteRange &range, EmitError emitError);

  llvm::StringRef getFolder() const { return folder; }

  /// Sizes of the files asked for so far, the model's among them, by name.
  const llvm::StringMap<uint64_t> &getSizes() const { return sizes; }

private:
  /// Size of `file` after checking that it is a plain file inside the folder, reached without symbolic links.
  llvm::FailureOr<uint64_t> fileSize(llvm::StringRef tensor, llvm::StringRef file, EmitError emitError);

  std::string folder, modelFile;
  llvm::StringMap<uint64_t> sizes;
};

} // namespace emo::onnximport

#endif // EMO_LIB_IMPORT_ONNX_ONNXTENSOR_H
