// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME profile: what calibration documents say about experts. The file's format is in docs/experts.md.
#include "../Documents.h"
#include "../ExpertStatistics.h"
#include "../OutputFile.h"
#include "../Rows.h"
#include "../Sha256.h"
#include "../Tokenizer.h"
#include "../Utf8.h"
#include "Commands.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace emo::rt;

namespace {

/// One line on a terminal, rewritten in place and gone at the end.
class Progress {
public:
  explicit Progress(int64_t tokens) : tokens(tokens), shown(isatty(STDERR_FILENO)) {}
  ~Progress() {
    if (shown)
      fputs("\r\033[K", stderr);
  }
  void advance(int64_t count) {
    done += count;
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (shown && seconds > 0)
      fprintf(stderr, "\rprofiling: %5.1f %%, %.0f tokens/s, %.0f s left ", 100.0 * double(done) / double(tokens), double(done) / seconds,
              seconds / double(done) * double(tokens - done));
  }

private:
  int64_t tokens, done = 0;
  bool shown;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

/// What a greedy run kept in each layer, and the probabilities that it chose by.
struct GreedyRun {
  int64_t count; // shared experts counted
  std::vector<std::vector<int64_t>> keep;
  std::vector<std::vector<double>> probability;
};

class Profiler {
public:
  Profiler(emo_model *model, const emo_entry_desc &entry, Rows &rows)
      : model(model), entry(entry), rows(rows), layers(expertLayers(*emo_model_program(model))) {}

  /// Runs all documents with the mask; adds to the statistics.
  bool pass(ExpertMaskInput &mask, ExpertStatistics &statistics, const int64_t *documents, Progress &progress, std::string &error);
  /// As the released scripts: each layer is measured with the layers before it reduced to their best. `first`: the pass without a mask.
  bool greedy(int64_t count, const ExpertStatistics &first, GreedyRun &run, Progress &progress, std::string &error);

  emo_model *model;
  const emo_entry_desc &entry;
  Rows &rows;
  std::vector<ExpertLayer> layers;
};

} // namespace

bool Profiler::pass(ExpertMaskInput &mask, ExpertStatistics &statistics, const int64_t *documents, Progress &progress, std::string &error) {
  for (int64_t first = 0; first < rows.count(); first += rows.batch()) {
    int64_t count = std::min(rows.batch(), rows.count() - first);
    std::vector<emo_tensor> inputs, outputs(entry.num_outputs);
    if (!rows.inputs(entry, first, count, inputs, error))
      return false;
    for (int32_t i = 0; i < entry.num_inputs; ++i)
      if (entry.inputs[i].role == EMO_ROLE_EXPERT_MASK)
        inputs[i] = mask.tensor();
    char message[1024];
    if (emo_run(model, entry.name, inputs.data(), int32_t(inputs.size()), outputs.data(), int32_t(outputs.size()), message, sizeof message) != 0) {
      error = message;
      return false;
    }
    statistics.add(entry, outputs, documents ? documents + first * rows.length : nullptr);
    for (emo_tensor &output : outputs)
      emo_release(&output);
    progress.advance(count * rows.length);
  }
  return true;
}

bool Profiler::greedy(int64_t count, const ExpertStatistics &first, GreedyRun &run, Progress &progress, std::string &error) {
  run.count = count;
  ExpertMaskInput mask(layers);
  for (size_t l = 0; l < layers.size(); ++l) {
    std::vector<double> probability = first.layers[l].meanProbability(first.tokens);
    if (l > 0) {
      ExpertStatistics statistics(layers, /*pairs=*/false);
      if (!pass(mask, statistics, nullptr, progress, error))
        return false;
      probability = statistics.layers[l].meanProbability(statistics.tokens);
    }
    std::vector<int64_t> best = bestExperts(probability, count - layers[l].shared);
    mask.keep(l, best);
    for (int64_t shared = layers[l].routed(); shared < layers[l].experts; ++shared)
      best.push_back(shared);
    run.keep.push_back(best);
    run.probability.push_back(probability);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

static std::string quoted(const std::string &text) {
  std::string json = "\"";
  for (unsigned char c : text) {
    char escape[8];
    snprintf(escape, sizeof escape, "\\u%04x", c);
    json += c == '"' || c == '\\' ? std::string("\\") + char(c) : c < 0x20 ? std::string(escape) : std::string(1, char(c));
  }
  return json + "\"";
}

template <typename T, typename Format>
static std::string list(const std::vector<T> &values, Format format) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i)
    text += (i ? ", " : "") + format(values[i]);
  return text + "]";
}

static std::string integers(const std::vector<int64_t> &values) {
  return list(values, [](int64_t value) { return std::to_string(value); });
}

static std::string number(double value, int digits) {
  char text[32];
  snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

static std::string numbers(const std::vector<double> &values, int digits) {
  return list(values, [&](double value) { return number(value, digits); });
}

/// One entry an expert of the checkpoint, null for shared ones.
static std::string perExpert(const std::vector<double> &routed, const ExpertLayer &layer, int digits = 10) {
  std::string text = numbers(routed, digits);
  text.pop_back();
  for (int64_t i = 0; i < layer.shared; ++i)
    text += routed.empty() && i == 0 ? "null" : ", null";
  return text + "]";
}

static std::string layerJson(size_t l, const Profiler &profiler, const ExpertStatistics &statistics, const std::vector<GreedyRun> &runs) {
  const ExpertLayer &layer = profiler.layers[l];
  const LayerStatistics &found = statistics.layers[l];
  std::vector<int64_t> shared;
  for (int64_t id = layer.routed(); id < layer.experts; ++id)
    shared.push_back(id);
  std::string text = "    {\"experts\": " + std::to_string(layer.experts) + ", \"shared\": " + integers(shared);
  auto add = [&](const char *name, const std::vector<double> &values) {
    text += std::string(",\n     \"") + name + "\": " + perExpert(values, layer);
  };
  add("router_probability", found.meanProbability(statistics.tokens));
  add("topk_frequency", found.frequency(statistics.tokens));
  add("gate_weight", found.meanWeight());
  add("reap", found.meanReap());
  if (found.hasEasyEp)
    add("easy_ep", found.easyEp);
  if (!found.pairs.empty()) {
    std::vector<std::vector<double>> rows;
    for (int64_t e = 0; e < layer.routed(); ++e)
      rows.emplace_back(found.pairs.begin() + e * layer.routed(), found.pairs.begin() + (e + 1) * layer.routed());
    text += ",\n     \"co_activation\": " + list(rows, [](const std::vector<double> &row) { return numbers(row, 10); });
  }
  if (!runs.empty()) {
    text += ",\n     \"keep\": {";
    for (size_t r = 0; r < runs.size(); ++r)
      text += (r ? ", \"" : "\"") + std::to_string(runs[r].count) + "\": " + integers(runs[r].keep[l]);
    text += "},\n     \"greedy\": {";
    for (size_t r = 0; r < runs.size(); ++r)
      text += (r ? ", \"" : "\"") + std::to_string(runs[r].count) + "\": {\"router_probability\": " + perExpert(runs[r].probability[l], layer) + "}";
    text += "}";
  }
  return text + "}";
}

/// Tokens, mean probabilities and, where the program has a tokenizer, how the document begins.
static std::string documentsJson(const Profiler &profiler, const ExpertStatistics &statistics) {
  constexpr int64_t kShown = 64; // tokens
  std::string none, text;
  std::unique_ptr<Tokenizer> tokenizer = openTokenizer(*emo_model_program(profiler.model), none);
  const int64_t *ids = profiler.rows.ids.data();
  for (size_t d = 0; d < statistics.documentTokens.size(); ++d) {
    int64_t tokens = statistics.documentTokens[d];
    text += std::string(d ? "," : "") + "\n    {\"tokens\": " + std::to_string(tokens);
    if (tokenizer)
      text += ", \"text\": " + quoted(Utf8Stream().add(tokenizer->decode(ids, std::min(tokens, kShown))));
    ids += tokens;
    text += ", \"router_probability\": [";
    for (size_t l = 0; l < statistics.layers.size(); ++l)
      text += (l ? ", " : "") + perExpert(statistics.layers[l].documents[d], profiler.layers[l], 5);
    text += "]}";
  }
  return text;
}

static std::string profileJson(const Profiler &profiler, const ExpertStatistics &statistics, const std::vector<GreedyRun> &runs,
                               const std::string &data, const std::string &hash, int64_t documents) {
  const emo_program &program = *emo_model_program(profiler.model);
  std::vector<int64_t> bytes, chosen;
  for (const ExpertLayer &layer : profiler.layers) {
    bytes.push_back(layer.bytes);
    chosen.push_back(layer.chosen - layer.shared);
  }
  auto manifest = [&](const char *key) {
    std::string text = manifestValue(program, key);
    return text.empty() ? std::string("\"\"") : text;
  };
  std::string text = "{\"version\": 1,\n \"model\": {\"hash\": " + manifest("model_hash") + ", \"name\": " + manifest("model") +
                     ", \"dtype\": " + manifest("dtype") + ", \"weights_bytes\": " + std::to_string(program.weights_bytes) +
                     ", \"expert_bytes\": " + integers(bytes) + ", \"top_k\": " + integers(chosen) + "},\n";
  text += " \"data\": {\"files\": [" + quoted(data) + "], \"hash\": \"" + hash + "\", \"documents\": " + std::to_string(documents) +
          ", \"tokens\": " + std::to_string(statistics.tokens) + ", \"row\": " + std::to_string(profiler.rows.length) + "},\n";
  text += " \"compiler\": " + manifest("compiler") + ",\n \"policy\": \"" + (runs.empty() ? "single-pass" : "greedy") + "\",\n \"layers\": [\n";
  for (size_t l = 0; l < profiler.layers.size(); ++l)
    text += layerJson(l, profiler, statistics, runs) + (l + 1 < profiler.layers.size() ? ",\n" : "]");
  if (!statistics.documentTokens.empty())
    text += ",\n \"documents\": [" + documentsJson(profiler, statistics) + "]";
  return text + "}\n";
}

//===----------------------------------------------------------------------===//
// The command
//===----------------------------------------------------------------------===//

/// "8,16"; false with a message.
static bool parseCounts(const std::string &text, std::vector<int64_t> &counts, std::string &error) {
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    std::string item = text.substr(begin, end - begin);
    char *rest = nullptr;
    int64_t count = strtoll(item.c_str(), &rest, 10);
    if (item.empty() || *rest || std::find(counts.begin(), counts.end(), count) != counts.end()) {
      error = "--greedy expects different numbers of experts like 8,16, got '" + text + "'";
      return false;
    }
    counts.push_back(count);
    begin = end + 1;
  }
  return true;
}

int emo::rt::profileCommand(const std::vector<std::string> &args, const Loader &load) {
  std::map<std::string, bool> known = {{"--data", true},   {"--out", true},           {"--row", true},
                                       {"--greedy", true}, {"--co-activation", false}, {"--documents", false}};
  addModelFlags(known);
  Flags flags("profile", known);
  std::string error;
  int64_t length;
  std::vector<int64_t> ids, counts;
  if (!flags.parse(args, error) || !flags.require("--data", error) || !flags.require("--out", error) ||
      !flags.integer("--row", 512, 1, 1 << 24, length, error) || (flags.has("--greedy") && !parseCounts(flags.text("--greedy"), counts, error)))
    return fail(error);
  std::string data = flags.text("--data"), out = flags.text("--out");
  ModelPtr model = openModel(flags, load, error);
  if (!model)
    return fail(error);
  const emo_program &program = *emo_model_program(model.get());
  const emo_entry_desc *entry = emo_entry(model.get(), "profile");
  if (!entry)
    return fail("this program cannot measure experts: it has no entry 'profile'; compile the whole model with emo-compile --profile");
  int64_t eos = manifestInteger(program, "eos_token_id", -1);
  if (eos < 0)
    return fail("the model has no EOS id, so documents cannot be told apart; compile with --eos-id");
  if (!readTokens(data, model.get(), ids, error))
    return fail(error);
  if (int64_t(ids.size()) < length)
    return fail("'" + data + "' holds " + std::to_string(ids.size()) + " token ids, fewer than one row of " + std::to_string(length) +
                ": no document to measure; use more text or a smaller --row");

  if (!checkOutputFile(out, error))
    return fail(error);

  Sha256 hash;
  std::vector<int32_t> narrow(ids.begin(), ids.end());
  hash.update(narrow.data(), narrow.size() * sizeof(int32_t));
  Rows rows(std::move(ids), length, eos);
  Profiler profiler(model.get(), *entry, rows);
  for (int64_t count : counts)
    if (!checkExpertCount(profiler.layers, count, "--greedy", error))
      return fail(error);
  int64_t documents = 0, used = rows.count() * length;
  std::vector<int64_t> document(used);
  for (int64_t i = 0; i < used; ++i) {
    documents += i % length == 0 || rows.segments[i] != rows.segments[i - 1];
    document[i] = documents - 1;
  }
  Progress progress(used * int64_t(1 + counts.size() * (profiler.layers.size() - 1)));
  ExpertStatistics statistics(profiler.layers, flags.has("--co-activation"));
  ExpertMaskInput everything(profiler.layers);
  if (!profiler.pass(everything, statistics, flags.has("--documents") ? document.data() : nullptr, progress, error))
    return fail(error);
  statistics.finishDocuments();
  std::vector<GreedyRun> runs(counts.size());
  for (size_t i = 0; i < counts.size(); ++i)
    if (!profiler.greedy(counts[i], statistics, runs[i], progress, error))
      return fail(error);
  return writeFile(out, {profileJson(profiler, statistics, runs, data, hash.hex(), documents)}, error) ? 0 : fail(error);
}
