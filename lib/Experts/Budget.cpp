// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --keep=bytes:N: one budget for all layers. Experts are taken by their share of their layer's score, in two rounds: first those that
// fill each layer up to the routed experts that a token chooses, since a layer with fewer leaves the router nothing to choose; then all
// others. Where the first round uses the budget up, its best experts are what there is.
#include "JsonReader.h"
#include "Selection.h"

#include "llvm/ADT/STLExtras.h"

#include <tuple>

using namespace emo;
using llvm::Twine;

namespace {
struct Candidate {
  bool beyondTopK;
  double share;
  size_t layer, rank;
};
} // namespace

/// All routed experts but the first of each layer, in the order in which they are taken.
static std::vector<Candidate> listCandidates(const Profile &profile, const LayerScores &shares, const LayerExpertIds &ranked) {
  std::vector<Candidate> candidates;
  for (size_t layer = 0; layer < ranked.size(); ++layer) {
    size_t topK = profile.model.topK.empty() ? 1 : profile.model.topK[layer];
    for (size_t rank = 1; rank < ranked[layer].size(); ++rank)
      candidates.push_back({rank >= topK, shares[layer][ranked[layer][rank]], layer, rank});
  }
  llvm::sort(candidates, [](const Candidate &a, const Candidate &b) {
    return std::tie(a.beyondTopK, b.share, a.layer, a.rank) < std::tie(b.beyondTopK, a.share, b.layer, b.rank);
  });
  return candidates;
}

llvm::Expected<LayerExpertIds> emo::keepWithinBudget(const Profile &profile, const LayerScores &shares, const std::vector<bool> &prunes,
                                                     const KeepAmount &amount) {
  const ModelInfo &model = profile.model;
  if (!model.weightsBytes || model.expertBytes.empty())
    return llvm::createStringError("'" + profile.file + "' has no 'weights_bytes' and 'expert_bytes' of its model, which --keep=bytes needs");

  LayerExpertIds ranked, keep, all;
  std::vector<int64_t> experts;
  std::vector<size_t> counts;
  for (auto [number, layer] : llvm::enumerate(profile.layers)) {
    ranked.push_back(rankExperts(layer, shares[number]));
    counts.push_back(prunes[number] ? 1 : ranked.back().size());
    keep.push_back(keepFirst(layer, ranked.back(), counts.back()));
    all.push_back(keepFirst(layer, ranked.back(), ranked.back().size()));
    experts.push_back(layer.experts);
  }
  if (!bytesWith(model, experts, all))
    return llvm::createStringError("'" + profile.file + "' has experts of more bytes than the model's " + Twine(*model.weightsBytes) +
                                   " 'weights_bytes'");
  int64_t bytes = *bytesWith(model, experts, keep);
  if (bytes > amount.number)
    return llvm::createStringError("--keep=" + amount.text + " is too small: the model has at least " + Twine(bytes) +
                                   " bytes, with one routed expert in each pruned layer");
  for (const Candidate &candidate : listCandidates(profile, shares, ranked)) {
    size_t layer = candidate.layer;
    if (candidate.rank != counts[layer] || bytes > amount.number - model.expertBytes[layer])
      continue;
    ++counts[layer];
    bytes += model.expertBytes[layer];
  }
  for (auto [number, layer] : llvm::enumerate(profile.layers))
    keep[number] = keepFirst(layer, ranked[number], counts[number]);
  return keep;
}
