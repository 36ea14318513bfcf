// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums over calibration documents of what the entry `profile` computes, and the statistics made of them. All per layer and routed expert.
#ifndef EMO_LIB_RUNTIME_EXPERTSTATISTICS_H
#define EMO_LIB_RUNTIME_EXPERTSTATISTICS_H

#include "Experts.h"

namespace emo::rt {

struct LayerStatistics {
  std::vector<double> probability; // sum of router probabilities
  std::vector<double> chosen;      // how many tokens chose the expert
  std::vector<double> weight;      // sum of the weights with which they did
  std::vector<double> reap;        // of weight * |E(x)|, arXiv 2510.13999
  std::vector<double> easyEp;      // of weight * |E(x)| * max(0, 1 - cos(h, h + m)), arXiv 2504.06792
  bool hasEasyEp = false;
  /// Router probabilities of one document after the other, means; empty unless asked for.
  std::vector<std::vector<double>> documents;
  /// How many tokens chose both of two experts: row-major, empty unless asked for.
  std::vector<double> pairs;

  std::vector<double> meanProbability(int64_t tokens) const;
  std::vector<double> frequency(int64_t tokens) const;
  std::vector<double> meanWeight() const; // of the tokens that chose the expert; 0 when none did
  std::vector<double> meanReap() const;
};

class ExpertStatistics {
public:
  ExpertStatistics(const std::vector<ExpertLayer> &layers, bool pairs);

  /// Adds the outputs of one call of `profile`. `documents`: the document of each token, numbered as in the call before; null: not by document.
  void add(const emo_entry_desc &entry, const std::vector<emo_tensor> &outputs, const int64_t *documents);

  std::vector<LayerStatistics> layers;
  int64_t tokens = 0;
  std::vector<int64_t> documentTokens;

  /// Divides the sums of documents by their tokens.
  void finishDocuments();

private:
  void addRouting(LayerStatistics &layer, const emo_tensor &probabilities, const emo_tensor &indices, const emo_tensor &weights,
                  const int64_t *documents);
  std::vector<ExpertLayer> shapes;
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_EXPERTSTATISTICS_H
