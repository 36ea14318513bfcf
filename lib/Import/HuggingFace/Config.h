// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json of the model type `emo`.
#ifndef EMO_LIB_IMPORT_HUGGINGFACE_CONFIG_H
#define EMO_LIB_IMPORT_HUGGINGFACE_CONFIG_H

#include "emo/Dialect/Emo/IR/Emo.h"

#include <optional>
#include <string>
#include <vector>

namespace emo {

/// Experts of one layer. Shared ones are the last of the layer's experts and count in `experts` and `topK`.
struct LayerExperts {
  int64_t experts, shared, topK;
  int64_t routed() const { return experts - shared; }
};

struct EmoConfig {
  int64_t vocabSize = 0, hiddenSize = 0, expertSize = 0, layers = 0, heads = 0, kvHeads = 0, maxPositions = 0;
  double rmsNormEps = 1e-6, ropeTheta = 10000;
  std::vector<LayerExperts> experts; // one per layer
  Activation activation = Activation::Silu;
  bool normalizeTopK = false, attentionBias = false, tiedEmbeddings = false;
  /// The shared experts' weights: all 1, or a softmax over their logits.
  bool sharedSoftmax = true;
  std::optional<int64_t> eosId, padId;
  /// The file's bytes, part of the model's identity.
  std::string text;

  int64_t headDim() const { return hiddenSize / heads; }
};

/// Reads and checks folder/config.json. Unknown keys are listed in one warning, unknown values of known keys are errors.
mlir::FailureOr<EmoConfig> readConfig(llvm::StringRef folder, mlir::MLIRContext *context);

/// Checks a config whose text is at hand; `error` and `warning` begin diagnostics about it.
mlir::FailureOr<EmoConfig> parseConfig(llvm::StringRef text, llvm::function_ref<mlir::InFlightDiagnostic()> error,
                                       llvm::function_ref<mlir::InFlightDiagnostic()> warning);

} // namespace emo
#endif // EMO_LIB_IMPORT_HUGGINGFACE_CONFIG_H
