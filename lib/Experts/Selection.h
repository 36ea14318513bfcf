// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parts of the selection.
#ifndef EMO_LIB_EXPERTS_SELECTION_H
#define EMO_LIB_EXPERTS_SELECTION_H

#include "emo/Experts/Select.h"

namespace emo {

/// Scores of every layer's experts.
using LayerScores = std::vector<std::vector<double>>;
/// Kept experts of every layer, ascending.
using LayerExpertIds = std::vector<std::vector<int64_t>>;

/// Which layers --layers names: all when `text` is empty.
llvm::Expected<std::vector<bool>> parseLayers(llvm::StringRef text, size_t layers);

/// Scores by --policy=random: the same for a seed on every machine, and for a layer whatever else is asked for.
LayerScores randomScores(const Profile &profile, uint64_t seed);

/// The shared experts and the first `count` ranked ones.
std::vector<int64_t> keepFirst(const LayerProfile &layer, llvm::ArrayRef<int64_t> ranked, size_t count);

/// Keeps what fits into `budget` bytes for the whole model. `shares` are parts of a layer's score that experts have, `prunes` says which
/// layers may lose experts.
llvm::Expected<LayerExpertIds> keepWithinBudget(const Profile &profile, const LayerScores &shares, const std::vector<bool> &prunes,
                                                const KeepAmount &amount);

} // namespace emo
#endif // EMO_LIB_EXPERTS_SELECTION_H
