// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ExpertStatistics.h"

#include <algorithm>
#include <cmath>

using namespace emo::rt;

static std::vector<double> divided(const std::vector<double> &sums, const std::vector<double> &counts) {
  std::vector<double> means(sums.size());
  for (size_t i = 0; i < sums.size(); ++i)
    means[i] = sums[i] / std::max(counts[i], 1.0);
  return means;
}

std::vector<double> LayerStatistics::meanProbability(int64_t tokens) const {
  return divided(probability, std::vector<double>(probability.size(), double(tokens)));
}
std::vector<double> LayerStatistics::frequency(int64_t tokens) const {
  return divided(chosen, std::vector<double>(chosen.size(), double(tokens)));
}
std::vector<double> LayerStatistics::meanWeight() const { return divided(weight, chosen); }
std::vector<double> LayerStatistics::meanReap() const { return divided(reap, chosen); }

ExpertStatistics::ExpertStatistics(const std::vector<ExpertLayer> &shapes, bool pairs) : layers(shapes.size()), shapes(shapes) {
  for (size_t i = 0; i < layers.size(); ++i) {
    size_t experts = shapes[i].routed();
    for (std::vector<double> *sums : {&layers[i].probability, &layers[i].chosen, &layers[i].weight, &layers[i].reap, &layers[i].easyEp})
      sums->resize(experts);
    if (pairs)
      layers[i].pairs.resize(experts * experts);
  }
}

/// The output "layers.N.NAME"; null when there is none.
static const emo_tensor *find(const emo_entry_desc &entry, const std::vector<emo_tensor> &outputs, size_t layer, const char *name) {
  std::string full = "layers." + std::to_string(layer) + "." + name;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (full == entry.outputs[i].name)
      return &outputs[i];
  return nullptr;
}

/// 1 - cos(h, h + m) from h.h, h.m and m.m, without the difference of nearly equal numbers that the definition has for a small m.
static double turned(double hh, double hm, double mm) {
  double sum = hh + 2 * hm + mm;
  if (hh <= 0 || sum <= 0)
    return 1; // as a cosine of 0, which the definition gives for a vector of length 0
  double cosine = (hh + hm) / std::sqrt(hh * sum);
  if (cosine <= 0)
    return 1 - cosine;
  return std::max(0.0, (hh * mm - hm * hm) / (hh * sum * (1 + cosine)));
}

void ExpertStatistics::addRouting(LayerStatistics &layer, const emo_tensor &probabilities, const emo_tensor &indices,
                                  const emo_tensor &weights, const int64_t *documents) {
  int64_t count = probabilities.dims[0], experts = probabilities.dims[1], choices = indices.dims[1];
  const float *p = static_cast<const float *>(probabilities.data), *w = static_cast<const float *>(weights.data);
  const int32_t *chosen = static_cast<const int32_t *>(indices.data);
  if (documents)
    layer.documents.resize(documentTokens.size(), std::vector<double>(experts));
  for (int64_t t = 0; t < count; ++t) {
    for (int64_t e = 0; e < experts; ++e)
      layer.probability[e] += double(p[t * experts + e]);
    for (int64_t e = 0; documents && e < experts; ++e)
      layer.documents[documents[t]][e] += double(p[t * experts + e]);
    for (int64_t j = 0; j < choices; ++j) {
      int32_t expert = chosen[t * choices + j];
      if (expert >= experts) // shared
        continue;
      layer.chosen[expert] += 1;
      layer.weight[expert] += double(w[t * choices + j]);
      for (int64_t i = 0; i < choices && !layer.pairs.empty(); ++i)
        if (int32_t other = chosen[t * choices + i]; other < experts)
          layer.pairs[expert * experts + other] += 1;
    }
  }
}

void ExpertStatistics::add(const emo_entry_desc &entry, const std::vector<emo_tensor> &outputs, const int64_t *documents) {
  int64_t count = 0;
  for (size_t l = 0; l < layers.size(); ++l) {
    LayerStatistics &layer = layers[l];
    auto output = [&](const char *name) { return find(entry, outputs, l, name); };
    auto floats = [&](const char *name) {
      const emo_tensor *found = output(name);
      return found ? static_cast<const float *>(found->data) : nullptr;
    };
    const emo_tensor *probabilities = output("router_probabilities"), *indices = output("indices"), *weights = output("weights");
    count = probabilities->dims[0];
    if (documents && l == 0)
      for (int64_t t = 0; t < count; ++t) {
        documentTokens.resize(std::max<size_t>(documentTokens.size(), documents[t] + 1));
        ++documentTokens[documents[t]];
      }
    addRouting(layer, *probabilities, *indices, *weights, documents);
    const emo_tensor *inverse = output("inverse");
    const float *squares = floats("output_squares"), *hh = floats("residual_squares"), *hm = floats("residual_moe"), *mm = floats("moe_squares");
    if (!inverse || !squares)
      continue;
    layer.hasEasyEp = hh && hm && mm;
    int64_t choices = indices->dims[1], experts = shapes[l].routed();
    for (int64_t t = 0; t < count; ++t) {
      double factor = layer.hasEasyEp ? turned(double(hh[t]), double(hm[t]), double(mm[t])) : 0;
      for (int64_t j = t * choices; j < (t + 1) * choices; ++j) {
        int32_t expert = static_cast<const int32_t *>(indices->data)[j];
        if (expert >= experts)
          continue;
        double length = std::sqrt(double(squares[static_cast<const int32_t *>(inverse->data)[j]]));
        double weighted = double(static_cast<const float *>(weights->data)[j]) * length;
        layer.reap[expert] += weighted;
        layer.easyEp[expert] += weighted * factor;
      }
    }
  }
  tokens += count;
}

void ExpertStatistics::finishDocuments() {
  for (LayerStatistics &layer : layers)
    for (size_t d = 0; d < layer.documents.size(); ++d)
      for (double &value : layer.documents[d])
        value /= double(documentTokens[d]);
}
