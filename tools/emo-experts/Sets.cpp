// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// overlap: how much sets have in common. What diff and overlap check is here.
#include "../common/TextOutput.h"
#include "Commands.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <set>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;
namespace cl = llvm::cl;

llvm::Expected<std::vector<ExpertSet>> emo::readComparableSets(llvm::ArrayRef<std::string> files, Notes &notes) {
  std::vector<ExpertSet> sets;
  for (const std::string &file : files) {
    llvm::Expected<ExpertSet> set = readExpertSet(file, notes);
    if (!set)
      return set.takeError();
    for (const ExpertSet &other : sets) {
      auto error = [&](const Twine &message) {
        return llvm::createStringError("'" + file + "' is of another model than '" + other.file + "': " + message);
      };
      if (!set->model.hash.empty() && !other.model.hash.empty() && set->model.hash != other.model.hash)
        return error("it has the hash " + set->model.hash + ", not " + other.model.hash);
      if (set->keep.size() != other.keep.size())
        return error("it has " + Twine(set->keep.size()) + " layers, not " + Twine(other.keep.size()));
      for (auto [layer, experts, expected] : llvm::enumerate(set->experts, other.experts))
        if (experts && expected && experts != expected)
          return error("layer " + Twine(layer) + " has " + Twine(experts) + " experts, not " + Twine(expected));
    }
    sets.push_back(std::move(*set));
  }
  return sets;
}

namespace {
class OverlapCommand : public Command {
public:
  OverlapCommand() : Command("overlap", "Count the experts that sets have in common") {}
  int run() override;

private:
  cl::list<std::string> files{cl::Positional, cl::desc("SET..."), cl::sub(subcommand)};
};

/// Experts of two sets: in both, in either.
struct Counts {
  int64_t both = 0, either = 0;
  void add(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
    int64_t common = llvm::count_if(a, [&](int64_t expert) { return std::binary_search(b.begin(), b.end(), expert); });
    both += common;
    either += int64_t(a.size() + b.size()) - common;
  }
};
} // namespace

/// Names of sets without folder and ending, unless those tell them apart.
static std::vector<std::string> shortNames(llvm::ArrayRef<ExpertSet> sets) {
  std::vector<std::string> names;
  for (const ExpertSet &set : sets)
    names.push_back(llvm::sys::path::stem(set.file).str());
  if (std::set<std::string>(names.begin(), names.end()).size() < names.size())
    for (auto [name, set] : llvm::zip_equal(names, sets))
      name = set.file;
  return names;
}

/// Prints the matrix over layers [begin, end).
static void printMatrix(llvm::raw_ostream &os, llvm::ArrayRef<ExpertSet> sets, size_t begin, size_t end) {
  std::vector<std::string> names = shortNames(sets);
  Table table("l" + std::string(sets.size(), 'r'));
  std::vector<std::string> head = {""};
  llvm::append_range(head, names);
  table.add(std::move(head));
  for (auto [name, a] : llvm::zip_equal(names, sets)) {
    std::vector<std::string> row = {name};
    for (const ExpertSet &b : sets) {
      Counts counts;
      for (size_t layer = begin; layer < end; ++layer)
        counts.add(a.keep[layer], b.keep[layer]);
      row.push_back(llvm::formatv("{0} {1:f2}", counts.both, double(counts.both) / double(counts.either)).str());
    }
    table.add(std::move(row));
  }
  table.print(os);
}

int OverlapCommand::run() {
  if (files.size() < 2)
    return fail("overlap expects two or more expert sets, got " + Twine(files.size()));
  Notes notes;
  llvm::Expected<std::vector<ExpertSet>> sets = readComparableSets(files, notes);
  if (!sets)
    return fail(sets.takeError());
  printNotes(notes);
  size_t layers = sets->front().keep.size();
  std::string problem = writeTextFile("", [&](llvm::raw_ostream &os) {
    os << "experts in both sets, shared ones included, and their part of those in either (Jaccard index)\n\nall layers\n";
    printMatrix(os, *sets, 0, layers);
    for (size_t layer = 0; layer < layers; ++layer) {
      os << "\nlayer " << layer << "\n";
      printMatrix(os, *sets, layer, layer + 1);
    }
  });
  return problem.empty() ? 0 : fail(problem);
}

std::unique_ptr<Command> emo::makeOverlapCommand() { return std::make_unique<OverlapCommand>(); }
