// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Command-line values that several tools share.
#ifndef EMO_TOOLS_COMMON_TARGETS_H
#define EMO_TOOLS_COMMON_TARGETS_H

#include "emo/Runtime/Emo.h"
#include "emo/Target/IsaLevel.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace emo {

/// The levels --cpu=NAME stands for; nothing when NAME is unknown. An empty list means all.
inline std::optional<std::vector<std::string>> levelsOf(llvm::StringRef cpu) {
  if (cpu == "all")
    return std::vector<std::string>();
  if (cpu == "native") {
    std::vector<std::string> best;
    for (const IsaLevel &level : isaLevels())
      if (emo_isa_supported(level.name.data()))
        best = {level.name.str()};
    return best.empty() ? std::nullopt : std::optional(best);
  }
  if (findIsaLevel(cpu))
    return std::vector<std::string>{cpu.str()};
  return std::nullopt;
}

/// Forgets the options that LLVM's libraries registered: they would clash with the tool's own and are nobody's business here.
inline void forgetLibraryOptions() {
  std::vector<llvm::cl::Option *> foreign;
  for (auto &[name, option] : llvm::cl::getRegisteredOptions())
    if (!llvm::StringSwitch<bool>(name).Cases({"help", "help-hidden", "help-list", "help-list-hidden", "version"}, true).Default(false))
      foreign.push_back(option);
  for (llvm::cl::Option *option : foreign)
    option->removeArgument();
}

/// Values of an option that is one of a few words; says which when it gets another.
template <typename T>
class WordParser : public llvm::cl::parser<T> {
public:
  using llvm::cl::parser<T>::parser;
  bool parse(llvm::cl::Option &option, llvm::StringRef, llvm::StringRef word, T &value) {
    std::string words;
    for (unsigned i = 0, n = this->getNumOptions(); i < n; ++i) {
      if (this->getOption(i) == word) {
        value = this->Values[i].V.getValue();
        return false;
      }
      words += (i == 0 ? "" : i + 1 == n ? " or " : ", ") + this->getOption(i).str();
    }
    return option.error("expects " + words + ", got '" + word + "'");
  }
};
template <typename T>
using WordOption = llvm::cl::opt<T, false, WordParser<T>>;

/// lib/emo beside the folder of the running tool, in the build tree and when installed.
inline std::string supportDirectory(const char *argv0, void *mainAddress) {
  std::string self = llvm::sys::fs::getMainExecutable(argv0, mainAddress);
  llvm::SmallString<256> path(llvm::sys::path::parent_path(llvm::sys::path::parent_path(self)));
  llvm::sys::path::append(path, "lib", "emo");
  return path.str().str();
}

/// Signals that were ignored when the tool started (nohup, background jobs) stay ignored. LLVM catches them regardless and removes the
/// files of a process that then goes on. To be made before InitLLVM; `restore` after it. Until then they wait: one that LLVM caught would make it
/// catch them anew later.
class IgnoredSignals {
public:
  IgnoredSignals() {
    sigset_t waiting;
    sigemptyset(&waiting);
    for (int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR2}) {
      struct sigaction action;
      if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
        ignored.push_back(number);
        sigaddset(&waiting, number);
      }
    }
    pthread_sigmask(SIG_BLOCK, &waiting, &before);
    // A file that grows beyond the limit of the shell is an error of writing, as a full disk is.
    ignored.push_back(SIGXFSZ);
  }
  void restore() {
    for (int number : ignored)
      signal(number, SIG_IGN);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

private:
  std::vector<int> ignored;
  sigset_t before;
};

/// Prints diagnostics without a place in a file as a tool's own: "emo-compile: error: ...", with the name of the model's tensor or node
/// that they are about. Others are left to the next handler.
class ToolDiagnostics : public mlir::ScopedDiagnosticHandler {
public:
  ToolDiagnostics(mlir::MLIRContext *context, llvm::StringRef tool)
      : ScopedDiagnosticHandler(context, [tool](mlir::Diagnostic &diagnostic) { return print(diagnostic, tool); }) {}

private:
  static llvm::LogicalResult print(mlir::Diagnostic &diagnostic, llvm::StringRef tool) {
    mlir::Location location = diagnostic.getLocation();
    if (location->findInstanceOf<mlir::FileLineColLoc>())
      return mlir::failure();
    std::string text = diagnostic.str();
    if (auto name = location->findInstanceOf<mlir::NameLoc>(); name && !llvm::StringRef(text).contains(name.getName()))
      text = name.getName().str() + ": " + text;
    auto severity = diagnostic.getSeverity();
    (severity == mlir::DiagnosticSeverity::Error     ? llvm::WithColor::error(llvm::errs(), tool)
     : severity == mlir::DiagnosticSeverity::Warning ? llvm::WithColor::warning(llvm::errs(), tool)
                                                     : llvm::WithColor::remark(llvm::errs(), tool))
        << text << "\n";
    for (mlir::Diagnostic &note : diagnostic.getNotes())
      llvm::WithColor::note(llvm::errs(), tool) << note << "\n";
    return mlir::success();
  }
};

} // namespace emo
#endif // EMO_TOOLS_COMMON_TARGETS_H
