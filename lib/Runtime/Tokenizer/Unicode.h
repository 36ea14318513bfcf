// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Versions of Unicode: the tokenizers library matches with version 16 and normalises with version 9, PCRE2 10.42 has version 14 and utf8proc
// 2.8 version 15. What differs is here, so that ids are the same.
#ifndef EMO_LIB_RUNTIME_TOKENIZER_UNICODE_H
#define EMO_LIB_RUNTIME_TOKENIZER_UNICODE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace emo::rt {

/// The text, which is well-formed UTF-8, for matching: in place of characters that PCRE2 does not know there are others of the same general
/// category and the same number of bytes. A copy in `storage` when there are any.
std::string_view withKnownCharacters(std::string_view text, std::string &storage);

/// Whether the library's normalisation leaves a character alone that utf8proc orders, composes or decomposes.
bool isUnknownToLibrary(int32_t character);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_TOKENIZER_UNICODE_H
