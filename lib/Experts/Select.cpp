// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Selection.h"

#include "JsonReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <cmath>
#include <numeric>
#include <set>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

namespace {
/// SplitMix64: the same numbers everywhere, which the standard library's distributions do not promise.
class Generator {
public:
  explicit Generator(uint64_t seed) : state(seed) {}
  /// Uniform on [0, 1).
  double next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return double((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

private:
  uint64_t state;
};
} // namespace

LayerScores emo::randomScores(const Profile &profile, uint64_t seed) {
  Generator generator(seed);
  LayerScores scores;
  for (const LayerProfile &layer : profile.layers)
    for (scores.emplace_back(); int64_t(scores.back().size()) < layer.experts;)
      scores.back().push_back(generator.next());
  return scores;
}

std::vector<int64_t> emo::keepFirst(const LayerProfile &layer, llvm::ArrayRef<int64_t> ranked, size_t count) {
  std::vector<int64_t> keep(ranked.begin(), ranked.begin() + count);
  addExperts(keep, layer.shared);
  return keep;
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

namespace {
class Selector {
public:
  Selector(llvm::ArrayRef<Profile> profiles, const SelectOptions &options, Notes &notes)
      : profiles(profiles), options(options), amount(options.keep), notes(notes) {}
  llvm::Expected<ExpertSet> run();

private:
  llvm::Expected<LayerScores> scoresOf(const Profile &profile);
  llvm::Error checkMass(const Profile &profile, const LayerScores &scores);
  llvm::Expected<size_t> routedCount(const LayerProfile &layer, size_t number);
  llvm::Expected<bool> useGreedy(const Profile &profile, LayerExpertIds &keep);
  llvm::Expected<LayerExpertIds> choose(const Profile &profile);
  llvm::Expected<LayerExpertIds> chooseByBudget();
  ExpertSet describe(LayerExpertIds keep);

  llvm::ArrayRef<Profile> profiles;
  const SelectOptions &options;
  const KeepAmount &amount;
  Notes &notes;
  std::vector<bool> prunes; // by layer
  size_t greedyProfiles = 0;
};
} // namespace

llvm::Expected<LayerScores> Selector::scoresOf(const Profile &profile) {
  if (options.policy == Policy::Random)
    return randomScores(profile, options.seed);
  StringRef key = policyKey(options.policy);
  LayerScores scores;
  for (auto [number, layer] : llvm::enumerate(profile.layers)) {
    if (const std::vector<double> *found = layer.find(key)) {
      scores.push_back(*found);
      continue;
    }
    std::string has;
    for (auto &[other, values] : layer.scores)
      has += (has.empty() ? "" : ", ") + other;
    return llvm::createStringError("'" + profile.file + "' layer " + Twine(number) + " has no '" + key + "', which --policy=" +
                                   policyName(options.policy) + " needs; it has " + (has.empty() ? "no scores" : has));
  }
  return scores;
}

static double sumOf(llvm::ArrayRef<double> scores) { return std::accumulate(scores.begin(), scores.end(), 0.0); }

/// Layers that are pruned need a score to share out.
llvm::Error Selector::checkMass(const Profile &profile, const LayerScores &scores) {
  for (auto [number, layer] : llvm::enumerate(scores)) {
    double total = sumOf(layer);
    if (prunes[number] && !(total > 0 && std::isfinite(total)))
      return llvm::createStringError("'" + profile.file + "' layer " + Twine(number) + " has no mass to share out: its '" +
                                     policyKey(options.policy) + "' sums to " + (total > 0 ? "infinity" : "0"));
  }
  return llvm::Error::success();
}

/// Routed experts to keep by a number or a percentage of all experts.
llvm::Expected<size_t> Selector::routedCount(const LayerProfile &layer, size_t number) {
  int64_t shared = layer.shared.size(), least = shared + 1;
  int64_t count = amount.number;
  if (amount.kind == KeepAmount::Percent)
    count = std::max<int64_t>(least, std::llround(amount.fraction * double(layer.experts)));
  if (count >= least && count <= layer.experts)
    return count - shared;
  return llvm::createStringError("--keep=" + amount.text + " expects " + Twine(least) + " to " + Twine(layer.experts) + " experts in layer " +
                                 Twine(number) + ", which has " + Twine(layer.experts) + " with " + Twine(shared) + " shared");
}

/// Takes the choices that a greedy profile made for this number of experts. They were made with all layers before pruned, too.
llvm::Expected<bool> Selector::useGreedy(const Profile &profile, LayerExpertIds &keep) {
  bool asked = options.policy == Policy::Router && !options.singlePass;
  bool counted = amount.kind == KeepAmount::Count || amount.kind == KeepAmount::Percent;
  std::set<int64_t> measured;
  for (const LayerProfile &layer : profile.layers)
    for (auto &[count, ids] : layer.greedy)
      measured.insert(count);
  if (!asked || measured.empty())
    return false;
  auto note = [&](const Twine &why) {
    notes.push_back(("'" + profile.file + "' " + why + "; its scores of a single pass are used").str());
    return false;
  };
  std::string counts = llvm::join(llvm::map_range(measured, [](int64_t count) { return std::to_string(count); }), ", ");
  bool ended = false;
  LayerExpertIds chosen;
  for (auto [number, layer] : llvm::enumerate(profile.layers)) {
    chosen.push_back(keepFirst(layer, rankExperts(layer, std::vector<double>(layer.experts)), layer.experts - layer.shared.size()));
    ended |= !prunes[number];
    if (!prunes[number])
      continue;
    if (ended)
      return note("has greedy choices, which hold when all layers before are pruned, too");
    if (!counted)
      return note("has greedy choices for " + counts + " experts, not for " + amount.text);
    llvm::Expected<size_t> routed = routedCount(layer, number);
    if (!routed)
      return routed.takeError();
    auto found = layer.greedy.find(*routed + layer.shared.size());
    if (found == layer.greedy.end())
      return note("has greedy choices for " + counts + " experts, not for " + Twine(*routed + layer.shared.size()));
    chosen.back() = found->second;
  }
  keep = std::move(chosen);
  ++greedyProfiles;
  return true;
}

llvm::Expected<LayerExpertIds> Selector::choose(const Profile &profile) {
  LayerExpertIds keep;
  llvm::Expected<bool> greedy = useGreedy(profile, keep);
  if (!greedy)
    return greedy.takeError();
  if (*greedy)
    return keep;
  llvm::Expected<LayerScores> scores = scoresOf(profile);
  if (!scores)
    return scores.takeError();
  if (amount.kind == KeepAmount::Mass)
    if (llvm::Error error = checkMass(profile, *scores))
      return std::move(error);
  for (auto [number, layer] : llvm::enumerate(profile.layers)) {
    std::vector<int64_t> ranked = rankExperts(layer, (*scores)[number]);
    size_t count = ranked.size();
    if (prunes[number] && amount.kind == KeepAmount::Mass) {
      count = expertsForMass(ranked, (*scores)[number], amount.fraction);
    } else if (prunes[number]) {
      llvm::Expected<size_t> routed = routedCount(layer, number);
      if (!routed)
        return routed.takeError();
      count = *routed;
    }
    keep.push_back(keepFirst(layer, ranked, count));
  }
  return keep;
}

/// An expert's share is the largest that it has in any profile: the union of what profiles want, within one budget.
llvm::Expected<LayerExpertIds> Selector::chooseByBudget() {
  LayerScores shares;
  for (const Profile &profile : profiles) {
    LayerExpertIds none;
    if (llvm::Expected<bool> greedy = useGreedy(profile, none); !greedy)
      return greedy.takeError();
    llvm::Expected<LayerScores> scores = scoresOf(profile);
    if (!scores)
      return scores.takeError();
    if (llvm::Error error = checkMass(profile, *scores))
      return std::move(error);
    shares.resize(scores->size());
    for (auto [all, layer] : llvm::zip_equal(shares, *scores)) {
      double total = sumOf(layer);
      all.resize(layer.size(), 0);
      for (auto [share, score] : llvm::zip_equal(all, layer))
        share = total > 0 ? std::max(share, score / total) : share;
    }
  }
  return keepWithinBudget(profiles.front(), shares, prunes, amount);
}

/// The set with where it comes from.
ExpertSet Selector::describe(LayerExpertIds keep) {
  ExpertSet set;
  const Profile *described = llvm::find_if(profiles, [](const Profile &profile) { return !profile.model.hash.empty(); });
  set.model = (described == profiles.end() ? profiles.front() : *described).model;
  ModelExperts model = modelExperts(profiles.front());
  set.experts = model.experts;
  set.shared = model.shared;
  set.keep = std::move(keep);
  set.policy = policyName(options.policy).str();
  if (greedyProfiles)
    set.policy += greedyProfiles == profiles.size() ? ", greedy" : ", greedy where measured";
  if (options.policy == Policy::Random)
    set.policy += ", seed " + std::to_string(options.seed);
  set.amount = amount.text;
  if (!options.layers.empty())
    set.amount += " in layers " + options.layers;
  llvm::json::Array data;
  for (const Profile &profile : profiles) {
    const llvm::json::Object *object = profile.data.getAsObject();
    llvm::json::Object entry = object ? *object : llvm::json::Object();
    entry["profile"] = llvm::json::fixUTF8(llvm::sys::path::filename(profile.file));
    data.push_back(std::move(entry));
  }
  set.data = std::move(data);
  set.compiler = "emo " EMO_VERSION;
  return set;
}

llvm::Expected<ExpertSet> Selector::run() {
  if (llvm::Error error = checkSameModel(profiles, notes))
    return std::move(error);
  if (options.policy == Policy::Random && amount.kind == KeepAmount::Mass)
    return llvm::createStringError(Twine("--keep=mass needs scores, which --policy=random does not have; give a number of experts"));
  llvm::Expected<std::vector<bool>> layers = parseLayers(options.layers, profiles.front().layers.size());
  if (!layers)
    return layers.takeError();
  prunes = *layers;
  if (amount.kind == KeepAmount::Bytes) {
    llvm::Expected<LayerExpertIds> keep = chooseByBudget();
    if (!keep)
      return keep.takeError();
    return describe(std::move(*keep));
  }
  LayerExpertIds all(prunes.size());
  for (const Profile &profile : profiles) {
    llvm::Expected<LayerExpertIds> keep = choose(profile);
    if (!keep)
      return keep.takeError();
    for (auto [experts, more] : llvm::zip_equal(all, *keep))
      addExperts(experts, more);
  }
  return describe(std::move(all));
}

llvm::Expected<ExpertSet> emo::selectExperts(llvm::ArrayRef<Profile> profiles, const SelectOptions &options, Notes &notes) {
  return Selector(profiles, options, notes).run();
}
