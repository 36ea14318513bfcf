// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program's tokenizer, as the rest of the runtime sees it. The code behind it is linked into programs that have one.
#ifndef EMO_LIB_RUNTIME_TOKENIZER_H
#define EMO_LIB_RUNTIME_TOKENIZER_H

#include "emo/Runtime/Program.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace emo::rt {

struct EncodeOptions {
  /// Special tokens that are written out in the text are taken for what they stand for, else for text.
  bool parseSpecial = true;
  /// Adds the tokens that the tokenizer puts around every text.
  bool addTokens = true;
};

/// Any number of threads may use one tokenizer at the same time.
class Tokenizer {
public:
  virtual ~Tokenizer() = default;
  /// Appends to `ids`. Malformed UTF-8 becomes U+FFFD. False with a message when the text is too large.
  virtual bool encode(std::string_view text, EncodeOptions options, std::vector<int64_t> &ids, std::string &error) const = 0;
  /// Bytes of a token; none for one that the tokenizer does not have.
  virtual std::string_view text(int64_t id) const = 0;
  /// Ids are less than this.
  virtual int64_t size() const = 0;

  std::string decode(const int64_t *ids, size_t count) const {
    std::string bytes;
    for (size_t i = 0; i < count; ++i)
      bytes += text(ids[i]);
    return bytes;
  }
};

/// Opens a program's tokenizer; null with a message when it has none.
std::unique_ptr<Tokenizer> openTokenizer(const emo_program &program, std::string &error);

} // namespace emo::rt

struct emo_tokenizer_code {
  std::unique_ptr<emo::rt::Tokenizer> (*open)(const void *tables, int64_t bytes, std::string &error);
};

#endif // EMO_LIB_RUNTIME_TOKENIZER_H
