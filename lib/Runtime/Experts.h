// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The experts of a program's layers, and masks that choose among them.
#ifndef EMO_LIB_RUNTIME_EXPERTS_H
#define EMO_LIB_RUNTIME_EXPERTS_H

#include "emo/Runtime/Emo.h"

#include <memory>
#include <string>
#include <vector>

namespace emo::rt {

struct ExpertLayer {
  int64_t experts = 0; // shared ones included; these are the last
  int64_t shared = 0;
  int64_t chosen = 0; // by each token, shared ones included
  int64_t bytes = 0;  // of one expert; 0 when the program does not say
  int64_t routed() const { return experts - shared; }
};

/// By the manifest; empty for a program without experts.
std::vector<ExpertLayer> expertLayers(const emo_program &program);

/// False with a message when a layer cannot keep `count` experts, shared ones included.
bool checkExpertCount(const std::vector<ExpertLayer> &layers, int64_t count, const std::string &flag, std::string &error);

/// The `count` experts with the highest scores, ascending; the lower id of equal ones.
std::vector<int64_t> bestExperts(const std::vector<double> &scores, int64_t count);

/// The input of the role expert_mask: bool [layers, most routed experts].
class ExpertMaskInput {
public:
  explicit ExpertMaskInput(const std::vector<ExpertLayer> &layers);
  /// Everything may be chosen.
  void clear();
  /// Only these routed experts of a layer may be.
  void keep(size_t layer, const std::vector<int64_t> &experts);
  emo_tensor tensor() { return {EMO_BOOL, 2, {rows, columns}, bytes.data()}; }

private:
  int64_t rows, columns = 0;
  std::vector<uint8_t> bytes;
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_EXPERTS_H
