/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The seam between compiled code and the runtime.
 *
 * Compiled code exports one constant `emo_program` and calls the emo_rt_* services below; executable, shared library,
 * archive, JIT and emulation hand the same descriptor to the same runtime. Plain C, no pointer to anything the other
 * side must free. Changing a struct or a signature raises EMO_PROGRAM_ABI. */
#ifndef EMO_RUNTIME_PROGRAM_H
#define EMO_RUNTIME_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EMO_PROGRAM_ABI 5
#define EMO_MAX_RANK 8

typedef struct emo_context emo_context; /* one run of one entry; owned by the runtime */

/* Element types. Values are part of the ABI. */
typedef enum emo_dtype {
  EMO_F32 = 1,
  EMO_F64 = 2,
  EMO_BF16 = 3,
  EMO_F16 = 4,
  EMO_I8 = 5,
  EMO_U8 = 6,
  EMO_I16 = 7,
  EMO_U16 = 8,
  EMO_I32 = 9,
  EMO_U32 = 10,
  EMO_I64 = 11,
  EMO_U64 = 12,
  EMO_BOOL = 13
} emo_dtype;

/* What the runtime itself has to know about a value. */
typedef enum emo_role {
  EMO_ROLE_PLAIN = 0,
  EMO_ROLE_TOKEN_IDS = 1, /* int [batch, sequence] */
  EMO_ROLE_KV_CACHE = 2,  /* [batch, kv heads, capacity, head dim], read and written in place */
  EMO_ROLE_LENGTHS = 3,   /* i32 [batch]: tokens already in the KV cache */
  EMO_ROLE_SEGMENTS = 4,  /* i32 [batch, sequence]: attention stays inside equal values */
  EMO_ROLE_LOGITS = 5,    /* f32 [batch, vocab] or [batch, sequence, vocab] */
  EMO_ROLE_LOSSES = 6,    /* f32 [batch, sequence]: -log p(next token); 0 at the last position of a row */
  EMO_ROLE_EXPERT_MASK = 7,          /* bool [layers, routed experts of the layer that has most]: may be chosen */
  EMO_ROLE_ROUTER_PROBABILITIES = 8, /* f32 [tokens, routed experts], one output a layer, in their order */
  EMO_ROLE_EXPERT_INDICES = 9,       /* i32 [tokens, choices], one output a layer, in their order */
  EMO_ROLE_SAMPLING = 10, /* f32 [batch, 3]: temperature, top-p, a random number from 0 to less than 1; see emo.sample */
  EMO_ROLE_NEXT_IDS = 11  /* i64 [batch]: the chosen tokens */
} emo_role;

/* One dimension: size >= 0 is static; -1 is dynamic. Equal symbols must have equal sizes in one call. */
typedef struct emo_dim {
  int64_t size;
  const char *symbol; /* "" when unnamed */
} emo_dim;

typedef struct emo_value_desc {
  const char *name;
  int32_t dtype; /* emo_dtype */
  int32_t role;  /* emo_role */
  int32_t rank;
  int32_t reserved;
  const emo_dim *dims;
  int64_t min, max; /* legal integer values are min <= v < max; min >= max: unchecked */
} emo_value_desc;

/* A dense row-major tensor. */
typedef struct emo_buffer {
  void *data;
  int64_t dims[EMO_MAX_RANK];
} emo_buffer;

/* Runs one entry. inputs[i] matches the entry's i-th input description (KV caches are inputs that are written in place).
 * Returns 0, or non-zero after emo_rt_fail. */
typedef int32_t (*emo_entry_fn)(emo_context *ctx, const emo_buffer *inputs);

typedef struct emo_entry_desc {
  const char *name; /* "forward", "step", "sample", "loss" */
  emo_entry_fn fn;
  int32_t num_inputs, num_outputs;
  const emo_value_desc *inputs;
  const emo_value_desc *outputs;
} emo_entry_desc;

typedef struct emo_param_desc {
  const char *name;
  int64_t offset; /* in the weights blob, a multiple of 64 */
  int64_t bytes;
} emo_param_desc;

/* A kernel computes task `task` of a launch. `args` is the launch's argument block; `scratch` is the calling thread's own
 * memory of the launch's scratch size, 64-byte aligned, contents undefined. A task owns its outputs. */
typedef void (*emo_kernel_fn)(const int64_t *args, int64_t task, void *scratch);

/* One implementation of all kernels for one ISA level; tables are listed from the least to the most demanding. */
typedef struct emo_kernel_table {
  const char *isa; /* "x86-64-v2", "x86-64-v3", "x86-64-v4", "avx512bf16", "amx" */
  const emo_kernel_fn *kernels;
} emo_kernel_table;

/* One kernel of a device. The emulated form takes the launch's arguments, 8 bytes each; NULL when it was left out. */
typedef struct emo_device_kernel {
  const char *name;
  void (*emulated)(const int64_t *args);
} emo_device_kernel;

/* The program for one CUDA architecture. Inputs, outputs, KV caches, parameters and temporaries of its entries are in device memory. */
typedef struct emo_device_code {
  const char *arch; /* "sm_80", "sm_90a" */
  int32_t num_entries, num_kernels;
  const emo_entry_desc *entries;
  const emo_device_kernel *kernels;
  const char *ptx; /* NUL-terminated */
  const void *cubin;
  int64_t cubin_bytes; /* 0: only PTX */
} emo_device_code;

/* How the runtime drives devices. A program refers to what it needs, so that others are linked without it. */
typedef struct emo_device_driver emo_device_driver;

/* The runtime's tokenizer. A program that has one refers to it, so that others are linked without its code. */
typedef struct emo_tokenizer_code emo_tokenizer_code;

typedef struct emo_program {
  int32_t abi;
  int32_t num_entries;
  const emo_entry_desc *entries;
  int32_t num_params;
  int32_t num_kernels;
  const emo_param_desc *params;
  const char *const *kernel_names; /* for profiles and messages */
  int32_t num_kernel_tables;
  int32_t num_device_codes;
  const emo_kernel_table *kernel_tables;
  const char *manifest; /* JSON, NUL-terminated */
  int64_t weights_bytes;
  const char *weights_hash; /* hex SHA-256 of the weights, or of their layout before packaging; "" when there are none */
  const void *tokenizer;    /* see TokenizerTables.h; NULL when there is none */
  int64_t tokenizer_bytes;
  const emo_tokenizer_code *tokenizer_code; /* emo_rt_tokenizer, or NULL */
  const emo_device_code *device_codes;      /* in the order of their capability */
  const emo_device_driver *emulator;        /* emo_rt_emulator, or NULL */
  const emo_device_driver *cuda;            /* emo_rt_cuda, or NULL */
} emo_program;

/* ---- services of the runtime, called by compiled code on the thread that entered emo_entry_fn ---- */

/* Runs tasks 0..tasks-1 of kernel `kernel` on the pool and returns when all are done. Tasks are started in index order. */
void emo_rt_parallel(emo_context *ctx, int32_t kernel, const int64_t *args, int64_t tasks, int64_t scratch_bytes);

/* For entries of devices: starts a kernel of the device code in use with `num_args` arguments of 8 bytes and `num_maps` tensor maps of 128,
 * which follow at the next multiple of 64 bytes. `args` is 64-byte aligned when there are maps. Launches of a run happen in order; errors end
 * the run. Nothing happens when a grid size is 0. */
void emo_rt_launch(emo_context *ctx, int32_t kernel, const int64_t *args, int32_t num_args, int32_t num_maps, int64_t grid_x, int64_t grid_y,
                   int64_t grid_z, int32_t threads, int64_t shared_bytes);

/* For entries of devices: writes to `map` (128 bytes) how kernels copy boxes of `box_rows` x `box_columns` elements to shared memory, with the
 * 128-byte swizzle, from the matrix at `data` whose rows begin every `row_bytes` bytes (a multiple of 16). */
void emo_rt_tensor_map(emo_context *ctx, void *map, const void *data, int32_t dtype, int64_t rows, int64_t columns, int64_t row_bytes,
                       int32_t box_rows, int32_t box_columns);

/* For entries of devices: output `index` of the entry is the memory at `data`, row-major; read when all launches are done. */
void emo_rt_device_output(emo_context *ctx, int32_t index, const int64_t *dims, const void *data);

/* Index of the ISA level in use among the program's kernel tables. */
int32_t emo_rt_isa(emo_context *ctx);

/* Number of threads of the pool. For choosing a schedule only: results must not depend on it. */
int32_t emo_rt_threads(emo_context *ctx);

/* 64-byte aligned memory that lives until the entry returns; contents undefined. Never returns NULL: running out of memory
 * ends the run with an error through the runtime's own path. */
void *emo_rt_alloc(emo_context *ctx, int64_t bytes);

/* For entries of devices: memory for all temporaries of the entry, as emo_rt_alloc gives it, and the `bytes` of one of them, `offset` bytes into
 * `arena`. Emulation gives each temporary memory of its own, with redzones around it, and no arena. */
void *emo_rt_arena(emo_context *ctx, int64_t bytes);
void *emo_rt_buffer(emo_context *ctx, void *arena, int64_t offset, int64_t bytes);

/* Memory of output `index` of the entry, dims given; to be written before the entry returns. */
void *emo_rt_output(emo_context *ctx, int32_t index, const int64_t *dims);

/* Address of parameter `index` in the mapped weights. */
const void *emo_rt_param(emo_context *ctx, int32_t index);

/* Records an error message (printf-like, int64 arguments only); the entry must then return non-zero. */
void emo_rt_fail(emo_context *ctx, const char *format, const int64_t *values, int32_t num_values);

#ifdef __cplusplus
}
#endif
#endif /* EMO_RUNTIME_PROGRAM_H */
