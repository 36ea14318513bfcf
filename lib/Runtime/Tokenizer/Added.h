// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tokens that are found in text before it is cut into pieces, such as "<|endoftext|>".
#ifndef EMO_LIB_RUNTIME_TOKENIZER_ADDED_H
#define EMO_LIB_RUNTIME_TOKENIZER_ADDED_H

#include "Split.h"
#include "Tables.h"

namespace emo::rt {

class AddedTokens {
public:
  AddedTokens(Tables tables, emo_table tokens);
  /// False with a message when memory is exhausted.
  bool open(std::string &error);

  /// Calls `plain` for what is between tokens and `token` for each token, in the order of the text. The leftmost token counts, the longest
  /// of those that begin there. False as soon as `plain` says so.
  bool split(std::string_view text, bool parseSpecial, const std::function<bool(std::string_view)> &plain,
             const std::function<void(uint32_t)> &token) const;

private:
  const emo_added_token *longestAt(std::string_view text) const;
  bool isWholeWord(std::string_view text, size_t begin, size_t end) const;
  std::string_view textOf(const emo_added_token &token) const { return tables.string(token.text, token.bytes); }

  Tables tables;
  Table<emo_added_token> tokens;
  bool begins[256] = {}; // bytes that tokens begin with
  Pattern word;          // a character of a word; only where a token needs it
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_TOKENIZER_ADDED_H
