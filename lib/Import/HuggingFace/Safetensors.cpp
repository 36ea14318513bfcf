// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Safetensors.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <set>

using namespace mlir;
using namespace emo;

static constexpr uint64_t kMaxHeaderBytes = 100 << 20;

static Type elementType(StringRef dtype, MLIRContext *context) {
  Builder b(context);
  return llvm::StringSwitch<Type>(dtype)
      .Case("F64", b.getF64Type())
      .Case("F32", b.getF32Type())
      .Case("F16", b.getF16Type())
      .Case("BF16", b.getBF16Type())
      .Case("I64", b.getI64Type())
      .Case("I32", b.getI32Type())
      .Case("I16", b.getI16Type())
      .Case("I8", b.getI8Type())
      .Case("U8", b.getIntegerType(8, /*isSigned=*/false))
      .Case("BOOL", b.getI1Type())
      .Default(Type());
}

namespace {
struct ByteRange {
  int64_t begin, end;
  StringRef name;
  bool operator<(const ByteRange &other) const { return std::tie(begin, end) < std::tie(other.begin, other.end); }
};
} // namespace

/// One entry of a header: checks dtype, shape and range.
static LogicalResult parseTensor(StringRef name, const llvm::json::Value &value, int64_t dataBytes, MLIRContext *context,
                                 RankedTensorType &type, ByteRange &range, FileError error) {
  const llvm::json::Object *object = value.getAsObject();
  std::optional<StringRef> dtype = object ? object->getString("dtype") : std::nullopt;
  const llvm::json::Array *shape = object ? object->getArray("shape") : nullptr;
  const llvm::json::Array *offsets = object ? object->getArray("data_offsets") : nullptr;
  if (!dtype || !shape || !offsets || offsets->size() != 2)
    return error() << "tensor '" << name << "' expects dtype, shape and two data_offsets";
  Type element = elementType(*dtype, context);
  if (!element)
    return error() << "tensor '" << name << "' has the dtype '" << *dtype
                   << "', expected one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL";
  if (shape->size() > 8)
    return error() << "tensor '" << name << "' has rank " << shape->size() << ", expected at most 8";
  SmallVector<int64_t> dims;
  int64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  for (const llvm::json::Value &dim : *shape) {
    std::optional<int64_t> size = dim.getAsInteger();
    if (!size || *size < 0 || llvm::MulOverflow(bytes, *size, bytes))
      return error() << "tensor '" << name << "' has a dimension that is no size: " << llvm::formatv("{0}", dim).str();
    dims.push_back(*size);
  }
  std::optional<int64_t> begin = (*offsets)[0].getAsInteger(), end = (*offsets)[1].getAsInteger();
  if (!begin || !end || *begin < 0 || *end < *begin || *end > dataBytes)
    return error() << "tensor '" << name << "' has data_offsets outside the file's " << dataBytes << " bytes of data";
  if (*end - *begin != bytes)
    return error() << "tensor '" << name << "' has " << *end - *begin << " bytes, expected " << bytes << " for its dtype and shape";
  type = RankedTensorType::get(dims, element);
  range = {*begin, *end, name};
  return success();
}

LogicalResult emo::parseSafetensorsHeader(StringRef text, uint64_t fileBytes, StringRef fileName, MLIRContext *context,
                                          llvm::StringMap<StoredTensor> &tensors, FileError error) {
  int64_t dataStart = text.size();
  std::optional<llvm::json::Object> header = parseJsonObject(text.drop_front(8), error);
  if (!header)
    return failure();
  std::vector<ByteRange> ranges;
  for (auto &[key, value] : *header) {
    if (key == "__metadata__")
      continue;
    RankedTensorType type;
    ByteRange range;
    if (failed(parseTensor(key, value, int64_t(fileBytes) - dataStart, context, type, range, error)))
      return failure();
    if (!tensors.try_emplace(key, StoredTensor{fileName.str(), dataStart + range.begin, type}).second)
      return error() << "tensor '" << StringRef(key) << "' is stored a second time";
    ranges.push_back(range);
  }
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].begin < ranges[i - 1].end)
      return error() << "tensors '" << ranges[i - 1].name << "' and '" << ranges[i].name << "' overlap at byte " << ranges[i].begin
                     << " of the data";
  return success();
}

FailureOr<uint64_t> emo::safetensorsHeaderBytes(StringRef start, uint64_t fileBytes, FileError error) {
  if (fileBytes < 8 || start.size() < 8) {
    error() << "expects 8 bytes of header size, found a file of " << fileBytes << " bytes";
    return failure();
  }
  uint64_t bytes = llvm::support::endian::read64le(start.data());
  if (bytes <= kMaxHeaderBytes && bytes <= fileBytes - 8)
    return bytes;
  error() << "has a header size of " << bytes << ", expected at most " << std::min(kMaxHeaderBytes, fileBytes - 8)
          << "; is the file complete?";
  return failure();
}

/// Reads and parses the header of one file of the folder.
static LogicalResult readHeader(StringRef folder, StringRef fileName, MLIRContext *context, StoredTensors &result) {
  SmallString<256> path(folder);
  llvm::sys::path::append(path, fileName);
  auto error = [&] { return emitError(UnknownLoc::get(context)) << "'" << path << "' "; };
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status))
    return error() << "cannot be read: " << code.message();
  if (status.type() != llvm::sys::fs::file_type::regular_file)
    return error() << "is not a regular file";
  uint64_t fileBytes = status.getSize();
  auto start = llvm::MemoryBuffer::getFileSlice(path, std::min<uint64_t>(fileBytes, 8), 0);
  if (!start)
    return error() << "cannot be read: " << start.getError().message();
  FailureOr<uint64_t> headerBytes = safetensorsHeaderBytes((*start)->getBuffer(), fileBytes, error);
  if (failed(headerBytes))
    return failure();
  auto header = llvm::MemoryBuffer::getFileSlice(path, 8 + *headerBytes, 0);
  if (!header)
    return error() << "cannot be read: " << header.getError().message();
  result.files[fileName.str()] = fileBytes;
  result.identity += (fileName + "\n" + Twine(fileBytes) + "\n" + (*header)->getBuffer()).str();
  return parseSafetensorsHeader((*header)->getBuffer(), fileBytes, fileName, context, result.tensors, error);
}

FailureOr<SafetensorsIndex> emo::parseSafetensorsIndex(StringRef text, FileError error) {
  std::optional<llvm::json::Object> object = parseJsonObject(text, error);
  if (!object)
    return failure();
  const llvm::json::Object *map = object->getObject("weight_map");
  if (!map) {
    error() << "expects an object 'weight_map'";
    return failure();
  }
  SafetensorsIndex index;
  for (auto &[name, value] : *map) {
    std::optional<StringRef> file = value.getAsString();
    if (!file || file->empty() || file->contains('/') || file->contains('\\') || file->contains('\0') || *file == "..") {
      error() << "expects tensor '" << StringRef(name) << "' to be in a file of the folder itself, found "
              << llvm::formatv("{0}", value).str();
      return failure();
    }
    index[StringRef(name).str()] = file->str();
  }
  return index;
}

FailureOr<StoredTensors> emo::readSafetensors(StringRef folder, MLIRContext *context) {
  StoredTensors result;
  SmallString<256> path(folder);
  llvm::sys::path::append(path, "model.safetensors.index.json");
  if (!llvm::sys::fs::exists(path)) {
    if (failed(readHeader(folder, "model.safetensors", context, result)))
      return failure();
    return result;
  }
  auto error = [&] { return emitError(UnknownLoc::get(context)) << "'" << path << "' "; };
  auto buffer = readTextFile(path, error);
  if (!buffer)
    return failure();
  FailureOr<SafetensorsIndex> index = parseSafetensorsIndex(buffer->getBuffer(), error);
  if (failed(index))
    return failure();
  std::set<std::string> files;
  for (auto &[name, file] : *index)
    files.insert(file);
  for (const std::string &file : files)
    if (failed(readHeader(folder, file, context, result)))
      return failure();
  for (auto &[name, file] : *index)
    if (auto found = result.tensors.find(name); found == result.tensors.end() || found->second.file != file) {
      error() << "says that tensor '" << name << "' is in '" << file << "', which does not have it";
      return failure();
    }
  return result;
}
