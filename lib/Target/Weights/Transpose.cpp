// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transposition in bounded memory.
#include "Program.h"

using namespace mlir;
using namespace emo;

namespace {

/// Leading dimensions that stay in place make blocks. A block is transposed a strip at a time: some indices of its first result dimension,
/// with everything of the others, gathered from wherever they lie in the input. A few strips are kept, since requests are neighbours.
class Transposed : public WeightValue {
public:
  Transposed(WeightValuePtr from, RankedTensorType type, ArrayRef<int64_t> permutation)
      : WeightValue(type), input(std::move(from)) {
    size_t rank = permutation.size(), fixed = 0;
    while (fixed < rank && permutation[fixed] == int64_t(fixed))
      ++fixed;
    ArrayRef<int64_t> shape = input->type.getShape();
    for (int64_t size : type.getShape().drop_front(fixed))
      blockElements *= size;
    if (fixed == rank)
      return;
    // The cut input dimension has `outer` before it in the block and `inner` elements behind each of its indices.
    size_t cut = permutation[fixed];
    count = shape[cut];
    for (size_t d = fixed; d < cut; ++d)
      outer *= shape[d];
    for (size_t d = cut + 1; d < rank; ++d)
      inner *= shape[d];
    int64_t rowBytes = std::max<int64_t>(1, outer * inner * elementBytes);
    perStrip = std::clamp<int64_t>(kStripBytes / rowBytes, 1, std::max<int64_t>(count, 1));
    for (size_t d = fixed; d < rank; ++d) {
      sizes.push_back(type.getDimSize(d));
      int64_t stride = 1, from = permutation[d];
      for (size_t inside = from + 1; inside < rank; ++inside)
        stride *= shape[inside];
      strides.push_back(stride);
      beforeCut.push_back(from < int64_t(cut));
    }
  }

  bool produce(int64_t begin, int64_t end, char *out, std::string &error) override {
    if (sizes.empty())
      return input->produce(begin, end, out, error);
    int64_t rowElements = outer * inner;
    for (int64_t at = begin; at < end;) {
      int64_t block = at / blockElements, within = at % blockElements;
      int64_t first = within / rowElements / perStrip * perStrip, indices = std::min(perStrip, count - first);
      std::shared_ptr<const Strip> strip = fetch(block, first, indices, error);
      if (!strip)
        return false;
      int64_t stop = std::min(end, block * blockElements + (first + indices) * rowElements);
      gather(*strip, within - first * rowElements, stop - at, out + (at - begin) * elementBytes);
      at = stop;
    }
    return true;
  }

private:
  struct Strip {
    int64_t block, first, indices;
    std::vector<char> data; // [outer][indices][inner]
  };

  std::shared_ptr<const Strip> fetch(int64_t block, int64_t first, int64_t indices, std::string &error) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      for (auto &strip : recent)
        if (strip && strip->block == block && strip->first == first)
          return strip;
    }
    // Two threads may do this at once; the strip is the same.
    auto strip = std::make_shared<Strip>(Strip{block, first, indices, {}});
    int64_t run = indices * inner;
    strip->data.resize(outer * run * elementBytes);
    for (int64_t i = 0; i < outer; ++i) {
      int64_t start = block * blockElements + (i * count + first) * inner;
      if (!input->produce(start, start + run, strip->data.data() + i * run * elementBytes, error))
        return nullptr;
    }
    std::lock_guard<std::mutex> lock(mutex);
    recent[oldest++ % std::size(recent)] = strip;
    return strip;
  }

  /// Copies `number` elements of the result from the strip's element `begin` on (counted as the result counts).
  void gather(const Strip &strip, int64_t begin, int64_t number, char *out) {
    // Strides of the strip: those of the input, but for what lies outside of the shortened dimension.
    SmallVector<int64_t> from(strides), index(sizes.size());
    for (size_t d = 0; d < from.size(); ++d)
      if (beforeCut[d])
        from[d] = from[d] / count * strip.indices;
    int64_t source = 0, rest = begin;
    for (size_t d = sizes.size(); d-- > 0;) {
      int64_t size = d == 0 ? strip.indices : sizes[d];
      index[d] = rest % size;
      rest /= size;
      source += index[d] * from[d];
    }
    size_t innermost = sizes.size() - 1;
    while (number > 0) {
      int64_t size = innermost == 0 ? strip.indices : sizes[innermost];
      int64_t run = std::min(number, size - index[innermost]);
      copy(strip.data.data() + source * elementBytes, from[innermost] * elementBytes, run, out);
      out += run * elementBytes;
      number -= run;
      index[innermost] += run;
      source += run * from[innermost];
      for (size_t d = innermost; d > 0 && index[d] == sizes[d]; --d) {
        source += from[d - 1] - index[d] * from[d];
        index[d] = 0;
        ++index[d - 1];
      }
    }
  }

  void copy(const char *from, int64_t stride, int64_t number, char *out) {
    auto each = [&](auto element) {
      for (int64_t i = 0; i < number; ++i)
        memcpy(out + i * sizeof element, from + i * stride, sizeof element);
    };
    switch (elementBytes) {
    case 1:
      return each(uint8_t());
    case 2:
      return each(uint16_t());
    case 4:
      return each(uint32_t());
    default:
      return each(uint64_t());
    }
  }

  static constexpr int64_t kStripBytes = 16 << 20;
  WeightValuePtr input;
  int64_t blockElements = 1, count = 1, outer = 1, inner = 1, perStrip = 1;
  SmallVector<int64_t> sizes, strides; // of the moved result dimensions; strides in the input
  SmallVector<bool> beforeCut;
  std::mutex mutex;
  std::shared_ptr<const Strip> recent[4];
  size_t oldest = 0;
};

} // namespace

WeightValuePtr emo::makeTransposed(WeightValuePtr input, RankedTensorType type, ArrayRef<int64_t> permutation) {
  return std::make_unique<Transposed>(std::move(input), type, permutation);
}
