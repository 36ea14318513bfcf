// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A sequence being generated: token ids, KV caches, and the entries `step` and `sample`.
#ifndef EMO_LIB_RUNTIME_SESSION_H
#define EMO_LIB_RUNTIME_SESSION_H

#include "Device.h"
#include "Experts.h"

#include <memory>
#include <string>
#include <vector>

namespace emo::rt {

/// SplitMix64: the same numbers on every machine.
class RandomNumbers {
public:
  explicit RandomNumbers(uint64_t seed) : state(seed) {}
  /// From 0 to less than 1, with 24 bits.
  float next();
  /// What RandomNumbers goes on from when it is made with it as its seed.
  uint64_t position() const { return state; }

private:
  uint64_t state;
};

/// One sequence (batch 1) with caches of fixed capacity, in tokens. Caches and logits are in the memory of the model's device.
class Session {
public:
  Session() = default;
  ~Session();
  Session(const Session &) = delete;
  /// False with a message when the program has no `step` or the capacity is more than it was compiled for. `pooled`: it will choose a pool.
  bool start(emo_model *model, int64_t capacity, std::string &error, bool pooled = false);

  /// Feeds tokens and computes the logits after the last one; false with a message.
  bool feed(const std::vector<int64_t> &ids, std::string &error);

  /// The next token, chosen by `sample` from the logits after the last token fed; it is not fed. temperature 0: the likeliest. Takes a number
  /// from `random` otherwise. False with a message.
  bool choose(double temperature, double topP, RandomNumbers &random, int64_t &token, std::string &error);
  /// f32 [vocab], after the last token fed, in the CPU's memory; null with a message.
  const float *logits(std::string &error);
  int64_t vocabulary() const { return lastLogits.dims[1]; }
  int64_t length() const { return filled; }
  /// Forgets everything fed, and the pool.
  void clear();

  /// Of a pooled session: from now on tokens choose among the `count` experts of each layer, shared ones counted, that the routers gave the
  /// most probability over the tokens fed so far.
  void choosePool(int64_t count);
  /// Of a pooled session: which experts tokens have used since the pool was chosen, by layer.
  const std::vector<std::vector<bool>> &used() const { return usedExperts; }
  const std::vector<ExpertLayer> &experts() const { return layers; }

private:
  bool allocateLogits(int64_t vocab, std::string &error);
  bool hasLogits(std::string &error) const;

  emo_model *model = nullptr;
  const emo_entry_desc *entry = nullptr;
  int64_t capacity = 0, filled = 0;
  std::vector<emo_tensor> inputs;
  std::vector<std::unique_ptr<char[], void (*)(void *)>> caches;
  std::vector<DeviceBuffer> deviceMemory; // caches and logits
  emo_tensor lastLogits = {};             // [1, vocab], in `hostLogits` or on the device
  std::vector<float> hostLogits;
  std::vector<ExpertLayer> layers;
  std::unique_ptr<ExpertMaskInput> mask; // of a pooled session
  std::vector<std::vector<double>> probability;
  std::vector<std::vector<bool>> usedExperts;
};

/// "experts used: 21 of 128, 12.3 MB of 75.0 MB", since a pooled session chose its pool.
std::string describeUse(const Session &session);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_SESSION_H
