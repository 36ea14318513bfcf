// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Weights.h"
#include "Threads.h"

#include "emo/Runtime/WeightsFile.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace emo::rt;

namespace {
struct File {
  int fd = -1;
  ~File() {
    if (fd >= 0)
      close(fd);
  }
};
} // namespace

Weights::~Weights() {
  if (mapping)
    munmap(mapping, mappedBytes);
}

/// Reads the trailer at the end of the file; false when there is none.
static bool readTrailer(int fd, emo_weights_trailer &trailer, int64_t &fileBytes) {
  struct stat info;
  if (fstat(fd, &info) != 0 || info.st_size < (int64_t)sizeof trailer)
    return false;
  fileBytes = info.st_size;
  return pread(fd, &trailer, sizeof trailer, fileBytes - sizeof trailer) == (ssize_t)sizeof trailer &&
         memcmp(trailer.magic, EMO_WEIGHTS_MAGIC, sizeof trailer.magic) == 0;
}

/// Whether these are the program's weights, or ones of its layout when it was not packaged with any.
static bool belongsTo(const emo_weights_trailer &trailer, const emo_program &program) {
  char layout[2 * sizeof trailer.layout + 1];
  for (size_t i = 0; i < sizeof trailer.layout; ++i)
    snprintf(layout + 2 * i, 3, "%02x", trailer.layout[i]);
  return strncmp(trailer.hash, program.weights_hash, sizeof trailer.hash) == 0 || strcmp(layout, program.weights_hash) == 0;
}

bool Weights::open(const emo_program &program, const char *artifactPath, const emo_load_options &options, int threads,
                   std::string &error) {
  if (program.weights_bytes == 0)
    return true;
  if (options.weights_data) {
    blob = static_cast<const char *>(options.weights_data);
    return true;
  }
  if (options.weights_path) {
    path = options.weights_path;
    return openFile(program, options, threads, nullptr, error);
  }
  if (!artifactPath) {
    error = "this program has no file of its own: give the path of its weights";
    return false;
  }
  path = artifactPath;
  {
    File file{::open(artifactPath, O_RDONLY | O_CLOEXEC)};
    emo_weights_trailer trailer;
    int64_t fileBytes;
    if (file.fd < 0 || !readTrailer(file.fd, trailer, fileBytes))
      path += ".weights";
  }
  return openFile(program, options, threads, artifactPath, error);
}

bool Weights::openFile(const emo_program &program, const emo_load_options &options, int threads, const char *artifact,
                       std::string &error) {
  File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) {
    error = "cannot open the weights file '" + path + "': " + strerror(errno) +
            (artifact ? "; weights are at the end of '" + std::string(artifact) + "' itself (was it cut short?) or in that file beside it"
                      : "");
    return false;
  }
  emo_weights_trailer trailer;
  int64_t fileBytes = 0;
  if (!readTrailer(file.fd, trailer, fileBytes)) {
    error = "'" + path + "' does not end like a weights file of emo; was it cut short?";
    return false;
  }
  if (!belongsTo(trailer, program)) {
    error = "'" + path + "' holds the weights of another program: found hash " + std::string(trailer.hash, 16) + "..., expected " +
            std::string(program.weights_hash).substr(0, 16) + "...";
    return false;
  }
  if (trailer.bytes != program.weights_bytes) {
    error = "'" + path + "' holds " + std::to_string(trailer.bytes) + " bytes of weights, expected " +
            std::to_string(program.weights_bytes);
    return false;
  }
  if (trailer.offset < 0 || trailer.offset > fileBytes - (int64_t)sizeof trailer - trailer.bytes) {
    error = "'" + path + "' ends like a file with " + std::to_string(trailer.bytes) + " bytes of weights, but has only " +
            std::to_string(fileBytes) + " bytes; was it cut short?";
    return false;
  }
  if (options.weights_memory == EMO_WEIGHTS_HUGE)
    return readIntoHugePages(file.fd, trailer.offset, trailer.bytes, threads, error);
  return map(file.fd, trailer.offset, trailer.bytes, error);
}

bool Weights::map(int fd, int64_t offset, int64_t bytes, std::string &error) {
  mappedBytes = bytes;
  void *memory = mmap(nullptr, mappedBytes, PROT_READ, MAP_SHARED, fd, offset);
  if (memory == MAP_FAILED) {
    error = "cannot map the weights of '" + path + "': " + strerror(errno);
    return false;
  }
  mapping = memory;
  blob = static_cast<const char *>(memory);
  return true;
}

bool Weights::readIntoHugePages(int fd, int64_t offset, int64_t bytes, int threads, std::string &error) {
  const size_t page = EMO_WEIGHTS_ALIGNMENT;
  mappedBytes = bytes + 2 * page;
  void *memory = mmap(nullptr, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    error = "cannot reserve " + std::to_string(bytes) + " bytes for the weights: " + strerror(errno);
    return false;
  }
  mapping = memory;
  char *start = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(memory) + page - 1) & ~(page - 1));
  madvise(start, bytes, MADV_HUGEPAGE);

  constexpr int64_t kChunk = 32 << 20;
  std::atomic<int64_t> next{0};
  std::atomic<int> failure{0};
  auto read = [&] {
    for (int64_t begin; (begin = next.fetch_add(kChunk)) < bytes && !failure;) {
      int64_t end = begin + kChunk < bytes ? begin + kChunk : bytes;
      while (begin < end) {
        ssize_t got = pread(fd, start + begin, end - begin, offset + begin);
        if (got < 0 && errno == EINTR)
          continue;
        if (got <= 0) {
          failure = got < 0 ? errno : EIO;
          return;
        }
        begin += got;
      }
    }
  };
  std::vector<pthread_t> readers;
  for (int i = 1; i < threads; ++i) {
    pthread_t reader;
    if (!startThread<&decltype(read)::operator()>(reader, read))
      break;
    readers.push_back(reader);
  }
  read();
  for (pthread_t reader : readers)
    pthread_join(reader, nullptr);
  if (failure) {
    error = "cannot read the weights of '" + path + "': " + strerror(failure);
    return false;
  }
  blob = start;
  return true;
}
