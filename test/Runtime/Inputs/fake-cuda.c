/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A libcuda.so.1 without a GPU: device memory is host memory, kernels do nothing. What it pretends is in the environment:
 *   FAKE_CUDA_CAPABILITY=80     compute capability of its one GPU; 0: there is none
 *   FAKE_CUDA_MEMORY=BYTES      all of its memory
 *   FAKE_CUDA_FAIL=FUNCTION     returns CUDA_ERROR_LAUNCH_FAILED (719)
 *   FAKE_CUDA_LOG=FILE          launches are written there: kernel, grid, threads, bytes of shared memory */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long Address;
typedef void *Handle;

static long long number(const char *name, long long fallback) { return getenv(name) ? atoll(getenv(name)) : fallback; }
static int fails(const char *function) { return getenv("FAKE_CUDA_FAIL") && !strcmp(getenv("FAKE_CUDA_FAIL"), function) ? 719 : 0; }
#define FAIL_IF_ASKED                                                                                                                      \
  if (fails(__func__))                                                                                                                     \
  return 719

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
int cuCtxCreate_v2(Handle *context, unsigned flags, int device) { return *context = context, (int)flags + device; }
int cuCtxDestroy_v2(Handle context) { return context == NULL; }
int cuCtxPushCurrent_v2(Handle context) { return context == NULL; }
int cuCtxPopCurrent_v2(Handle *context) { return *context = NULL, 0; }
int cuMemGetInfo_v2(size_t *free, size_t *total) {
  *total = (size_t)number("FAKE_CUDA_MEMORY", 1 << 30);
  *free = *total - used;
  return 0;
}
int cuMemAlloc_v2(Address *address, size_t bytes) {
  FAIL_IF_ASKED;
  if (used + bytes > (size_t)number("FAKE_CUDA_MEMORY", 1 << 30))
    return 2;
  used += bytes;
  *address = (Address)calloc(bytes, 1);
  return 0;
}
int cuMemFree_v2(Address address) { return free((void *)address), 0; }
int cuMemsetD8Async(Address address, unsigned char value, size_t bytes, Handle stream) { return memset((void *)address, value, bytes), stream == NULL; }
int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, Handle stream) { return memcpy((void *)to, from, bytes), stream == NULL; }
int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, Handle stream) { return memcpy(to, (void *)from, bytes), stream == NULL; }
int cuStreamCreate(Handle *stream, unsigned flags) { return *stream = stream, flags != 1; }
int cuStreamDestroy_v2(Handle stream) { return stream == NULL; }
int cuStreamSynchronize(Handle stream) {
  FAIL_IF_ASKED;
  return stream == NULL;
}
int cuModuleLoadDataEx(Handle *module, const void *image, unsigned count, int *options, void **values) {
  if (fails(__func__)) {
    if (count == 2 && options[0] == 5)
      strcpy(values[0], "ptxas fatal   : the fake driver refuses");
    return 218;
  }
  *module = (Handle)image;
  return 0;
}
int cuModuleGetFunction(Handle *function, Handle module, const char *name) { return *function = strdup(name), module == NULL; }
int cuFuncSetAttribute(Handle function, int attribute, int value) { return function == NULL || attribute != 8 || value > 227 << 10; }
int cuLaunchKernel(Handle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                   unsigned sharedBytes, Handle stream, void **arguments, void **extra) {
  FAIL_IF_ASKED;
  FILE *log = getenv("FAKE_CUDA_LOG") ? fopen(getenv("FAKE_CUDA_LOG"), "a") : NULL;
  if (log) {
    fprintf(log, "%s (%u, %u, %u) x %u, %u bytes\n", (const char *)function, gridX, gridY, gridZ, blockX, sharedBytes);
    fclose(log);
  }
  return blockY != 1 || blockZ != 1 || stream == NULL || arguments == NULL || extra != NULL;
}
#ifndef NO_TENSOR_MAPS
int cuTensorMapEncodeTiled(void *map, int type, unsigned rank, void *address, const unsigned long long *dims, const unsigned long long *strides,
                           const unsigned *box, const unsigned *steps, int interleave, int swizzle, int promotion, int fill) {
  FAIL_IF_ASKED;
  int wrong = (Address)map % 64 || rank != 2 || steps[0] != 1 || steps[1] != 1 || interleave || promotion != 2 || fill;
  wrong |= (Address)address % 16 || strides[0] % 16 || box[1] > 256 || swizzle != 3 || box[0] * (type == 9 ? 2 : 4) != 128;
  wrong |= dims[0] == 0 || dims[1] == 0;
  return memset(map, 0, 128), wrong;
}
#endif
int cuGetErrorName(int result, const char **name) {
  *name = result == 719 ? "CUDA_ERROR_LAUNCH_FAILED" : result == 218 ? "CUDA_ERROR_INVALID_PTX" : result == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : NULL;
  return *name == NULL;
}
int cuGetErrorString(int result, const char **text) {
  *text = result == 719 ? "unspecified launch failure" : result == 218 ? "a PTX JIT compilation failed" : NULL;
  return *text == NULL;
}
