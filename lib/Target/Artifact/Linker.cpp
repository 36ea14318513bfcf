// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ld.lld and archives. Executables and shared libraries need libc, libm and the loader; everything else is inside.
#include "Linker.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace emo;

static std::string findLinker() {
  for (StringRef name : {"ld.lld-22", "ld.lld"}) {
    if (auto found = llvm::sys::findProgramByName(name))
      return *found;
    if (auto found = llvm::sys::findProgramByName(name, {"/usr/lib/llvm-22/bin"}))
      return *found;
  }
  return "";
}

/// What the linker had to say: its errors, without its name and its stack dump; else all of it.
static std::string readBack(int fd) {
  struct stat info;
  std::string text(fstat(fd, &info) == 0 ? info.st_size : 0, '\0');
  ssize_t got = pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? got : 0);
  SmallVector<StringRef> lines, errors;
  StringRef(text).split(lines, '\n');
  for (StringRef line : lines)
    if (size_t at = line.find(": error: "); at != StringRef::npos)
      errors.push_back(line.drop_front(at + strlen(": error: ")));
  return errors.empty() ? StringRef(text).trim().str() : llvm::join(errors, "; ");
}

/// Runs a program. Unlike llvm::sys::ExecuteAndWait the child ends with this process, also when only this one is killed: it would
/// write its output after we have cleaned up.
static std::string runProgram(const std::vector<std::string> &args) {
  std::vector<char *> argv;
  for (const std::string &arg : args)
    argv.push_back(const_cast<char *>(arg.c_str()));
  argv.push_back(nullptr);
  int log = memfd_create("linker-messages", MFD_CLOEXEC);
  if (log < 0)
    return std::string("cannot make a file for the linker's messages: ") + strerror(errno);
  pid_t self = getpid(), child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == self && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0)
      execv(argv[0], argv.data());
    _exit(127);
  }
  std::string message;
  int status = 0;
  if (child < 0) {
    message = std::string("cannot start '") + argv[0] + "': " + strerror(errno);
  } else {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
      ;
    if (WIFSIGNALED(status))
      // Its output is mapped memory: a full disk shows as SIGBUS.
      message = std::string("'") + argv[0] + "' was ended by a signal: " + strsignal(WTERMSIG(status)) +
                (WTERMSIG(status) == SIGBUS ? "; is the disk full?" : "");
    else if (WEXITSTATUS(status) != 0) {
      message = readBack(log);
      if (message.empty())
        message = std::string("'") + argv[0] + "' failed with status " + std::to_string(WEXITSTATUS(status));
    }
  }
  close(log);
  return message;
}

/// A linker that a signal ends may leave the file it was writing, `output`.tmp and a random number.
static void removeLinkerFiles(StringRef output) {
  std::error_code ignored;
  StringRef folder = llvm::sys::path::parent_path(output);
  std::string prefix = (llvm::sys::path::filename(output) + ".tmp").str();
  SmallVector<std::string> left;
  for (llvm::sys::fs::directory_iterator file(folder.empty() ? "." : folder, ignored), end; !ignored && file != end; file.increment(ignored))
    if (llvm::sys::path::filename(file->path()).starts_with(prefix))
      left.push_back(file->path());
  for (const std::string &path : left)
    llvm::sys::fs::remove(path);
}

/// What programs with a tokenizer need in addition.
static constexpr const char *kTokenizerLibraries[] = {"libemo_tokenizer.a", "libpcre2-8.a", "libutf8proc.a"};

static std::string archive(ArrayRef<std::string> objects, StringRef output, const ArtifactOptions &options) {
  std::vector<llvm::NewArchiveMember> members;
  auto unreadable = [](StringRef path, llvm::Error problem) {
    return ("cannot read '" + path + "': " + llvm::toString(std::move(problem))).str();
  };
  for (const std::string &path : objects) {
    auto member = llvm::NewArchiveMember::getFile(path, /*Deterministic=*/true);
    if (!member)
      return unreadable(path, member.takeError());
    members.push_back(std::move(*member));
  }
  std::vector<llvm::object::OwningBinary<llvm::object::Binary>> archives;
  SmallVector<const char *> libraries = {"libemo_open.a", "libemo_rt.a"};
  if (options.device.any)
    libraries.push_back("libemo_cuda.a");
  if (options.device.any && options.device.emulation)
    libraries.push_back("libemo_emulator.a");
  if (!options.tokenizer.empty())
    libraries.append(std::begin(kTokenizerLibraries), std::end(kTokenizerLibraries));
  for (const char *library : libraries) {
    std::string path = options.supportDir + "/" + library;
    auto binary = llvm::object::createBinary(path);
    if (!binary)
      return unreadable(path, binary.takeError());
    archives.push_back(std::move(*binary));
    auto *from = cast<llvm::object::Archive>(archives.back().getBinary());
    llvm::Error problem = llvm::Error::success();
    for (const llvm::object::Archive::Child &child : from->children(problem)) {
      auto member = llvm::NewArchiveMember::getOldMember(child, /*Deterministic=*/true);
      if (!member)
        return unreadable(path, member.takeError());
      members.push_back(std::move(*member));
    }
    if (problem)
      return unreadable(path, std::move(problem));
  }
  // Not written by LLVM itself: it ends the process when that fails.
  auto buffer = llvm::writeArchiveToBuffer(members, llvm::SymtabWritingMode::NormalSymtab, llvm::object::Archive::K_GNU,
                                           /*Deterministic=*/true, /*Thin=*/false);
  if (!buffer)
    return "cannot make the archive '" + options.output + "': " + llvm::toString(buffer.takeError());
  std::error_code code;
  llvm::raw_fd_ostream stream(output, code);
  if (!code) {
    stream << (*buffer)->getBuffer();
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  return code ? "cannot write '" + options.output + "': " + code.message() : "";
}

std::string emo::linkObjects(ArrayRef<std::string> objects, StringRef output, const ArtifactOptions &options) {
  if (options.kind == ArtifactKind::Static)
    return archive(objects, output, options);
  std::string linker = findLinker();
  if (linker.empty())
    return "cannot find the linker ld.lld-22; install the package lld-22";
  std::vector<std::string> args = {linker, "-o", output.str()};
  auto add = [&](std::initializer_list<std::string> more) { args.insert(args.end(), more); };
  auto support = [&](const char *file) { return options.supportDir + "/" + file; };
  if (options.kind == ArtifactKind::Object) {
    add({"-r"});
    args.insert(args.end(), objects.begin(), objects.end());
  } else {
    add({"--gc-sections", "--as-needed", "-z", "relro", "-z", "noexecstack", "--hash-style=gnu", "--build-id=none",
         "-L/lib/x86_64-linux-gnu", "-L/usr/lib/x86_64-linux-gnu", "-L/lib64", "-L/usr/lib64"});
    if (options.kind == ArtifactKind::Shared)
      // -Bsymbolic: a process may load several models, and each keeps to its own program and runtime.
      add({"-shared", "-Bsymbolic", "-soname", llvm::sys::path::filename(options.output).str(), "--version-script", support("exports.map"),
           "-u", "emo_open", "-u", "emo_session_open", "-u", "emo_tokenize", support("crti.o"), support("crtbeginS.o")});
    else
      add({"-pie", "-dynamic-linker", "/lib64/ld-linux-x86-64.so.2", support("Scrt1.o"), support("crti.o"), support("crtbeginS.o")});
    args.insert(args.end(), objects.begin(), objects.end());
    if (options.kind == ArtifactKind::Executable)
      add({support("libemo_main.a"), support("libemo_cli.a")});
    if (!options.tokenizer.empty())
      for (const char *library : kTokenizerLibraries)
        add({support(library)});
    if (options.device.any)
      add({support("libemo_cuda.a")});
    if (options.device.any && options.device.emulation)
      add({support("libemo_emulator.a")});
    add({support("libemo_open.a"), support("libemo_rt.a"), support("libstdc++.a"), "-l:libm.so.6", "-l:libc.so.6",
         support("libc_nonshared.a"), support("libgcc.a"), support("libgcc_eh.a"), "-l:libc.so.6", "-l:ld-linux-x86-64.so.2",
         support("crtendS.o"), support("crtn.o")});
  }
  std::string message = runProgram(args);
  if (!message.empty())
    removeLinkerFiles(output);
  return message.empty() ? "" : "linking '" + options.output + "' failed: " + message;
}
