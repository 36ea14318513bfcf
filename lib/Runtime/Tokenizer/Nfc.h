// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Unicode's normalisation form C.
#ifndef EMO_LIB_RUNTIME_TOKENIZER_NFC_H
#define EMO_LIB_RUNTIME_TOKENIZER_NFC_H

#include <string>
#include <string_view>

namespace emo::rt {

/// The text, which is well-formed UTF-8, when it is normalised already by a quick look, else its normal form in `storage`.
std::string_view normalizeNfc(std::string_view text, std::string &storage);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_TOKENIZER_NFC_H
