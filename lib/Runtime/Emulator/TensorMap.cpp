// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TensorMap.h"

#include <algorithm>
#include <cstring>

using namespace emo::rt::emulator;

static uint32_t bytesOf(TensorType type) {
  switch (type) {
  case TensorType::U8:
    return 1;
  case TensorType::U16:
  case TensorType::F16:
  case TensorType::BF16:
    return 2;
  case TensorType::U64:
  case TensorType::I64:
  case TensorType::F64:
    return 8;
  default:
    return 4;
  }
}

static std::string at(int i, uint64_t value) { return "[" + std::to_string(i) + "] is " + std::to_string(value); }

/// What is wrong, or nothing.
static std::string problem(TensorType type, uint32_t rank, const void *address, const uint64_t *dims, const uint64_t *strides,
                           const uint32_t *box, const uint32_t *elementStrides, TensorInterleave interleave, TensorSwizzle swizzle,
                           TensorFill fill) {
  if (rank < 1 || rank > 5)
    return "rank is " + std::to_string(rank) + "; expected 1 to 5";
  if (type > TensorType::Tf32Ftz)
    return "type " + std::to_string(uint32_t(type)) + " is unknown";
  if (interleave != TensorInterleave::None)
    return "interleaved layouts are not emulated";
  if (fill != TensorFill::Zero)
    return "only zero can be the fill value";
  if (swizzle > TensorSwizzle::Bytes128)
    return "swizzle " + std::to_string(uint32_t(swizzle)) + " is unknown";
  if (!address || uintptr_t(address) % 16)
    return "address is not a multiple of 16";
  uint64_t size = bytesOf(type);
  for (uint32_t i = 0; i < rank; ++i) {
    if (dims[i] == 0 || dims[i] > uint64_t(1) << 32)
      return "dims" + at(i, dims[i]) + "; expected 1 to 2^32";
    if (box[i] == 0 || box[i] > 256)
      return "box" + at(i, box[i]) + "; expected 1 to 256";
    if (elementStrides[i] == 0 || elementStrides[i] > 8)
      return "elementStrides" + at(i, elementStrides[i]) + "; expected 1 to 8";
    if (i && (strides[i - 1] % 16 || strides[i - 1] >= uint64_t(1) << 40))
      return "strides" + at(i - 1, strides[i - 1]) + "; expected a multiple of 16 below 2^40";
    if (i && strides[i - 1] < (i == 1 ? dims[0] * size : dims[i - 1] * strides[i - 2]))
      return "strides" + at(i - 1, strides[i - 1]) + ", less than what the dimension below it covers";
  }
  uint64_t inner = box[0] * size, span = 16u << uint32_t(swizzle);
  if (inner % 16)
    return "box[0] has " + std::to_string(inner) + " bytes; expected a multiple of 16";
  if (swizzle != TensorSwizzle::None && inner != span)
    return "box[0] has " + std::to_string(inner) + " bytes; with this swizzle expected " + std::to_string(span) +
           (inner < span ? " (the device takes less, but where it then puts rows is not emulated)" : "");
  return "";
}

bool emo::rt::emulator::encodeTensorMapTiled(void *map, TensorType type, uint32_t rank, const void *address, const uint64_t *dims,
                                             const uint64_t *strides, const uint32_t *box, const uint32_t *elementStrides,
                                             TensorInterleave interleave, TensorSwizzle swizzle, uint32_t, TensorFill fill,
                                             std::string &error) {
  std::string found = uintptr_t(map) % 64 ? "the map itself is not at a multiple of 64"
                                          : problem(type, rank, address, dims, strides, box, elementStrides, interleave, swizzle, fill);
  if (!found.empty()) {
    error = "tensor map: " + found;
    return false;
  }
  TensorMap encoded = {};
  encoded.magic = TensorMap::kMagic;
  encoded.address = static_cast<const char *>(address);
  encoded.rank = uint8_t(rank);
  encoded.elementBytes = uint8_t(bytesOf(type));
  encoded.swizzle = uint8_t(swizzle);
  encoded.type = uint8_t(type);
  for (uint32_t i = 0; i < 5; ++i) {
    // 2^32 becomes the largest that fits; coordinates do not get there.
    encoded.dims[i] = i < rank ? uint32_t(std::min<uint64_t>(dims[i], UINT32_MAX)) : 1;
    encoded.box[i] = i < rank ? uint16_t(box[i]) : 1;
    encoded.steps[i] = i < rank ? uint8_t(elementStrides[i]) : 1;
    if (i && i < rank)
      encoded.strides[i - 1] = strides[i - 1];
  }
  memcpy(map, &encoded, sizeof encoded);
  return true;
}
