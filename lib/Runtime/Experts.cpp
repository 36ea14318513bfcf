// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Experts.h"

#include "Manifest.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace emo::rt;

std::vector<ExpertLayer> emo::rt::expertLayers(const emo_program &program) {
  std::vector<int64_t> experts = manifestIntegers(program, "experts_per_layer"), shared = manifestIntegers(program, "shared_experts_per_layer"),
                       chosen = manifestIntegers(program, "experts_per_token"), bytes = manifestIntegers(program, "expert_bytes");
  std::vector<ExpertLayer> layers(experts.size());
  for (size_t i = 0; i < layers.size(); ++i)
    layers[i] = {experts[i], i < shared.size() ? shared[i] : 0, i < chosen.size() ? chosen[i] : 0, i < bytes.size() ? bytes[i] : 0};
  return layers;
}

bool emo::rt::checkExpertCount(const std::vector<ExpertLayer> &layers, int64_t count, const std::string &flag, std::string &error) {
  for (size_t i = 0; i < layers.size(); ++i)
    if (count <= layers[i].shared || count > layers[i].experts) {
      error = flag + " expects a number of experts from " + std::to_string(layers[i].shared + 1) + " to " +
              std::to_string(layers[i].experts) + " for layer " + std::to_string(i) +
              (layers[i].shared ? " (its " + std::to_string(layers[i].shared) + " shared counted)" : "") + ", got " + std::to_string(count);
      return false;
    }
  return true;
}

std::vector<int64_t> emo::rt::bestExperts(const std::vector<double> &scores, int64_t count) {
  std::vector<int64_t> ids(scores.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  ids.resize(std::min<size_t>(count, ids.size()));
  std::sort(ids.begin(), ids.end());
  return ids;
}

ExpertMaskInput::ExpertMaskInput(const std::vector<ExpertLayer> &layers) : rows(int64_t(layers.size())) {
  for (const ExpertLayer &layer : layers)
    columns = std::max(columns, layer.routed());
  bytes.resize(rows * columns);
  clear();
}

void ExpertMaskInput::clear() { std::fill(bytes.begin(), bytes.end(), 1); }

void ExpertMaskInput::keep(size_t layer, const std::vector<int64_t> &experts) {
  uint8_t *row = &bytes[layer * columns];
  memset(row, 0, columns);
  for (int64_t expert : experts)
    row[expert] = 1;
}
