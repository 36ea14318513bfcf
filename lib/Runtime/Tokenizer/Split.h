// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cuts text where a regular expression matches.
#ifndef EMO_LIB_RUNTIME_TOKENIZER_SPLIT_H
#define EMO_LIB_RUNTIME_TOKENIZER_SPLIT_H

#include "emo/Runtime/TokenizerTables.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct pcre2_real_code_8;

namespace emo::rt {

/// A compiled pattern. Any number of threads may use one at the same time.
class Pattern {
public:
  Pattern() = default;
  Pattern(const Pattern &) = delete;
  ~Pattern();
  /// False with PCRE2's message.
  bool compile(std::string_view pattern, std::string &error);
  explicit operator bool() const { return code; }
  /// Whether there are texts in which it matches no character.
  bool matchesNothing() const;
  /// Calls `part` for each match and for what is between them; they make up the text, which is well-formed UTF-8. False with a message.
  bool find(std::string_view text, const std::function<bool(size_t begin, size_t end, bool isMatch)> &part, std::string &error) const;
  /// Whether it matches somewhere in the text.
  bool matches(std::string_view text) const;

private:
  pcre2_real_code_8 *code = nullptr;
};

/// Calls `piece` for the pieces that `behaviour` (EMO_SPLIT_...) makes of matches and what is between them. False with a message.
bool splitText(const Pattern &pattern, std::string_view text, uint32_t behaviour, bool invert,
               const std::function<bool(std::string_view)> &piece, std::string &error);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_TOKENIZER_SPLIT_H
