// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME generate: token ids in, token ids out; or text in, text out.
#include "../Documents.h"
#include "../Model.h"
#include "../Session.h"
#include "../Utf8.h"
#include "Commands.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

using namespace emo::rt;

namespace {
/// Prints what is generated: ids as they come; text as it comes, or at the end.
class Output {
public:
  Output(const Tokenizer *tokenizer, bool stream) : tokenizer(tokenizer), stream(stream) {}

  void add(int64_t token) {
    if (!tokenizer) {
      printf("%s%lld", any ? "," : "", static_cast<long long>(token));
      any = true;
      return;
    }
    text += characters.add(tokenizer->text(token));
    if (stream)
      print();
  }
  void finish() {
    text += characters.finish();
    print();
    putchar('\n');
  }

private:
  void print() {
    fwrite(text.data(), 1, text.size(), stdout);
    text.clear();
  }
  const Tokenizer *tokenizer; // null: ids
  bool stream, any = false;
  Utf8Stream characters;
  std::string text;
};
} // namespace

/// The prompt of a command without --ids.
static bool encodePrompt(const Flags &flags, const Tokenizer &tokenizer, std::vector<int64_t> &ids, std::string &error) {
  std::string text = flags.text("--prompt");
  if (flags.has("--prompt-file") && !readFile(flags.text("--prompt-file"), text, error))
    return false;
  if (!tokenizer.encode(text, {!flags.has("--no-special-tokens"), /*addTokens=*/true}, ids, error))
    return false;
  if (!ids.empty())
    return true;
  error = "the prompt is empty, expected at least one token";
  return false;
}

int emo::rt::generateCommand(const std::vector<std::string> &args, const Loader &load) {
  std::map<std::string, bool> known = {
      {"--ids", true},    {"--prompt", true},      {"--prompt-file", true}, {"--no-special-tokens", false}, {"--stream", false},
      {"--max-new-tokens", true}, {"--temperature", true}, {"--top-p", true}, {"--seed", true}, {"--document-pool", true}};
  addModelFlags(known);
  Flags flags("generate", known);
  std::string error;
  std::vector<int64_t> ids;
  int64_t newTokens, seed, pool;
  double temperature, topP;
  if (!flags.parse(args, error) || !flags.requireOne({"--ids", "--prompt", "--prompt-file"}, error) ||
      !flags.require("--max-new-tokens", error) || (flags.has("--ids") && !parseIds(flags.text("--ids"), ids, error)) ||
      !flags.integer("--max-new-tokens", 0, 1, INT32_MAX, newTokens, error) ||
      !flags.integer("--document-pool", 0, 1, INT32_MAX, pool, error) || !flags.integer("--seed", 0, 0, INT64_MAX, seed, error) || !flags.number("--temperature", 0, 0, 1e6, temperature, error) ||
      !flags.number("--top-p", 1, 1e-9, 1, topP, error))
    return fail(error);
  for (const char *flag : {"--stream", "--no-special-tokens"})
    if (flags.has("--ids") && flags.has(flag))
      return fail(std::string(flag) + " is for --prompt and --prompt-file; with --ids, ids are printed as they come");
  ModelPtr model = openModel(flags, load, error);
  if (!model)
    return fail(error);
  const Tokenizer *tokenizer = nullptr;
  if (!flags.has("--ids") && (!(tokenizer = model->tokenizer(error)) || !encodePrompt(flags, *tokenizer, ids, error)))
    return fail(error);
  Session session;
  if (!session.start(model.get(), int64_t(ids.size()) + newTokens, error, pool > 0) ||
      (pool > 0 && !checkExpertCount(session.experts(), pool, "--document-pool", error)) || !session.feed(ids, error))
    return fail(error);
  if (pool > 0)
    session.choosePool(pool);
  int64_t eos = manifestInteger(*emo_model_program(model.get()), "eos_token_id", -1);
  RandomNumbers random{uint64_t(seed)};
  Output output(tokenizer, flags.has("--stream"));
  for (int64_t i = 0; i < newTokens; ++i) {
    int64_t token = 0;
    if (!session.choose(temperature, topP, random, token, error)) {
      output.finish();
      return fail(error);
    }
    // The end of a text is no text.
    if (!tokenizer || token != eos)
      output.add(token);
    if (fflush(stdout) != 0)
      return fail(std::string("cannot write to standard output: ") + strerror(errno));
    if (token == eos || i + 1 == newTokens)
      break;
    if (!session.feed({token}, error)) {
      output.finish();
      return fail(error);
    }
  }
  output.finish();
  if (pool > 0)
    fprintf(stderr, "%s\n", describeUse(session).c_str());
  return 0;
}
