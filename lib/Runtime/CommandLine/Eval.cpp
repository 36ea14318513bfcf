// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME eval: mean cross-entropy of a stream of token ids or a text.
#include "../Documents.h"
#include "../Rows.h"
#include "Eval.h"

#include <algorithm>
#include <cstdio>

using namespace emo::rt;

namespace {
struct Totals {
  double loss = 0; // nats
  int64_t targets = 0, rows = 0;
};
} // namespace

static bool evaluate(emo_model *model, const emo_entry_desc &entry, const std::vector<int64_t> &ids, int64_t row, bool documents,
                     Totals &totals, std::string &error) {
  int64_t eos = manifestInteger(*emo_model_program(model), "eos_token_id", -1);
  if (documents && eos < 0) {
    error = "the model has no EOS id, so documents cannot be told apart; use --attention=causal or compile with --eos-id";
    return false;
  }
  Rows rows(ids, row, documents ? eos : -1);
  for (int64_t first = 0; first < rows.count(); first += rows.batch()) {
    int64_t count = std::min(rows.batch(), rows.count() - first);
    std::vector<emo_tensor> inputs;
    if (!rows.inputs(entry, first, count, inputs, error))
      return false;
    emo_tensor losses = {};
    char message[1024];
    if (emo_run(model, "loss", inputs.data(), inputs.size(), &losses, 1, message, sizeof message) != 0) {
      error = message;
      return false;
    }
    const float *values = static_cast<const float *>(losses.data);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i + 1 < row; ++i)
        totals.loss += values[r * row + i];
    totals.targets += count * (row - 1);
    totals.rows += count;
    emo_release(&losses);
  }
  return true;
}

static int evalPool(emo_model *model, const std::vector<int64_t> &ids, int64_t pool, bool json) {
  PoolTotals totals;
  std::string error;
  if (!evaluatePools(model, ids, pool, totals, error))
    return fail(error);
  double mean = totals.loss / double(totals.targets), documents = double(totals.documents);
  if (json)
    printf("{\"loss\": %.9f, \"targets\": %lld, \"documents\": %lld, \"document_pool\": %lld, \"experts_used\": %.3f, \"expert_bytes_used\": "
           "%.0f, \"expert_bytes_per_token\": %.0f}\n",
           mean, static_cast<long long>(totals.targets), static_cast<long long>(totals.documents), static_cast<long long>(pool),
           totals.experts / documents, totals.bytes / documents, totals.bytes / double(totals.targets));
  else
    printf("loss %.6f nats a token, %lld targets in the second halves of %lld documents, pools of %lld experts a layer\n"
           "a second half uses %.1f experts on average, %.2f MB of weights, %.3f MB for each of its tokens\n",
           mean, static_cast<long long>(totals.targets), static_cast<long long>(totals.documents), static_cast<long long>(pool),
           totals.experts / documents, totals.bytes / documents / 1e6, totals.bytes / double(totals.targets) / 1e6);
  return 0;
}

int emo::rt::evalCommand(const std::vector<std::string> &args, const Loader &load) {
  std::map<std::string, bool> known = {{"--data", true}, {"--row", true}, {"--json", false}, {"--attention", true}, {"--document-pool", true}};
  addModelFlags(known);
  Flags flags("eval", known);
  std::string error;
  int64_t row, pool;
  std::vector<int64_t> ids;
  if (!flags.parse(args, error) || !flags.require("--data", error) || !flags.integer("--row", 512, 2, 1 << 24, row, error) ||
      !flags.integer("--document-pool", 0, 1, INT32_MAX, pool, error))
    return fail(error);
  if (pool > 0 && (flags.has("--row") || flags.has("--attention")))
    return fail("--document-pool evaluates the second half of each document given the first; it excludes --row and --attention");
  std::string attention = flags.text("--attention", "documents");
  if (attention != "documents" && attention != "causal")
    return fail("--attention expects documents or causal, got '" + attention + "'");
  ModelPtr model = openModel(flags, load, error);
  if (!model || !readTokens(flags.text("--data"), model.get(), ids, error))
    return fail(error);
  if (pool > 0)
    return evalPool(model.get(), ids, pool, flags.has("--json"));
  if (int64_t(ids.size()) < row)
    return fail("'" + flags.text("--data") + "' holds " + std::to_string(ids.size()) + " token ids, fewer than one row of " +
                std::to_string(row) + "; use a smaller --row");
  const emo_entry_desc *entry = requireEntry(model.get(), "loss", error);
  Totals totals;
  if (!entry || !evaluate(model.get(), *entry, ids, row, attention == "documents", totals, error))
    return fail(error);
  double mean = totals.loss / double(totals.targets);
  if (flags.has("--json"))
    printf("{\"loss\": %.9f, \"targets\": %lld, \"rows\": %lld, \"row\": %lld, \"attention\": \"%s\"}\n", mean,
           static_cast<long long>(totals.targets), static_cast<long long>(totals.rows), static_cast<long long>(row),
           attention.c_str());
  else
    printf("loss %.6f nats a token, %lld targets in %lld rows of %lld, attention %s\n", mean,
           static_cast<long long>(totals.targets), static_cast<long long>(totals.rows), static_cast<long long>(row),
           attention == "documents" ? "inside documents" : "causal");
  return 0;
}
