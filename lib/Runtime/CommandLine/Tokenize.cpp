// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME tokenize: text to token ids and back.
#include "../Documents.h"
#include "../Tokenizer.h"
#include "Commands.h"

#include <cstdio>

using namespace emo::rt;

static int printText(const Tokenizer &tokenizer, const std::vector<int64_t> &ids) {
  for (int64_t id : ids)
    if (id < 0 || id >= tokenizer.size())
      return fail("--ids has the token id " + std::to_string(id) + ", the tokenizer has 0 to " + std::to_string(tokenizer.size() - 1));
  std::string text = tokenizer.decode(ids.data(), ids.size());
  fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

int emo::rt::tokenizeCommand(const std::vector<std::string> &args, const emo_program &program) {
  Flags flags("tokenize", {{"--text", true}, {"--file", true}, {"--ids", true}, {"--no-special-tokens", false}, {"--json", false}});
  std::string error, text = "";
  std::vector<int64_t> ids;
  if (!flags.parse(args, error) || !flags.requireOne({"--text", "--file", "--ids"}, error))
    return fail(error);
  bool isText = !flags.has("--ids");
  for (const char *flag : {"--json", "--no-special-tokens"})
    if (!isText && flags.has(flag))
      return fail(std::string(flag) + " is for --text and --file; --ids prints text");
  if (!isText && !parseIds(flags.text("--ids"), ids, error))
    return fail(error);
  std::unique_ptr<Tokenizer> tokenizer = openTokenizer(program, error);
  if (!tokenizer)
    return fail(error);
  if (!isText)
    return printText(*tokenizer, ids);
  if (flags.has("--text"))
    text = flags.text("--text");
  else if (!readFile(flags.text("--file"), text, error))
    return fail(error);
  if (!tokenizer->encode(text, {!flags.has("--no-special-tokens"), /*addTokens=*/true}, ids, error))
    return fail(error);
  std::string list;
  for (int64_t id : ids)
    list += (list.empty() ? "" : flags.has("--json") ? ", " : ",") + std::to_string(id);
  if (flags.has("--json"))
    printf("{\"count\": %zu, \"ids\": [%s]}\n", ids.size(), list.c_str());
  else
    puts(list.c_str());
  return 0;
}
