// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The commands of emo-experts and what they share.
#ifndef EMO_TOOLS_EMO_EXPERTS_COMMANDS_H
#define EMO_TOOLS_EMO_EXPERTS_COMMANDS_H

#include "emo/Experts/Profile.h"
#include "llvm/Support/CommandLine.h"

#include <memory>

namespace emo {

/// A command with its options, which are registered when it is made.
class Command {
public:
  Command(llvm::StringRef name, llvm::StringRef description) : subcommand(name, description) {}
  virtual ~Command() = default;
  /// The exit status.
  virtual int run() = 0;

  llvm::cl::SubCommand subcommand;
};

std::unique_ptr<Command> makeSelectCommand();
std::unique_ptr<Command> makeShowCommand();
std::unique_ptr<Command> makeDiffCommand();
std::unique_ptr<Command> makeOverlapCommand();
std::unique_ptr<Command> makeMergeCommand();

/// Prints "emo-experts: error: message"; the exit status 1.
int fail(const llvm::Twine &message);
int fail(llvm::Error error);
void printNotes(const Notes &notes);

/// "3 9 12-15".
std::string idText(llvm::ArrayRef<int64_t> ids);
/// "12.3 MB"
std::string bytesText(int64_t bytes);
/// "93.1 %", or "-" when unknown.
std::string percentText(std::optional<double> part);

/// Rows of cells with aligned columns.
class Table {
public:
  /// `alignment` has an 'l' or an 'r' a column.
  explicit Table(std::string alignment) : alignment(std::move(alignment)) {}
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
  void print(llvm::raw_ostream &os) const;

private:
  std::string alignment;
  std::vector<std::vector<std::string>> rows;
};

/// Reads sets that are of one model as far as they say; an error otherwise.
llvm::Expected<std::vector<ExpertSet>> readComparableSets(llvm::ArrayRef<std::string> files, Notes &notes);

} // namespace emo
#endif // EMO_TOOLS_EMO_EXPERTS_COMMANDS_H
