// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A stream of token ids, cut into rows of documents for entries that take token_ids and segments.
#ifndef EMO_LIB_RUNTIME_ROWS_H
#define EMO_LIB_RUNTIME_ROWS_H

#include "emo/Runtime/Emo.h"

#include <string>
#include <vector>

namespace emo::rt {

/// Rows of equal length, the remainder dropped. Documents end after each EOS and at the end of a row.
class Rows {
public:
  /// `eos` < 0: rows are not divided.
  Rows(std::vector<int64_t> ids, int64_t length, int64_t eos);

  int64_t count() const { return int64_t(ids.size()) / length; }
  /// Rows to run at a time: enough to keep matrix kernels busy, few enough to keep temporaries small.
  int64_t batch() const { return length >= 2048 ? 1 : 2048 / length; }

  /// Inputs of an entry for `count` rows, valid until the next call. Inputs of other roles are left empty. False with a message when an id does
  /// not fit into what the entry takes.
  bool inputs(const emo_entry_desc &entry, int64_t first, int64_t count, std::vector<emo_tensor> &inputs, std::string &error);

  const std::vector<int64_t> ids;
  const int64_t length;
  /// The document of each token, numbered in its row.
  std::vector<int32_t> segments;

private:
  std::vector<int64_t> tokens;
  std::vector<int32_t> narrow;
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_ROWS_H
