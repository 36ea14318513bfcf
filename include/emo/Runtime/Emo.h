/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* C interface of a compiled model. A shared artifact (emo-compile --emit=shared) exports these functions; a static one links
 * them. All functions may be called from any thread; two threads may run one model at the same time. No global state.
 *
 *   char error[256];
 *   emo_model *model = emo_open(NULL, error, sizeof error);
 *   int64_t ids[3] = {5, 17, 42};
 *   emo_tensor in = {EMO_I64, 2, {1, 3}, ids}, out = {0};
 *   if (emo_run(model, "forward", &in, 1, &out, 1, error, sizeof error) == 0)
 *     use((const float *)out.data);      // f32 [1, 3, vocab]
 *   emo_release(&out);
 *   emo_close(model); */
#ifndef EMO_RUNTIME_EMO_H
#define EMO_RUNTIME_EMO_H

#include <stddef.h>
#include <stdint.h>

#include "emo/Runtime/Program.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMO_API __attribute__((visibility("default")))

typedef struct emo_model emo_model;

/* A dense row-major tensor owned by whoever made it. `data` is aligned for its element type. */
typedef struct emo_tensor {
  int32_t dtype; /* emo_dtype */
  int32_t rank;
  int64_t dims[EMO_MAX_RANK];
  void *data;
} emo_tensor;

typedef enum emo_weights_memory {
  EMO_WEIGHTS_MAP = 0, /* map the file: starts at once, processes share the memory */
  EMO_WEIGHTS_HUGE = 1 /* read the file once into 2 MiB pages: faster decoding */
} emo_weights_memory;

typedef struct emo_load_options {
  int32_t threads;          /* 0: all CPUs that this process may use */
  int32_t weights_memory;   /* emo_weights_memory */
  const char *weights_path; /* NULL: embedded, else NAME.weights beside the artifact */
  const void *weights_data; /* when the caller already has the weights in memory; must outlive the model */
  const char *device;         /* NULL or "cpu"; "cuda": a GPU; "emulate": CUDA kernels on this CPU, checked while they run */
  const char *device_options; /* of "emulate": "arch=sm_80,lazy,schedule=random,seed=1"; of "cuda": "index=0"; NULL: none */
} emo_load_options;

/* Loads the program that this library was compiled with. options may be NULL. Returns NULL and writes a message of at most
 * `error_bytes` bytes on failure (weights missing or of another program, CPU without a required instruction set). */
EMO_API emo_model *emo_open(const emo_load_options *options, char *error, size_t error_bytes);

/* The same for a given program; `artifact_path` is the file in which embedded weights are searched (NULL: none). */
EMO_API emo_model *emo_load(const emo_program *program, const char *artifact_path, const emo_load_options *options, char *error,
                            size_t error_bytes);

/* Must not be called while a run is in progress. NULL is allowed. */
EMO_API void emo_close(emo_model *model);

/* The program's entries, with names, dtypes and dimensions of their inputs and outputs; NULL when there is none of that name. */
EMO_API const emo_entry_desc *emo_entry(const emo_model *model, const char *name);
EMO_API const emo_program *emo_model_program(const emo_model *model);

/* Name of the ISA level in use, e.g. "x86-64-v4", and the number of threads. */
EMO_API const char *emo_model_isa(const emo_model *model);
EMO_API int32_t emo_model_threads(const emo_model *model);

/* Runs `entry`. Inputs are in the entry's order and must match its dtypes, ranks, static dimensions and symbols; token ids must
 * lie inside the vocabulary, int32 is accepted where int64 is declared. Key/value caches are inputs that are updated in place.
 * All are in the CPU's memory, whatever device the model is on; a session keeps its caches on the device.
 * outputs[i].data == NULL: the runtime allocates it, free it with emo_release. Otherwise dims give the shape of the caller's
 * buffer, which must be the result's. Returns 0, or -1 with a message; the model stays usable. */
EMO_API int32_t emo_run(emo_model *model, const char *entry, const emo_tensor *inputs, int32_t num_inputs, emo_tensor *outputs,
                        int32_t num_outputs, char *error, size_t error_bytes);

/* Generation: one sequence of token ids with its KV caches, for programs that have the entry `step`. A session is used by one
 * thread at a time; any number of sessions may share one model, which must outlive them.
 *
 *   emo_session *session = emo_session_open(model, count + 16, error, sizeof error);
 *   emo_session_feed(session, ids, count, error, sizeof error);
 *   int64_t next = emo_session_choose(session, 0, 1, NULL, error, sizeof error);
 *   emo_session_close(session); */
typedef struct emo_session emo_session;

/* `capacity`: tokens of the prompt and new ones together. NULL with a message when the program has no `step`, when the capacity is
 * less than 1 or more than the model's positions, or when memory is exhausted. */
EMO_API emo_session *emo_session_open(emo_model *model, int64_t capacity, char *error, size_t error_bytes);
/* NULL is allowed. */
EMO_API void emo_session_close(emo_session *session);
/* Forgets the tokens, keeps the memory. */
EMO_API void emo_session_clear(emo_session *session);

/* Appends `count` > 0 ids and computes the logits after the last one. Returns 0, or -1 with a message; the session then is as before. */
EMO_API int32_t emo_session_feed(emo_session *session, const int64_t *ids, int64_t count, char *error, size_t error_bytes);

/* f32 [vocab] after the last token fed, valid until the next call with this session; copied there from the memory of a device. NULL before the
 * first token, where `vocab` is 0, or when the device fails. `vocab` may be NULL. */
EMO_API const float *emo_session_logits(emo_session *session, int64_t *vocab);

/* The next token by the logits, chosen where they are; it is not fed. temperature 0: the likeliest, the lower id on ties. Else a sample of
 * softmax(logits / temperature) among the fewest likeliest tokens whose probabilities sum up to at least top_p (1: all). temperature is
 * finite and at least 0, top_p above 0 and at most 1. `state` is a random generator: set it to a seed once; it is advanced; NULL: seed 0.
 * Returns -1 with a message, and leaves `state` alone, for other numbers, before the first token was fed, or when the device fails. */
EMO_API int64_t emo_session_choose(emo_session *session, double temperature, double top_p, uint64_t *state, char *error, size_t error_bytes);

/* Text, for programs that were compiled with the model's tokenizer.
 *
 *   int64_t ids[256];
 *   int64_t count = emo_tokenize(model, "Once upon", 9, 0, ids, 256, error, sizeof error); */
typedef enum emo_tokenize_flags {
  EMO_TOKENIZE_PLAIN = 1, /* special tokens written out in the text, such as "<|endoftext|>", are text like any other */
  EMO_TOKENIZE_BARE = 2   /* without the tokens that the tokenizer puts around every text, such as one for its beginning */
} emo_tokenize_flags;

/* Writes the first `capacity` token ids of a text and returns how many there are in all; -1 with a message when the program has no
 * tokenizer, or for more than 2^29 bytes. Malformed UTF-8 becomes U+FFFD. ids may be NULL when capacity is 0; 3 * bytes + 16 always do. */
EMO_API int64_t emo_tokenize(emo_model *model, const char *text, int64_t bytes, int32_t flags, int64_t *ids, int64_t capacity, char *error,
                             size_t error_bytes);

/* Writes the first `capacity` bytes of the tokens' text and returns how many there are in all; -1 with a message when the program has no
 * tokenizer. A token may end inside of a UTF-8 character. Ids that the tokenizer does not have are passed over. No NUL is added. */
EMO_API int64_t emo_detokenize(emo_model *model, const int64_t *ids, int64_t count, char *text, int64_t capacity, char *error,
                               size_t error_bytes);

/* 1 when this CPU and kernel run code of the ISA level ("x86-64-v2", ..., "amx"), else 0. */
EMO_API int32_t emo_isa_supported(const char *level);

/* Frees an output that emo_run allocated and clears it. */
EMO_API void emo_release(emo_tensor *tensor);

/* Bytes of one element; 0 for an unknown dtype. Name such as "bf16"; "?" for an unknown dtype. */
EMO_API size_t emo_dtype_bytes(int32_t dtype);
EMO_API const char *emo_dtype_name(int32_t dtype);

#ifdef __cplusplus
}
#endif
#endif /* EMO_RUNTIME_EMO_H */
