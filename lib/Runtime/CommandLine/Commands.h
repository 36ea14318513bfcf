// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The command line of a compiled model: NAME run|generate|tokenize|eval|profile|bench|info.
#ifndef EMO_LIB_RUNTIME_COMMANDLINE_COMMANDS_H
#define EMO_LIB_RUNTIME_COMMANDLINE_COMMANDS_H

#include "../Manifest.h"
#include "emo/Runtime/Emo.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace emo::rt {

/// Prints "error: message" to stderr; returns the exit status 1.
int fail(const std::string &message);

/// Flags of one command: "--name value", "--name=value" and switches.
class Flags {
public:
  /// `known` maps each flag to whether it takes a value.
  Flags(std::string command, std::map<std::string, bool> known) : command(std::move(command)), known(std::move(known)) {}

  bool parse(const std::vector<std::string> &args, std::string &error);
  bool has(const std::string &name) const { return values.count(name) != 0; }
  std::string text(const std::string &name, const std::string &fallback = "") const;
  /// False with a message when the value is no integer inside [low, high].
  bool integer(const std::string &name, int64_t fallback, int64_t low, int64_t high, int64_t &value, std::string &error) const;
  bool number(const std::string &name, double fallback, double low, double high, double &value, std::string &error) const;
  bool require(const std::string &name, std::string &error) const;
  bool requireOne(const std::vector<std::string> &names, std::string &error) const;

private:
  std::string command;
  std::map<std::string, bool> known;
  std::map<std::string, std::string> values;
};

/// "5,17,42"; false with a message that shows the first bad item.
bool parseIds(const std::string &text, std::vector<int64_t> &ids, std::string &error);

/// The flags that every command that runs the model has.
void addModelFlags(std::map<std::string, bool> &known);

struct CloseModel {
  void operator()(emo_model *model) const { emo_close(model); }
};
using ModelPtr = std::unique_ptr<emo_model, CloseModel>;

/// How a command gets the model: the linked program, or emo-run's JIT.
using Loader = std::function<emo_model *(const emo_load_options &, char *error, size_t bytes)>;

/// Opens the model with --threads and --weights-memory; null with a message.
ModelPtr openModel(const Flags &flags, const Loader &load, std::string &error);

int runCommand(const std::vector<std::string> &args, const Loader &load);
int generateCommand(const std::vector<std::string> &args, const Loader &load);
int tokenizeCommand(const std::vector<std::string> &args, const emo_program &program);
int evalCommand(const std::vector<std::string> &args, const Loader &load);
int profileCommand(const std::vector<std::string> &args, const Loader &load);
int benchCommand(const std::vector<std::string> &args, const Loader &load);
int infoCommand(const std::vector<std::string> &args, const emo_program &program);

/// Runs one entry on .npy files; shared with emo-run.
int runEntryOnFiles(emo_model *model, const char *entry, const std::string &inputs, const std::string &outputs);

/// The whole command line.
int commandLine(int argc, char **argv, const emo_program &program, const Loader &load);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_COMMANDLINE_COMMANDS_H
