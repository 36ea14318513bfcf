// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sources and rearranging transforms.
#include "Program.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

WeightFiles::~WeightFiles() {
  for (auto &entry : files)
    if (entry.second.descriptor >= 0)
      close(entry.second.descriptor);
}

/// Names come from IR that anybody may have written: they stay inside the folder.
static bool isInside(StringRef file) {
  bool inside = !file.empty() && !llvm::sys::path::is_absolute(file) && !file.contains('\0');
  for (auto part = llvm::sys::path::begin(file), end = llvm::sys::path::end(file); part != end; ++part)
    inside &= *part != "..";
  return inside;
}

const WeightFiles::File *WeightFiles::open(StringRef name, std::string &error) {
  std::lock_guard<std::mutex> lock(mutex);
  File &file = files[name];
  if (file.descriptor >= 0)
    return &file;
  if (!isInside(name)) {
    error = ("the weights file '" + name + "' is not inside the model's folder").str();
    return nullptr;
  }
  SmallString<256> path(folder);
  llvm::sys::path::append(path, name);
  // A pipe would let the open wait for ever.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    error = ("cannot open the weights file '" + path + "': ").str() + strerror(errno) + "; --weights-dir names the model's folder";
  } else if (!S_ISREG(status.st_mode)) {
    error = ("cannot read the weights file '" + path + "': it is not a regular file").str();
  } else if (auto known = sizes ? sizes.getAs<IntegerAttr>(name) : IntegerAttr(); known && known.getInt() != status.st_size) {
    error = ("the weights file '" + path + "' has " + Twine(status.st_size) + " bytes, but had " + Twine(known.getInt()) +
             " when the model was imported; it has changed, import the model again")
                .str();
  } else {
    file.descriptor = descriptor;
    file.bytes = status.st_size;
    return &file;
  }
  if (descriptor >= 0)
    close(descriptor);
  return nullptr;
}

bool WeightFiles::read(StringRef name, int64_t offset, char *data, int64_t bytes, std::string &error) {
  const File *file = open(name, error);
  if (!file)
    return false;
  auto fail = [&](const Twine &reason) {
    error = ("cannot read " + Twine(bytes) + " bytes at offset " + Twine(offset) + " of '" + name + "': " + reason).str();
    return false;
  };
  if (bytes > file->bytes || offset > file->bytes - bytes)
    return fail("the file is shorter than the model says, it has " + Twine(file->bytes) + " bytes");
  bytesRead += bytes;
  while (bytes > 0) {
    ssize_t got = pread(file->descriptor, data, bytes, offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return fail(got < 0 ? strerror(errno) : "the file has become shorter");
    data += got;
    offset += got;
    bytes -= got;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

namespace {

class Stored : public WeightValue {
public:
  Stored(SourceAttr source, WeightFiles &files) : WeightValue(source.getType()), file(source.getFile()), offset(source.getOffset()), files(files) {}
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    return files.read(file, offset + begin * elementBytes, out, (end - begin) * elementBytes, error);
  }

private:
  std::string file;
  int64_t offset;
  WeightFiles &files;
};

class Literal : public WeightValue {
public:
  explicit Literal(DenseElementsAttr value) : WeightValue(cast<RankedTensorType>(value.getType())), value(value) {}
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    if (type.getElementType().isInteger(1)) {
      auto bits = value.getValues<bool>();
      for (int64_t i = begin; i < end; ++i)
        out[i - begin] = bits[i];
      return true;
    }
    ArrayRef<char> raw = value.getRawData();
    for (int64_t i = begin; i < end; ++i)
      memcpy(out + (i - begin) * elementBytes, raw.data() + (value.isSplat() ? 0 : i * elementBytes), elementBytes);
    return true;
  }

private:
  DenseElementsAttr value;
};

/// Sources one behind the other along dimension 0.
class Concatenated : public WeightValue {
public:
  Concatenated(std::vector<WeightValuePtr> parts, RankedTensorType type) : WeightValue(type), parts(std::move(parts)) {}
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    int64_t start = 0;
    for (WeightValuePtr &part : parts) {
      int64_t stop = start + part->type.getNumElements();
      int64_t from = std::max(begin, start), to = std::min(end, stop);
      if (from < to && !part->produce(from - start, to - start, out + (from - begin) * elementBytes, error))
        return false;
      start = stop;
    }
    return true;
  }

private:
  std::vector<WeightValuePtr> parts;
};

class Reshaped : public WeightValue {
public:
  Reshaped(WeightValuePtr input, RankedTensorType type) : WeightValue(type), input(std::move(input)) {}
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override { return input->produce(begin, end, out, error); }

private:
  WeightValuePtr input;
};

/// Chosen indices of one dimension: contiguous runs of the input.
class Selected : public WeightValue {
public:
  Selected(WeightValuePtr input, RankedTensorType type, int64_t dim, std::vector<int64_t> indices)
      : WeightValue(type), input(std::move(input)), indices(std::move(indices)) {
    inner = 1;
    for (int64_t size : type.getShape().drop_front(dim + 1))
      inner *= size;
    inputSize = this->input->type.getDimSize(dim);
  }
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    int64_t kept = indices.size();
    for (int64_t at = begin; at < end;) {
      int64_t row = at / inner, within = at % inner;
      int64_t stop = std::min(end, at - within + inner);
      int64_t source = (row / kept * inputSize + indices[row % kept]) * inner + within;
      // Neighbouring indices are one run.
      while (stop < end && (stop / inner) % kept != 0 && indices[(stop / inner) % kept] == indices[(stop / inner) % kept - 1] + 1)
        stop = std::min(end, stop + inner);
      if (!input->produce(source, source + stop - at, out + (at - begin) * elementBytes, error))
        return false;
      at = stop;
    }
    return true;
  }

private:
  WeightValuePtr input;
  std::vector<int64_t> indices;
  int64_t inner, inputSize;
};

} // namespace

static WeightValuePtr applyTransform(Attribute transform, WeightValuePtr input) {
  RankedTensorType type = cast<WeightTransformInterface>(transform).apply(input->type, [] { return InFlightDiagnostic(); });
  return llvm::TypeSwitch<Attribute, WeightValuePtr>(transform)
      .Case([&](ReshapeAttr) { return std::make_unique<Reshaped>(std::move(input), type); })
      .Case([&](CastAttr) { return makeCast(std::move(input), type); })
      .Case([&](SelectAttr a) { return std::make_unique<Selected>(std::move(input), type, a.getDim(), a.getIndices().vec()); })
      .Case([&](SliceAttr a) {
        std::vector<int64_t> indices(a.getSize());
        for (int64_t i = 0; i < a.getSize(); ++i)
          indices[i] = a.getOffset() + i;
        return std::make_unique<Selected>(std::move(input), type, a.getDim(), std::move(indices));
      })
      .Case([&](TransposeAttr a) { return makeTransposed(std::move(input), type, a.getPermutation()); })
      .Case([&](PackAttr a) { return makePacked(a, std::move(input), type); });
}

WeightValuePtr emo::makeWeightValue(ParamOp param, WeightFiles &files) {
  std::vector<WeightValuePtr> parts;
  int64_t rows = 0;
  for (Attribute source : param.getSources()) {
    WeightValuePtr part;
    if (auto stored = dyn_cast<SourceAttr>(source)) {
      part = std::make_unique<Stored>(stored, files);
      for (Attribute transform : stored.getTransforms())
        part = applyTransform(transform, std::move(part));
    } else if (auto table = dyn_cast<RopeTableAttr>(source)) {
      part = makeRopeTable(table, RankedTensorType::get({table.getPositions(), table.getDim()}, Float32Type::get(param.getContext())));
    } else {
      part = std::make_unique<Literal>(cast<LiteralAttr>(source).getValue());
    }
    rows += part->type.getRank() ? part->type.getDimSize(0) : 0;
    parts.push_back(std::move(part));
  }
  WeightValuePtr value;
  if (parts.size() == 1) {
    value = std::move(parts[0]);
  } else {
    SmallVector<int64_t> shape(parts[0]->type.getShape());
    shape[0] = rows;
    auto type = RankedTensorType::get(shape, parts[0]->type.getElementType());
    value = std::make_unique<Concatenated>(std::move(parts), type);
  }
  for (Attribute transform : param.getProgram())
    value = applyTransform(transform, std::move(value));
  return value;
}
