// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_TENSORMAP_H
#define EMO_LIB_RUNTIME_EMULATOR_TENSORMAP_H

#include "Emulator.h"

namespace emo::rt::emulator {

/// What the emulator's encoding of a tensor map holds: as long as the driver's, with other bits.
struct TensorMap {
  static constexpr uint64_t kMagic = 0x70616d2d6f6d65;
  uint64_t magic;
  const char *address;
  uint64_t strides[4]; // bytes; of dimension 1 and up
  uint32_t dims[5];
  uint16_t box[5];
  uint8_t steps[5]; // element strides
  uint8_t rank, elementBytes, swizzle, type;
  uint8_t reserved[128 - 87];

  /// Bytes after which the swizzle repeats, which is what boxes in shared memory must be aligned to.
  uint32_t alignment() const { return swizzle ? 128u << swizzle : 128; }
  /// Elements that a box has in shared memory.
  uint32_t boxElements(int dimension) const {
    return dimension == 0 ? box[0] : (box[dimension] + steps[dimension] - 1u) / steps[dimension];
  }
};
static_assert(sizeof(TensorMap) == 128);

/// Where the byte at this address of shared memory is in fact: swizzles exchange chunks of 16 bytes, by the row of 128 bytes.
inline uint64_t swizzled(uint64_t address, uint32_t swizzle) { return address ^ ((address >> 7 & ((1u << swizzle) - 1)) << 4); }

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_TENSORMAP_H
