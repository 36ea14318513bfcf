// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Commands.h"

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace emo::rt;

int emo::rt::fail(const std::string &message) {
  fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

bool Flags::parse(const std::vector<std::string> &args, std::string &error) {
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string &arg = args[i];
    size_t equals = arg.find('=');
    std::string name = arg.substr(0, equals);
    auto flag = known.find(name);
    if (flag == known.end()) {
      error = "unknown argument '" + arg + "' of '" + command + "'; known are:";
      for (auto &[other, takesValue] : known)
        error += " " + other + (takesValue ? "=..." : "");
      return false;
    }
    if (values.count(name)) {
      error = name + " is given twice";
      return false;
    }
    if (!flag->second) {
      if (equals != std::string::npos) {
        error = name + " takes no value, got '" + arg + "'";
        return false;
      }
      values[name] = "";
    } else if (equals != std::string::npos) {
      values[name] = arg.substr(equals + 1);
    } else if (i + 1 < args.size()) {
      values[name] = args[++i];
    } else {
      error = name + " expects a value";
      return false;
    }
  }
  return true;
}

std::string Flags::text(const std::string &name, const std::string &fallback) const {
  auto found = values.find(name);
  return found == values.end() ? fallback : found->second;
}

bool Flags::require(const std::string &name, std::string &error) const {
  if (has(name))
    return true;
  error = "'" + command + "' needs " + name;
  return false;
}

bool Flags::requireOne(const std::vector<std::string> &names, std::string &error) const {
  std::string list;
  size_t given = 0;
  for (const std::string &name : names) {
    list += (list.empty() ? "" : name == names.back() ? " and " : ", ") + name;
    given += has(name);
  }
  if (given == 1)
    return true;
  error = "'" + command + "' needs exactly one of " + list + (given ? ", got " + std::to_string(given) : "");
  return false;
}

bool Flags::integer(const std::string &name, int64_t fallback, int64_t low, int64_t high, int64_t &value,
                    std::string &error) const {
  value = fallback;
  if (!has(name))
    return true;
  std::string given = text(name);
  char *end = nullptr;
  errno = 0;
  value = strtoll(given.c_str(), &end, 10);
  if (errno == 0 && !given.empty() && !*end && value >= low && value <= high)
    return true;
  error = name + " expects an integer from " + std::to_string(low) + " to " + std::to_string(high) + ", got '" + given + "'";
  return false;
}

bool Flags::number(const std::string &name, double fallback, double low, double high, double &value, std::string &error) const {
  value = fallback;
  if (!has(name))
    return true;
  std::string given = text(name);
  char *end = nullptr;
  value = strtod(given.c_str(), &end);
  if (!given.empty() && !*end && std::isfinite(value) && value >= low && value <= high)
    return true;
  char range[64];
  snprintf(range, sizeof range, "%g to %g", low, high);
  error = name + " expects a number from " + range + ", got '" + given + "'";
  return false;
}

bool emo::rt::parseIds(const std::string &text, std::vector<int64_t> &ids, std::string &error) {
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = text.find(',', begin);
    if (end == std::string::npos)
      end = text.size();
    std::string item = text.substr(begin, end - begin);
    char *rest = nullptr;
    errno = 0;
    int64_t id = strtoll(item.c_str(), &rest, 10);
    if (item.empty() || *rest || errno) {
      error = "--ids expects token ids like 5,17,42, got '" + item + "'";
      return false;
    }
    ids.push_back(id);
    begin = end + 1;
  }
  return true;
}

void emo::rt::addModelFlags(std::map<std::string, bool> &known) {
  known["--threads"] = true;
  known["--weights-memory"] = true;
  known["--weights"] = true;
  known["--device"] = true;
  known["--emulation"] = true;
}

ModelPtr emo::rt::openModel(const Flags &flags, const Loader &load, std::string &error) {
  emo_load_options options = {};
  int64_t threads;
  if (!flags.integer("--threads", 0, 1, 1024, threads, error))
    return nullptr;
  options.threads = int32_t(threads);
  std::string memory = flags.text("--weights-memory", "map");
  if (memory != "map" && memory != "huge") {
    error = "--weights-memory expects map or huge, got '" + memory + "'";
    return nullptr;
  }
  options.weights_memory = memory == "huge" ? EMO_WEIGHTS_HUGE : EMO_WEIGHTS_MAP;
  std::string weights = flags.text("--weights");
  if (flags.has("--weights"))
    options.weights_path = weights.c_str();
  char message[1024];
  std::string device = flags.text("--device", "cpu"), emulation = flags.text("--emulation");
  if (device != "cpu" && device != "cuda" && device != "emulate") {
    error = "--device expects cpu, cuda or emulate, got '" + device + "'";
    return nullptr;
  }
  if (flags.has("--emulation") && device != "emulate") {
    error = "--emulation is for --device=emulate";
    return nullptr;
  }
  options.device = device.c_str();
  options.device_options = emulation.c_str();
  ModelPtr model(load(options, message, sizeof message));
  if (!model)
    error = message;
  return model;
}

static const char kHelp[] = R"(A language model compiled by emo-compile.

usage: NAME run --inputs DIR --outputs DIR      run the model on DIR's .npy files, one per input
       NAME generate --prompt TEXT --max-new-tokens N [--stream] [--temperature T --top-p P --seed S] [--document-pool=K]
                                                continue text; greedy without --temperature; --document-pool: inside the K experts
                                                a layer that the prompt makes most of
       NAME generate --prompt-file FILE ...     continue a file's text, or standard input's when FILE is -
       NAME generate --ids 5,17,42 ...          continue token ids
       NAME tokenize --text TEXT | --file FILE [--json]
                                                token ids of a text
       NAME tokenize --ids 5,17,42              text of token ids
       NAME eval --data IDS.npy|TEXT.txt [--row 512] [--attention=documents|causal] [--json]
                                                mean cross-entropy in nats a token; --document-pool=K: of the second half of
                                                each document, inside a pool that the first half chooses
       NAME profile --data IDS.npy|TEXT.txt --out P.json [--row 512] [--greedy=K[,K...]] [--documents] [--co-activation]
                                                measure experts on documents (programs made with emo-compile --profile)
       NAME bench [--prompt-tokens P --new-tokens N --repeat R --json]
       NAME info [--json]                       what this program was made from
       NAME --help

--no-special-tokens of generate and tokenize: special tokens written out in a text are text like any other.
All commands but tokenize and info: --threads=N (default: all CPUs), --weights-memory=map|huge (huge: read the weights once into 2 MiB pages;
decodes faster, starts later), --weights=FILE (when they are not in the program). EMO_CPU=LEVEL forces an ISA level.
Programs with CUDA code: --device=cpu|cuda|emulate. emulate runs the CUDA kernels on this CPU and checks them for races, missing waits and
more; --emulation=OPTIONS takes, separated by commas, arch=ARCH, lazy, schedule=in-order|reversed|run-ahead|random, seed=N, threads=N,
no-checks, counters (what each kernel did, and how fast, on stderr at the end).
)";

static int runCommandLine(std::vector<std::string> args, const emo_program &program, const Loader &load) {
  if (args.empty())
    return fail("no command given; expected run, generate, tokenize, eval, profile, bench, info or --help");
  std::string command = args[0];
  args.erase(args.begin());
  if (command == "--help" || command == "-h") {
    fputs(kHelp, stdout);
    return 0;
  }
  if (command == "run")
    return runCommand(args, load);
  if (command == "generate")
    return generateCommand(args, load);
  if (command == "tokenize")
    return tokenizeCommand(args, program);
  if (command == "eval")
    return evalCommand(args, load);
  if (command == "profile")
    return profileCommand(args, load);
  if (command == "bench")
    return benchCommand(args, load);
  if (command == "info")
    return infoCommand(args, program);
  return fail("unknown command '" + command + "'; expected run, generate, tokenize, eval, profile, bench, info or --help");
}

int emo::rt::commandLine(int argc, char **argv, const emo_program &program, const Loader &load) {
  // A file that grows beyond the limit of the shell is an error of writing, as a full disk is.
  signal(SIGXFSZ, SIG_IGN);
  int status = runCommandLine(std::vector<std::string>(argv + (argc > 0), argv + argc), program, load);
  if (status == 0 && (fflush(stdout) != 0 || ferror(stdout)))
    return fail(std::string("cannot write to standard output: ") + strerror(errno));
  return status;
}
