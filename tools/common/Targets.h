// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Command-line values that several tools share.
#ifndef EMO_TOOLS_COMMON_TARGETS_H
#define EMO_TOOLS_COMMON_TARGETS_H

#include "emo/Runtime/Emo.h"
#include "emo/Target/IsaLevel.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

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

/// lib/emo beside the folder of the running tool, in the build tree and when installed.
inline std::string supportDirectory(const char *argv0, void *mainAddress) {
  std::string self = llvm::sys::fs::getMainExecutable(argv0, mainAddress);
  llvm::SmallString<256> path(llvm::sys::path::parent_path(llvm::sys::path::parent_path(self)));
  llvm::sys::path::append(path, "lib", "emo");
  return path.str().str();
}

} // namespace emo
#endif // EMO_TOOLS_COMMON_TARGETS_H
