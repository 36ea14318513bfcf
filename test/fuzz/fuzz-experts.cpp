// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A profile or an expert set: what is accepted can be selected from, written and read again as the same.
#include "emo/Experts/Select.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace emo;

static void check(bool holds, const char *otherwise) {
  if (holds)
    return;
  std::fprintf(stderr, "%s\n", otherwise);
  std::abort();
}

static void checkRefusal(llvm::Error error) { check(!llvm::toString(std::move(error)).empty(), "refused without a message"); }

static void checkSet(const ExpertSet &set) {
  for (size_t layer = 0; layer < set.keep.size(); ++layer) {
    const std::vector<int64_t> &keep = set.keep[layer];
    check(!keep.empty() && llvm::is_sorted(keep) && std::adjacent_find(keep.begin(), keep.end()) == keep.end() && keep.front() >= 0,
          "kept experts are not ascending");
    check(!set.experts[layer] || keep.back() < set.experts[layer], "a kept expert does not exist");
    check(keep.size() > set.shared[layer].size(), "only shared experts are kept");
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  writeExpertSet(set, os);
  Notes notes;
  llvm::Expected<ExpertSet> again = parseExpertSet(text, "again", notes);
  check(bool(again), "what was written cannot be read");
  check(again->keep == set.keep && again->experts == set.experts && again->shared == set.shared && again->model.hash == set.model.hash &&
            again->policy == set.policy && keptBytes(*again) == keptBytes(set) && notes.empty(),
        "not the same after writing and reading");
}

static void checkProfile(const Profile &profile) {
  for (const char *keep : {"3", "40%", "mass:0.9", "bytes:60KB"})
    for (Policy policy : {Policy::Router, Policy::Reap, Policy::Random}) {
      SelectOptions options;
      options.keep = llvm::cantFail(parseKeepAmount(keep));
      options.policy = policy;
      Notes notes;
      llvm::Expected<ExpertSet> set = selectExperts({profile, profile}, options, notes);
      if (!set) {
        checkRefusal(set.takeError());
        continue;
      }
      checkSet(*set);
      std::optional<int64_t> bytes = keptBytes(*set);
      check(options.keep.kind != KeepAmount::Bytes || (bytes && *bytes <= options.keep.number), "over the budget");
      if (llvm::Error error = checkAgainst(*set, modelExperts(profile), notes))
        checkRefusal(std::move(error)), check(false, "a selected set is not of its own profile");
    }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  Notes notes;
  if (llvm::Expected<ExpertSet> set = parseExpertSet(text, "fuzz", notes))
    checkSet(*set);
  else
    checkRefusal(set.takeError());
  llvm::Expected<Profile> profile = parseProfile(text, "fuzz");
  if (!profile)
    checkRefusal(profile.takeError());
  else if (llvm::all_of(profile->layers, [](const LayerProfile &layer) { return layer.experts <= 64; }))
    checkProfile(*profile);
  return 0;
}
