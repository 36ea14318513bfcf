// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Rows.h"

using namespace emo::rt;

Rows::Rows(std::vector<int64_t> stream, int64_t length, int64_t eos) : ids(std::move(stream)), length(length), segments(ids.size()) {
  for (size_t i = 0, segment = 0; i < ids.size(); ++i) {
    if (i % length == 0)
      segment = 0;
    segments[i] = int32_t(segment);
    segment += eos >= 0 && ids[i] == eos;
  }
}

bool Rows::inputs(const emo_entry_desc &entry, int64_t first, int64_t count, std::vector<emo_tensor> &inputs, std::string &error) {
  tokens.assign(ids.begin() + first * length, ids.begin() + (first + count) * length);
  narrow.assign(tokens.begin(), tokens.end());
  inputs.assign(entry.num_inputs, {});
  for (int32_t i = 0; i < entry.num_inputs; ++i) {
    const emo_value_desc &desc = entry.inputs[i];
    if (desc.role == EMO_ROLE_SEGMENTS)
      inputs[i] = {EMO_I32, 2, {count, length}, &segments[first * length]};
    if (desc.role != EMO_ROLE_TOKEN_IDS)
      continue;
    for (size_t at = 0; desc.dtype == EMO_I32 && at < tokens.size(); ++at)
      if (tokens[at] != narrow[at]) {
        error = "token id " + std::to_string(tokens[at]) + " does not fit into the int32 that the model takes";
        return false;
      }
    inputs[i] = {desc.dtype, 2, {count, length}, desc.dtype == EMO_I64 ? static_cast<void *>(tokens.data()) : narrow.data()};
  }
  return true;
}
