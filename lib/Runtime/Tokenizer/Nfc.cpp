// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Nfc.h"

#include "Unicode.h"

#include <algorithm>
#include <utf8proc.h>
#include <vector>

using namespace emo::rt;

static constexpr auto kOptions = utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

static int combiningClass(utf8proc_int32_t character) { return utf8proc_get_property(character)->combining_class; }

static void append(utf8proc_int32_t character, std::string &text) {
  utf8proc_uint8_t bytes[4];
  text.append(reinterpret_cast<const char *>(bytes), utf8proc_encode_char(character, bytes));
}

/// Marks behind a character in the order of their classes. utf8proc's own way to do that is quadratic.
static void orderMarks(std::vector<utf8proc_int32_t> &characters) {
  std::vector<std::pair<size_t, utf8proc_int32_t>> marks; // by class, then by place
  for (auto at = characters.begin(); at != characters.end();) {
    if (combiningClass(*at) == 0) {
      ++at;
      continue;
    }
    auto end = std::find_if(at, characters.end(), [](utf8proc_int32_t c) { return combiningClass(c) == 0; });
    marks.clear();
    for (auto mark = at; mark != end; ++mark)
      marks.push_back({size_t(combiningClass(*mark)) << 32 | size_t(mark - at), *mark});
    std::sort(marks.begin(), marks.end());
    for (auto &[order, mark] : marks)
      *at++ = mark;
  }
}

/// Appends decomposed characters in their composed form and clears them.
static void compose(std::vector<utf8proc_int32_t> &characters, std::string &text) {
  orderMarks(characters);
  characters.resize(utf8proc_normalize_utf32(characters.data(), characters.size(), kOptions));
  for (utf8proc_int32_t character : characters)
    append(character, text);
  characters.clear();
}

std::string_view emo::rt::normalizeNfc(std::string_view text, std::string &storage) {
  // Nothing below U+0300 changes.
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0xcc; }))
    return text;
  storage.clear();
  std::vector<utf8proc_int32_t> characters;
  characters.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t character, parts[16];
    int boundary = 0;
    at += utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t *>(text.data()) + at, text.size() - at, &character);
    if (isUnknownToLibrary(character)) {
      compose(characters, storage);
      append(character, storage);
      continue;
    }
    // A character has at most four parts.
    utf8proc_ssize_t count = utf8proc_decompose_char(character, parts, std::size(parts), kOptions, &boundary);
    characters.insert(characters.end(), parts, parts + count);
  }
  compose(characters, storage);
  return storage;
}
