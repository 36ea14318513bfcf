// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Added.h"

#include <algorithm>

using namespace emo::rt;

/// \w of the regular expressions that the library uses here.
static constexpr char kWord[] = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}]";

AddedTokens::AddedTokens(Tables tables, emo_table table) : tables(tables), tokens(tables.get<emo_added_token>(table)) {
  for (const emo_added_token &token : tokens)
    begins[static_cast<unsigned char>(textOf(token)[0])] = true;
}

bool AddedTokens::open(std::string &error) {
  bool needed = std::any_of(tokens.begin(), tokens.end(), [](const emo_added_token &t) { return t.flags & EMO_ADDED_SINGLE_WORD; });
  return !needed || word.compile(kWord, error);
}

/// Bytes of the white space (as Unicode has it) at the start of a text; 0 when there is none.
static size_t spaceAt(std::string_view text) {
  static constexpr std::string_view spaces[] = {
      "\t", "\n", "\v", "\f", "\r", " ", "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
      "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  for (std::string_view space : spaces)
    if (text.substr(0, space.size()) == space)
      return space.size();
  return 0;
}

static size_t spacesAtStart(std::string_view text) {
  size_t at = 0;
  while (size_t bytes = spaceAt(text.substr(at)))
    at += bytes;
  return at;
}

/// Where the character before `at` > 0 begins.
static size_t characterBefore(std::string_view text, size_t at) {
  do
    --at;
  while (at > 0 && (text[at] & 0xc0) == 0x80);
  return at;
}

static size_t withoutSpacesAtEnd(std::string_view text) {
  size_t at = text.size();
  while (at > 0 && spaceAt(text.substr(characterBefore(text, at))))
    at = characterBefore(text, at);
  return at;
}

/// Tokens are sorted: those that go on like the text are a range, which gets narrower with each byte, and the one that ends here is first.
const emo_added_token *AddedTokens::longestAt(std::string_view text) const {
  const emo_added_token *longest = nullptr, *low = tokens.begin(), *high = tokens.end();
  for (size_t depth = 0; depth < text.size() && low != high; ++depth) {
    auto byteOf = [&](const emo_added_token &token) { return int(static_cast<unsigned char>(textOf(token)[depth])); };
    int wanted = static_cast<unsigned char>(text[depth]);
    low = std::partition_point(low, high, [&](const emo_added_token &token) { return byteOf(token) < wanted; });
    high = std::partition_point(low, high, [&](const emo_added_token &token) { return byteOf(token) == wanted; });
    if (low != high && low->bytes == depth + 1)
      longest = low++;
  }
  return longest;
}

bool AddedTokens::isWholeWord(std::string_view text, size_t begin, size_t end) const {
  bool before = begin > 0 && word.matches(text.substr(characterBefore(text, begin), begin - characterBefore(text, begin)));
  size_t next = end + 1;
  while (next < text.size() && (text[next] & 0xc0) == 0x80)
    ++next;
  return !before && !(end < text.size() && word.matches(text.substr(end, next - end)));
}

bool AddedTokens::split(std::string_view text, bool parseSpecial, const std::function<bool(std::string_view)> &plain,
                        const std::function<void(uint32_t)> &token) const {
  size_t done = 0;
  for (size_t at = 0; tokens.count && at < text.size();) {
    const emo_added_token *found = begins[static_cast<unsigned char>(text[at])] ? longestAt(text.substr(at)) : nullptr;
    if (!found) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + found->bytes;
    // What is refused is not looked at again, not even for a shorter token.
    at = end;
    if ((!parseSpecial && found->flags & EMO_ADDED_SPECIAL) || (found->flags & EMO_ADDED_SINGLE_WORD && !isWholeWord(text, begin, end)))
      continue;
    if (found->flags & EMO_ADDED_LSTRIP)
      begin = std::max(withoutSpacesAtEnd(text.substr(0, begin)), done);
    if (found->flags & EMO_ADDED_RSTRIP)
      end += spacesAtStart(text.substr(end));
    if (done < begin && !plain(text.substr(done, begin - done)))
      return false;
    token(found->id);
    done = end;
  }
  return done >= text.size() || plain(text.substr(done));
}
