/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A libcuda.so.1 without a GPU: device memory is host memory, kernels do nothing. What it pretends is in the environment:
 *   FAKE_CUDA_CAPABILITY=80     compute capability of its one GPU; 0: there is none
 *   FAKE_CUDA_MEMORY=BYTES      all of its memory
 *   FAKE_CUDA_FAIL=FUNCTION     returns CUDA_ERROR_LAUNCH_FAILED (719)
 *   FAKE_CUDA_LOG=FILE          launches are written there: kernel, grid, threads, bytes of shared memory, and a hash of the arguments
 *   FAKE_CUDA_CALLS=FILE        how the launches came: "each" or "graph" with the number of nodes made and changed before
 * Device memory has the same addresses in every process, so arguments can be compared. As in a driver, what belongs to a context fails
 * where none is current on the thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef unsigned long long Address;
typedef void *Handle;

static long long number(const char *name, long long fallback) { return getenv(name) ? atoll(getenv(name)) : fallback; }
static int fails(const char *function) { return getenv("FAKE_CUDA_FAIL") && !strcmp(getenv("FAKE_CUDA_FAIL"), function) ? 719 : 0; }
#define FAIL_IF_ASKED                                                                                                                      \
  if (fails(__func__))                                                                                                                     \
  return 719
/* How many contexts were made current on this thread. */
static _Thread_local int current;
#define NEED_CONTEXT                                                                                                                       \
  if (!current)                                                                                                                            \
  return 201

static size_t used;

int cuInit(unsigned flags) { return number("FAKE_CUDA_CAPABILITY", 80) ? (int)flags : 100; }
int cuDriverGetVersion(int *version) { return *version = 13000, 0; }
int cuDeviceGetCount(int *count) { return *count = 1, 0; }
int cuDeviceGet(int *device, int index) { return *device = index, 0; }
int cuDeviceGetName(char *name, int bytes, int device) { return snprintf(name, bytes, "Fake GPU %d", device), 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  int capability = (int)number("FAKE_CUDA_CAPABILITY", 80);
  *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : 108 + device;
  return 0;
}
int cuCtxCreate_v2(Handle *context, unsigned flags, int device) { return ++current, *context = context, (int)flags + device; }
int cuCtxDestroy_v2(Handle context) { return context == NULL; }
int cuCtxPushCurrent_v2(Handle context) { return ++current, context == NULL; }
int cuCtxPopCurrent_v2(Handle *context) {
  NEED_CONTEXT;
  return --current, *context = NULL, 0;
}
int cuMemGetInfo_v2(size_t *free, size_t *total) {
  NEED_CONTEXT;
  *total = (size_t)number("FAKE_CUDA_MEMORY", 1 << 30);
  *free = *total - used;
  return 0;
}
int cuMemAlloc_v2(Address *address, size_t bytes) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  if (used + bytes > (size_t)number("FAKE_CUDA_MEMORY", 1 << 30))
    return 2;
  static char *next;
  if (!next)
    next = mmap((void *)0x200000000000, (size_t)1 << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  *address = (Address)(next + used);
  used += (bytes + 255) / 256 * 256;
  return 0;
}
int cuMemFree_v2(Address address) {
  NEED_CONTEXT;
  return address == 0;
}
int cuMemsetD8Async(Address address, unsigned char value, size_t bytes, Handle stream) {
  NEED_CONTEXT;
  return memset((void *)address, value, bytes), stream == NULL;
}
int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, Handle stream) {
  NEED_CONTEXT;
  return memcpy((void *)to, from, bytes), stream == NULL;
}
int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, Handle stream) {
  NEED_CONTEXT;
  return memcpy((void *)to, (void *)from, bytes), stream == NULL;
}
int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, Handle stream) {
  NEED_CONTEXT;
  return memcpy(to, (void *)from, bytes), stream == NULL;
}
int cuStreamCreate(Handle *stream, unsigned flags) {
  NEED_CONTEXT;
  return *stream = stream, flags != 1;
}
int cuStreamDestroy_v2(Handle stream) {
  NEED_CONTEXT;
  return stream == NULL;
}
int cuStreamSynchronize(Handle stream) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  return stream == NULL;
}
/* A function: its name and the bytes of its parameters, from the PTX. */
struct Function {
  char name[256];
  int count, bytes[64];
};

int cuModuleLoadDataEx(Handle *module, const void *image, unsigned count, int *options, void **values) {
  NEED_CONTEXT;
  if (fails(__func__)) {
    if (count == 2 && options[0] == 5)
      strcpy(values[0], "ptxas fatal   : the fake driver refuses");
    return 218;
  }
  *module = (Handle)image;
  return 0;
}
int cuModuleGetFunction(Handle *function, Handle module, const char *name) {
  NEED_CONTEXT;
  struct Function *f = calloc(1, sizeof *f);
  char entry[300];
  snprintf(f->name, sizeof f->name, "%s", name);
  snprintf(entry, sizeof entry, ".entry %s(", name);
  if (!memcmp(module, "\177ELF", 4)) /* a cubin: parameters are not looked at */
    return *function = f, 0;
  const char *text = strstr(module, entry), *end = text ? strchr(text + strlen(entry), ')') : NULL;
  for (; end && (text = strstr(text, ".param .")) && text < end; ++text) {
    const char *array = strchr(text, '['), *next = strpbrk(text, ",)");
    f->bytes[f->count++] = array && array < next ? atoi(array + 1) : atoi(text + 9) / 8;
  }
  *function = f;
  return end == NULL;
}
int cuFuncSetAttribute(Handle function, int attribute, int value) {
  NEED_CONTEXT;
  return function == NULL || attribute != 8 || value > 227 << 10;
}

/* CUDA_KERNEL_NODE_PARAMS_v1 */
struct Node {
  struct Function *function;
  unsigned grid[3], block[3], sharedBytes;
  void **arguments, **extra;
};
/* What a launch would do, for the log. */
struct Launch {
  char text[400];
};

static FILE *append(const char *variable) { return getenv(variable) ? fopen(getenv(variable), "a") : NULL; }
static int describe(struct Launch *launch, const struct Node *node) {
  unsigned long long hash = 1469598103934665603u;
  for (int i = 0; i < node->function->count; ++i)
    for (int byte = 0; byte < node->function->bytes[i]; ++byte)
      hash = (hash ^ ((unsigned char *)node->arguments[i])[byte]) * 1099511628211u;
  snprintf(launch->text, sizeof launch->text, "%s (%u, %u, %u) x %u, %u bytes, arguments %016llx", node->function->name, node->grid[0],
           node->grid[1], node->grid[2], node->block[0], node->sharedBytes, hash);
  return node->block[1] != 1 || node->block[2] != 1 || node->extra != NULL;
}
static void run(const struct Launch *launch) {
  FILE *log = append("FAKE_CUDA_LOG");
  if (log) {
    fprintf(log, "%s\n", launch->text);
    fclose(log);
  }
}
static void called(const char *how, int made, int changed) {
  FILE *log = append("FAKE_CUDA_CALLS");
  if (log) {
    fprintf(log, "%s %d %d\n", how, made, changed);
    fclose(log);
  }
}

int cuLaunchKernel(Handle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                   unsigned sharedBytes, Handle stream, void **arguments, void **extra) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  struct Node node = {function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, arguments, extra};
  struct Launch launch;
  int wrong = describe(&launch, &node) || stream == NULL;
  run(&launch);
  called("each", 0, 0);
  return wrong;
}
#ifndef NO_GRAPHS
/* A graph is a chain; nodes are numbers from 1 on. Making one executable copies it, as a driver does. */
struct Graph {
  int count, changed;
  struct Launch launches[4096];
};
int cuGraphCreate(Handle *graph, unsigned flags) { return *graph = calloc(1, sizeof(struct Graph)), flags != 0; }
int cuGraphDestroy(Handle graph) { return free(graph), 0; }
int cuGraphAddKernelNode(Handle *node, Handle graph, const Handle *dependencies, size_t count, const struct Node *parameters) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  struct Graph *g = graph;
  if (g->count == 4096 || count != (g->count > 0) || (count && dependencies[0] != (Handle)(size_t)g->count))
    return 1;
  int wrong = describe(&g->launches[g->count], parameters);
  *node = (Handle)(size_t)++g->count;
  return wrong;
}
int cuGraphInstantiateWithFlags(Handle *executable, Handle graph, unsigned long long flags) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  *executable = malloc(sizeof(struct Graph));
  return memcpy(*executable, graph, sizeof(struct Graph)), flags != 0;
}
int cuGraphExecDestroy(Handle executable) { return free(executable), 0; }
int cuGraphExecKernelNodeSetParams(Handle executable, Handle node, const struct Node *parameters) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  struct Graph *g = executable;
  return ++g->changed, describe(&g->launches[(size_t)node - 1], parameters);
}
int cuGraphLaunch(Handle executable, Handle stream) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  struct Graph *g = executable;
  for (int i = 0; i < g->count; ++i)
    run(&g->launches[i]);
  called("graph", g->count, g->changed);
  g->changed = 0;
  return stream == NULL;
}
#endif
#ifndef NO_TENSOR_MAPS
int cuTensorMapEncodeTiled(void *map, int type, unsigned rank, void *address, const unsigned long long *dims, const unsigned long long *strides,
                           const unsigned *box, const unsigned *steps, int interleave, int swizzle, int promotion, int fill) {
  NEED_CONTEXT;
  FAIL_IF_ASKED;
  int wrong = (Address)map % 64 || rank != 2 || steps[0] != 1 || steps[1] != 1 || interleave || promotion != 2 || fill;
  wrong |= (Address)address % 16 || strides[0] % 16 || box[1] > 256 || swizzle != 3 || box[0] * (type == 7 ? 4 : 2) != 128;
  wrong |= dims[0] == 0 || dims[1] == 0;
  return memset(map, 0, 128), wrong;
}
#endif
static const struct {
  int result;
  const char *name, *text;
} errors[] = {
    {2, "CUDA_ERROR_OUT_OF_MEMORY", NULL},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
};
static int describeError(int result, const char **name, const char **text) {
  *name = *text = NULL;
  for (size_t i = 0; i < sizeof errors / sizeof *errors; ++i)
    if (errors[i].result == result)
      *name = errors[i].name, *text = errors[i].text;
  return *name == NULL;
}
int cuGetErrorName(int result, const char **name) {
  const char *text;
  return describeError(result, name, &text);
}
int cuGetErrorString(int result, const char **text) {
  const char *name;
  return describeError(result, &name, text);
}
