// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Npy.h"

#include "Model.h"
#include "OutputFile.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

using namespace emo::rt;

namespace {

/// Reader of the header's Python dictionary literal.
class Dictionary {
public:
  Dictionary(const char *begin, const char *end) : at(begin), end(end) {}

  bool accept(char c) {
    skipSpace();
    if (at == end || *at != c)
      return false;
    ++at;
    return true;
  }
  bool string(std::string &text) {
    skipSpace();
    if (at == end || (*at != '\'' && *at != '"'))
      return false;
    char quote = *at++;
    const char *begin = at;
    while (at != end && *at != quote)
      ++at;
    if (at == end)
      return false;
    text.assign(begin, at++);
    return true;
  }
  bool boolean(bool &value) {
    skipSpace();
    for (bool candidate : {false, true}) {
      const char *word = candidate ? "True" : "False";
      size_t n = strlen(word);
      if (size_t(end - at) >= n && memcmp(at, word, n) == 0) {
        at += n;
        value = candidate;
        return true;
      }
    }
    return false;
  }
  bool tuple(std::vector<int64_t> &values) {
    if (!accept('('))
      return false;
    while (!accept(')')) {
      int64_t value;
      if (!number(value))
        return false;
      values.push_back(value);
      if (!accept(',')) {
        // "(3)" is a number in Python, not a tuple.
        if (values.size() == 1 || !accept(')'))
          return false;
        break;
      }
    }
    return true;
  }
  bool onlySpaceLeft() {
    skipSpace();
    return at == end;
  }

private:
  void skipSpace() {
    while (at != end && isspace(static_cast<unsigned char>(*at)))
      ++at;
  }
  bool number(int64_t &value) {
    skipSpace();
    if (at == end || !isdigit(static_cast<unsigned char>(*at)))
      return false;
    value = 0;
    for (; at != end && isdigit(static_cast<unsigned char>(*at)); ++at)
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *at - '0', &value))
        return false;
    return true;
  }
  const char *at, *end;
};

struct Descriptor {
  const char *text;
  int32_t dtype;
};

} // namespace

static constexpr Descriptor kDescriptors[] = {
    {"<f4", EMO_F32}, {"<f8", EMO_F64}, {"<f2", EMO_F16}, {"|i1", EMO_I8}, {"|u1", EMO_U8}, {"<i2", EMO_I16}, {"<u2", EMO_U16},
    {"<i4", EMO_I32}, {"<u4", EMO_U32}, {"<i8", EMO_I64}, {"<u8", EMO_U64}, {"|b1", EMO_BOOL}};

static bool readDictionary(const char *begin, const char *end, NpyHeader &header, std::string &error) {
  Dictionary dictionary(begin, end);
  bool hasDescriptor = false, hasOrder = false, hasShape = false, fortran = false;
  std::string descriptor;
  error = "malformed .npy header";
  if (!dictionary.accept('{'))
    return false;
  while (!dictionary.accept('}')) {
    std::string key;
    if (!dictionary.string(key) || !dictionary.accept(':'))
      return false;
    if (key == "descr" && !hasDescriptor)
      hasDescriptor = dictionary.string(descriptor);
    else if (key == "fortran_order" && !hasOrder)
      hasOrder = dictionary.boolean(fortran);
    else if (key == "shape" && !hasShape)
      hasShape = dictionary.tuple(header.shape);
    else
      return false;
    if (!dictionary.accept(',')) {
      if (!dictionary.accept('}'))
        return false;
      break;
    }
  }
  if (!hasDescriptor || !hasOrder || !hasShape || !dictionary.onlySpaceLeft())
    return false;
  if (fortran) {
    error = "array in Fortran order, expected C order (numpy.ascontiguousarray)";
    return false;
  }
  for (const Descriptor &known : kDescriptors)
    if (descriptor == known.text)
      header.dtype = known.dtype;
  if (!header.dtype) {
    error = "element type '" + descriptor + "', expected a little-endian number or bool";
    return false;
  }
  if (header.shape.size() > EMO_MAX_RANK) {
    error = "array of rank " + std::to_string(header.shape.size()) + ", expected at most " + std::to_string(EMO_MAX_RANK);
    return false;
  }
  return true;
}

bool emo::rt::parseNpyHeader(const char *bytes, size_t size, NpyHeader &header, std::string &error) {
  header = {};
  if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0) {
    error = "not a .npy file: no \\x93NUMPY at its start";
    return false;
  }
  unsigned major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3) {
    error = ".npy version " + std::to_string(major) + ", expected 1 to 3";
    return false;
  }
  size_t prefix = major == 1 ? 10 : 12;
  auto byte = [&](size_t i) { return size_t(static_cast<unsigned char>(bytes[i])); };
  if (size < prefix) {
    error = "malformed .npy header";
    return false;
  }
  size_t length = byte(8) | byte(9) << 8;
  if (major > 1)
    length |= byte(10) << 16 | byte(11) << 24;
  if (length > size - prefix) {
    error = "header of " + std::to_string(length) + " bytes in a file of " + std::to_string(size);
    return false;
  }
  header.dataOffset = prefix + length;
  return readDictionary(bytes + prefix, bytes + prefix + length, header, error);
}

/// Reads the file; empty data and an error when that fails.
static bool readFile(const std::string &path, std::unique_ptr<char[]> &data, size_t &size, std::string &error) {
  FILE *file = fopen(path.c_str(), "rb");
  if (!file) {
    error = "cannot open '" + path + "': " + strerror(errno);
    return false;
  }
  bool ok = fseek(file, 0, SEEK_END) == 0;
  long end = ok ? ftell(file) : -1;
  ok = ok && end >= 0 && fseek(file, 0, SEEK_SET) == 0;
  if (ok) {
    size = end;
    data.reset(new (std::nothrow) char[size + 1]);
    errno = data ? 0 : ENOMEM;
    ok = data && fread(data.get(), 1, size, file) == size;
  }
  if (!ok)
    error = "cannot read '" + path + "': " + strerror(errno ? errno : EIO);
  fclose(file);
  return ok;
}

bool emo::rt::readNpy(const std::string &path, NpyArray &array, std::string &error) {
  std::unique_ptr<char[]> file;
  size_t size = 0;
  if (!readFile(path, file, size, error))
    return false;
  NpyHeader header;
  if (!parseNpyHeader(file.get(), size, header, error)) {
    error = "'" + path + "': " + error;
    return false;
  }
  int64_t bytes = emo_dtype_bytes(header.dtype);
  bool overflow = false;
  for (int64_t dim : header.shape)
    overflow |= __builtin_mul_overflow(bytes, dim, &bytes);
  int64_t present = int64_t(size) - header.dataOffset;
  if (overflow || bytes != present) {
    error = "'" + path + "': data of " + std::to_string(present) + " bytes, expected " +
            (overflow ? "more than can be addressed" : std::to_string(bytes)) + " for the shape " +
            shapeText(header.shape.data(), header.shape.size()) + " of its header";
    return false;
  }
  array.tensor.dtype = header.dtype;
  array.tensor.rank = header.shape.size();
  for (size_t d = 0; d < header.shape.size(); ++d)
    array.tensor.dims[d] = header.shape[d];
  array.storage = std::move(file);
  char *data = array.storage.get() + header.dataOffset;
  if (reinterpret_cast<uintptr_t>(data) % emo_dtype_bytes(header.dtype) != 0) {
    std::unique_ptr<char[]> aligned(new (std::nothrow) char[bytes ? bytes : 1]);
    if (!aligned) {
      error = "cannot read '" + path + "': " + strerror(ENOMEM);
      return false;
    }
    memcpy(aligned.get(), data, bytes);
    array.storage = std::move(aligned);
    data = array.storage.get();
  }
  array.tensor.data = data;
  return true;
}

bool emo::rt::writeNpy(const std::string &path, const emo_tensor &tensor, std::string &error) {
  int32_t stored = tensor.dtype == EMO_BF16 ? int32_t(EMO_U16) : tensor.dtype;
  const char *descriptor = "";
  for (const Descriptor &known : kDescriptors)
    if (known.dtype == stored)
      descriptor = known.text;
  std::string shape;
  int64_t bytes = emo_dtype_bytes(stored);
  for (int32_t d = 0; d < tensor.rank; ++d) {
    shape += std::to_string(tensor.dims[d]) + (d + 1 < tensor.rank ? ", " : tensor.rank == 1 ? "," : "");
    bytes *= tensor.dims[d];
  }
  std::string text = "{'descr': '" + std::string(descriptor) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  size_t total = (10 + text.size() + 1 + 63) / 64 * 64;
  text.resize(total - 11, ' ');
  text += '\n';
  size_t length = text.size();
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += char(length & 0xff);
  prefix += char(length >> 8);
  return writeFile(path, {prefix, text, {static_cast<const char *>(tensor.data), size_t(bytes)}}, error);
}

std::string emo::rt::npyFileName(const std::string &valueName) {
  std::string name;
  for (char c : valueName) {
    if (c == '/')
      name += "__";
    else
      name += isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-' ? c : '_';
  }
  return name + ".npy";
}
