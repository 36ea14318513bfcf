// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file What a program's `profile` command measured. Format: docs/experts.md.
#ifndef EMO_EXPERTS_PROFILE_H
#define EMO_EXPERTS_PROFILE_H

#include "emo/Experts/ExpertSet.h"
#include "llvm/ADT/STLExtras.h"

#include <map>

namespace emo {

struct LayerProfile {
  int64_t experts = 0;
  std::vector<int64_t> shared; // ascending
  /// By the file's key, such as router_probability: one number an expert, 0 for shared ones.
  std::map<std::string, std::vector<double>> scores;
  /// Experts that the greedy run kept, by their number.
  std::map<int64_t, std::vector<int64_t>> greedy;

  bool isShared(int64_t expert) const { return llvm::is_contained(shared, expert); }
  /// Null when it was not measured.
  const std::vector<double> *find(llvm::StringRef key) const;
};

struct Profile {
  std::string file; // for messages
  ModelInfo model;
  std::vector<LayerProfile> layers;
  std::string policy, compiler; // empty when the file does not say
  llvm::json::Value data = nullptr;
};

llvm::Expected<Profile> parseProfile(llvm::StringRef text, llvm::StringRef file);
llvm::Expected<Profile> readProfile(llvm::StringRef path);

/// Whether a JSON file is a profile rather than an expert set: it has no list of kept experts.
llvm::Expected<bool> isProfileFile(llvm::StringRef path);

/// Its layers, to check expert sets against.
ModelExperts modelExperts(const Profile &profile);

/// Checks that all profiles are of the first one's model; a profile that does not say its model's hash gets a note.
llvm::Error checkSameModel(llvm::ArrayRef<Profile> profiles, Notes &notes);

/// Routed experts of a layer, the highest score first, the lower id of equals.
std::vector<int64_t> rankExperts(const LayerProfile &layer, llvm::ArrayRef<double> scores);

/// The fewest of the ranked experts, at least one, that have `part` of their score.
size_t expertsForMass(llvm::ArrayRef<int64_t> ranked, llvm::ArrayRef<double> scores, double part);

/// The part of a layer's score that the kept routed experts have; nothing when the score was not measured or is 0 everywhere.
std::optional<double> retainedMass(const LayerProfile &layer, llvm::StringRef key, llvm::ArrayRef<int64_t> keep);

} // namespace emo
#endif // EMO_EXPERTS_PROFILE_H
