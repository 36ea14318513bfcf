// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_ARTIFACT_WEIGHTSHASH_H
#define EMO_LIB_TARGET_ARTIFACT_WEIGHTSHASH_H

#include "mlir/Support/LLVM.h"

#include <array>
#include <map>
#include <mutex>
#include <string>

namespace emo {

/// The hash of a weights blob whose pieces come in any order from several threads: the same whenever the blob is cut in the same way,
/// which depends on shapes alone.
class WeightsHash {
public:
  void add(int64_t offset, const char *data, int64_t bytes);
  /// Hexadecimal SHA-256 of `layout` (itself a hash, hexadecimal) and all pieces.
  std::string text(llvm::StringRef layout) const;

private:
  struct Piece {
    int64_t bytes;
    std::array<uint8_t, 32> hash;
  };
  std::mutex mutex;
  std::map<int64_t, Piece> pieces;
};

/// Replaces the only place where the first `bytes` of the file hold `from` by `to`, of the same length. Returns a message on failure.
std::string replaceInFile(llvm::StringRef path, uint64_t bytes, llvm::StringRef from, llvm::StringRef to);

} // namespace emo
#endif // EMO_LIB_TARGET_ARTIFACT_WEIGHTSHASH_H
