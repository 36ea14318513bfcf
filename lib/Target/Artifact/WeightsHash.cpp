// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WeightsHash.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
using namespace emo;

void WeightsHash::add(int64_t offset, const char *data, int64_t bytes) {
  // BLAKE3 keeps up with disks, SHA-256 does not.
  auto hash = llvm::BLAKE3::hash(ArrayRef(reinterpret_cast<const uint8_t *>(data), bytes));
  std::lock_guard<std::mutex> lock(mutex);
  pieces[offset] = {bytes, hash};
}

std::string WeightsHash::text(StringRef layout) const {
  llvm::SHA256 hash;
  hash.update(layout);
  for (auto &[offset, piece] : pieces) {
    hash.update((Twine(offset) + "," + Twine(piece.bytes) + ";").str());
    hash.update(ArrayRef(piece.hash));
  }
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

std::string emo::replaceInFile(StringRef path, uint64_t bytes, StringRef from, StringRef to) {
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, bytes, /*Offset=*/0);
  if (!buffer)
    return buffer.getError().message();
  StringRef text = (*buffer)->getBuffer();
  size_t at = text.find(from);
  if (at == StringRef::npos || text.find(from, at + 1) != StringRef::npos)
    return "the program's hash of its weights is not where it should be";
  buffer->reset();
  int fd = ::open(path.str().c_str(), O_WRONLY | O_CLOEXEC);
  bool ok = fd >= 0 && pwrite(fd, to.data(), to.size(), at) == ssize_t(to.size());
  std::string message = ok ? "" : strerror(errno);
  if (fd >= 0 && close(fd) != 0 && ok)
    message = strerror(errno);
  return message;
}
