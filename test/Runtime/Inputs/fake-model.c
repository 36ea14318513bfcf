/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A program as compiled code would be, small enough to predict: vocabulary of 8; the logits of a token t are largest at t + 1 mod 8. */
#include "emo/Runtime/Program.h"

enum { kVocab = 8 };

static const emo_dim kIds[] = {{-1, "batch"}, {-1, "sequence"}};
static const emo_dim kLengths[] = {{-1, "batch"}};
static const emo_dim kCache[] = {{-1, "batch"}, {1, ""}, {-1, "capacity"}, {1, ""}};
static const emo_dim kLogits[] = {{-1, "batch"}, {-1, "sequence"}, {kVocab, ""}};
static const emo_dim kLast[] = {{-1, "batch"}, {kVocab, ""}};

static const emo_value_desc kForwardIn[] = {{"input_ids", EMO_I64, EMO_ROLE_TOKEN_IDS, 2, 0, kIds, 0, kVocab}};
static const emo_value_desc kForwardOut[] = {{"logits", EMO_F32, EMO_ROLE_LOGITS, 3, 0, kLogits, 0, 0}};
static const emo_value_desc kStepIn[] = {{"input_ids", EMO_I64, EMO_ROLE_TOKEN_IDS, 2, 0, kIds, 0, kVocab},
                                         {"lengths", EMO_I32, EMO_ROLE_LENGTHS, 1, 0, kLengths, 0, 0},
                                         {"cache", EMO_F32, EMO_ROLE_KV_CACHE, 4, 0, kCache, 0, 0}};
static const emo_value_desc kStepOut[] = {{"logits", EMO_F32, EMO_ROLE_LOGITS, 2, 0, kLast, 0, 0}};
static const emo_dim kSampling[] = {{-1, "batch"}, {3, ""}};
static const emo_value_desc kSampleIn[] = {{"logits", EMO_F32, EMO_ROLE_LOGITS, 2, 0, kLast, 0, 0},
                                           {"sampling", EMO_F32, EMO_ROLE_SAMPLING, 2, 0, kSampling, 0, 0}};
static const emo_value_desc kSampleOut[] = {{"next_ids", EMO_I64, EMO_ROLE_NEXT_IDS, 1, 0, kLengths, 0, 0}};
static const emo_value_desc kLossIn[] = {{"input_ids", EMO_I64, EMO_ROLE_TOKEN_IDS, 2, 0, kIds, 0, kVocab},
                                         {"segments", EMO_I32, EMO_ROLE_SEGMENTS, 2, 0, kIds, 0, 0}};
static const emo_value_desc kLossOut[] = {{"losses", EMO_F32, EMO_ROLE_LOSSES, 2, 0, kIds, 0, 0}};

/* One task per token: args are ids, logits. */
static void logitsKernel(const int64_t *args, int64_t task, void *scratch) {
  (void)scratch;
  const int64_t *ids = (const int64_t *)args[0];
  float *out = (float *)args[1] + task * kVocab;
  for (int i = 0; i < kVocab; ++i)
    out[i] = i == (ids[task] + 1) % kVocab ? 4.0f : -(float)i;
}

static int32_t forward(emo_context *ctx, const emo_buffer *in) {
  int64_t dims[3] = {in[0].dims[0], in[0].dims[1], kVocab};
  int64_t args[2] = {(int64_t)in[0].data, (int64_t)emo_rt_output(ctx, 0, dims)};
  emo_rt_parallel(ctx, 0, args, dims[0] * dims[1], 64);
  return 0;
}

static int32_t step(emo_context *ctx, const emo_buffer *in) {
  int64_t rows = in[0].dims[0], sequence = in[0].dims[1];
  int64_t dims[2] = {rows, kVocab};
  int64_t *last = emo_rt_alloc(ctx, rows * 8);
  const int32_t *lengths = in[1].data;
  for (int64_t b = 0; b < rows; ++b) {
    float *cache = (float *)in[2].data + b * in[2].dims[2];
    for (int64_t s = 0; s < sequence; ++s) {
      if (lengths[b] + s >= in[2].dims[2]) {
        int64_t values[2] = {lengths[b] + s, in[2].dims[2]};
        emo_rt_fail(ctx, "token at position %d, the KV cache holds %d", values, 2);
        return 1;
      }
      cache[lengths[b] + s] = (float)((int64_t *)in[0].data)[b * sequence + s];
    }
    last[b] = (int64_t)cache[lengths[b] + sequence - 1];
  }
  int64_t args[2] = {(int64_t)last, (int64_t)emo_rt_output(ctx, 0, dims)};
  emo_rt_parallel(ctx, 0, args, rows, 64);
  return 0;
}

/* The likeliest token, or when it is warm and top-p is large any. */
static int32_t sample(emo_context *ctx, const emo_buffer *in) {
  int64_t *ids = emo_rt_output(ctx, 0, in[0].dims);
  for (int64_t b = 0; b < in[0].dims[0]; ++b) {
    const float *logits = (float *)in[0].data + b * kVocab, *sampling = (float *)in[1].data + b * 3;
    ids[b] = 0;
    for (int i = 1; i < kVocab; ++i)
      if (logits[i] > logits[ids[b]])
        ids[b] = i;
    if (sampling[0] > 1 && sampling[1] > 0.5f)
      ids[b] = (int64_t)(sampling[2] * kVocab);
  }
  return 0;
}

static int32_t loss(emo_context *ctx, const emo_buffer *in) {
  int64_t dims[2] = {in[0].dims[0], in[0].dims[1]};
  float *out = emo_rt_output(ctx, 0, dims);
  for (int64_t i = 0; i < dims[0] * dims[1]; ++i)
    out[i] = (i + 1) % dims[1] == 0 ? 0.0f : 1.0f + (float)((int32_t *)in[1].data)[i];
  return 0;
}

static const emo_entry_desc kEntries[] = {{"forward", forward, 1, 1, kForwardIn, kForwardOut},
                                          {"step", step, 3, 1, kStepIn, kStepOut},
                                          {"sample", sample, 2, 1, kSampleIn, kSampleOut},
                                          {"loss", loss, 2, 1, kLossIn, kLossOut}};
static const emo_kernel_fn kKernels[] = {logitsKernel};
static const emo_kernel_table kTables[] = {{"x86-64-v2", kKernels}};
static const char *const kNames[] = {"logits"};

const emo_program emo_program_value __asm__("emo_program") = {
    EMO_PROGRAM_ABI, 4, kEntries, 0, 1, 0, kNames, 1, 0, kTables,
    "{\"model\": \"fake\", \"eos_token_id\": 7, \"vocab_size\": 8, \"max_positions\": 16, \"dims\": {\"hidden\": [1, 2]}}", 0, ""};
