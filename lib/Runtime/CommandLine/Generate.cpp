// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME generate: token ids in, token ids out.
#include "../Session.h"
#include "Commands.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace emo::rt;

/// "5,17,42"; false with a message that shows the first bad item.
static bool parseIds(const std::string &text, std::vector<int64_t> &ids, std::string &error) {
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = text.find(',', begin);
    if (end == std::string::npos)
      end = text.size();
    std::string item = text.substr(begin, end - begin);
    char *rest = nullptr;
    errno = 0;
    int64_t id = strtoll(item.c_str(), &rest, 10);
    if (item.empty() || *rest || errno) {
      error = "--ids expects token ids like 5,17,42, got '" + item + "'";
      return false;
    }
    ids.push_back(id);
    begin = end + 1;
  }
  return true;
}

int emo::rt::generateCommand(const std::vector<std::string> &args, const Loader &load) {
  std::map<std::string, bool> known = {
      {"--ids", true},   {"--max-new-tokens", true}, {"--temperature", true},
      {"--top-p", true}, {"--seed", true},           {"--document-pool", true}};
  addModelFlags(known);
  Flags flags("generate", known);
  std::string error;
  std::vector<int64_t> ids;
  int64_t newTokens, seed, pool;
  double temperature, topP;
  if (!flags.parse(args, error) || !flags.require("--ids", error) || !flags.require("--max-new-tokens", error) ||
      !parseIds(flags.text("--ids"), ids, error) ||
      !flags.integer("--max-new-tokens", 0, 1, INT32_MAX, newTokens, error) ||
      !flags.integer("--document-pool", 0, 1, INT32_MAX, pool, error) || !flags.integer("--seed", 0, 0, INT64_MAX, seed, error) || !flags.number("--temperature", 0, 0, 1e6, temperature, error) ||
      !flags.number("--top-p", 1, 1e-9, 1, topP, error))
    return fail(error);
  ModelPtr model = openModel(flags, load, error);
  if (!model)
    return fail(error);
  Session session;
  if (!session.start(model.get(), int64_t(ids.size()) + newTokens, error, pool > 0) ||
      (pool > 0 && !checkExpertCount(session.experts(), pool, "--document-pool", error)) || !session.feed(ids, error))
    return fail(error);
  if (pool > 0)
    session.choosePool(pool);
  int64_t eos = manifestInteger(*emo_model_program(model.get()), "eos_token_id", -1);
  Sampler sampler(temperature, topP, uint64_t(seed));
  for (int64_t i = 0; i < newTokens; ++i) {
    int64_t token = sampler.choose(session.logits());
    printf("%s%lld", i ? "," : "", static_cast<long long>(token));
    if (fflush(stdout) != 0)
      return fail(std::string("cannot write to standard output: ") + strerror(errno));
    if (token == eos || i + 1 == newTokens)
      break;
    if (!session.feed({token}, error)) {
      putchar('\n');
      return fail(error);
    }
  }
  putchar('\n');
  if (pool > 0)
    fprintf(stderr, "%s\n", describeUse(session).c_str());
  return 0;
}
