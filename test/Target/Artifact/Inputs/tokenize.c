/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* tokenize WEIGHTS TEXT: emo_tokenize and emo_detokenize, from several threads at once. */
#include "emo/Runtime/Emo.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { kThreads = 4, kMost = 64 };

static emo_model *model;
static const char *text;

typedef struct Run {
  int64_t ids[kMost], count;
} Run;

static void *tokenize(void *argument) {
  Run *run = argument;
  char error[256];
  for (int i = 0; i < 100; ++i)
    run->count = emo_tokenize(model, text, (int64_t)strlen(text), 0, run->ids, kMost, error, sizeof error);
  return NULL;
}

int main(int argc, char **argv) {
  char error[256], back[256];
  emo_load_options options = {1, EMO_WEIGHTS_MAP, argc > 1 ? argv[1] : NULL, NULL};
  model = emo_open(&options, error, sizeof error);
  if (!model) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  text = argv[2];
  pthread_t threads[kThreads];
  Run runs[kThreads] = {0};
  int same = 1;
  for (int i = 0; i < kThreads; ++i)
    pthread_create(&threads[i], NULL, tokenize, &runs[i]);
  for (int i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    same &= runs[i].count > 0 && memcmp(&runs[i], &runs[0], sizeof(Run)) == 0;
  }
  printf("%d threads: %s\n", kThreads, same ? "the same ids" : "they differ");
  int64_t bytes = emo_detokenize(model, runs[0].ids, runs[0].count, back, sizeof back, error, sizeof error);
  printf("text: %.*s\n", (int)bytes, back);
  bytes = emo_detokenize(model, runs[0].ids, runs[0].count, back, 3, error, sizeof error);
  printf("of which 3 bytes: %.3s\n", bytes > 3 ? back : "none");
  int64_t unknown[2] = {-1, 1 << 20};
  printf("passed over: '%.*s'\n", (int)emo_detokenize(model, unknown, 2, back, sizeof back, error, sizeof error), back);
  const char *special = "<|endoftext|>";
  printf("special: %lld or more: %d\n", (long long)emo_tokenize(model, special, 13, 0, NULL, 0, error, sizeof error),
         emo_tokenize(model, special, 13, EMO_TOKENIZE_PLAIN, NULL, 0, error, sizeof error) > 1);
  emo_close(model);
  return 0;
}
