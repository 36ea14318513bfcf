// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the tables of emo/Runtime/TokenizerTables.h where they lie.
#ifndef EMO_LIB_RUNTIME_TOKENIZER_TABLES_H
#define EMO_LIB_RUNTIME_TOKENIZER_TABLES_H

#include "emo/Runtime/TokenizerTables.h"

#include <string_view>

namespace emo::rt {

template <typename T>
struct Table {
  const T *data;
  uint32_t count;
  const T &operator[](size_t i) const { return data[i]; }
  const T *begin() const { return data; }
  const T *end() const { return data + count; }
};

class Tables {
public:
  explicit Tables(const void *block) : header(static_cast<const emo_tokenizer_header *>(block)) {}

  const emo_tokenizer_header *operator->() const { return header; }
  template <typename T>
  Table<T> get(emo_table table) const {
    return {reinterpret_cast<const T *>(reinterpret_cast<const char *>(header) + table.place), table.count};
  }
  std::string_view string(uint32_t at, uint32_t bytes) const { return {get<char>(header->strings).data + at, bytes}; }
  std::string_view text(uint32_t id) const {
    Table<uint32_t> ends = get<uint32_t>(header->ends);
    uint32_t begin = id ? ends[id - 1] : 0;
    return {get<char>(header->texts).data + begin, ends[id] - begin};
  }

private:
  const emo_tokenizer_header *header;
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_TOKENIZER_TABLES_H
