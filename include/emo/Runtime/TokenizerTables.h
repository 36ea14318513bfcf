/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* How a program carries its tokenizer: one block of constant data that the compiler writes and the runtime uses where it lies. Nothing is
 * built when a program starts: hash tables are here as they are searched. All numbers are little-endian; a place is an offset in bytes
 * from the header. The meaning of each step is that of the `tokenizers` library; docs/tokenizer.md. */
#ifndef EMO_RUNTIME_TOKENIZERTABLES_H
#define EMO_RUNTIME_TOKENIZERTABLES_H

#include <stdint.h>

#define EMO_TOKENIZER_MAGIC "EMOTOK01"
#define EMO_NO_TOKEN 0xffffffffu

typedef struct emo_table {
  uint32_t place, count; /* of elements */
} emo_table;

/* Two neighbouring tokens become `id`; the lowest rank first. id == EMO_NO_TOKEN: a free slot. */
typedef struct emo_merge {
  uint32_t left, right, rank, id;
} emo_merge;

enum { EMO_ADDED_LSTRIP = 1, EMO_ADDED_RSTRIP = 2, EMO_ADDED_SINGLE_WORD = 4, EMO_ADDED_SPECIAL = 8 };

/* A token that is looked for in the text before anything else; its text is in `strings`. */
typedef struct emo_added_token {
  uint32_t text, bytes, id, flags;
} emo_added_token;

enum { EMO_SPLIT_ISOLATED, EMO_SPLIT_REMOVED, EMO_SPLIT_CONTIGUOUS, EMO_SPLIT_WITH_PREVIOUS, EMO_SPLIT_WITH_NEXT };
enum { EMO_SPLIT_INVERT = 1, EMO_SPLIT_PREFIX_SPACE = 2 };

/* One step of cutting text into the pieces that tokens do not cross. No pattern: it cuts nothing. */
typedef struct emo_split {
  uint32_t pattern, bytes; /* of PCRE2, in `strings` */
  uint32_t behaviour, flags;
} emo_split;

enum { EMO_TOKENIZER_NFC = 1 };

typedef struct emo_tokenizer_header {
  char magic[8];
  uint32_t bytes; /* of the whole block */
  uint32_t flags;
  emo_table ends;          /* uint32: the text of token i ends there in `texts`, and begins where that of token i - 1 ends */
  emo_table texts;         /* bytes */
  emo_table byte_tokens;   /* uint32 [256]: the token of a single byte, or EMO_NO_TOKEN: the byte is dropped */
  emo_table merges;        /* emo_merge: open addressing from emo_merge_slot on, to the next free slot */
  emo_table pieces;        /* uint32, the same with emo_piece_slot: tokens whose whole text becomes just them */
  emo_table added;         /* emo_added_token, sorted by text: those looked for in the text as it is ... */
  emo_table added_normal;  /* ... and those looked for in normalised text */
  emo_table splits;        /* emo_split */
  emo_table strings;       /* bytes */
  emo_table before, after; /* uint32: tokens put around a text */
} emo_tokenizer_header;

/* Upper half of a product by the golden ratio, scaled to the number of slots. */
static inline uint32_t emo_slot(uint64_t key, uint32_t slots) {
  return (uint32_t)((((key * 0x9e3779b97f4a7c15u) >> 32) * slots) >> 32);
}

static inline uint32_t emo_merge_slot(uint32_t left, uint32_t right, uint32_t slots) {
  return emo_slot((uint64_t)left << 32 | right, slots);
}

/* FNV-1a. */
static inline uint32_t emo_piece_slot(const char *text, uint64_t bytes, uint32_t slots) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint64_t i = 0; i < bytes; ++i)
    hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
  return emo_slot(hash ^ hash >> 32, slots);
}

#endif /* EMO_RUNTIME_TOKENIZERTABLES_H */
