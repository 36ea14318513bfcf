// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generation: KV caches, steps and the choice of the next token; the class and its C interface.
#include "Session.h"

#include "Model.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace emo::rt;

/// Tensors that a session has on the model's device.
static constexpr uint32_t kResident = 1u << EMO_ROLE_KV_CACHE | 1u << EMO_ROLE_LOGITS;

Session::~Session() {
  if (!model || !model->device)
    return;
  std::lock_guard<std::mutex> lock(model->deviceMutex);
  deviceMemory.clear();
}

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
  std::unique_lock<std::mutex> lock(model->deviceMutex, std::defer_lock);
  if (model->device)
    lock.lock();
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
      deviceMemory.emplace_back(*device, memory);
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
  for (int32_t i = 0; i < entry->num_outputs; ++i)
    if (entry->outputs[i].role == EMO_ROLE_LOGITS && !allocateLogits(entry->outputs[i].dims[1].size, error))
      return false;
  if (pooled) {
    layers = expertLayers(*emo_model_program(model));
    mask = std::make_unique<ExpertMaskInput>(layers);
  }
  clear();
  return true;
}

bool Session::allocateLogits(int64_t vocab, std::string &error) {
  if (vocab < 0)
    vocab = manifestInteger(*emo_model_program(model), "vocab_size", -1);
  if (vocab < 0) {
    error = "this program does not say how many tokens its vocabulary has; compile a model whose logits have a static size";
    return false;
  }
  hostLogits.resize(vocab);
  lastLogits = {EMO_F32, 2, {1, vocab}, hostLogits.data()};
  if (Device *device = model->device.get()) {
    lastLogits.data = device->allocate(vocab * int64_t(sizeof(float)), "logits", error);
    if (!lastLogits.data)
      return false;
    deviceMemory.emplace_back(*device, lastLogits.data);
  }
  return true;
}

void Session::clear() {
  filled = 0;
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
  for (int32_t i = 0; i < entry->num_outputs; ++i)
    if (entry->outputs[i].role == EMO_ROLE_LOGITS)
      outputs[i] = lastLogits;
  if (!runEntry(model, entry->name, inputs.data(), inputs.size(), outputs.data(), outputs.size(), kResident, error))
    return false;
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
    if (entry->outputs[i].role != EMO_ROLE_LOGITS)
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

float RandomNumbers::next() {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return float((z ^ (z >> 31)) >> 40) * 0x1p-24f;
}

bool Session::hasLogits(std::string &error) const {
  if (filled == 0)
    error = "a session has no logits before its first token";
  return filled > 0;
}

static bool checkSampling(double temperature, double topP, std::string &error) {
  char text[96] = "";
  if (!std::isfinite(temperature) || temperature < 0)
    snprintf(text, sizeof text, "temperature expects a finite number from 0, got %g", temperature);
  else if (!(topP > 0 && topP <= 1))
    snprintf(text, sizeof text, "top-p expects a number above 0 and up to 1, got %g", topP);
  error = text;
  return error.empty();
}

bool Session::choose(double temperature, double topP, RandomNumbers &random, int64_t &token, std::string &error) {
  if (!checkSampling(temperature, topP, error) || !hasLogits(error))
    return false;
  const emo_entry_desc *sample = requireEntry(model, "sample", error);
  if (!sample)
    return false;
  // Of temperatures that f32 has not the nearest one that it has.
  double nearest = std::clamp(temperature, double(FLT_MIN), double(FLT_MAX));
  float sampling[] = {temperature > 0 ? float(nearest) : 0, float(topP), temperature > 0 ? random.next() : 0};
  emo_tensor values[] = {lastLogits, {EMO_F32, 2, {1, 3}, sampling}}, chosen = {EMO_I64, 1, {1}, &token};
  return runEntry(model, sample->name, values, 2, &chosen, 1, kResident, error);
}

const float *Session::logits(std::string &error) {
  if (!hasLogits(error))
    return nullptr;
  if (Device *device = model->device.get()) {
    std::lock_guard<std::mutex> lock(model->deviceMutex);
    if (!device->download(hostLogits.data(), lastLogits.data, int64_t(hostLogits.size() * sizeof(float)), error))
      return nullptr;
  }
  return hostLogits.data();
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

const float *emo_session_logits(emo_session *session, int64_t *vocab) {
  std::string ignored;
  const float *logits = session->logits(ignored);
  if (vocab)
    *vocab = session->length() ? session->vocabulary() : 0;
  return logits;
}

int64_t emo_session_choose(emo_session *session, double temperature, double topP, uint64_t *state, char *error, size_t errorBytes) {
  std::string message;
  RandomNumbers random(state ? *state : 0);
  int64_t token = -1;
  if (!session->choose(temperature, topP, random, token, message)) {
    writeError(message, error, errorBytes);
    return -1;
  }
  if (state)
    *state = random.position();
  return token;
}
