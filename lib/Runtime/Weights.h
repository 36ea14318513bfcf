// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a loaded program's weights are in memory.
#ifndef EMO_LIB_RUNTIME_WEIGHTS_H
#define EMO_LIB_RUNTIME_WEIGHTS_H

#include "emo/Runtime/Emo.h"

#include <string>

namespace emo::rt {

/// The weights blob: mapped from a file, read into 2 MiB pages, or the caller's memory.
class Weights {
public:
  Weights() = default;
  Weights(const Weights &) = delete;
  ~Weights();

  /// False with a message when the weights of `program` cannot be had.
  bool open(const emo_program &program, const char *artifactPath, const emo_load_options &options, int threads,
            std::string &error);

  const char *data() const { return blob; }
  /// The file they came from; empty for memory.
  const std::string &file() const { return path; }

private:
  /// `artifact`: the program's file when it was not the caller who chose the weights file.
  bool openFile(const emo_program &program, const emo_load_options &options, int threads, const char *artifact, std::string &error);
  bool map(int fd, int64_t offset, int64_t bytes, std::string &error);
  bool readIntoHugePages(int fd, int64_t offset, int64_t bytes, int threads, std::string &error);

  const char *blob = nullptr;
  void *mapping = nullptr;
  size_t mappedBytes = 0;
  std::string path;
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_WEIGHTS_H
