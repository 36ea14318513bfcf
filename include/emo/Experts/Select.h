// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Expert sets from profiles. Rules: docs/experts.md.
#ifndef EMO_EXPERTS_SELECT_H
#define EMO_EXPERTS_SELECT_H

#include "emo/Experts/Profile.h"

namespace emo {

/// How much to keep.
struct KeepAmount {
  enum Kind { Count, Percent, Mass, Bytes } kind = Count;
  int64_t number = 0;  // Count, Bytes
  double fraction = 0; // Percent, Mass: from 0 to 1
  std::string text;    // as it was given
};

/// Parses 16, 25%, mass:0.95 or bytes:4GiB.
llvm::Expected<KeepAmount> parseKeepAmount(llvm::StringRef text);

enum class Policy { Router, Frequency, Reap, EasyEp, Random };

/// The name of the command line and the key of profiles.
llvm::StringRef policyName(Policy policy);
llvm::StringRef policyKey(Policy policy);

struct SelectOptions {
  KeepAmount keep;
  Policy policy = Policy::Router;
  /// Do not use the choices of greedy profiles.
  bool singlePass = false;
  uint64_t seed = 0; // of Policy::Random
  /// Layers to prune, such as "0-3,7"; others keep all their experts. Empty: all.
  std::string layers;
};

/// Chooses experts. Each profile chooses for itself and the set is the union; a budget in bytes is for the union.
llvm::Expected<ExpertSet> selectExperts(llvm::ArrayRef<Profile> profiles, const SelectOptions &options, Notes &notes);

} // namespace emo
#endif // EMO_EXPERTS_SELECT_H
