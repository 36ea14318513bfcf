// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sources and rearranging transforms.
#include "Program.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

WeightFiles::~WeightFiles() {
  for (auto &entry : open)
    if (entry.second >= 0)
      close(entry.second);
}

int WeightFiles::descriptor(StringRef file, std::string &error) {
  std::lock_guard<std::mutex> lock(mutex);
  auto [entry, isNew] = open.try_emplace(file, -1);
  if (!isNew && entry->second >= 0)
    return entry->second;
  // Names come from IR that anybody may have written: they stay inside the folder.
  bool outside = llvm::sys::path::is_absolute(file);
  for (auto part = llvm::sys::path::begin(file), end = llvm::sys::path::end(file); part != end; ++part)
    outside |= *part == "..";
  if (outside) {
    error = ("the weights file '" + file + "' is not inside the model's folder").str();
    return -1;
  }
  SmallString<256> path(folder);
  llvm::sys::path::append(path, file);
  entry->second = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (entry->second < 0)
    error = ("cannot open the weights file '" + path + "': ").str() + strerror(errno) + "; --weights-dir names the model's folder";
  return entry->second;
}

bool WeightFiles::read(StringRef file, int64_t offset, char *data, int64_t bytes, std::string &error) {
  int fd = descriptor(file, error);
  if (fd < 0)
    return false;
  bytesRead += bytes;
  while (bytes > 0) {
    ssize_t got = pread(fd, data, bytes, offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      error = ("cannot read " + Twine(bytes) + " bytes at offset " + Twine(offset) + " of '" + file + "': ").str() +
              (got < 0 ? strerror(errno) : "the file is shorter than the model says");
      return false;
    }
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

/// Leading dimensions that stay in place are walked; the rest is transposed a block at a time.
class Transposed : public WeightValue {
public:
  Transposed(WeightValuePtr input, RankedTensorType type, ArrayRef<int64_t> permutation)
      : WeightValue(type), input(std::move(input)), permutation(permutation) {
    while (fixed < permutation.size() && permutation[fixed] == int64_t(fixed))
      ++fixed;
    blockElements = 1;
    for (int64_t size : type.getShape().drop_front(fixed))
      blockElements *= size;
    // Stride in the input of each moved output dimension.
    ArrayRef<int64_t> from = this->input->type.getShape();
    std::vector<int64_t> inputStrides(from.size(), 1);
    for (int64_t d = int64_t(from.size()) - 2; d >= 0; --d)
      inputStrides[d] = inputStrides[d + 1] * from[d + 1];
    for (size_t d = fixed; d < permutation.size(); ++d) {
      sizes.push_back(type.getDimSize(d));
      strides.push_back(inputStrides[permutation[d]]);
    }
  }
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    for (int64_t at = begin; at < end;) {
      int64_t block = at / blockElements;
      int64_t stop = std::min(end, (block + 1) * blockElements);
      std::lock_guard<std::mutex> lock(mutex);
      if (block != cachedBlock) {
        cachedBlock = -1;
        cache.resize(blockElements * elementBytes);
        if (!input->produce(block * blockElements, (block + 1) * blockElements, cache.data(), error))
          return false;
        cachedBlock = block;
      }
      gather(at - block * blockElements, stop - block * blockElements, out + (at - begin) * elementBytes);
      at = stop;
    }
    return true;
  }

private:
  void gather(int64_t begin, int64_t end, char *out) {
    for (int64_t i = begin; i < end; ++i, out += elementBytes) {
      int64_t rest = i, source = 0;
      for (size_t d = sizes.size(); d-- > 0;) {
        source += rest % sizes[d] * strides[d];
        rest /= sizes[d];
      }
      memcpy(out, cache.data() + source * elementBytes, elementBytes);
    }
  }
  WeightValuePtr input;
  SmallVector<int64_t> permutation;
  size_t fixed = 0;
  int64_t blockElements;
  std::vector<int64_t> sizes, strides;
  std::mutex mutex;
  int64_t cachedBlock = -1;
  std::vector<char> cache;
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
      .Case([&](TransposeAttr a) { return std::make_unique<Transposed>(std::move(input), type, a.getPermutation()); })
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
