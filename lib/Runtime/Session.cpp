// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generation: KV caches, steps and the choice of the next token; the class and its C interface.
#include "Session.h"

#include "Model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace emo::rt;

bool Session::start(emo_model *loaded, int64_t wanted, std::string &error, bool pooled) {
  model = loaded;
  capacity = wanted;
  entry = requireEntry(model, pooled ? "pooled_step" : "step", error);
  if (!entry && pooled && emo_entry(model, "step"))
    error = "this program cannot choose experts from a prompt; compile the model with emo-compile --document-pools";
  if (!entry)
    return false;
  if (capacity < 1) {
    error = "a KV cache holds at least 1 token, got a capacity of " + std::to_string(capacity);
    return false;
  }
  int64_t limit = manifestInteger(*emo_model_program(model), "max_positions", 0);
  if (limit > 0 && capacity > limit) {
    error = "prompt and new tokens need a KV cache of " + std::to_string(capacity) + " tokens, the model has at most " +
            std::to_string(limit) + " positions";
    return false;
  }
  inputs.assign(entry->num_inputs, {});
  for (int32_t i = 0; i < entry->num_inputs; ++i) {
    const emo_value_desc &desc = entry->inputs[i];
    if (desc.role != EMO_ROLE_KV_CACHE)
      continue;
    emo_tensor &cache = inputs[i];
    cache.dtype = desc.dtype;
    cache.rank = desc.rank;
    int64_t bytes = emo_dtype_bytes(desc.dtype);
    for (int32_t d = 0; d < desc.rank; ++d) {
      // [batch, kv heads, capacity, head dim]
      cache.dims[d] = desc.dims[d].size >= 0 ? desc.dims[d].size : d == 0 ? 1 : capacity;
      bytes *= cache.dims[d];
    }
    if (Device *device = model->device.get()) {
      void *memory = device->allocate(bytes, "a KV cache", error);
      if (!memory)
        return false;
      deviceCaches.emplace_back(*device, memory);
      cache.data = memory;
      if (!device->clear(memory, bytes, error))
        return false;
      continue;
    }
    char *memory = static_cast<char *>(aligned_alloc(64, (bytes + 127) & ~int64_t(63)));
    if (!memory) {
      error = "out of memory: a KV cache of " + std::to_string(capacity) + " tokens needs " + std::to_string(bytes) +
              " bytes for each of its parts";
      return false;
    }
    memset(memory, 0, bytes);
    cache.data = memory;
    caches.emplace_back(memory, [](void *p) { free(p); });
  }
  if (pooled) {
    layers = expertLayers(*emo_model_program(model));
    mask = std::make_unique<ExpertMaskInput>(layers);
  }
  clear();
  return true;
}

void Session::clear() {
  filled = 0;
  lastLogits.clear();
  if (!mask)
    return;
  mask->clear();
  probability.assign(layers.size(), {});
  usedExperts.assign(layers.size(), {});
}

void Session::choosePool(int64_t count) {
  for (size_t layer = 0; layer < layers.size(); ++layer)
    mask->keep(layer, bestExperts(probability[layer], count - layers[layer].shared));
  usedExperts.assign(layers.size(), {});
}

bool Session::feed(const std::vector<int64_t> &ids, std::string &error) {
  int32_t length = int32_t(filled);
  std::vector<int64_t> tokens(ids);
  std::vector<int32_t> narrow(ids.begin(), ids.end());
  for (int32_t i = 0; i < entry->num_inputs; ++i) {
    const emo_value_desc &desc = entry->inputs[i];
    if (desc.role == EMO_ROLE_TOKEN_IDS) {
      bool wide = desc.dtype == EMO_I64;
      for (size_t at = 0; !wide && at < ids.size(); ++at)
        if (ids[at] != narrow[at]) {
          error = "token id " + std::to_string(ids[at]) + " does not fit into the int32 that the model takes";
          return false;
        }
      inputs[i] = {desc.dtype, 2, {1, int64_t(ids.size())}, wide ? static_cast<void *>(tokens.data()) : narrow.data()};
    } else if (desc.role == EMO_ROLE_LENGTHS) {
      inputs[i] = {EMO_I32, 1, {1}, &length};
    } else if (desc.role == EMO_ROLE_EXPERT_MASK) {
      inputs[i] = mask->tensor();
    }
  }
  std::vector<emo_tensor> outputs(entry->num_outputs);
  char message[1024];
  if (emo_run(model, entry->name, inputs.data(), inputs.size(), outputs.data(), outputs.size(), message, sizeof message) != 0) {
    error = message;
    return false;
  }
  size_t scored = 0, routed = 0; // layers
  for (int32_t i = 0; i < entry->num_outputs; ++i) {
    if (entry->outputs[i].role == EMO_ROLE_ROUTER_PROBABILITIES) {
      std::vector<double> &sums = probability[scored++];
      sums.resize(outputs[i].dims[1]);
      for (int64_t at = 0; at < outputs[i].dims[0] * outputs[i].dims[1]; ++at)
        sums[at % outputs[i].dims[1]] += double(static_cast<const float *>(outputs[i].data)[at]);
    }
    if (entry->outputs[i].role == EMO_ROLE_EXPERT_INDICES) {
      std::vector<bool> &experts = usedExperts[routed];
      experts.resize(layers[routed++].experts);
      for (int64_t at = 0; at < outputs[i].dims[0] * outputs[i].dims[1]; ++at)
        experts[static_cast<const int32_t *>(outputs[i].data)[at]] = true;
    }
    if (entry->outputs[i].role == EMO_ROLE_LOGITS) {
      const float *values = static_cast<const float *>(outputs[i].data);
      lastLogits.assign(values, values + outputs[i].dims[outputs[i].rank - 1]);
    }
    emo_release(&outputs[i]);
  }
  filled += ids.size();
  return true;
}

std::string emo::rt::describeUse(const Session &session) {
  int64_t used = 0, all = 0;
  double usedBytes = 0, allBytes = 0;
  for (size_t layer = 0; layer < session.experts().size(); ++layer) {
    const ExpertLayer &experts = session.experts()[layer];
    int64_t count = std::count(session.used()[layer].begin(), session.used()[layer].end(), true);
    used += count;
    all += experts.experts;
    usedBytes += double(count) * double(experts.bytes);
    allBytes += double(experts.experts) * double(experts.bytes);
  }
  char text[128];
  snprintf(text, sizeof text, "experts used: %lld of %lld, %.2f MB of %.2f MB", static_cast<long long>(used), static_cast<long long>(all),
           usedBytes / 1e6, allBytes / 1e6);
  return text;
}

/// SplitMix64: the same numbers on every machine.
double Sampler::uniform() {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return double((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

int64_t Sampler::choose(const std::vector<float> &logits) {
  int64_t best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  if (temperature == 0)
    return best;
  std::vector<std::pair<double, int64_t>> candidates(logits.size());
  double sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    candidates[i] = {std::exp((double(logits[i]) - logits[best]) / temperature), int64_t(i)};
    sum += candidates[i].first;
  }
  if (topP < 1) {
    std::sort(candidates.begin(), candidates.end(), [](auto &a, auto &b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    double kept = 0;
    size_t n = 0;
    while (n < candidates.size() && kept < topP * sum)
      kept += candidates[n++].first;
    candidates.resize(std::max<size_t>(n, 1));
    sum = kept;
  }
  double point = uniform() * sum;
  for (auto &[weight, id] : candidates)
    if ((point -= weight) < 0)
      return id;
  return candidates.back().second;
}

//===----------------------------------------------------------------------===//
// C interface
//===----------------------------------------------------------------------===//

struct emo_session : Session {};

emo_session *emo_session_open(emo_model *model, int64_t capacity, char *error, size_t errorBytes) {
  std::unique_ptr<emo_session> session(new (std::nothrow) emo_session);
  std::string message;
  if (session && session->start(model, capacity, message))
    return session.release();
  writeError(session ? message : "out of memory", error, errorBytes);
  return nullptr;
}

void emo_session_close(emo_session *session) { delete session; }

void emo_session_clear(emo_session *session) { session->clear(); }

int32_t emo_session_feed(emo_session *session, const int64_t *ids, int64_t count, char *error, size_t errorBytes) {
  std::string message;
  if (session->feed(std::vector<int64_t>(ids, ids + (count > 0 ? count : 0)), message))
    return 0;
  writeError(message, error, errorBytes);
  return -1;
}

const float *emo_session_logits(const emo_session *session, int64_t *vocab) {
  const std::vector<float> &logits = session->logits();
  if (vocab)
    *vocab = int64_t(logits.size());
  return logits.empty() ? nullptr : logits.data();
}

int64_t emo_session_choose(const emo_session *session, double temperature, double topP, uint64_t *state) {
  if (session->logits().empty())
    return -1;
  Sampler sampler(temperature > 0 ? temperature : 0, topP, state ? *state : 0);
  int64_t token = sampler.choose(session->logits());
  if (state)
    *state = sampler.position();
  return token;
}
