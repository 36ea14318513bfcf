// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// diff: two expert sets, or two checkpoints.
#include "../common/TextOutput.h"
#include "Checkpoints.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;
namespace cl = llvm::cl;

namespace {
class DiffCommand : public Command {
public:
  DiffCommand() : Command("diff", "Compare two expert sets, or two Hugging Face folders") {}
  int run() override;

private:
  int diffSets();
  int diffFolders();

  cl::list<std::string> files{cl::Positional, cl::desc("A B"), cl::sub(subcommand)};
};
} // namespace

//===----------------------------------------------------------------------===//
// Sets
//===----------------------------------------------------------------------===//

static std::vector<int64_t> without(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
  std::vector<int64_t> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

int DiffCommand::diffSets() {
  Notes notes;
  llvm::Expected<std::vector<ExpertSet>> sets = readComparableSets(files, notes);
  if (!sets)
    return fail(sets.takeError());
  printNotes(notes);
  Table table("rrlrlrl");
  table.add({"layer", "both", "", "only A", "", "only B", ""});
  int64_t all[3] = {};
  for (auto [layer, a, b] : llvm::enumerate((*sets)[0].keep, (*sets)[1].keep)) {
    std::vector<int64_t> parts[] = {without(a, without(a, b)), without(a, b), without(b, a)};
    std::vector<std::string> row = {std::to_string(layer)};
    for (auto [part, sum] : llvm::zip_equal(parts, all)) {
      sum += part.size();
      row.push_back(std::to_string(part.size()));
      row.push_back(idText(part));
    }
    table.add(std::move(row));
  }
  table.add({"all", std::to_string(all[0]), "", std::to_string(all[1]), "", std::to_string(all[2]), ""});
  std::string problem = writeTextFile("", [&](llvm::raw_ostream &os) {
    os << "A: " << files[0] << "\nB: " << files[1] << "\n";
    table.print(os);
  });
  return problem.empty() ? 0 : fail(problem);
}

//===----------------------------------------------------------------------===//
// Checkpoints
//===----------------------------------------------------------------------===//

static std::string distanceText(double distance) {
  return std::isfinite(distance) ? llvm::formatv("{0:e1}", distance).str() : distance > 0 ? "infinite" : "not a number";
}

/// "changed by 1.2e-03 to 3.4e-02, A has F32 [8, 64] and B ..." of tensors with one role.
static std::string changeText(llvm::ArrayRef<const TensorDifference *> changes) {
  auto distance = [](const TensorDifference *a, const TensorDifference *b) { return a->distance < b->distance; };
  auto [least, most] = std::minmax_element(changes.begin(), changes.end(), distance);
  std::string text = "changed by " + distanceText((*least)->distance);
  if ((*least)->distance != (*most)->distance)
    text += " to " + distanceText((*most)->distance);
  return text + ((*most)->types.empty() ? "" : ", " + (*most)->types);
}

static void printGroup(llvm::raw_ostream &os, llvm::ArrayRef<TensorDifference> group) {
  std::vector<const TensorDifference *> experts;
  std::vector<int64_t> ids;
  for (const TensorDifference &tensor : group)
    if (TensorRole role = tensorRole(tensor.name); role.kind == TensorRole::Expert && tensor.kind == TensorDifference::Data) {
      experts.push_back(&tensor);
      if (ids.empty() || ids.back() != role.expert)
        ids.push_back(role.expert);
    }
  for (const TensorDifference &tensor : group) {
    TensorRole role = tensorRole(tensor.name);
    if (tensor.kind == TensorDifference::OnlyFirst || tensor.kind == TensorDifference::OnlySecond)
      os << "  " << tensor.name << ": only in " << (tensor.kind == TensorDifference::OnlyFirst ? "A" : "B") << "\n";
    else if (tensor.kind == TensorDifference::Shape)
      os << "  " << tensor.name << ": " << tensor.types << "\n";
    else if (role.kind == TensorRole::Router && !tensor.rows.empty())
      os << "  router rows " << idText(tensor.rows) << ": " << changeText({&tensor}) << "\n";
    else if (role.kind != TensorRole::Expert)
      os << "  " << tensor.name << ": " << changeText({&tensor}) << "\n";
  }
  if (!experts.empty())
    os << "  experts " << idText(ids) << ": " << experts.size() << (experts.size() == 1 ? " tensor " : " tensors ") << changeText(experts) << "\n";
}

int DiffCommand::diffFolders() {
  CheckpointContext context;
  mlir::FailureOr<CheckpointDifference> difference = compareCheckpoints(files[0], files[1], &context.mlir);
  if (mlir::failed(difference))
    return 1;
  llvm::ArrayRef<TensorDifference> tensors = difference->tensors;
  std::string problem = writeTextFile("", [&](llvm::raw_ostream &os) {
    os << "A: " << files[0] << "\nB: " << files[1] << "\n";
    os << tensors.size() << (tensors.size() == 1 ? " tensor differs, " : " tensors differ, ") << difference->identical
       << (difference->identical == 1 ? " is identical\n" : " are identical\n");
    while (!tensors.empty()) {
      int64_t layer = tensorRole(tensors.front().name).layer;
      llvm::ArrayRef<TensorDifference> group =
          tensors.take_while([&](const TensorDifference &tensor) { return tensorRole(tensor.name).layer == layer; });
      os << (layer < 0 ? "outside the layers" : "layer " + std::to_string(layer)) << "\n";
      printGroup(os, group);
      tensors = tensors.drop_front(group.size());
    }
  });
  return problem.empty() ? 0 : fail(problem);
}

int DiffCommand::run() {
  if (files.size() != 2)
    return fail("diff expects A and B, two expert sets or two Hugging Face folders; got " + Twine(files.size()));
  bool folders[] = {llvm::sys::fs::is_directory(files[0]), llvm::sys::fs::is_directory(files[1])};
  if (folders[0] != folders[1])
    return fail("diff expects two expert sets or two folders, but only '" + files[folders[0] ? 0 : 1] + "' is a folder");
  return folders[0] ? diffFolders() : diffSets();
}

std::unique_ptr<Command> emo::makeDiffCommand() { return std::make_unique<DiffCommand>(); }
