// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From text to tokens: added tokens first, then normalisation, pieces, and merges inside of each piece.
#include "../Tokenizer.h"

#include "../Utf8.h"
#include "Added.h"
#include "Merge.h"
#include "Nfc.h"

#include <cstring>

using namespace emo::rt;

namespace {

class BytePairTokenizer final : public Tokenizer {
public:
  explicit BytePairTokenizer(Tables tables)
      : tables(tables), splits(tables.get<emo_split>(tables->splits)), pieces(tables.get<uint32_t>(tables->pieces)),
        added(tables, tables->added), addedNormal(tables, tables->added_normal), patterns(new Pattern[splits.count]) {}

  bool open(std::string &error);
  bool encode(std::string_view text, EncodeOptions options, std::vector<int64_t> &ids, std::string &error) const override;
  std::string_view text(int64_t id) const override { return id >= 0 && id < size() ? tables.text(uint32_t(id)) : std::string_view(); }
  int64_t size() const override { return tables->ends.count; }

private:
  friend class Encoding;
  Tables tables;
  Table<emo_split> splits;
  Table<uint32_t> pieces;
  AddedTokens added, addedNormal;
  std::unique_ptr<Pattern[]> patterns; // one a split
};

/// The encoding of one text.
class Encoding {
public:
  Encoding(const BytePairTokenizer &tokenizer, bool parseSpecial, std::vector<int64_t> &ids)
      : tokenizer(tokenizer), parseSpecial(parseSpecial), ids(ids), merger(tokenizer.tables) {}

  bool run(std::string_view text);
  std::string error;

private:
  bool normalize(std::string_view text);
  bool split(std::string_view text, uint32_t step);
  void encodePiece(std::string_view piece);

  const BytePairTokenizer &tokenizer;
  bool parseSpecial;
  std::vector<int64_t> &ids;
  Merger merger;
};

} // namespace

bool BytePairTokenizer::open(std::string &error) {
  for (uint32_t i = 0; i < splits.count; ++i)
    if (splits[i].bytes && !patterns[i].compile(tables.string(splits[i].pattern, splits[i].bytes), error))
      return false;
  return added.open(error) && addedNormal.open(error);
}

bool BytePairTokenizer::encode(std::string_view text, EncodeOptions options, std::vector<int64_t> &ids, std::string &error) const {
  // Positions in a piece are 32-bit numbers, and repair and normalisation may make text three times as long.
  constexpr size_t kMost = size_t(1) << 29;
  if (text.size() > kMost) {
    error = "a text of " + std::to_string(text.size()) + " bytes is too large to be tokenized at once, expected at most " + std::to_string(kMost);
    return false;
  }
  std::string repaired;
  text = repairUtf8(text, repaired);
  auto surround = [&](emo_table table) {
    if (options.addTokens)
      for (uint32_t id : tables.get<uint32_t>(table))
        ids.push_back(id);
  };
  surround(tables->before);
  Encoding encoding(*this, options.parseSpecial, ids);
  if (!encoding.run(text)) {
    error = encoding.error;
    return false;
  }
  surround(tables->after);
  return true;
}

bool Encoding::run(std::string_view text) {
  return tokenizer.added.split(
      text, parseSpecial, [&](std::string_view plain) { return normalize(plain); }, [&](uint32_t id) { ids.push_back(id); });
}

bool Encoding::normalize(std::string_view text) {
  std::string storage;
  if (tokenizer.tables->flags & EMO_TOKENIZER_NFC)
    text = normalizeNfc(text, storage);
  return tokenizer.addedNormal.split(
      text, parseSpecial, [&](std::string_view plain) { return split(plain, 0); }, [&](uint32_t id) { ids.push_back(id); });
}

bool Encoding::split(std::string_view text, uint32_t step) {
  if (step == tokenizer.splits.count) {
    encodePiece(text);
    return true;
  }
  const emo_split &split = tokenizer.splits[step];
  std::string prefixed;
  if (split.flags & EMO_SPLIT_PREFIX_SPACE && text[0] != ' ') {
    prefixed = " ";
    prefixed += text;
    text = prefixed;
  }
  const Pattern &pattern = tokenizer.patterns[step];
  if (!pattern)
    return this->split(text, step + 1);
  return splitText(
      pattern, text, split.behaviour, split.flags & EMO_SPLIT_INVERT,
      [&](std::string_view piece) { return this->split(piece, step + 1); }, error);
}

void Encoding::encodePiece(std::string_view piece) {
  const Table<uint32_t> &pieces = tokenizer.pieces;
  if (pieces.count)
    for (uint32_t slot = emo_piece_slot(piece.data(), piece.size(), pieces.count); pieces[slot] != EMO_NO_TOKEN;
         slot = slot + 1 == pieces.count ? 0 : slot + 1)
      if (tokenizer.tables.text(pieces[slot]) == piece) {
        ids.push_back(pieces[slot]);
        return;
      }
  for (uint32_t token : merger.merge(piece))
    ids.push_back(token);
}

static std::unique_ptr<Tokenizer> open(const void *block, int64_t bytes, std::string &error) {
  const auto *header = static_cast<const emo_tokenizer_header *>(block);
  if (bytes < int64_t(sizeof *header) || memcmp(header->magic, EMO_TOKENIZER_MAGIC, sizeof header->magic) != 0 || header->bytes != bytes) {
    error = "the program's tokenizer is of another version than this runtime; compile the model again";
    return nullptr;
  }
  auto tokenizer = std::make_unique<BytePairTokenizer>(Tables(block));
  if (!tokenizer->open(error)) {
    error = "cannot open the program's tokenizer: " + error;
    return nullptr;
  }
  return tokenizer;
}

extern "C" {
extern const emo_tokenizer_code emo_rt_tokenizer;
const emo_tokenizer_code emo_rt_tokenizer = {open};
}
