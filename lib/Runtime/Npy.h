// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NumPy's .npy files, versions 1.0 to 3.0, little-endian and C order.
#ifndef EMO_LIB_RUNTIME_NPY_H
#define EMO_LIB_RUNTIME_NPY_H

#include "emo/Runtime/Emo.h"

#include <memory>
#include <string>
#include <vector>

namespace emo::rt {

struct NpyArray {
  emo_tensor tensor{};
  std::unique_ptr<char[]> storage;
};

struct NpyHeader {
  int32_t dtype = 0;
  std::vector<int64_t> shape;
  int64_t dataOffset = 0;
};

/// Parses magic, version and dictionary from the first bytes of a file. False with what was found and expected.
bool parseNpyHeader(const char *bytes, size_t size, NpyHeader &header, std::string &error);

/// Reads a whole file.
bool readNpy(const std::string &path, NpyArray &array, std::string &error);

/// Writes a file through a temporary; bf16 is written as its uint16 bits.
bool writeNpy(const std::string &path, const emo_tensor &tensor, std::string &error);

/// File name of an input or output: '/' becomes "__", any other character but letters, digits, '.', '_', '-' becomes '_'.
std::string npyFileName(const std::string &valueName);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_NPY_H
