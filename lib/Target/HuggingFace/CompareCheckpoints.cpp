// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../Weights/HalfFloats.h"
#include "CheckpointFiles.h"
#include "emo/Target/Checkpoints.h"
#include "emo/Target/Weights.h"

#include <cmath>

using namespace mlir;
using namespace emo;

template <typename T>
static double readAs(const char *data) {
  T value;
  memcpy(&value, data, sizeof value);
  return double(value);
}
static double readBf16(const char *data) {
  uint16_t bits;
  memcpy(&bits, data, 2);
  return fromBf16(bits);
}
static double readF16(const char *data) {
  uint16_t bits;
  memcpy(&bits, data, 2);
  return fromF16(bits);
}

/// Gives an element of the type as a number.
using ReadElement = double (*)(const char *);
static ReadElement readerOf(Type type) {
  if (isa<FloatType>(type))
    return type.isF64() ? readAs<double> : type.isBF16() ? readBf16 : type.isF16() ? readF16 : readAs<float>;
  switch (storedElementBytes(type)) {
  case 1:
    return type.isSignlessInteger(8) ? readAs<int8_t> : readAs<uint8_t>;
  case 2:
    return readAs<int16_t>;
  case 4:
    return readAs<int32_t>;
  default:
    return readAs<int64_t>;
  }
}

/// The relative Euclidean distance of two tensors of one shape.
static double distanceOf(const StoredTensor &a, StringRef aBytes, const StoredTensor &b, StringRef bBytes) {
  ReadElement readA = readerOf(a.type.getElementType()), readB = readerOf(b.type.getElementType());
  int64_t stepA = storedElementBytes(a.type.getElementType()), stepB = storedElementBytes(b.type.getElementType());
  double difference = 0, norm = 0;
  for (int64_t i = 0, n = a.type.getNumElements(); i < n; ++i) {
    double x = readA(aBytes.data() + i * stepA), y = readB(bBytes.data() + i * stepB);
    difference += (x - y) * (x - y);
    norm += x * x;
  }
  return difference == 0 ? 0 : std::sqrt(difference) / std::sqrt(norm);
}

/// Rows of a matrix whose bytes differ.
static std::vector<int64_t> differentRows(RankedTensorType type, StringRef a, StringRef b) {
  std::vector<int64_t> rows;
  int64_t count = type.getDimSize(0);
  for (int64_t row = 0, bytes = a.size() / count; row < count; ++row)
    if (a.substr(row * bytes, bytes) != b.substr(row * bytes, bytes))
      rows.push_back(row);
  return rows;
}

static TensorDifference compare(const std::string &name, const StoredTensor &a, StringRef aBytes, const StoredTensor &b, StringRef bBytes) {
  TensorDifference difference;
  difference.name = name;
  if (a.type != b.type)
    difference.types = typeText(a.type) + " and " + typeText(b.type);
  if (a.type.getShape() != b.type.getShape()) {
    difference.kind = TensorDifference::Shape;
    return difference;
  }
  difference.distance = distanceOf(a, aBytes, b, bBytes);
  if (tensorRole(name).kind == TensorRole::Router && a.type == b.type && a.type.getRank() == 2)
    difference.rows = differentRows(a.type, aBytes, bBytes);
  return difference;
}

FailureOr<CheckpointDifference> emo::compareCheckpoints(StringRef firstFolder, StringRef secondFolder, MLIRContext *context) {
  CheckpointFiles first(firstFolder), second(secondFolder);
  if (failed(first.open(context)) || failed(second.open(context)))
    return failure();
  std::vector<std::string> names;
  for (auto &entry : first.stored.tensors)
    names.push_back(entry.getKey().str());
  for (auto &entry : second.stored.tensors)
    if (!first.find(entry.getKey()))
      names.push_back(entry.getKey().str());
  sortByLayer(names);
  CheckpointDifference result;
  for (const std::string &name : names) {
    const StoredTensor *a = first.find(name), *b = second.find(name);
    if (a && b) {
      StringRef aBytes = first.bytes(*a), bBytes = second.bytes(*b);
      if (a->type == b->type && aBytes == bBytes)
        ++result.identical;
      else
        result.tensors.push_back(compare(name, *a, aBytes, *b, bBytes));
      continue;
    }
    TensorDifference &only = result.tensors.emplace_back();
    only.name = name;
    only.kind = a ? TensorDifference::OnlyFirst : TensorDifference::OnlySecond;
  }
  return result;
}
