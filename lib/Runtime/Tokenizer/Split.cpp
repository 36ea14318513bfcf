// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Split.h"

#include "Unicode.h"

#include <algorithm>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

using namespace emo::rt;

static std::string messageOf(int code) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char *>(text);
}

Pattern::~Pattern() { pcre2_code_free(code); }

bool Pattern::compile(std::string_view pattern, std::string &error) {
  pcre2_compile_context *options = pcre2_compile_context_create(nullptr);
  if (!options) {
    error = "out of memory";
    return false;
  }
  // What '.' does not match.
  pcre2_set_newline(options, PCRE2_NEWLINE_LF);
  int code = 0;
  PCRE2_SIZE at = 0;
  this->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF, &code, &at, options);
  pcre2_compile_context_free(options);
  if (!this->code)
    error = messageOf(code) + " at byte " + std::to_string(at);
  return this->code;
}

bool Pattern::matchesNothing() const {
  uint32_t empty = 1;
  pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &empty);
  return empty;
}

namespace {
/// Memory of matches in one text.
class Match {
public:
  Match(const pcre2_code *code, std::string_view text)
      : code(code), text(withKnownCharacters(text, storage)), context(pcre2_match_context_create(nullptr)), data(pcre2_match_data_create(1, nullptr)) {
    // Patterns that need exponential time fail; long runs of one kind of character are text like any other.
    uint32_t limit = uint32_t(std::min<size_t>(10000000 + 16 * text.size(), UINT32_MAX));
    if (context) {
      pcre2_set_match_limit(context, limit);
      pcre2_set_depth_limit(context, limit);
    }
  }
  ~Match() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
  }
  /// 1: found, 0: not, else an error code.
  int next(size_t from) {
    if (!data || !context)
      return PCRE2_ERROR_NOMEMORY;
    // The text is known to be well formed: checking it for each match would make this quadratic.
    int status = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, PCRE2_NO_UTF_CHECK, data, context);
    return status >= 0 ? 1 : status == PCRE2_ERROR_NOMATCH ? 0 : status;
  }
  size_t begin() const { return pcre2_get_ovector_pointer(data)[0]; }
  size_t end() const { return pcre2_get_ovector_pointer(data)[1]; }

private:
  const pcre2_code *code;
  std::string storage;
  std::string_view text;
  pcre2_match_context *context;
  pcre2_match_data *data;
};
} // namespace

bool Pattern::find(std::string_view text, const std::function<bool(size_t, size_t, bool)> &part, std::string &error) const {
  Match match(code, text);
  size_t done = 0;
  while (done < text.size()) {
    int found = match.next(done);
    if (found < 0) {
      error = "the tokenizer's regular expression failed: " + messageOf(found);
      return false;
    }
    // The compiler refuses patterns that match nothing; one that does all the same ends here.
    if (found == 0 || match.end() <= done)
      break;
    size_t begin = match.begin(), end = match.end();
    if ((begin > done && !part(done, begin, false)) || !part(begin, end, true))
      return false;
    done = end;
  }
  return done == text.size() || part(done, text.size(), false);
}

bool Pattern::matches(std::string_view text) const {
  return Match(code, text).next(0) == 1;
}

bool emo::rt::splitText(const Pattern &pattern, std::string_view text, uint32_t behaviour, bool invert,
                        const std::function<bool(std::string_view)> &piece, std::string &error) {
  // A part waits for the next one, which may join it.
  std::string_view waiting;
  bool wasMatch = false;
  bool ok = pattern.find(
      text,
      [&](size_t begin, size_t end, bool isMatch) {
        isMatch ^= invert;
        bool joins = behaviour == EMO_SPLIT_CONTIGUOUS      ? isMatch == wasMatch
                     : behaviour == EMO_SPLIT_WITH_PREVIOUS ? isMatch && !wasMatch
                     : behaviour == EMO_SPLIT_WITH_NEXT     ? wasMatch && !isMatch
                                                            : false;
        wasMatch = isMatch;
        if (joins && !waiting.empty()) {
          waiting = text.substr(waiting.data() - text.data(), end - (waiting.data() - text.data()));
          return true;
        }
        std::string_view ready = waiting;
        waiting = isMatch && behaviour == EMO_SPLIT_REMOVED ? std::string_view() : text.substr(begin, end - begin);
        return ready.empty() || piece(ready);
      },
      error);
  return ok && (waiting.empty() || piece(waiting));
}
