// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Computing transforms: casts, packing for kernels, rotary tables.
#include "HalfFloats.h"
#include "Program.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace emo;

int64_t emo::storedElementBytes(Type type) { return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8); }

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

static uint16_t toBf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if (value != value)
    return uint16_t(bits >> 16 | 0x40);
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static uint16_t toF16(double value) {
  llvm::APFloat number(value);
  bool lost;
  number.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return uint16_t(number.bitcastToAPInt().getZExtValue());
}

namespace {
/// An element: integers in 64 bits, everything else in double, which holds every other type exactly.
struct Number {
  double value = 0;
  bool isInteger = false, isNegative = false;
  uint64_t magnitude = 0;
};
} // namespace

static bool isUnsigned(Type type) { return type.isUnsignedInteger() || type.isInteger(1); }

static Number readElement(Type type, const char *data) {
  auto as = [&](auto value) {
    memcpy(&value, data, sizeof value);
    return value;
  };
  auto integer = [&](auto value) { return Number{0, true, value < 0, value < 0 ? -uint64_t(value) : uint64_t(value)}; };
  if (type.isF32())
    return {as(float())};
  if (type.isF64())
    return {as(double())};
  if (type.isBF16())
    return {fromBf16(as(uint16_t()))};
  if (type.isF16())
    return {fromF16(as(uint16_t()))};
  switch (storedElementBytes(type)) {
  case 1:
    return isUnsigned(type) ? integer(as(uint8_t())) : integer(as(int8_t()));
  case 2:
    return isUnsigned(type) ? integer(as(uint16_t())) : integer(as(int16_t()));
  case 4:
    return isUnsigned(type) ? integer(as(uint32_t())) : integer(as(int32_t()));
  default:
    return isUnsigned(type) ? integer(as(uint64_t())) : integer(as(int64_t()));
  }
}

// Rounding to odd keeps enough for a second rounding to fewer bits to come out as one rounding would.

static double integerToOdd(const Number &number) {
  int extra = std::max(0, 11 - llvm::countl_zero(number.magnitude));
  uint64_t kept = number.magnitude >> extra;
  if (kept << extra != number.magnitude)
    kept |= 1;
  double value = std::ldexp(double(kept), extra);
  return number.isNegative ? -value : value;
}

static float floatToOdd(double value) {
  float single = float(value);
  if (double(single) == value || value != value)
    return single;
  uint32_t bits;
  memcpy(&bits, &single, 4);
  bool tooFar = std::abs(double(single)) > std::abs(value);
  if (!(bits & 1))
    bits += tooFar ? uint32_t(-1) : 1u;
  memcpy(&single, &bits, 4);
  return single;
}

/// The low 64 bits of an integer, or of a float cut to the range of `type`; NaN is 0.
static uint64_t toInteger(Type type, const Number &number) {
  if (number.isInteger)
    return number.isNegative ? -number.magnitude : number.magnitude;
  int bits = type.getIntOrFloatBitWidth();
  double limit = std::ldexp(1.0, isUnsigned(type) ? bits : bits - 1), low = isUnsigned(type) ? 0 : -limit;
  double value = std::trunc(number.value);
  if (value != value)
    return 0;
  if (value >= limit)
    return isUnsigned(type) ? ~uint64_t(0) >> (64 - bits) : ~uint64_t(0) >> (65 - bits);
  return value <= low ? uint64_t(int64_t(low)) : value < 0 ? uint64_t(int64_t(value)) : uint64_t(value);
}

static void writeElement(Type type, const Number &number, char *data) {
  auto put = [&](auto converted) { memcpy(data, &converted, sizeof converted); };
  if (type.isF64())
    return put(!number.isInteger ? number.value : number.isNegative ? -double(number.magnitude) : double(number.magnitude));
  if (isa<FloatType>(type)) {
    double value = number.isInteger ? integerToOdd(number) : number.value;
    return type.isF32() ? put(float(value)) : type.isBF16() ? put(toBf16(floatToOdd(value))) : put(toF16(value));
  }
  if (type.isInteger(1))
    return put(uint8_t(number.isInteger ? number.magnitude != 0 : number.value != 0));
  uint64_t bits = toInteger(type, number);
  switch (storedElementBytes(type)) {
  case 1:
    return put(uint8_t(bits));
  case 2:
    return put(uint16_t(bits));
  case 4:
    return put(uint32_t(bits));
  default:
    return put(bits);
  }
}

namespace {
class Cast : public WeightValue {
public:
  Cast(WeightValuePtr input, RankedTensorType type) : WeightValue(type), input(std::move(input)) {}
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    constexpr int64_t kBlock = 1 << 16;
    std::vector<char> block(std::min(kBlock, end - begin) * input->elementBytes);
    for (int64_t at = begin; at < end; at += kBlock) {
      int64_t stop = std::min(end, at + kBlock);
      if (!input->produce(at, stop, block.data(), error))
        return false;
      convert(block.data(), out + (at - begin) * elementBytes, stop - at);
    }
    return true;
  }

private:
  void convert(const char *from, char *to, int64_t count) {
    Type source = input->type.getElementType(), target = type.getElementType();
    if (source.isBF16() && target.isF32()) {
      for (int64_t i = 0; i < count; ++i) {
        uint16_t bits;
        memcpy(&bits, from + 2 * i, 2);
        uint32_t wide = uint32_t(bits) << 16;
        memcpy(to + 4 * i, &wide, 4);
      }
      return;
    }
    if (source.isF32() && target.isBF16()) {
      for (int64_t i = 0; i < count; ++i) {
        float value;
        memcpy(&value, from + 4 * i, 4);
        uint16_t bits = toBf16(value);
        memcpy(to + 2 * i, &bits, 2);
      }
      return;
    }
    for (int64_t i = 0; i < count; ++i)
      writeElement(target, readElement(source, from + i * input->elementBytes), to + i * elementBytes);
  }
  WeightValuePtr input;
};
} // namespace

WeightValuePtr emo::makeCast(WeightValuePtr input, RankedTensorType type) {
  return std::make_unique<Cast>(std::move(input), type);
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

namespace {
/// Panels; see #emo.pack. A panel is computed as a whole: ranges of whole panels are the cheap ones.
class Packed : public WeightValue {
public:
  Packed(PackAttr pack, WeightValuePtr from, RankedTensorType type) : WeightValue(type), input(std::move(from)), gated(pack.getGated()) {
    ArrayRef<int64_t> shape = input->type.getShape().take_back(3);
    experts = shape[0];
    n = shape[1];
    k = shape[2];
    panels = type.getDimSize(1);
    panelElements = type.getDimSize(2) * type.getDimSize(3);
    bf16 = type.getElementType().isBF16();
  }
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    std::vector<char> rows(32 * k * elementBytes), part;
    for (int64_t at = begin; at < end;) {
      int64_t panel = at / panelElements, within = at % panelElements, count = std::min(end - at, panelElements - within);
      if (!readRows(panel / panels, panel % panels, rows.data(), error))
        return false;
      bool whole = count == panelElements;
      part.resize(whole ? 0 : panelElements * elementBytes);
      char *to = out + (at - begin) * elementBytes, *packed = whole ? to : part.data();
      if (bf16)
        packPairs(reinterpret_cast<const uint16_t *>(rows.data()), reinterpret_cast<uint16_t *>(packed));
      else
        packColumns(reinterpret_cast<const float *>(rows.data()), reinterpret_cast<float *>(packed));
      if (!whole)
        memcpy(to, packed + within * elementBytes, count * elementBytes);
      at += count;
    }
    return true;
  }

private:
  /// The panel's 32 rows of the input, zeros behind N.
  bool readRows(int64_t expert, int64_t panel, char *rows, std::string &error) {
    int64_t perHalf = gated ? 16 : 32;
    for (int64_t half = 0; half < (gated ? 2 : 1); ++half) {
      int64_t first = panel * perHalf, count = std::min(perHalf, n - first);
      char *to = rows + half * perHalf * k * elementBytes;
      int64_t start = ((half * experts + expert) * n + first) * k;
      if (count > 0 && !input->produce(start, start + count * k, to, error))
        return false;
      if (count < perHalf)
        memset(to + std::max<int64_t>(count, 0) * k * elementBytes, 0, (perHalf - std::max<int64_t>(count, 0)) * k * elementBytes);
    }
    return true;
  }
  /// [K step][2 tiles][16 pairs][16 columns][2]
  void packPairs(const uint16_t *rows, uint16_t *out) {
    int64_t steps = llvm::divideCeil(k, 32);
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t column = 0; column < 32; ++column) {
        const uint16_t *from = rows + column * k + step * 32;
        uint16_t *to = out + step * 1024 + (column / 16) * 512 + (column % 16) * 2;
        int64_t left = std::min<int64_t>(32, k - step * 32);
        for (int64_t i = 0; i < left; ++i)
          to[i / 2 * 32 + i % 2] = from[i];
        for (int64_t i = left; i < 32; ++i)
          to[i / 2 * 32 + i % 2] = 0;
      }
  }
  /// [k][32 columns], in blocks that stay in the first-level cache.
  void packColumns(const float *rows, float *out) {
    for (int64_t first = 0; first < k; first += 16)
      for (int64_t column = 0; column < 32; ++column)
        for (int64_t i = first; i < std::min(k, first + 16); ++i)
          out[i * 32 + column] = rows[column * k + i];
  }
  WeightValuePtr input;
  bool gated, bf16;
  int64_t experts, n, k, panels, panelElements;
};

class RopeTable : public WeightValue {
public:
  RopeTable(RopeTableAttr table, RankedTensorType type) : WeightValue(type), dim(table.getDim()) {
    for (int64_t i = 0; i < dim / 2; ++i)
      frequencies.push_back(table.getFrequencies() ? table.getFrequencies().asArrayRef()[i]
                                                   : std::pow(table.getTheta().getValueAsDouble(), -2.0 * double(i) / double(dim)));
  }
  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    for (int64_t at = begin; at < end; ++at, out += 4) {
      int64_t position = at / dim, i = at % dim;
      double angle = double(position) * frequencies[i % (dim / 2)];
      float value = float(i < dim / 2 ? std::cos(angle) : std::sin(angle));
      memcpy(out, &value, 4);
    }
    return true;
  }

private:
  int64_t dim;
  std::vector<double> frequencies;
};
} // namespace

WeightValuePtr emo::makePacked(PackAttr pack, WeightValuePtr input, RankedTensorType type) {
  return std::make_unique<Packed>(pack, std::move(input), type);
}

WeightValuePtr emo::makeRopeTable(RopeTableAttr table, RankedTensorType type) { return std::make_unique<RopeTable>(table, type); }

int64_t emo::producedTogether(ParamOp param) {
  if (param.getProgram().empty() || !isa<PackAttr>(param.getProgram().getValue().back()))
    return 1;
  auto type = cast<RankedTensorType>(param.getType());
  return type.getDimSize(2) * type.getDimSize(3);
}
