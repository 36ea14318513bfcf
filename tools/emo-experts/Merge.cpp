// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// merge: the experts of a pruned checkpoint back into the full one.
#include "../common/TextOutput.h"
#include "Checkpoints.h"

#include <map>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;
namespace cl = llvm::cl;

namespace {
class MergeCommand : public Command {
public:
  MergeCommand() : Command("merge", "Put the experts of a pruned Hugging Face folder back into the full one") {}
  int run() override;

private:
  cl::list<std::string> files{cl::Positional, cl::desc("FULL SUBSET SET"), cl::sub(subcommand)};
  cl::opt<std::string> output{"o", cl::desc("The folder to write"), cl::value_desc("folder"), cl::sub(subcommand)};
  cl::opt<bool> expertsOnly{"experts-only", cl::desc("Take routed experts alone (default)"), cl::sub(subcommand)};
  cl::opt<bool> allTensors{"all-tensors", cl::desc("Also take router rows of kept experts, shared experts and all other tensors"), cl::sub(subcommand)};
};
} // namespace

/// Changed tensors, a layer a line.
static void printReport(llvm::raw_ostream &os, const MergeReport &report) {
  struct Layer {
    std::vector<int64_t> experts;
    std::vector<std::string> others;
  };
  std::map<int64_t, Layer> layers;
  for (const std::string &name : report.changed) {
    TensorRole role = tensorRole(name);
    Layer &layer = layers[role.layer];
    if (role.kind != TensorRole::Expert)
      layer.others.push_back(name);
    else if (layer.experts.empty() || layer.experts.back() != role.expert)
      layer.experts.push_back(role.expert);
  }
  for (auto &[number, layer] : layers) {
    if (!layer.experts.empty())
      os << "layer " << number << ": experts " << idText(layer.experts) << " changed\n";
    for (const std::string &name : layer.others)
      os << name << " changed\n";
  }
  os << report.changed.size() << (report.changed.size() == 1 ? " tensor" : " tensors") << " changed, " << report.identical
     << " copied without a change, " << report.untouched << " not copied\n";
}

int MergeCommand::run() {
  if (files.size() != 3)
    return fail("merge expects FULL, SUBSET and SET: two Hugging Face folders and the expert set that SUBSET was pruned to; got " + Twine(files.size()));
  if (output.empty())
    return fail("merge expects -o FOLDER, the folder to write");
  if (expertsOnly && allTensors)
    return fail("--experts-only and --all-tensors exclude each other");
  Notes notes;
  llvm::Expected<ExpertSet> set = readExpertSet(files[2], notes);
  if (!set)
    return fail(set.takeError());
  MergeOptions options;
  options.full = StringRef(files[0]).rtrim('/').str();
  options.subset = StringRef(files[1]).rtrim('/').str();
  options.output = StringRef(output).rtrim('/').str();
  options.allTensors = allTensors;
  CheckpointContext context;
  mlir::FailureOr<MergeReport> report = mergeExperts(options, std::move(*set), notes, &context.mlir);
  printNotes(notes);
  if (mlir::failed(report))
    return 1;
  std::string problem = writeTextFile("", [&](llvm::raw_ostream &os) { printReport(os, *report); });
  return problem.empty() ? 0 : fail(problem);
}

std::unique_ptr<Command> emo::makeMergeCommand() { return std::make_unique<MergeCommand>(); }
