// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions of libcuda.so.1 that the runtime calls, found when a program is run with --device=cuda. No CUDA header is needed.
#ifndef EMO_LIB_RUNTIME_CUDA_DRIVER_H
#define EMO_LIB_RUNTIME_CUDA_DRIVER_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace emo::rt::cuda {

using Address = unsigned long long; // CUdeviceptr
using Handle = void *;              // CUcontext, CUmodule, CUfunction, CUstream
using Result = int;                 // CUresult

/// CUDA_KERNEL_NODE_PARAMS_v1.
struct KernelNode {
  Handle function;
  unsigned grid[3], block[3], sharedBytes;
  void **arguments, **extra;
};

/// Name in the driver, result type and parameters, as in cuda.h.
#define EMO_CUDA_FUNCTIONS(X)                                                                                                              \
  X(init, cuInit, (unsigned flags))                                                                                                        \
  X(driverVersion, cuDriverGetVersion, (int *version))                                                                                     \
  X(deviceCount, cuDeviceGetCount, (int *count))                                                                                           \
  X(deviceGet, cuDeviceGet, (int *device, int index))                                                                                      \
  X(deviceName, cuDeviceGetName, (char *name, int bytes, int device))                                                                      \
  X(deviceAttribute, cuDeviceGetAttribute, (int *value, int attribute, int device))                                                        \
  X(contextCreate, cuCtxCreate_v2, (Handle *context, unsigned flags, int device))                                                          \
  X(contextDestroy, cuCtxDestroy_v2, (Handle context))                                                                                     \
  X(contextPush, cuCtxPushCurrent_v2, (Handle context))                                                                                    \
  X(contextPop, cuCtxPopCurrent_v2, (Handle *context))                                                                                     \
  X(memoryInfo, cuMemGetInfo_v2, (size_t * free, size_t *total))                                                                           \
  X(allocate, cuMemAlloc_v2, (Address * address, size_t bytes))                                                                            \
  X(release, cuMemFree_v2, (Address address))                                                                                              \
  X(fill, cuMemsetD8Async, (Address address, unsigned char value, size_t bytes, Handle stream))                                            \
  X(upload, cuMemcpyHtoDAsync_v2, (Address to, const void *from, size_t bytes, Handle stream))                                             \
  X(copy, cuMemcpyDtoDAsync_v2, (Address to, Address from, size_t bytes, Handle stream))                                                  \
  X(download, cuMemcpyDtoHAsync_v2, (void *to, Address from, size_t bytes, Handle stream))                                                 \
  X(streamCreate, cuStreamCreate, (Handle *stream, unsigned flags))                                                                        \
  X(streamDestroy, cuStreamDestroy_v2, (Handle stream))                                                                                    \
  X(streamWait, cuStreamSynchronize, (Handle stream))                                                                                      \
  X(moduleLoad, cuModuleLoadDataEx, (Handle *module, const void *image, unsigned count, int *options, void **values))                      \
  X(moduleFunction, cuModuleGetFunction, (Handle *function, Handle module, const char *name))                                              \
  X(functionSet, cuFuncSetAttribute, (Handle function, int attribute, int value))                                                          \
  X(launch, cuLaunchKernel,                                                                                                                \
    (Handle function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,                   \
     unsigned sharedBytes, Handle stream, void **arguments, void **extra))                                                                 \
  X(errorName, cuGetErrorName, (Result result, const char **name))                                                                         \
  X(errorText, cuGetErrorString, (Result result, const char **text))

/// The same of functions that drivers for old GPUs lack; null then.
#define EMO_CUDA_NEW_FUNCTIONS(X)                                                                                                          \
  X(tensorMapEncode, cuTensorMapEncodeTiled,                                                                                               \
    (void *map, int type, uint32_t rank, void *address, const uint64_t *dims, const uint64_t *strides, const uint32_t *box,                \
     const uint32_t *steps, int interleave, int swizzle, int promotion, int fill))                                                         \
  X(graphCreate, cuGraphCreate, (Handle *graph, unsigned flags))                                                                           \
  X(graphDestroy, cuGraphDestroy, (Handle graph))                                                                                          \
  X(graphAddKernel, cuGraphAddKernelNode,                                                                                                  \
    (Handle *node, Handle graph, const Handle *dependencies, size_t numDependencies, const KernelNode *parameters))                        \
  X(graphInstantiate, cuGraphInstantiateWithFlags, (Handle *executable, Handle graph, unsigned long long flags))                           \
  X(graphExecDestroy, cuGraphExecDestroy, (Handle executable))                                                                             \
  X(graphExecSetKernel, cuGraphExecKernelNodeSetParams, (Handle executable, Handle node, const KernelNode *parameters))                    \
  X(graphLaunch, cuGraphLaunch, (Handle executable, Handle stream))

/// Values of cuda.h.
enum { kAttributeMultiprocessors = 16, kAttributeMajor = 75, kAttributeMinor = 76 };
enum { kFunctionDynamicShared = 8 };
enum { kOutOfMemory = 2, kNoDevice = 100 };
enum { kJitErrorLog = 5, kJitErrorLogBytes = 6 };
enum { kStreamNonBlocking = 1 };
enum { kTensorF16 = 6, kTensorF32 = 7, kTensorBf16 = 9, kTensorSwizzle128 = 3, kTensorPromoteL2 = 2 }; // whole lines of 128 bytes

struct Driver {
#define EMO_CUDA_POINTER(name, symbol, parameters) Result(*name) parameters = nullptr;
  EMO_CUDA_FUNCTIONS(EMO_CUDA_POINTER)
  EMO_CUDA_NEW_FUNCTIONS(EMO_CUDA_POINTER)
#undef EMO_CUDA_POINTER

  bool hasGraphs() const {
    return graphCreate && graphDestroy && graphAddKernel && graphInstantiate && graphExecDestroy && graphExecSetKernel && graphLaunch;
  }

  /// Loads the library once for the process. Null with a message that says what to do.
  static const Driver *get(std::string &error);

  /// "CUDA_ERROR_INVALID_VALUE (1): invalid argument".
  std::string describe(Result result) const;
};

} // namespace emo::rt::cuda
#endif // EMO_LIB_RUNTIME_CUDA_DRIVER_H
