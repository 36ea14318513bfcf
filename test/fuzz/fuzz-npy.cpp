// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A .npy file: what is accepted can be read to its end, and is the same after it was written and read again.
#include "Runtime/Npy.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace emo::rt;

static void check(bool holds, const char *otherwise) {
  if (holds)
    return;
  std::fprintf(stderr, "%s\n", otherwise);
  std::abort();
}

static int64_t bytesOf(const emo_tensor &tensor) {
  int64_t bytes = emo_dtype_bytes(tensor.dtype);
  for (int32_t d = 0; d < tensor.rank; ++d)
    bytes *= tensor.dims[d];
  return bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A file in memory.
  int fd = memfd_create("fuzz.npy", 0);
  check(fd >= 0 && write(fd, data, size) == ssize_t(size), "no file in memory");
  NpyArray array, again;
  std::string error;
  bool accepted = readNpy("/proc/self/fd/" + std::to_string(fd), array, error);
  close(fd);
  if (!accepted) {
    check(!error.empty() && !array.tensor.data, "refused without a message");
    return 0;
  }
  int64_t bytes = bytesOf(array.tensor);
  check(bytes >= 0 && uint64_t(bytes) < size, "more data than the file has");
  std::string path = std::string(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") + "/emo-fuzz-" + std::to_string(getpid()) + ".npy";
  check(writeNpy(path, array.tensor, error) && readNpy(path, again, error), error.c_str());
  unlink(path.c_str());
  check(again.tensor.dtype == array.tensor.dtype && again.tensor.rank == array.tensor.rank && bytesOf(again.tensor) == bytes &&
            memcmp(again.tensor.dims, array.tensor.dims, sizeof array.tensor.dims) == 0 &&
            (bytes == 0 || memcmp(again.tensor.data, array.tensor.data, bytes) == 0),
        "not the same after writing and reading");
  return 0;
}
