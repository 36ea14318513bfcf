// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text of a model: opening its tokenizer, and the C interface.
#include "Model.h"
#include "Tokenizer.h"

#include <algorithm>
#include <cstring>

using namespace emo::rt;

std::unique_ptr<Tokenizer> emo::rt::openTokenizer(const emo_program &program, std::string &error) {
  if (program.tokenizer && program.tokenizer_code)
    return program.tokenizer_code->open(program.tokenizer, program.tokenizer_bytes, error);
  error = "this program has no tokenizer; compile the model with a tokenizer.json beside it or with --tokenizer=FILE";
  return nullptr;
}

const Tokenizer *emo_model::tokenizer(std::string &error) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!opened)
    opened = openTokenizer(*program, error);
  return opened.get();
}

int64_t emo_tokenize(emo_model *model, const char *text, int64_t bytes, int32_t flags, int64_t *ids, int64_t capacity, char *error,
                     size_t errorBytes) {
  std::string message;
  std::vector<int64_t> all;
  const Tokenizer *tokenizer = model->tokenizer(message);
  EncodeOptions options = {!(flags & EMO_TOKENIZE_PLAIN), !(flags & EMO_TOKENIZE_BARE)};
  if (!tokenizer || !tokenizer->encode({text, size_t(bytes > 0 ? bytes : 0)}, options, all, message)) {
    writeError(message, error, errorBytes);
    return -1;
  }
  std::copy_n(all.begin(), std::clamp<int64_t>(capacity, 0, int64_t(all.size())), ids);
  return int64_t(all.size());
}

int64_t emo_detokenize(emo_model *model, const int64_t *ids, int64_t count, char *text, int64_t capacity, char *error, size_t errorBytes) {
  std::string message;
  const Tokenizer *tokenizer = model->tokenizer(message);
  if (!tokenizer) {
    writeError(message, error, errorBytes);
    return -1;
  }
  int64_t total = 0;
  for (int64_t i = 0; i < count; ++i) {
    std::string_view bytes = tokenizer->text(ids[i]);
    int64_t room = std::clamp<int64_t>(capacity - total, 0, int64_t(bytes.size()));
    if (room)
      memcpy(text + total, bytes.data(), room);
    total += int64_t(bytes.size());
  }
  return total;
}
