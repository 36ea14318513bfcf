// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-experts: which experts of a model to keep, and bringing them back.
#include "../common/Targets.h"
#include "Commands.h"

#include "llvm/Support/InitLLVM.h"

using namespace emo;
namespace cl = llvm::cl;

int emo::fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "emo-experts") << message << "\n";
  return 1;
}

int emo::fail(llvm::Error error) { return fail(llvm::toString(std::move(error))); }

void emo::printNotes(const Notes &notes) {
  for (const std::string &note : notes)
    llvm::WithColor::note(llvm::errs(), "emo-experts") << note << "\n";
}

int main(int argc, char **argv) {
  IgnoredSignals ignored;
  llvm::InitLLVM init(argc, argv);
  ignored.restore();
  forgetLibraryOptions();
  std::unique_ptr<Command> commands[] = {makeSelectCommand(), makeShowCommand(), makeDiffCommand(), makeOverlapCommand(), makeMergeCommand()};
  cl::ParseCommandLineOptions(argc, argv, "emo-experts: sets of experts of Mixture-of-Experts models\n\n  emo-experts COMMAND --help says more about one command\n");
  for (auto &command : commands)
    if (command->subcommand)
      return command->run();
  return fail("expects a command: select, show, diff, overlap or merge; got none");
}
