// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packaging.
#include "emo/Target/Artifact.h"

#include "Linker.h"
#include "TemporaryFile.h"
#include "WeightsHash.h"
#include "emo/Runtime/WeightsFile.h"
#include "emo/Target/Weights.h"
#include "llvm/ADT/StringExtras.h"

#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

using namespace mlir;
using namespace emo;

namespace {

class ArtifactWriter {
public:
  ArtifactWriter(ModuleOp module, const ArtifactOptions &options) : module(module), options(options) {}
  LogicalResult run();

private:
  InFlightDiagnostic error() { return emitError(UnknownLoc::get(module.getContext())); }
  LogicalResult writeObjects(const Objects &objects);
  LogicalResult link(StringRef output);
  LogicalResult writeWeights(StringRef path, StringRef program);
  LogicalResult keep(TemporaryFile &output);

  ModuleOp module;
  const ArtifactOptions &options;
  std::vector<std::unique_ptr<TemporaryFile>> objectFiles;
};

} // namespace

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
      return error() << "cannot write object files beside '" << options.output << "': " << code.message();
  }
  return success();
}

LogicalResult ArtifactWriter::link(StringRef output) {
  std::vector<std::string> paths;
  for (auto &file : objectFiles)
    paths.push_back(file->path);
  std::string problem = linkObjects(paths, output, options);
  return problem.empty() ? success() : LogicalResult(error() << problem);
}

/// Weights alone, or behind the linked program at a multiple of 2 MiB; then the trailer. The program gets their hash.
LogicalResult ArtifactWriter::writeWeights(StringRef path, StringRef program) {
  bool append = path == program;
  WeightsLayout layout = layoutWeights(module);
  if (layout.bytes == 0)
    return success();
  std::string name = append ? options.output : options.output + ".weights";
  uint64_t programBytes = 0; // without weights
  if (std::error_code code = llvm::sys::fs::file_size(program, programBytes))
    return error() << "cannot read '" << options.output << "': " << code.message();
  int fd = ::open(path.str().c_str(), O_WRONLY | O_CLOEXEC | (append ? 0 : O_CREAT | O_TRUNC), 0666);
  if (fd < 0)
    return error() << "cannot write '" << name << "': " << strerror(errno);
  int64_t offset = append ? llvm::alignTo(lseek(fd, 0, SEEK_END), EMO_WEIGHTS_ALIGNMENT) : 0;
  emo_weights_trailer trailer = {};
  memcpy(trailer.magic, EMO_WEIGHTS_MAGIC, sizeof trailer.magic);
  trailer.offset = offset;
  trailer.bytes = layout.bytes;
  std::string layoutHash = llvm::fromHex(layout.hash);
  memcpy(trailer.layout, layoutHash.data(), sizeof trailer.layout);
  WeightsHash hash;

  auto start = std::chrono::steady_clock::now();
  std::atomic<int64_t> done{0}, read{0};
  std::atomic<int> problem{0};
  std::atomic<bool> finished{false};
  std::thread display;
  if (options.progress)
    display = std::thread([&] {
      do {
        options.progress(done, layout.bytes);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      } while (!finished);
    });
  WeightsRun run{options.threads, &done, &read};
  LogicalResult result = success();
  // Diagnostics wait until the line of progress is gone.
  std::vector<Diagnostic> diagnostics;
  std::optional<ScopedDiagnosticHandler> hold(std::in_place, module.getContext(),
                                              [&](Diagnostic &diagnostic) { diagnostics.push_back(std::move(diagnostic)); });
  // Space first: a full disk shows before the work is done.
  if (ftruncate(fd, offset + layout.bytes + int64_t(sizeof trailer)) != 0 ||
      (posix_fallocate(fd, offset, layout.bytes + sizeof trailer) == ENOSPC && (errno = ENOSPC)))
    problem = errno;
  else
    result = runWeightPrograms(layout, weightsFolder(module, options.weightsDir), run, [&](int64_t at, const char *data, int64_t bytes) {
      hash.add(at, data, bytes);
      if (writeAll(fd, data, bytes, offset + at))
        return true;
      problem = errno ? errno : EIO;
      return false;
    });
  std::string hashText = hash.text(layout.hash);
  memcpy(trailer.hash, hashText.data(), sizeof trailer.hash);
  if (succeeded(result) && !problem &&
      !writeAll(fd, reinterpret_cast<const char *>(&trailer), sizeof trailer, offset + layout.bytes))
    problem = errno ? errno : EIO;
  if (close(fd) != 0 && !problem)
    problem = errno;
  finished = true;
  if (display.joinable()) {
    display.join();
    options.progressEnd();
  }
  hold.reset();
  for (Diagnostic &diagnostic : diagnostics)
    module.getContext()->getDiagEngine().emit(std::move(diagnostic));
  if (problem)
    return error() << "cannot write " << layout.bytes << " bytes of weights to '" << name << "': " << strerror(problem);
  if (failed(result))
    return failure();
  if (options.statistics) {
    PackagingStatistics &statistics = *options.statistics;
    for (NamedAttribute file : layout.files ? layout.files.getValue() : ArrayRef<NamedAttribute>())
      statistics.fileBytes += cast<IntegerAttr>(file.getValue()).getInt();
    statistics.bytesRead = read;
    statistics.weightBytes = layout.bytes;
    statistics.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  // The program was linked with the hash of the layout.
  if (std::string message = replaceInFile(program, programBytes, layout.hash, hashText); !message.empty())
    return error() << "cannot write '" << options.output << "': " << message;
  return success();
}

LogicalResult ArtifactWriter::keep(TemporaryFile &output) {
  if (std::string problem = output.keepAs(options.output); !problem.empty())
    return error() << "cannot write '" << options.output << "': " << problem;
  return success();
}

LogicalResult ArtifactWriter::run() {
  FailureOr<Objects> objects = emitObjects(module, options.threads, nullptr, options.tokenizer, options.device);
  if (failed(objects) || failed(writeObjects(*objects)))
    return failure();
  TemporaryFile output(options.output + ".tmp" + std::to_string(getpid()));
  if (failed(link(output.path)))
    return failure();
  objectFiles.clear();
  if (options.weights == WeightsPlace::None)
    return keep(output);
  bool embed = options.weights == WeightsPlace::Embedded && (options.kind == ArtifactKind::Executable || options.kind == ArtifactKind::Shared);
  std::string weightsPath = options.output + ".weights";
  TemporaryFile weights(weightsPath + ".tmp" + std::to_string(getpid()));
  if (failed(writeWeights(embed ? output.path : weights.path, output.path)))
    return failure();
  if (!embed && llvm::sys::fs::exists(weights.path))
    if (std::string problem = weights.keepAs(weightsPath); !problem.empty())
      return error() << "cannot write '" << weightsPath << "': " << problem;
  return keep(output);
}

LogicalResult emo::checkOutput(StringRef path, MLIRContext *context) {
  auto error = [&] { return emitError(UnknownLoc::get(context)) << "cannot write '" << path << "': "; };
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) && status.type() != llvm::sys::fs::file_type::regular_file)
    return error() << (llvm::sys::fs::is_directory(status) ? "it is a folder" : "it is not a regular file");
  TemporaryFile probe((path + ".tmp" + Twine(getpid())).str());
  int fd = ::open(probe.path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    return error() << strerror(errno);
  close(fd);
  return success();
}

LogicalResult emo::writeArtifact(ModuleOp module, const ArtifactOptions &options) { return ArtifactWriter(module, options).run(); }
