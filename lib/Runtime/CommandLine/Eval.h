// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the two kinds of evaluation share.
#ifndef EMO_LIB_RUNTIME_COMMANDLINE_EVAL_H
#define EMO_LIB_RUNTIME_COMMANDLINE_EVAL_H

#include "Commands.h"

namespace emo::rt {

struct PoolTotals {
  double loss = 0; // nats
  int64_t targets = 0, documents = 0;
  double experts = 0, bytes = 0; // distinct ones that second halves used, summed over documents and layers
};

/// The second half of each document given the first, inside a pool of `pool` experts a layer. False with a message.
bool evaluatePools(emo_model *model, const std::vector<int64_t> &ids, int64_t pool, PoolTotals &totals, std::string &error);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_COMMANDLINE_EVAL_H
