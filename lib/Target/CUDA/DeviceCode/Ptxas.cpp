// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NVIDIA's assembler: PTX -> cubin, and what it says about registers and waits.
#include "../../Artifact/TemporaryFile.h"
#include "emo/Target/DeviceCode.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace emo;

std::string emo::findPtxas(StringRef given) {
  namespace path = llvm::sys::path;
  if (!given.empty()) {
    SmallString<128> inside(given);
    if (llvm::sys::fs::is_directory(given)) // a toolkit
      path::append(inside, "bin", "ptxas");
    return llvm::sys::fs::can_execute(inside) ? inside.str().str() : "";
  }
  if (auto found = llvm::sys::findProgramByName("ptxas"))
    return *found;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"})
    if (const char *root = getenv(variable)) {
      SmallString<128> file(root);
      path::append(file, "bin", "ptxas");
      if (llvm::sys::fs::can_execute(file))
        return file.str().str();
    }
  if (auto found = llvm::sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"}))
    return *found;
  return "";
}

std::string emo::describeMissingPtxas(StringRef given) {
  if (!findPtxas(given).empty())
    return "";
  if (!given.empty())
    return ("cannot run '" + given + "', expected the program ptxas or a folder with bin/ptxas").str();
  return "cannot find ptxas, which makes cubins of PTX, in PATH, CUDA_HOME or /usr/local/cuda; install CUDA's compiler, name ptxas, or write "
         "PTX only: the driver compiles it where it runs";
}

//===----------------------------------------------------------------------===//
// What it prints
//===----------------------------------------------------------------------===//

/// The number in front of `unit`, 0 if there is none.
static int64_t numberBefore(StringRef line, StringRef unit) {
  size_t at = line.find(unit);
  if (at == StringRef::npos)
    return 0;
  StringRef head = line.take_front(at).rtrim();
  int64_t value = 0;
  head.take_back(head.size() - (head.find_last_not_of("0123456789") + 1)).getAsInteger(10, value);
  return value;
}

static StringRef quoted(StringRef line, StringRef after) {
  size_t at = line.find(after);
  return at == StringRef::npos ? "" : line.drop_front(at + after.size()).take_until([](char c) { return c == '\''; });
}

/// Notes that say waits were added or registers not moved between warps: code that runs, at a fraction of its speed.
static bool isGate(StringRef code) {
  unsigned number = 0;
  return code.consume_front("C") && !code.getAsInteger(10, number) && (number == 7508 || (number >= 7510 && number <= 7519));
}

static void readLog(Assembled &result) {
  SmallVector<StringRef> lines;
  StringRef(result.log).split(lines, '\n', -1, false);
  PtxasKernel *kernel = nullptr;
  llvm::Regex note("\\((C[0-9]+)\\) *(.*)");
  for (StringRef line : lines) {
    if (StringRef name = quoted(line, "Compiling entry function '"); !name.empty()) {
      kernel = &result.kernels.emplace_back();
      kernel->name = name.str();
    }
    SmallVector<StringRef> found;
    if (note.match(line, &found)) {
      // Notes come before all kernels.
      result.notes.push_back({found[1].str(), quoted(found[2], "function '").str(), found[2].trim().str(), isGate(found[1])});
    }
    if (!kernel)
      continue;
    if (line.contains("bytes stack frame")) {
      kernel->stackBytes = numberBefore(line, " bytes stack frame");
      kernel->spillStores = numberBefore(line, " bytes spill stores");
      kernel->spillLoads = numberBefore(line, " bytes spill loads");
    }
    if (line.contains("Used ") && line.contains(" registers")) {
      kernel->registers = numberBefore(line, " registers");
      kernel->barriers = numberBefore(line, " barriers");
      kernel->staticShared = numberBefore(line, " bytes smem");
    }
  }
}

//===----------------------------------------------------------------------===//
// Running it
//===----------------------------------------------------------------------===//

static std::string readFile(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

/// A new file in the folder for temporary files; empty on failure.
static std::string temporaryPath(StringRef suffix) {
  SmallString<128> path;
  return llvm::sys::fs::createTemporaryFile("emo-kernels", suffix, path) ? "" : path.str().str();
}

FailureOr<Assembled> emo::assemble(const DeviceArch &arch, StringRef ptx, Location loc, StringRef given) {
  std::string program = findPtxas(given);
  if (program.empty())
    return emitError(loc) << describeMissingPtxas(given);
  TemporaryFile source(temporaryPath("ptx")), cubin(temporaryPath("cubin")), log(temporaryPath("log"));
  std::error_code code;
  llvm::raw_fd_ostream stream(source.path, code);
  if (!code) {
    stream << ptx;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (code || cubin.path.empty() || log.path.empty())
    return emitError(loc) << "cannot write temporary files for ptxas: " << (code ? code.message() : "no space or permission");
  std::string target = ("-arch=" + arch.name).str();
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log.path), StringRef(log.path)};
  std::string problem;
  int status = llvm::sys::ExecuteAndWait(program, {program, "-v", "-warn-spills", target, source.path, "-o", cubin.path}, std::nullopt,
                                         redirects, /*SecondsToWait=*/0, /*MemoryLimit=*/0, &problem);
  Assembled result;
  result.log = readFile(log.path);
  result.cubin = readFile(cubin.path);
  if (status != 0 || !StringRef(result.cubin).starts_with("\x7f" "ELF")) {
    // What failed should be there to look at.
    std::string kept = source.path + ".failed.ptx";
    if (!source.keepAs(kept).empty())
      kept = "FILE.ptx";
    if (problem.empty())
      problem = StringRef(result.log).trim().str();
    if (status == 0)
      problem = "it wrote no cubin";
    else if (problem.empty())
      problem = "exit status " + std::to_string(status);
    return emitError(loc) << "ptxas failed for " << arch.name << ": " << problem
                          << "; to repeat: " << program << " -v -warn-spills " << target << " " << kept << " -o /dev/null";
  }
  readLog(result);
  return result;
}
