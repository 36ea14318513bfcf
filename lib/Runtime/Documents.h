// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of documents, as token ids.
#ifndef EMO_LIB_RUNTIME_DOCUMENTS_H
#define EMO_LIB_RUNTIME_DOCUMENTS_H

#include "emo/Runtime/Emo.h"

#include <string>
#include <vector>

namespace emo::rt {

/// Reads a stream of token ids: FILE.npy with int32 or int64 of rank 1. False with a message.
bool readTokens(const std::string &path, emo_model *model, std::vector<int64_t> &ids, std::string &error);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_DOCUMENTS_H
