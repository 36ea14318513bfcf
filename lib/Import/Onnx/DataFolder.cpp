// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OnnxTensor.h"
#include "OnnxWire.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace emo::onnximport;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

DataFolder::DataFolder(StringRef folder, StringRef modelFile, uint64_t modelBytes) : folder(folder), modelFile(modelFile) {
  sizes[modelFile] = modelBytes;
}

FailureOr<uint64_t> DataFolder::fileSize(StringRef tensor, StringRef file, EmitError emitError) {
  if (auto known = sizes.find(file); known != sizes.end())
    return known->second;
  auto error = [&]() -> InFlightDiagnostic {
    return emitError() << "external data of tensor '" << tensor << "' is in '" << file << "'";
  };
  if (file.empty() || file.contains('\0') || path::is_absolute(file))
    return error() << ", expected a location relative to the model's folder";
  llvm::SmallString<256> current(folder);
  for (StringRef part : llvm::make_range(path::begin(file), path::end(file))) {
    if (part == "..")
      return error() << ", which leads outside of the model's folder";
    path::append(current, part);
    if (fs::is_symlink_file(current))
      return error() << ", which is reached through a symbolic link; replace the link by the file";
  }
  fs::file_status status;
  if (std::error_code code = fs::status(current, status))
    return error() << ", which cannot be opened: " << code.message();
  if (!fs::is_regular_file(status))
    return error() << ", which is not a regular file";
  return sizes[file] = status.getSize();
}

FailureOr<ByteRange> DataFolder::resolve(const onnx::TensorProto &tensor, RankedTensorType type, EmitError emitError) {
  ByteRange range;
  uint64_t expected = storedBytes(type);
  range.length = expected;
  for (const auto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    if (key == kRawDataKey) {
      auto [offset, length] = value.split(' ');
      range.file = modelFile;
      if (offset.getAsInteger(10, range.offset) || length.getAsInteger(10, range.length))
        return emitError() << "tensor '" << tensor.name() << "' has the malformed range '" << value << "'";
    } else if (key == "location") {
      range.file = value.str();
    } else if (key == "offset" || key == "length") {
      uint64_t &number = key == "offset" ? range.offset : range.length;
      if (value.getAsInteger(10, number))
        return emitError() << "external data of tensor '" << tensor.name() << "' has " << key << " '" << value
                           << "', expected a number of bytes";
    }
  }
  FailureOr<uint64_t> size = fileSize(tensor.name(), range.file, emitError);
  if (failed(size))
    return failure();
  if (range.length != expected)
    return emitError() << "tensor '" << tensor.name() << "' has " << range.length << " bytes of data, expected " << expected
                       << " bytes for " << type;
  if (range.offset > *size || range.length > *size - range.offset)
    return emitError() << "external data of tensor '" << tensor.name() << "' takes bytes " << range.offset << " to "
                       << range.offset << " + " << range.length << " of '" << range.file << "', which is beyond its end at "
                       << *size;
  return range;
}

FailureOr<std::string> DataFolder::read(const ByteRange &range, EmitError emitError) {
  llvm::SmallString<256> file(folder);
  path::append(file, range.file);
  auto buffer = llvm::MemoryBuffer::getFileSlice(file, range.length, range.offset);
  if (!buffer)
    return emitError() << "cannot read '" << range.file << "': " << buffer.getError().message();
  return (*buffer)->getBuffer().str();
}
