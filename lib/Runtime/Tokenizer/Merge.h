// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Byte-pair encoding of one piece of text.
#ifndef EMO_LIB_RUNTIME_TOKENIZER_MERGE_H
#define EMO_LIB_RUNTIME_TOKENIZER_MERGE_H

#include "Tables.h"

#include <string_view>
#include <vector>

namespace emo::rt {

/// Keeps its memory from piece to piece; for one thread.
class Merger {
public:
  explicit Merger(Tables tables)
      : merges(tables.get<emo_merge>(tables->merges)), byteTokens(tables.get<uint32_t>(tables->byte_tokens)) {}

  /// The tokens of a piece: its bytes, of which neighbours are merged, lowest rank first, leftmost on ties. O(n log n). The result lasts
  /// until the next call.
  const std::vector<uint32_t> &merge(std::string_view piece);

private:
  struct Symbol {
    uint32_t token; // EMO_NO_TOKEN: merged into one to its left
    int32_t previous, next;
  };
  struct Candidate {
    uint64_t order; // rank, then position
    uint32_t token;
  };
  const emo_merge *find(uint32_t left, uint32_t right) const;
  void push(int32_t at);
  Candidate pop();

  Table<emo_merge> merges;
  Table<uint32_t> byteTokens;
  std::vector<Symbol> symbols;
  std::vector<Candidate> heap;
  std::vector<uint32_t> tokens;
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_TOKENIZER_MERGE_H
