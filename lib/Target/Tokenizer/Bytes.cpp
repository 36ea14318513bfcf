// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Letters for bytes: printable characters of Latin-1 stand for themselves, the other 68 bytes are U+0100 and up, in order.
#include "Spec.h"

#include "llvm/Support/ConvertUTF.h"

#include <array>

using namespace emo;

static constexpr unsigned kLetters = 256 + 68;

static bool isPrintable(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

/// The byte that each letter stands for; -1: none.
static const std::array<int, kLetters> &letterBytes() {
  static const std::array<int, kLetters> table = [] {
    std::array<int, kLetters> bytes;
    bytes.fill(-1);
    for (unsigned byte = 0, next = 256; byte < 256; ++byte)
      bytes[isPrintable(byte) ? byte : next++] = int(byte);
    return bytes;
  }();
  return table;
}

std::string emo::letterOf(unsigned char byte) {
  unsigned letter = std::find(letterBytes().begin(), letterBytes().end(), byte) - letterBytes().begin();
  if (letter < 0x80)
    return std::string(1, char(letter));
  return {char(0xc0 | letter >> 6), char(0x80 | (letter & 0x3f))};
}

std::optional<std::string> emo::bytesOf(llvm::StringRef token) {
  std::string bytes;
  for (size_t i = 0; i < token.size(); ++i) {
    // No letter has more than two bytes of UTF-8.
    unsigned letter = static_cast<unsigned char>(token[i]);
    if (letter >= 0xc0 && i + 1 < token.size())
      letter = (letter & 0x3f) << 6 | (static_cast<unsigned char>(token[++i]) & 0x3f);
    if (letter >= kLetters || letterBytes()[letter] < 0)
      return std::nullopt;
    bytes += char(letterBytes()[letter]);
  }
  return bytes;
}
