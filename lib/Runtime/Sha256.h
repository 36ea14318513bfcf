// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SHA-256 (FIPS 180-4), to name calibration data by their contents.
#ifndef EMO_LIB_RUNTIME_SHA256_H
#define EMO_LIB_RUNTIME_SHA256_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace emo::rt {

class Sha256 {
public:
  void update(const void *data, size_t bytes);
  /// 64 hexadecimal digits; ends the sum.
  std::string hex();

private:
  void block(const uint8_t *data);
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t buffer[64];
  uint64_t total = 0; // bytes
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_SHA256_H
