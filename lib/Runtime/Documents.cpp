// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Documents.h"

#include "Model.h"
#include "Npy.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

using namespace emo::rt;

bool emo::rt::readFile(const std::string &path, std::string &bytes, std::string &error) {
  bool isInput = path == "-";
  FILE *file = isInput ? stdin : fopen(path.c_str(), "rb");
  if (!file) {
    error = "cannot open '" + path + "': " + strerror(errno);
    return false;
  }
  char buffer[65536];
  while (size_t count = fread(buffer, 1, sizeof buffer, file))
    bytes.append(buffer, count);
  bool failed = ferror(file);
  if (failed)
    error = "cannot read " + (isInput ? "standard input" : "'" + path + "'") + ": " + strerror(errno);
  if (!isInput)
    fclose(file);
  return !failed;
}

static bool readIds(const std::string &path, std::vector<int64_t> &ids, std::string &error) {
  NpyArray array;
  if (!readNpy(path, array, error))
    return false;
  const emo_tensor &tensor = array.tensor;
  if (tensor.rank != 1 || (tensor.dtype != EMO_I32 && tensor.dtype != EMO_I64)) {
    error = "'" + path + "' holds " + emo_dtype_name(tensor.dtype) + " of rank " + std::to_string(tensor.rank) +
            ", expected a stream of token ids: int32 or int64 of rank 1";
    return false;
  }
  ids.resize(tensor.dims[0]);
  for (size_t i = 0; i < ids.size(); ++i)
    ids[i] = tensor.dtype == EMO_I64 ? static_cast<const int64_t *>(tensor.data)[i] : static_cast<const int32_t *>(tensor.data)[i];
  return true;
}

/// Removes a line break behind each end of a document: it makes the file readable and is in no document.
static void removeBreaks(std::string &text, const std::string &end) {
  std::string marked = end + "\n", kept;
  size_t from = 0;
  for (size_t at; !end.empty() && (at = text.find(marked, from)) != std::string::npos; from = at + marked.size())
    kept.append(text, from, at - from + end.size());
  text = kept.append(text, from);
}

bool emo::rt::readTokens(const std::string &path, emo_model *model, std::vector<int64_t> &ids, std::string &error) {
  if (path.size() < 4 || path.compare(path.size() - 4, 4, ".txt") != 0)
    return readIds(path, ids, error);
  std::string text;
  const Tokenizer *tokenizer = model->tokenizer(error);
  if (!tokenizer || !readFile(path, text, error))
    return false;
  removeBreaks(text, std::string(tokenizer->text(manifestInteger(*model->program, "eos_token_id", -1))));
  ids.clear();
  // What surrounds a text belongs to a prompt, not to each file of documents.
  return tokenizer->encode(text, {/*parseSpecial=*/true, /*addTokens=*/false}, ids, error);
}
