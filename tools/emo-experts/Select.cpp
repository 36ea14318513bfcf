// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// select: an expert set from profiles.
#include "../common/Targets.h"
#include "../common/TextOutput.h"
#include "Commands.h"
#include "emo/Experts/Select.h"

using namespace emo;
using llvm::StringRef;
namespace cl = llvm::cl;

namespace {
class SelectCommand : public Command {
public:
  SelectCommand() : Command("select", "Choose experts by what was measured") {}
  int run() override;

private:
  cl::list<std::string> files{cl::Positional, cl::desc("PROFILE..."), cl::sub(subcommand)};
  cl::opt<std::string> output{"o", cl::desc("Where to write the set (default: standard output)"), cl::value_desc("file"), cl::sub(subcommand)};
  cl::opt<std::string> keep{"keep", cl::desc("How much: 16 experts a layer, 25%, mass:0.95 of the scores, bytes:4GiB for the model"),
                            cl::value_desc("amount"), cl::sub(subcommand)};
  WordOption<Policy> policy{"policy", cl::desc("The score"), cl::init(Policy::Router), cl::sub(subcommand),
      cl::values(clEnumValN(Policy::Router, "router", "mean probability of the router (default)"),
                 clEnumValN(Policy::Reap, "reap", "mean weight times output norm where chosen"),
                 clEnumValN(Policy::EasyEp, "easy-ep", "weighted output norms of tokens that the layer changes"),
                 clEnumValN(Policy::Frequency, "frequency", "how often an expert is chosen"),
                 clEnumValN(Policy::Random, "random", "at random, a baseline"))};
  cl::opt<bool> singlePass{"single-pass", cl::desc("Use a greedy profile's scores, not its choices"), cl::sub(subcommand)};
  cl::opt<uint64_t> seed{"seed", cl::desc("Seed of --policy=random (default: 0)"), cl::init(0), cl::sub(subcommand)};
  cl::opt<std::string> layers{"layers", cl::desc("Layers to prune, such as 0-3,7 (default: all)"), cl::value_desc("list"), cl::sub(subcommand)};
};
} // namespace

int SelectCommand::run() {
  if (files.empty())
    return fail("select expects PROFILE..., files that a program's command profile wrote");
  if (!keep.getNumOccurrences())
    return fail("select expects --keep: a number of experts a layer, N%, mass:X or bytes:N");
  if (seed.getNumOccurrences() && policy != Policy::Random)
    return fail("--seed is for --policy=random");
  if (layers.getNumOccurrences() && layers.empty())
    return fail("--layers expects numbers and ranges of layers such as 0-3,7, got ''");
  SelectOptions options;
  llvm::Expected<KeepAmount> amount = parseKeepAmount(keep);
  if (!amount)
    return fail(amount.takeError());
  options.keep = *amount;
  options.policy = policy;
  options.singlePass = singlePass;
  options.seed = seed;
  options.layers = layers;
  std::vector<Profile> profiles;
  for (const std::string &file : files) {
    llvm::Expected<Profile> profile = readProfile(file);
    if (!profile)
      return fail(profile.takeError());
    profiles.push_back(std::move(*profile));
  }
  Notes notes;
  llvm::Expected<ExpertSet> set = selectExperts(profiles, options, notes);
  if (!set)
    return fail(set.takeError());
  printNotes(notes);
  std::string problem = writeTextFile(output, [&](llvm::raw_ostream &os) { writeExpertSet(*set, os); });
  return problem.empty() ? 0 : fail(problem);
}

std::unique_ptr<Command> emo::makeSelectCommand() { return std::make_unique<SelectCommand>(); }
