// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of documents, as token ids or as text.
#ifndef EMO_LIB_RUNTIME_DOCUMENTS_H
#define EMO_LIB_RUNTIME_DOCUMENTS_H

#include "emo/Runtime/Emo.h"

#include <string>
#include <vector>

namespace emo::rt {

/// Reads a stream of token ids: FILE.npy with int32 or int64 of rank 1, or FILE.txt, which the model's tokenizer makes ids of; documents in
/// it end with the text of the EOS token, and maybe a line break behind that. False with a message.
bool readTokens(const std::string &path, emo_model *model, std::vector<int64_t> &ids, std::string &error);

/// Reads a whole file; "-" is standard input. False with a message.
bool readFile(const std::string &path, std::string &bytes, std::string &error);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_DOCUMENTS_H
