// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Merge.h"

#include <algorithm>

using namespace emo::rt;

const emo_merge *Merger::find(uint32_t left, uint32_t right) const {
  if (merges.count == 0)
    return nullptr;
  for (uint32_t slot = emo_merge_slot(left, right, merges.count);; slot = slot + 1 == merges.count ? 0 : slot + 1) {
    const emo_merge &merge = merges[slot];
    if (merge.id == EMO_NO_TOKEN)
      return nullptr;
    if (merge.left == left && merge.right == right)
      return &merge;
  }
}

/// The symbol at `at` and its right neighbour may be merged.
void Merger::push(int32_t at) {
  const emo_merge *merge = find(symbols[at].token, symbols[symbols[at].next].token);
  if (!merge)
    return;
  heap.push_back({uint64_t(merge->rank) << 32 | uint32_t(at), merge->id});
  std::push_heap(heap.begin(), heap.end(), [](const Candidate &a, const Candidate &b) { return a.order > b.order; });
}

Merger::Candidate Merger::pop() {
  std::pop_heap(heap.begin(), heap.end(), [](const Candidate &a, const Candidate &b) { return a.order > b.order; });
  Candidate best = heap.back();
  heap.pop_back();
  return best;
}

const std::vector<uint32_t> &Merger::merge(std::string_view piece) {
  symbols.clear();
  heap.clear();
  tokens.clear();
  for (unsigned char byte : piece)
    if (byteTokens[byte] != EMO_NO_TOKEN) {
      int32_t at = int32_t(symbols.size());
      symbols.push_back({byteTokens[byte], at - 1, at + 1});
    }
  if (symbols.empty())
    return tokens;
  symbols.back().next = -1;
  for (size_t at = 0; at + 1 < symbols.size(); ++at)
    push(int32_t(at));
  while (!heap.empty()) {
    Candidate candidate = pop();
    int32_t at = int32_t(uint32_t(candidate.order));
    Symbol &left = symbols[at];
    if (left.token == EMO_NO_TOKEN || left.next < 0)
      continue;
    Symbol &right = symbols[left.next];
    // One of the two may have changed since. As in the library, what counts is that they still become the same token.
    const emo_merge *now = find(left.token, right.token);
    if (!now || now->id != candidate.token)
      continue;
    left.token = candidate.token;
    left.next = right.next;
    right.token = EMO_NO_TOKEN;
    if (left.next >= 0)
      symbols[left.next].previous = at;
    if (left.previous >= 0)
      push(left.previous);
    if (left.next >= 0)
      push(at);
  }
  for (const Symbol &symbol : symbols)
    if (symbol.token != EMO_NO_TOKEN)
      tokens.push_back(symbol.token);
  return tokens;
}
