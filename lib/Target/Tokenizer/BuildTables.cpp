// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lays out emo/Runtime/TokenizerTables.h, and tries it with the runtime's own code.
#include "Spec.h"

#include "../../Runtime/Tokenizer.h"
#include "../../Runtime/Tokenizer/Merge.h"
#include "../../Runtime/Tokenizer/Nfc.h"
#include "../../Runtime/Tokenizer/Split.h"

#include <cstring>

using namespace mlir;
using namespace emo;

extern "C" const emo_tokenizer_code emo_rt_tokenizer;

namespace {
class TableBuilder {
public:
  explicit TableBuilder(const TokenizerSpec &spec) : spec(spec) {}
  std::optional<std::string> run(std::string &problem);

private:
  template <typename T>
  emo_table add(const std::vector<T> &elements);
  /// The text that is looked for, and that the token is decoded to.
  std::string contentOf(const AddedTokenSpec &token) {
    std::string storage;
    return token.isNormalized && spec.nfc ? std::string(rt::normalizeNfc(token.text, storage)) : token.text;
  }
  void addTexts();
  void addByteTokens();
  void addMerges();
  emo_table addAdded(bool normalized);
  void addPieces();
  uint32_t addString(StringRef text);
  /// What was laid out so far.
  rt::Tables tables() {
    memcpy(block.data(), &header, sizeof header);
    return rt::Tables(block.data());
  }

  const TokenizerSpec &spec;
  emo_tokenizer_header header = {};
  std::string block = std::string(sizeof header, '\0'), strings;
};
} // namespace

template <typename T>
emo_table TableBuilder::add(const std::vector<T> &elements) {
  block.resize(llvm::alignTo(block.size(), 4));
  emo_table table = {uint32_t(block.size()), uint32_t(elements.size())};
  block.append(reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T));
  return table;
}

uint32_t TableBuilder::addString(StringRef text) {
  strings += text;
  return strings.size() - text.size();
}

/// What a token is decoded to: the bytes that its letters stand for, or its letters.
static std::string decoded(StringRef token) { return bytesOf(token).value_or(token.str()); }

void TableBuilder::addTexts() {
  std::vector<std::string> texts;
  auto set = [&](StringRef token, uint32_t id) {
    texts.resize(std::max<size_t>(texts.size(), id + 1));
    texts[id] = decoded(token);
  };
  for (auto &entry : spec.vocabulary)
    set(entry.getKey(), entry.getValue());
  for (const AddedTokenSpec &token : spec.added)
    set(contentOf(token), token.id);
  std::vector<uint32_t> ends;
  std::vector<char> all;
  for (const std::string &text : texts) {
    all.insert(all.end(), text.begin(), text.end());
    ends.push_back(all.size());
  }
  header.ends = add(ends);
  header.texts = add(all);
}

void TableBuilder::addByteTokens() {
  std::vector<uint32_t> tokens;
  for (unsigned byte = 0; byte < 256; ++byte) {
    auto found = spec.vocabulary.find(letterOf(byte));
    tokens.push_back(found == spec.vocabulary.end() ? EMO_NO_TOKEN : found->second);
  }
  header.byte_tokens = add(tokens);
}

/// Open addressing: from its slot on to the first free one. Two thirds are used, so there is one.
template <typename T>
static void insert(std::vector<T> &slots, uint32_t slot, const T &element, llvm::function_ref<bool(const T &)> isFree) {
  while (!isFree(slots[slot]))
    slot = slot + 1 == slots.size() ? 0 : slot + 1;
  slots[slot] = element;
}

static uint32_t slotsFor(size_t elements) { return elements ? elements + elements / 2 + 1 : 0; }

void TableBuilder::addMerges() {
  std::vector<emo_merge> slots(slotsFor(spec.merges.size()), {0, 0, 0, EMO_NO_TOKEN});
  for (const emo_merge &merge : spec.merges)
    insert<emo_merge>(slots, emo_merge_slot(merge.left, merge.right, slots.size()), merge,
                      [](const emo_merge &slot) { return slot.id == EMO_NO_TOKEN; });
  header.merges = add(slots);
}

emo_table TableBuilder::addAdded(bool normalized) {
  std::vector<std::pair<std::string, const AddedTokenSpec *>> tokens;
  for (const AddedTokenSpec &token : spec.added) {
    if (token.isNormalized == normalized)
      tokens.push_back({contentOf(token), &token});
  }
  // Of tokens with the same normal form the first one counts, special ones before others.
  llvm::sort(tokens, [](const auto &a, const auto &b) {
    bool plainA = !(a.second->flags & EMO_ADDED_SPECIAL), plainB = !(b.second->flags & EMO_ADDED_SPECIAL);
    return std::tie(a.first, plainA, a.second) < std::tie(b.first, plainB, b.second);
  });
  tokens.erase(llvm::unique(tokens, [](const auto &a, const auto &b) { return a.first == b.first; }), tokens.end());
  std::vector<emo_added_token> table;
  for (auto &[text, token] : tokens)
    table.push_back({addString(text), uint32_t(text.size()), token->id, token->flags});
  return add(table);
}

/// Tokens that a piece with their text becomes at once: all of them when merges are ignored there, else those that merges lead to.
void TableBuilder::addPieces() {
  header.bytes = block.size();
  rt::Tables made = tables();
  rt::Merger merger(made);
  std::vector<uint32_t> whole;
  for (auto &entry : spec.vocabulary) {
    std::optional<std::string> text = bytesOf(entry.getKey());
    if (text && !text->empty() && (spec.ignoreMerges || merger.merge(*text) == std::vector<uint32_t>{entry.getValue()}))
      whole.push_back(entry.getValue());
  }
  llvm::sort(whole);
  std::vector<uint32_t> slots(slotsFor(whole.size()), EMO_NO_TOKEN);
  for (uint32_t token : whole) {
    std::string_view text = made.text(token);
    insert<uint32_t>(slots, emo_piece_slot(text.data(), text.size(), slots.size()), token, [](uint32_t slot) { return slot == EMO_NO_TOKEN; });
  }
  header.pieces = add(slots);
}

std::optional<std::string> TableBuilder::run(std::string &problem) {
  memcpy(header.magic, EMO_TOKENIZER_MAGIC, sizeof header.magic);
  header.flags = spec.nfc ? EMO_TOKENIZER_NFC : 0;
  addTexts();
  addByteTokens();
  addMerges();
  header.added = addAdded(/*normalized=*/false);
  header.added_normal = addAdded(/*normalized=*/true);
  std::vector<emo_split> splits;
  for (const SplitSpec &split : spec.splits)
    splits.push_back({addString(split.pattern), uint32_t(split.pattern.size()), split.behaviour, split.flags});
  header.splits = add(splits);
  header.before = add(spec.before);
  header.after = add(spec.after);
  header.strings = add(std::vector<char>(strings.begin(), strings.end()));
  for (uint32_t id : llvm::concat<const uint32_t>(spec.before, spec.after))
    if (id >= header.ends.count) {
      problem = "has a TemplateProcessing with the token id " + std::to_string(id) + ", expected less than " + std::to_string(header.ends.count);
      return std::nullopt;
    }
  addPieces();
  if (block.size() > (uint64_t(1) << 31)) {
    problem = "makes tables of " + std::to_string(block.size()) + " bytes, expected at most 2 GiB";
    return std::nullopt;
  }
  header.bytes = block.size();
  tables();
  for (const SplitSpec &split : spec.splits) {
    rt::Pattern pattern;
    std::string message;
    if (split.pattern.empty())
      continue;
    if (!pattern.compile(split.pattern, message))
      problem = "has a regular expression that PCRE2 refuses as " + split.pattern + ": " + message;
    else if (pattern.matchesNothing())
      problem = "has a regular expression that may match no character, as PCRE2 takes it: " + split.pattern;
    if (!problem.empty())
      return std::nullopt;
  }
  if (!emo_rt_tokenizer.open(block.data(), block.size(), problem))
    return std::nullopt;
  return std::move(block);
}

std::optional<std::string> emo::buildTables(const TokenizerSpec &spec, std::string &problem) { return TableBuilder(spec).run(problem); }
