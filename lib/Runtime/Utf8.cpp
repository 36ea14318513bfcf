// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Utf8.h"

using namespace emo::rt;

static constexpr char kReplacement[] = "\xef\xbf\xbd";

Utf8Unit emo::rt::utf8Unit(std::string_view text) {
  unsigned char lead = text[0];
  if (lead < 0x80)
    return {1, true, false};
  if (lead < 0xc2 || lead > 0xf4)
    return {1, false, false};
  size_t needed = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte's range leaves out overlong forms, surrogates and what is above U+10FFFF.
  unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (size_t i = 1; i < needed; ++i, low = 0x80, high = 0xbf) {
    if (i == text.size())
      return {i, false, true};
    unsigned char byte = text[i];
    if (byte < low || byte > high)
      return {i, false, false};
  }
  return {needed, true, false};
}

std::string_view emo::rt::repairUtf8(std::string_view text, std::string &storage) {
  size_t good = 0;
  while (good < text.size()) {
    Utf8Unit unit = utf8Unit(text.substr(good));
    if (!unit.isCharacter)
      break;
    good += unit.bytes;
  }
  if (good == text.size())
    return text;
  storage.assign(text.substr(0, good));
  for (size_t at = good; at < text.size();) {
    Utf8Unit unit = utf8Unit(text.substr(at));
    storage += unit.isCharacter ? text.substr(at, unit.bytes) : std::string_view(kReplacement);
    at += unit.bytes;
  }
  return storage;
}

std::string Utf8Stream::add(std::string_view bytes) {
  pending += bytes;
  std::string shown;
  size_t at = 0;
  while (at < pending.size()) {
    std::string_view rest = std::string_view(pending).substr(at);
    Utf8Unit unit = utf8Unit(rest);
    if (unit.isCut)
      break;
    shown += unit.isCharacter ? rest.substr(0, unit.bytes) : std::string_view(kReplacement);
    at += unit.bytes;
  }
  pending.erase(0, at);
  return shown;
}

std::string Utf8Stream::finish() {
  std::string shown = pending.empty() ? "" : kReplacement;
  pending.clear();
  return shown;
}
