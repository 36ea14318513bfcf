// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// UTF-8 that may be malformed, with the replacements that Python makes: a U+FFFD for each longest beginning of a character.
#ifndef EMO_LIB_RUNTIME_UTF8_H
#define EMO_LIB_RUNTIME_UTF8_H

#include <cstddef>
#include <string>
#include <string_view>

namespace emo::rt {

/// What stands at the start of a text.
struct Utf8Unit {
  size_t bytes;
  bool isCharacter;
  bool isCut; // the text ends inside of a character
};

Utf8Unit utf8Unit(std::string_view text);

/// The text when it is well formed, else a copy in `storage` with replacements.
std::string_view repairUtf8(std::string_view text, std::string &storage);

/// Text that comes in pieces which may end inside of characters.
class Utf8Stream {
public:
  /// What can be shown by now: whole characters.
  std::string add(std::string_view bytes);
  /// The rest: a U+FFFD when a character was left unfinished.
  std::string finish();

private:
  std::string pending;
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_UTF8_H
