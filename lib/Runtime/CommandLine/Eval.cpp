// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME eval: mean cross-entropy of a stream of token ids or a text.
#include "../Documents.h"
#include "Commands.h"

#include <cstdio>

using namespace emo::rt;

namespace {
struct Totals {
  double loss = 0; // nats
  int64_t targets = 0, rows = 0;
};
} // namespace

/// Attention documents of one row: a document ends after its EOS.
static void numberDocuments(const int64_t *ids, int64_t row, int64_t eos, int32_t *segments) {
  int32_t segment = 0;
  for (int64_t i = 0; i < row; ++i) {
    segments[i] = segment;
    segment += ids[i] == eos;
  }
}

static bool evaluate(emo_model *model, const emo_entry_desc &entry, const std::vector<int64_t> &ids, int64_t row, bool documents,
                     Totals &totals, std::string &error) {
  int64_t eos = manifestInteger(*emo_model_program(model), "eos_token_id", -1);
  if (documents && eos < 0) {
    error = "the model has no EOS id, so documents cannot be told apart; use --attention=causal or compile with --eos-id";
    return false;
  }
  int64_t rows = ids.size() / row;
  // Enough rows a call to keep matrix kernels busy, few enough to keep temporaries small.
  int64_t batch = std::max<int64_t>(1, 2048 / row);
  for (int64_t first = 0; first < rows; first += batch) {
    int64_t count = std::min(batch, rows - first);
    std::vector<int64_t> tokens(ids.begin() + first * row, ids.begin() + (first + count) * row);
    std::vector<int32_t> segments(count * row), narrow(tokens.begin(), tokens.end());
    if (documents)
      for (int64_t r = 0; r < count; ++r)
        numberDocuments(&tokens[r * row], row, eos, &segments[r * row]);
    std::vector<emo_tensor> inputs(entry.num_inputs);
    for (int32_t i = 0; i < entry.num_inputs; ++i) {
      const emo_value_desc &desc = entry.inputs[i];
      for (size_t at = 0; desc.dtype == EMO_I32 && desc.role == EMO_ROLE_TOKEN_IDS && at < tokens.size(); ++at)
        if (tokens[at] != narrow[at]) {
          error = "token id " + std::to_string(tokens[at]) + " does not fit into the int32 that the model takes";
          return false;
        }
      void *data = desc.role == EMO_ROLE_SEGMENTS ? static_cast<void *>(segments.data())
                   : desc.dtype == EMO_I64        ? static_cast<void *>(tokens.data())
                                                  : narrow.data();
      inputs[i] = {desc.dtype, 2, {count, row}, data};
    }
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

int emo::rt::evalCommand(const std::vector<std::string> &args, const Loader &load) {
  std::map<std::string, bool> known = {{"--data", true}, {"--row", true}, {"--json", false}, {"--attention", true}};
  addModelFlags(known);
  Flags flags("eval", known);
  std::string error;
  int64_t row;
  std::vector<int64_t> ids;
  if (!flags.parse(args, error) || !flags.require("--data", error) || !flags.integer("--row", 512, 2, 1 << 24, row, error))
    return fail(error);
  std::string attention = flags.text("--attention", "documents");
  if (attention != "documents" && attention != "causal")
    return fail("--attention expects documents or causal, got '" + attention + "'");
  ModelPtr model = openModel(flags, load, error);
  if (!model || !readTokens(flags.text("--data"), model.get(), ids, error))
    return fail(error);
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
