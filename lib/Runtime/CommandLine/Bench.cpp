// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME bench: speed of prefill and decoding.
#include "../Cpu.h"
#include "../Model.h"
#include "../Session.h"
#include "Commands.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace emo::rt;

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// The most memory that this process had resident, in bytes; mapped files count as far as they were touched. getrusage would count the
/// process that started this one, too.
static int64_t peakMemory() {
  long long kib = 0;
  if (FILE *file = fopen("/proc/self/status", "r")) {
    char line[256];
    while (fgets(line, sizeof line, file) && sscanf(line, "VmHWM: %lld", &kib) != 1)
      ;
    fclose(file);
  }
  return kib * 1024;
}

/// What a run on a device came to, for people.
static std::string describe(const DeviceCounts &counts) {
  char text[160], graph[64] = "";
  if (counts.submission.graph)
    snprintf(graph, sizeof graph, " in one graph (%lld changed)", static_cast<long long>(counts.submission.changed));
  snprintf(text, sizeof text, "%lld launches%s, host waits %lld, %.1f MB of temporaries", static_cast<long long>(counts.launches), graph,
           static_cast<long long>(counts.waits), double(counts.temporaryBytes) / 1e6);
  return text;
}

/// The same as members of a JSON object.
static std::string membersOf(const char *phase, const DeviceCounts &counts) {
  char text[240];
  snprintf(text, sizeof text,
           ", \"%s_launches\": %lld, \"%s_in_one_graph\": %s, \"%s_graph_changes\": %lld, \"%s_host_waits\": %lld, "
           "\"%s_temporary_bytes\": %lld",
           phase, static_cast<long long>(counts.launches), phase, counts.submission.graph ? "true" : "false", phase,
           static_cast<long long>(counts.submission.changed), phase, static_cast<long long>(counts.waits), phase,
           static_cast<long long>(counts.temporaryBytes));
  return text;
}

int emo::rt::benchCommand(const std::vector<std::string> &args, const Loader &load) {
  std::map<std::string, bool> known = {{"--prompt-tokens", true}, {"--new-tokens", true}, {"--repeat", true}, {"--json", false}};
  addModelFlags(known);
  Flags flags("bench", known);
  std::string error;
  int64_t prompt, newTokens, repeat;
  if (!flags.parse(args, error) || !flags.integer("--prompt-tokens", 256, 1, 1 << 24, prompt, error) ||
      !flags.integer("--new-tokens", 64, 1, 1 << 24, newTokens, error) || !flags.integer("--repeat", 5, 1, 10000, repeat, error))
    return fail(error);
  double begin = seconds();
  ModelPtr model = openModel(flags, load, error);
  if (!model)
    return fail(error);
  Session session;
  if (!session.start(model.get(), prompt + newTokens, error))
    return fail(error);
  const emo_program &program = *emo_model_program(model.get());
  int64_t vocab = std::max<int64_t>(manifestInteger(program, "vocab_size", 2), 2);
  uint64_t state = 1;
  // Random tokens: a repeated one would keep the same experts in the caches.
  auto randomToken = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return int64_t((state >> 33) % uint64_t(vocab));
  };
  std::vector<double> prefill, decode;
  DeviceCounts ofPrefill, ofStep, ofChoice; // of a device
  RandomNumbers none(0);
  int64_t chosen;
  // The next token is chosen, as in generation, though another one is fed.
  auto feed = [&](const std::vector<int64_t> &ids, DeviceCounts &counts) {
    if (!session.feed(ids, error))
      return false;
    counts = model->lastCounts;
    bool ok = session.choose(/*temperature=*/0, /*topP=*/1, none, chosen, error);
    ofChoice = model->lastCounts;
    return ok;
  };
  double firstToken = 0;
  for (int64_t r = 0; r <= repeat; ++r) {
    session.clear();
    std::vector<int64_t> ids(prompt);
    for (int64_t &id : ids)
      id = randomToken();
    double start = seconds();
    if (!feed(ids, ofPrefill))
      return fail(error);
    double prefilled = seconds();
    for (int64_t i = 0; i < newTokens; ++i)
      if (!feed({randomToken()}, ofStep))
        return fail(error);
    double done = seconds();
    if (r == 0) {
      firstToken = prefilled - begin;
      continue; // warm-up
    }
    prefill.push_back(prefilled - start);
    decode.push_back((done - prefilled) / double(newTokens));
  }
  double prefillRate = double(prompt) / median(prefill), decodeRate = 1 / median(decode);
  std::string device = model->device ? model->device->name() : "";
  if (flags.has("--json"))
    printf("{\"prompt_tokens\": %lld, \"new_tokens\": %lld, \"repeat\": %lld, \"prefill_ms\": %.4f, \"prefill_tokens_per_s\": %.2f, "
           "\"decode_ms\": %.4f, \"decode_tokens_per_s\": %.2f, \"load_and_first_prefill_ms\": %.3f, \"memory_mb\": %.1f, \"threads\": %d, "
           "\"isa\": \"%s\", \"cpu\": \"%s\", \"weights_memory\": \"%s\"%s}\n",
           static_cast<long long>(prompt), static_cast<long long>(newTokens), static_cast<long long>(repeat),
           median(prefill) * 1e3, prefillRate, median(decode) * 1e3, decodeRate, firstToken * 1e3, double(peakMemory()) / 1e6,
           emo_model_threads(model.get()), emo_model_isa(model.get()), cpuName().c_str(), flags.text("--weights-memory", "map").c_str(),
           device.empty() ? "" : (", \"device\": \"" + device + "\"" + membersOf("prefill", ofPrefill) + membersOf("decode", ofStep) +
                             membersOf("choice", ofChoice)).c_str());
  else
    printf("%s, %d threads, %s, weights: %s\n"
           "prefill of %lld tokens: %.2f ms, %.0f tokens/s\n"
           "decode: %.3f ms a token, %.1f tokens/s (%lld tokens, median of %lld)\n"
           "memory: %.1f MB at most\n",
           cpuName().c_str(), emo_model_threads(model.get()), emo_model_isa(model.get()),
           flags.text("--weights-memory", "map").c_str(), static_cast<long long>(prompt), median(prefill) * 1e3, prefillRate,
           median(decode) * 1e3, decodeRate, static_cast<long long>(newTokens), static_cast<long long>(repeat), double(peakMemory()) / 1e6);
  if (!device.empty() && !flags.has("--json"))
    printf("%s: prefill %s; decode %s; choice of a token %s\n", device.c_str(), describe(ofPrefill).c_str(), describe(ofStep).c_str(),
           describe(ofChoice).c_str());
  return 0;
}
