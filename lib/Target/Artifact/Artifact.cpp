// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linking and packaging.
#include "emo/Target/Artifact.h"

#include "emo/Runtime/WeightsFile.h"
#include "emo/Target/Weights.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"

#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

using namespace mlir;
using namespace emo;

namespace {

/// A file that disappears unless it is kept, also when the process is interrupted.
class TemporaryFile {
public:
  explicit TemporaryFile(StringRef path) : path(path) { llvm::sys::RemoveFileOnSignal(path); }
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile() {
    if (!kept)
      llvm::sys::fs::remove(path);
    llvm::sys::DontRemoveFileOnSignal(path);
  }
  /// Moves the file to its final name; a message on failure.
  std::string keepAs(StringRef target) {
    if (std::error_code code = llvm::sys::fs::rename(path, target))
      return code.message();
    kept = true;
    return "";
  }
  const std::string path;

private:
  bool kept = false;
};

class ArtifactWriter {
public:
  ArtifactWriter(ModuleOp module, const ArtifactOptions &options) : module(module), options(options) {}
  LogicalResult run();

private:
  InFlightDiagnostic error() { return emitError(UnknownLoc::get(module.getContext())); }
  std::string support(StringRef file) { return options.supportDir + "/" + file.str(); }
  LogicalResult writeObjects(const Objects &objects);
  LogicalResult link(StringRef output);
  LogicalResult archive(StringRef output);
  LogicalResult linker(ArrayRef<std::string> args);
  LogicalResult writeWeights(StringRef path, bool append);

  ModuleOp module;
  const ArtifactOptions &options;
  std::vector<std::unique_ptr<TemporaryFile>> objectFiles;
};

} // namespace

std::string emo::weightsFolder(ModuleOp module, StringRef override) {
  if (!override.empty())
    return override.str();
  auto recorded = module->getAttrOfType<StringAttr>("emo.weights_dir");
  return recorded ? recorded.str() : ".";
}

LogicalResult ArtifactWriter::writeObjects(const Objects &objects) {
  for (auto [i, object] : llvm::enumerate(objects)) {
    std::string path = options.output + ".tmp" + std::to_string(getpid()) + "." + std::to_string(i) + ".o";
    objectFiles.push_back(std::make_unique<TemporaryFile>(path));
    std::error_code code;
    llvm::raw_fd_ostream stream(path, code);
    if (!code) {
      stream << object;
      stream.close();
      code = stream.error();
      stream.clear_error();
    }
    if (code)
      return error() << "cannot write '" << path << "': " << code.message();
  }
  return success();
}

LogicalResult ArtifactWriter::linker(ArrayRef<std::string> args) {
  static constexpr StringLiteral kNames[] = {"ld.lld-22", "ld.lld"};
  std::string program;
  for (StringRef name : kNames) {
    auto found = llvm::sys::findProgramByName(name);
    if (!found)
      found = llvm::sys::findProgramByName(name, {"/usr/lib/llvm-22/bin"});
    if (found) {
      program = *found;
      break;
    }
  }
  if (program.empty())
    return error() << "cannot find the linker ld.lld-22; install the package lld-22";
  SmallVector<StringRef> argv = {program};
  for (const std::string &arg : args)
    argv.push_back(arg);
  SmallString<128> log;
  if (llvm::sys::fs::createTemporaryFile("emo-link", "log", log))
    return error() << "cannot make a temporary file for the linker's messages";
  TemporaryFile logFile(log);
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log), StringRef(log)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(program, argv, std::nullopt, redirects, 0, 0, &message);
  if (status == 0)
    return success();
  auto text = llvm::MemoryBuffer::getFile(log);
  return error() << "linking '" << options.output << "' failed: " << (message.empty() && text ? (*text)->getBuffer().trim().str() : message);
}

/// Executables and shared libraries need libc, libm and the loader; everything else is inside.
LogicalResult ArtifactWriter::link(StringRef output) {
  std::vector<std::string> args = {"-o", output.str(), "--gc-sections", "--as-needed", "-z", "relro", "-z", "noexecstack",
                                   "--hash-style=gnu", "--build-id=none", "-L/lib/x86_64-linux-gnu", "-L/usr/lib/x86_64-linux-gnu",
                                   "-L/lib64", "-L/usr/lib64"};
  auto add = [&](std::initializer_list<std::string> more) { args.insert(args.end(), more); };
  if (options.kind == ArtifactKind::Object) {
    args = {"-r", "-o", output.str()};
  } else if (options.kind == ArtifactKind::Shared) {
    add({"-shared", "-soname", llvm::sys::path::filename(options.output).str(), "--version-script", support("exports.map"), "-u",
         "emo_open", support("crti.o"), support("crtbeginS.o")});
  } else {
    add({"-pie", "-dynamic-linker", "/lib64/ld-linux-x86-64.so.2", support("Scrt1.o"), support("crti.o"), support("crtbeginS.o")});
  }
  for (auto &file : objectFiles)
    args.push_back(file->path);
  if (options.kind == ArtifactKind::Object)
    return linker(args);
  if (options.kind == ArtifactKind::Executable)
    add({support("libemo_main.a"), support("libemo_cli.a")});
  add({support("libemo_open.a"), support("libemo_rt.a"), support("libstdc++.a"), "-l:libm.so.6", "-l:libc.so.6",
       support("libc_nonshared.a"), support("libgcc.a"), support("libgcc_eh.a"), "-l:libc.so.6", "-l:ld-linux-x86-64.so.2",
       support("crtendS.o"), support("crtn.o")});
  return linker(args);
}

LogicalResult ArtifactWriter::archive(StringRef output) {
  std::vector<llvm::NewArchiveMember> members;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> names;
  for (auto &file : objectFiles) {
    auto member = llvm::NewArchiveMember::getFile(file->path, /*Deterministic=*/true);
    if (!member)
      return error() << "cannot read '" << file->path << "': " << llvm::toString(member.takeError());
    members.push_back(std::move(*member));
  }
  std::vector<llvm::object::OwningBinary<llvm::object::Binary>> archives;
  for (StringRef library : {"libemo_open.a", "libemo_rt.a"}) {
    auto binary = llvm::object::createBinary(support(library));
    if (!binary)
      return error() << "cannot read '" << support(library) << "': " << llvm::toString(binary.takeError());
    archives.push_back(std::move(*binary));
    auto *from = cast<llvm::object::Archive>(archives.back().getBinary());
    llvm::Error problem = llvm::Error::success();
    for (const llvm::object::Archive::Child &child : from->children(problem)) {
      auto member = llvm::NewArchiveMember::getOldMember(child, /*Deterministic=*/true);
      if (!member)
        return error() << "cannot read '" << support(library) << "': " << llvm::toString(member.takeError());
      members.push_back(std::move(*member));
    }
    if (problem)
      return error() << "cannot read '" << support(library) << "': " << llvm::toString(std::move(problem));
  }
  if (llvm::Error problem = llvm::writeArchive(output, members, llvm::SymtabWritingMode::NormalSymtab, llvm::object::Archive::K_GNU,
                                               /*Deterministic=*/true, /*Thin=*/false))
    return error() << "cannot write '" << output << "': " << llvm::toString(std::move(problem));
  return success();
}

static bool writeAll(int fd, const char *data, int64_t bytes, int64_t offset) {
  while (bytes > 0) {
    ssize_t put = pwrite(fd, data, bytes, offset);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    data += put;
    offset += put;
    bytes -= put;
  }
  return true;
}

/// Weights behind what the file holds already, at a multiple of 2 MiB, or alone; then the trailer.
LogicalResult ArtifactWriter::writeWeights(StringRef path, bool append) {
  WeightsLayout layout = layoutWeights(module);
  if (layout.bytes == 0)
    return success();
  int fd = ::open(path.str().c_str(), O_WRONLY | O_CLOEXEC | (append ? 0 : O_CREAT | O_TRUNC), 0666);
  if (fd < 0)
    return error() << "cannot write '" << path << "': " << strerror(errno);
  int64_t offset = append ? llvm::alignTo(lseek(fd, 0, SEEK_END), EMO_WEIGHTS_ALIGNMENT) : 0;
  emo_weights_trailer trailer = {};
  memcpy(trailer.magic, EMO_WEIGHTS_MAGIC, sizeof trailer.magic);
  trailer.offset = offset;
  trailer.bytes = layout.bytes;
  memcpy(trailer.hash, layout.hash.data(), sizeof trailer.hash);

  std::atomic<int64_t> done{0};
  std::atomic<int> problem{0};
  std::atomic<bool> finished{false};
  std::thread display;
  if (options.progress)
    display = std::thread([&] {
      while (!finished) {
        options.progress(done, layout.bytes);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    });
  WeightsRun run{options.threads, &done, nullptr};
  LogicalResult result = success();
  // Space first: a full disk shows before the work is done.
  if (ftruncate(fd, offset + layout.bytes + int64_t(sizeof trailer)) != 0 ||
      (posix_fallocate(fd, offset, layout.bytes + sizeof trailer) == ENOSPC && (errno = ENOSPC)))
    problem = errno;
  else
    result = runWeightPrograms(layout, weightsFolder(module, options.weightsDir), run, [&](int64_t at, const char *data, int64_t bytes) {
      if (writeAll(fd, data, bytes, offset + at))
        return true;
      problem = errno ? errno : EIO;
      return false;
    });
  if (succeeded(result) && !problem &&
      !writeAll(fd, reinterpret_cast<const char *>(&trailer), sizeof trailer, offset + layout.bytes))
    problem = errno ? errno : EIO;
  if (close(fd) != 0 && !problem)
    problem = errno;
  finished = true;
  if (display.joinable())
    display.join();
  if (problem)
    return error() << "cannot write " << layout.bytes << " bytes of weights to '" << path << "': " << strerror(problem);
  return result;
}

LogicalResult ArtifactWriter::run() {
  FailureOr<Objects> objects = emitObjects(module, options.threads);
  if (failed(objects) || failed(writeObjects(*objects)))
    return failure();
  TemporaryFile output(options.output + ".tmp" + std::to_string(getpid()));
  if (failed(options.kind == ArtifactKind::Static ? archive(output.path) : link(output.path)))
    return failure();
  bool embed = options.embedWeights && (options.kind == ArtifactKind::Executable || options.kind == ArtifactKind::Shared);
  std::string weightsPath = options.output + ".weights";
  TemporaryFile weights(weightsPath + ".tmp" + std::to_string(getpid()));
  if (failed(writeWeights(embed ? output.path : weights.path, embed)))
    return failure();
  if (!embed && llvm::sys::fs::exists(weights.path))
    if (std::string problem = weights.keepAs(weightsPath); !problem.empty())
      return error() << "cannot write '" << weightsPath << "': " << problem;
  if (std::string problem = output.keepAs(options.output); !problem.empty())
    return error() << "cannot write '" << options.output << "': " << problem;
  return success();
}

LogicalResult emo::writeArtifact(ModuleOp module, const ArtifactOptions &options) { return ArtifactWriter(module, options).run(); }
