// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Stands in for libFuzzer in normal builds: runs each file of a corpus as it is, then the given number of mutations of them, always the
// same ones. usage: FUZZER RUNS CORPUS_FOLDER...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

using Bytes = std::vector<uint8_t>;

static Bytes readFile(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// A few random edits: flipped bits, interesting bytes, removed, repeated and exchanged pieces.
static void mutate(Bytes &bytes, const std::vector<Bytes> &corpus, std::mt19937 &random) {
  auto below = [&](size_t limit) { return limit ? random() % limit : 0; };
  for (unsigned edits = 1 + below(8); edits > 0 && !bytes.empty(); --edits) {
    size_t at = below(bytes.size()), length = std::min<size_t>(1 + below(16), bytes.size() - at);
    switch (below(6)) {
    case 0:
      bytes[at] ^= 1u << below(8);
      break;
    case 1:
      bytes[at] = (const uint8_t[]){0, 1, 0x7f, 0x80, 0xff, '"', '{', '-'}[below(8)];
      break;
    case 2:
      bytes.erase(bytes.begin() + at, bytes.begin() + at + length);
      break;
    case 3: {
      Bytes piece(bytes.begin() + at, bytes.begin() + at + length);
      bytes.insert(bytes.begin() + at, piece.begin(), piece.end());
      break;
    }
    case 4:
      bytes.resize(at);
      break;
    default: {
      const Bytes &other = corpus[below(corpus.size())];
      if (other.empty())
        break;
      size_t from = below(other.size()), count = std::min<size_t>(1 + below(64), other.size() - from);
      bytes.insert(bytes.begin() + at, other.begin() + from, other.begin() + from + count);
    }
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s RUNS CORPUS_FOLDER...\n", argv[0]);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (int i = 2; i < argc; ++i)
    for (const auto &entry : std::filesystem::directory_iterator(argv[i]))
      if (entry.is_regular_file())
        files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Bytes> corpus;
  for (const auto &file : files) {
    corpus.push_back(readFile(file));
    LLVMFuzzerTestOneInput(corpus.back().data(), corpus.back().size());
  }
  std::mt19937 random(20260501);
  long runs = std::atol(argv[1]);
  for (long run = 0; run < runs && !corpus.empty(); ++run) {
    Bytes bytes = corpus[random() % corpus.size()];
    mutate(bytes, corpus, random);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu files and %ld mutations: no crash\n", corpus.size(), runs);
}
