// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME eval --document-pool=K: the second half of each document, given the first, inside a pool that the first half chose. As generate
// works: token by token, with KV caches.
#include "../Session.h"
#include "Eval.h"

#include <algorithm>
#include <cmath>

using namespace emo::rt;

/// -log softmax(logits)[target].
static double lossOf(const float *logits, int64_t vocab, int64_t target) {
  double top = *std::max_element(logits, logits + vocab), sum = 0;
  for (int64_t i = 0; i < vocab; ++i)
    sum += std::exp(double(logits[i]) - top);
  return std::log(sum) + top - double(logits[target]);
}

static bool evaluateDocument(Session &session, const std::vector<int64_t> &ids, int64_t pool, PoolTotals &totals, std::string &error) {
  size_t half = ids.size() / 2;
  session.clear();
  if (!session.feed(std::vector<int64_t>(ids.begin(), ids.begin() + half), error))
    return false;
  session.choosePool(pool);
  for (size_t i = half; i < ids.size(); ++i) {
    if (ids[i] < 0 || ids[i] >= session.vocabulary()) {
      error = "token id " + std::to_string(ids[i]) + " is outside the vocabulary of " + std::to_string(session.vocabulary());
      return false;
    }
    const float *logits = session.logits(error);
    if (!logits)
      return false;
    totals.loss += lossOf(logits, session.vocabulary(), ids[i]);
    if (i + 1 < ids.size() && !session.feed({ids[i]}, error))
      return false;
  }
  totals.targets += int64_t(ids.size() - half);
  ++totals.documents;
  for (size_t layer = 0; layer < session.used().size(); ++layer) {
    int64_t used = std::count(session.used()[layer].begin(), session.used()[layer].end(), true);
    totals.experts += double(used);
    totals.bytes += double(used) * double(session.experts()[layer].bytes);
  }
  return true;
}

bool emo::rt::evaluatePools(emo_model *model, const std::vector<int64_t> &ids, int64_t pool, PoolTotals &totals, std::string &error) {
  int64_t eos = manifestInteger(*emo_model_program(model), "eos_token_id", -1);
  if (eos < 0) {
    error = "the model has no EOS id, so documents cannot be told apart; compile with --eos-id";
    return false;
  }
  std::vector<std::vector<int64_t>> documents(1);
  int64_t limit = manifestInteger(*emo_model_program(model), "max_positions", 0);
  size_t longest = 0;
  for (int64_t id : ids) {
    if (limit == 0 || int64_t(documents.back().size()) < limit)
      documents.back().push_back(id);
    longest = std::max(longest, documents.back().size());
    if (id == eos)
      documents.emplace_back();
  }
  Session session;
  if (!session.start(model, std::max<int64_t>(1, int64_t(longest)), error, /*pooled=*/true) ||
      !checkExpertCount(session.experts(), pool, "--document-pool", error))
    return false;
  for (const std::vector<int64_t> &document : documents)
    if (document.size() >= 2 && !evaluateDocument(session, document, pool, totals, error))
      return false;
  if (totals.documents > 0)
    return true;
  error = "no document of two tokens and more in " + std::to_string(ids.size()) + " token ids: there is no second half to predict";
  return false;
}
