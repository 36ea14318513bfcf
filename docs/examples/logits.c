/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Runs a compiled model from C: one thread a prompt, all on one loaded model.
 *
 *   emo-compile MODEL --emit=shared -o libmodel.so
 *   cc -I include docs/examples/logits.c ./libmodel.so -Wl,-rpath,'$ORIGIN' -lpthread -o logits
 *   ./logits 3547,2412,284 5,17
 *
 * prints the logits after the last token of each prompt, a line each. --weights=FILE comes first when the weights are in a file of
 * their own and not beside the program. */
#include "emo/Runtime/Emo.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct prompt {
  emo_model *model;
  int64_t count, *ids;
  emo_tensor logits;
  char error[256];
} prompt;

static int parse(const char *text, prompt *p) {
  p->ids = malloc(strlen(text) * sizeof *p->ids + sizeof *p->ids);
  char *end = (char *)text;
  do {
    const char *item = end + (p->count > 0);
    p->ids[p->count++] = strtoll(item, &end, 10);
    if (end == item)
      return -1;
  } while (*end == ',');
  return *end ? -1 : 0;
}

static void *run(void *argument) {
  prompt *p = argument;
  emo_tensor ids = {EMO_I64, 2, {1, p->count}, p->ids};
  /* logits.data is NULL: the runtime allocates it. */
  emo_run(p->model, "forward", &ids, 1, &p->logits, 1, p->error, sizeof p->error);
  return NULL;
}

int main(int argc, char **argv) {
  emo_load_options options = {0};
  int first = 1;
  if (first < argc && strncmp(argv[first], "--weights=", 10) == 0)
    options.weights_path = argv[first++] + 10;
  int count = argc - first;
  if (count < 1) {
    fprintf(stderr, "usage: %s [--weights=FILE] 5,17,42...\n", argv[0]);
    return 2;
  }
  char error[256];
  emo_model *model = emo_open(&options, error, sizeof error);
  if (!model) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  prompt *prompts = calloc(count, sizeof *prompts);
  pthread_t *threads = calloc(count, sizeof *threads);
  for (int i = 0; i < count; ++i) {
    prompts[i].model = model;
    if (parse(argv[first + i], &prompts[i]) != 0) {
      fprintf(stderr, "'%s' is no list of token ids like 5,17,42\n", argv[first + i]);
      return 2;
    }
  }
  for (int i = 0; i < count; ++i)
    if (pthread_create(&threads[i], NULL, run, &prompts[i]) != 0)
      abort();
  int status = 0;
  for (int i = 0; i < count; ++i) {
    prompt *p = &prompts[i];
    pthread_join(threads[i], NULL);
    if (!p->logits.data) {
      fprintf(stderr, "prompt %d: %s\n", i + 1, p->error);
      status = 1;
      continue;
    }
    int64_t vocab = p->logits.dims[2];
    const float *last = (const float *)p->logits.data + (p->count - 1) * vocab;
    for (int64_t v = 0; v < vocab; ++v)
      printf("%.9g%c", last[v], v + 1 < vocab ? ' ' : '\n');
    emo_release(&p->logits);
    free(p->ids);
  }
  free(prompts);
  free(threads);
  emo_close(model);
  return status;
}
