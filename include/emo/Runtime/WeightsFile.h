/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* How an artifact carries its weights. The blob lies at `offset` of a file (embedded: the ELF itself, offset a multiple of
 * 2 MiB; separate: NAME.weights, offset 0); the file's last bytes are this trailer. The packager writes it, the runtime maps it. */
#ifndef EMO_RUNTIME_WEIGHTSFILE_H
#define EMO_RUNTIME_WEIGHTSFILE_H

#include <stdint.h>

#define EMO_WEIGHTS_MAGIC "EMOWGT02"
#define EMO_WEIGHTS_ALIGNMENT (2 << 20)

typedef struct emo_weights_trailer {
  char magic[8];
  int64_t offset; /* of the blob in the file, bytes */
  int64_t bytes;  /* of the blob */
  char hash[64];  /* emo_program.weights_hash, hexadecimal, not NUL-terminated */
  unsigned char layout[32]; /* hash of names, types and sources alone: what a program knows that was not packaged with them */
  char reserved[8];
} emo_weights_trailer;

#endif /* EMO_RUNTIME_WEIGHTSFILE_H */
