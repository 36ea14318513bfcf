/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The C interface used well and badly, on the hand-written program: prints one line a step; c-abi.test has what they must be. */
#include "fake-model.c"

#include "emo/Runtime/Emo.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char error[512];

static void report(const char *step, int32_t status) {
  printf("%s: %s\n", step, status == 0 ? "ok" : error);
  error[0] = 0;
}

static void load(const char *step, const emo_program *program, const emo_load_options *options) {
  emo_model *model = emo_load(program, NULL, options, error, sizeof error);
  report(step, model ? 0 : -1);
  emo_close(model);
}

static void loading(void) {
  emo_load_options defaults = {0};
  load("load", &emo_program_value, NULL);
  load("options", &emo_program_value, &defaults);

  emo_program program = emo_program_value;
  program.abi = 99;
  load("abi", &program, NULL);

  program = emo_program_value;
  emo_kernel_table table = {"x86-64-v9", kKernels};
  program.kernel_tables = &table;
  load("isa", &program, NULL);

  program = emo_program_value;
  program.weights_bytes = 64;
  program.weights_hash = "0000000000000000000000000000000000000000000000000000000000000000";
  load("weights", &program, NULL);
  emo_load_options path = {0, EMO_WEIGHTS_MAP, "/absent/weights", NULL};
  load("weights path", &program, &path);
  char data[64] = {0};
  emo_load_options memory = {0, EMO_WEIGHTS_MAP, NULL, data};
  load("weights data", &program, &memory);

  emo_load(&program, NULL, &path, NULL, 0);
  char small[8];
  emo_load(&program, NULL, &path, small, sizeof small);
  printf("small buffer: '%s'\n", small);
  emo_close(NULL);
}

static void running(void) {
  emo_load_options options = {2, EMO_WEIGHTS_MAP, NULL, NULL};
  emo_model *model = emo_load(&emo_program_value, NULL, &options, error, sizeof error);
  printf("model: %s, %d threads, step has %d inputs, %s\n", emo_model_isa(model), emo_model_threads(model),
         emo_entry(model, "step")->num_inputs, emo_entry(model, "stop") ? "stop" : "no stop");
  int64_t ids[4] = {1, 2, 3, 4};
  int32_t narrow[4] = {1, 2, 3, 4};
  emo_tensor in = {EMO_I64, 2, {2, 2}, ids}, out = {0};
#define RUN(step, input, ins, output, outs) report(step, emo_run(model, "forward", input, ins, output, outs, error, sizeof error))
  RUN("run", &in, 1, &out, 1);
  printf("output: %s [%ld, %ld, %ld], first %g\n", emo_dtype_name(out.dtype), (long)out.dims[0], (long)out.dims[1], (long)out.dims[2],
         ((float *)out.data)[2]);
  RUN("into the same buffer", &in, 1, &out, 1);
  out.dims[0] = 3;
  RUN("into another shape", &in, 1, &out, 1);
  out.dims[0] = 2;
  out.dtype = EMO_F64;
  RUN("into another dtype", &in, 1, &out, 1);
  emo_release(&out);
  printf("released: %d\n", out.data == NULL && out.rank == 0);

  report("entry", emo_run(model, "backward", &in, 1, &out, 1, error, sizeof error));
  emo_tensor two[2] = {in, in}, outs[2] = {{0}, {0}};
  RUN("inputs", two, 2, &out, 1);
  RUN("outputs", &in, 1, outs, 2);
  emo_tensor bad = in;
  bad.data = NULL;
  RUN("no data", &bad, 1, &out, 1);
  bad = in;
  bad.rank = 1000;
  RUN("rank", &bad, 1, &out, 1);
  bad = in;
  bad.dims[1] = -2;
  RUN("negative size", &bad, 1, &out, 1);
  bad.dims[0] = bad.dims[1] = INT64_C(1) << 62;
  RUN("overflow", &bad, 1, &out, 1);
  bad = in;
  bad.dtype = 77;
  RUN("dtype", &bad, 1, &out, 1);
  bad.dtype = EMO_I32;
  bad.data = narrow;
  RUN("int32", &bad, 1, &out, 1);
  emo_release(&out);
  ids[3] = 8;
  RUN("range", &in, 1, &out, 1);
  ids[3] = 4;
  bad = in;
  bad.dims[1] = 0;
  RUN("no tokens", &bad, 1, &out, 1);
  emo_release(&out);

  /* A step: tokens, lengths, cache. */
  int32_t lengths[2] = {0, 1};
  float cache[2 * 4] = {0};
  emo_tensor step[3] = {in, {EMO_I32, 1, {2}, lengths}, {EMO_F32, 4, {2, 1, 4, 1}, cache}};
#define STEP(name) report(name, emo_run(model, "step", step, 3, &out, 1, error, sizeof error)), emo_release(&out)
  STEP("step");
  printf("cache: %g %g %g %g, %g %g %g %g\n", cache[0], cache[1], cache[2], cache[3], cache[4], cache[5], cache[6], cache[7]);
  lengths[1] = 3;
  STEP("full cache");
  lengths[1] = -1;
  STEP("negative length");
  lengths[1] = 0;
  step[1].dims[0] = 1;
  STEP("symbols");
  step[1].dims[0] = 2;
  step[0].dims[1] = 0;
  STEP("step of nothing");
  step[0].dims[1] = 2;
  STEP("still usable");
  emo_close(model);
}

/* Entries that ask for more memory than there is. */
static int32_t hungry(emo_context *ctx, const emo_buffer *in) {
  int64_t *what = in[0].data;
  int64_t dims[3] = {1, INT64_C(1) << 44, kVocab};
  if (*what == 1)
    emo_rt_alloc(ctx, INT64_C(1) << 47);
  if (*what == 2)
    emo_rt_output(ctx, 0, dims);
  int64_t args[2] = {0, 0};
  if (*what == 3)
    emo_rt_parallel(ctx, 0, args, 5, INT64_C(1) << 47);
  return forward(ctx, in);
}

static void memory(void) {
  emo_entry_desc entry = kEntries[0];
  entry.fn = hungry;
  emo_program program = emo_program_value;
  program.entries = &entry;
  program.num_entries = 1;
  emo_load_options options = {2, EMO_WEIGHTS_MAP, NULL, NULL};
  emo_model *model = emo_load(&program, NULL, &options, error, sizeof error);
  int64_t id;
  emo_tensor in = {EMO_I64, 2, {1, 1}, &id}, out = {0};
  const char *steps[] = {"temporaries", "outputs", "scratch", "after that"};
  for (id = 1; id <= 4; ++id)
    RUN(steps[id - 1], &in, 1, &out, 1);
  emo_release(&out);
  emo_close(model);
}

static void *worker(void *argument) {
  int64_t ids[64];
  for (int i = 0; i < 64; ++i)
    ids[i] = (i * 3) % kVocab;
  emo_tensor in = {EMO_I64, 2, {4, 16}, ids};
  for (int round = 0; round < 500; ++round) {
    emo_tensor out = {0};
    char message[64];
    if (emo_run(argument, "forward", &in, 1, &out, 1, message, sizeof message) != 0)
      return argument;
    for (int i = 0; i < 64; ++i)
      if (((float *)out.data)[i * kVocab + (ids[i] + 1) % kVocab] != 4.0f)
        return argument;
    emo_release(&out);
  }
  return NULL;
}

static void threads(void) {
  emo_load_options options = {3, EMO_WEIGHTS_MAP, NULL, NULL};
  emo_model *model = emo_load(&emo_program_value, NULL, &options, error, sizeof error);
  pthread_t ids[4];
  int wrong = 0;
  for (int i = 0; i < 4; ++i)
    pthread_create(&ids[i], NULL, worker, model);
  for (int i = 0; i < 4; ++i) {
    void *result;
    pthread_join(ids[i], &result);
    wrong += result != NULL;
  }
  printf("four threads on one model: %d wrong\n", wrong);
  emo_close(model);
}

static void generating(void) {
  emo_model *model = emo_load(&emo_program_value, NULL, NULL, error, sizeof error);
  emo_session *session = emo_session_open(model, 17, error, sizeof error);
  report("long session", session ? 0 : -1);
  session = emo_session_open(model, 0, error, sizeof error);
  report("empty session", session ? 0 : -1);
  session = emo_session_open(model, 4, error, sizeof error);
  report("session", session ? 0 : -1);
  int64_t vocab = -1, ids[] = {1, 2, 3, 8};
  printf("before the first token: %s\n", emo_session_logits(session, &vocab) ? "logits" : "none");
  report("choose before it", (int)emo_session_choose(session, 0, 1, NULL, error, sizeof error));
  report("feed", emo_session_feed(session, ids, 3, error, sizeof error));
  const float *logits = emo_session_logits(session, &vocab);
  printf("logits: %d, of the best %g, chosen %d\n", (int)vocab, logits[4], (int)emo_session_choose(session, 0, 1, NULL, error, sizeof error));
  report("feed nothing", emo_session_feed(session, ids, 0, error, sizeof error));
  report("feed out of range", emo_session_feed(session, ids + 3, 1, error, sizeof error));
  report("feed too many", emo_session_feed(session, ids, 2, error, sizeof error));
  report("feed the last", emo_session_feed(session, ids, 1, error, sizeof error));
  uint64_t seed = 3, again = 3;
  int same = 1;
  for (int i = 0; i < 20; ++i)
    same &= emo_session_choose(session, 2, 1, &seed, error, sizeof error) == emo_session_choose(session, 2, 1, &again, error, sizeof error);
  int repeatable = same && seed == again && seed != 3;
  printf("samples: %s, narrow %d\n", repeatable ? "repeatable" : "not repeatable", (int)emo_session_choose(session, 2, 0.01, &seed, error, sizeof error));
  again = seed;
#define CHOOSE(step, temperature, topP)                                                                                                    \
  report(step, (int)emo_session_choose(session, temperature, topP, &seed, error, sizeof error) < 0 ? -1 : 0)
  CHOOSE("cold", -1, 1);
  CHOOSE("NaN", NAN, 1);
  CHOOSE("infinite", INFINITY, 1);
  CHOOSE("no nucleus", 1, 0);
  CHOOSE("more than all", 1, 1.5);
  CHOOSE("NaN of all", 0, NAN);
  printf("their random numbers: %s\n", seed == again ? "not taken" : "taken");
  CHOOSE("hot", 1e300, 1);
  emo_session_clear(session);
  printf("cleared: %s\n", emo_session_logits(session, NULL) ? "logits" : "none");
  report("feed again", emo_session_feed(session, ids, 3, error, sizeof error));
  emo_session_close(session);
  emo_session_close(NULL);
  emo_close(model);

  emo_program program = emo_program_value;
  program.num_entries = 1;
  model = emo_load(&program, NULL, NULL, error, sizeof error);
  session = emo_session_open(model, 4, error, sizeof error);
  report("session without step", session ? 0 : -1);
  emo_close(model);

  program.num_entries = 2;
  model = emo_load(&program, NULL, NULL, error, sizeof error);
  session = emo_session_open(model, 4, error, sizeof error);
  report("session without sample", session ? emo_session_feed(session, ids, 3, error, sizeof error) : -1);
  CHOOSE("choose without sample", 0, 1);
  printf("its logits: %d\n", emo_session_logits(session, &vocab) ? (int)vocab : 0);
  emo_session_close(session);
  emo_close(model);
}

/* A child of fork has none of its parent's threads. */
static void forking(void) {
  emo_load_options options = {3, EMO_WEIGHTS_MAP, NULL, NULL};
  emo_model *model = emo_load(&emo_program_value, NULL, &options, error, sizeof error);
  int wrong = worker(model) != NULL, status;
  pid_t child = fork();
  if (child == 0) {
    wrong = worker(model) != NULL;
    emo_close(model);
    _exit(wrong);
  }
  waitpid(child, &status, 0);
  wrong += worker(model) != NULL;
  printf("a child of fork and its parent: %d wrong\n", wrong + (status != 0));
  emo_close(model);
}

/* A program without a tokenizer. */
static void text(void) {
  emo_model *model = emo_load(&emo_program_value, NULL, NULL, error, sizeof error);
  int64_t id = 1;
  report("tokenize", emo_tokenize(model, "x", 1, 0, &id, 1, error, sizeof error) < 0);
  report("detokenize", emo_detokenize(model, &id, 1, NULL, 0, error, sizeof error) < 0);
  emo_close(model);
}

int main(void) {
  loading();
  running();
  generating();
  memory();
  threads();
  forking();
  text();
  printf("dtypes: %zu %zu %s %s\n", emo_dtype_bytes(EMO_BF16), emo_dtype_bytes(0), emo_dtype_name(EMO_BOOL), emo_dtype_name(-1));
  printf("levels: %d %d\n", emo_isa_supported("x86-64-v2"), emo_isa_supported("x86-64-v9"));
  return 0;
}
