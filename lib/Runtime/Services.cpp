// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The services that compiled code calls; see emo/Runtime/Program.h.
#include "Model.h"

#include <cstdlib>
#include <cstring>

using namespace emo::rt;

/// Ends the run: compiled code cannot go on without memory and has nothing of its own to clean up.
[[noreturn]] static void outOfMemory(emo_context *ctx, int64_t bytes, const char *what) {
  ctx->error = "out of memory: " + std::to_string(bytes) + " bytes are needed for " + what + "; use a smaller batch or sequence";
  longjmp(ctx->escape, 1);
}

void emo_rt_parallel(emo_context *ctx, int32_t kernel, const int64_t *args, int64_t tasks, int64_t scratchBytes) {
  if (!ctx->model->pool->run(ctx->model->kernels[kernel], args, tasks, scratchBytes, ctx->scratch))
    outOfMemory(ctx, scratchBytes, "a kernel's scratch memory");
}

int32_t emo_rt_isa(emo_context *ctx) { return ctx->model->isa; }

int32_t emo_rt_threads(emo_context *ctx) { return ctx->model->pool->size(); }

/// Ends the run with the error that is in the context.
[[noreturn]] static void giveUp(emo_context *ctx) { longjmp(ctx->escape, 1); }

static void *allocateOnDevice(emo_context *ctx, int64_t bytes) {
  Device &device = *ctx->model->device;
  void *memory = device.allocate(bytes, "temporaries", ctx->error);
  if (!memory)
    giveUp(ctx);
  ctx->deviceMemory.emplace_back(device, memory);
  return memory;
}

void *emo_rt_alloc(emo_context *ctx, int64_t bytes) {
  if (ctx->model->device) {
    ctx->counts.temporaryBytes += bytes;
    return allocateOnDevice(ctx, bytes);
  }
  void *memory = ctx->arena.allocate(bytes < 64 ? 64 : bytes);
  if (!memory)
    outOfMemory(ctx, bytes, "temporaries");
  return memory;
}

void *emo_rt_arena(emo_context *ctx, int64_t bytes) {
  ctx->counts.temporaryBytes += bytes;
  return ctx->model->device->separatesBuffers() ? nullptr : allocateOnDevice(ctx, bytes);
}

void *emo_rt_buffer(emo_context *ctx, void *arena, int64_t offset, int64_t bytes) {
  return arena ? static_cast<char *>(arena) + offset : allocateOnDevice(ctx, bytes);
}

void *emo_rt_output(emo_context *ctx, int32_t index, const int64_t *dims) {
  emo_tensor &out = ctx->outputs[index];
  const emo_value_desc &desc = ctx->entry->outputs[index];
  int64_t bytes = emo_dtype_bytes(desc.dtype);
  for (int32_t d = 0; d < desc.rank; ++d)
    bytes *= dims[d];
  if (out.data) {
    if (out.dtype == desc.dtype && out.rank == desc.rank && memcmp(out.dims, dims, desc.rank * sizeof(int64_t)) == 0)
      return out.data;
    // The caller's buffer does not fit: let the entry finish in temporary memory and report it.
    ctx->error = "output '" + std::string(desc.name) + "' has dtype " + emo_dtype_name(desc.dtype) + " and shape " +
                 shapeText(dims, desc.rank) + ", the given buffer has " + emo_dtype_name(out.dtype) + " and " +
                 shapeText(out.dims, out.rank);
    return emo_rt_alloc(ctx, bytes);
  }
  out.dtype = desc.dtype;
  out.rank = desc.rank;
  memcpy(out.dims, dims, desc.rank * sizeof(int64_t));
  out.data = aligned_alloc(64, bytes ? (bytes + 63) & ~int64_t(63) : 64);
  if (!out.data)
    outOfMemory(ctx, bytes, "outputs");
  return out.data;
}

const void *emo_rt_param(emo_context *ctx, int32_t index) {
  return ctx->model->weightsAddress + ctx->model->program->params[index].offset;
}

void emo_rt_launch(emo_context *ctx, int32_t kernel, const int64_t *args, int32_t numArgs, int32_t numMaps, int64_t gridX, int64_t gridY,
                   int64_t gridZ, int32_t threads, int64_t sharedBytes) {
  if (gridX <= 0 || gridY <= 0 || gridZ <= 0)
    return;
  ++ctx->counts.launches;
  LaunchShape shape = {{gridX, gridY, gridZ}, threads, sharedBytes};
  if (!ctx->model->device->launch(kernel, {args, numArgs, numMaps}, shape, ctx->error))
    giveUp(ctx);
}

void emo_rt_tensor_map(emo_context *ctx, void *map, const void *data, int32_t dtype, int64_t rows, int64_t columns, int64_t rowBytes,
                       int32_t boxRows, int32_t boxColumns) {
  TiledMatrix matrix = {data, emo_dtype(dtype), rows, columns, rowBytes, boxRows, boxColumns};
  if (!ctx->model->device->describe(map, matrix, ctx->error))
    giveUp(ctx);
}

void emo_rt_device_output(emo_context *ctx, int32_t index, const int64_t *dims, const void *data) {
  const emo_value_desc &desc = ctx->entry->outputs[index];
  int64_t bytes = emo_dtype_bytes(desc.dtype);
  for (int32_t d = 0; d < desc.rank; ++d)
    bytes *= dims[d];
  void *memory = emo_rt_output(ctx, index, dims);
  if (memory == ctx->outputs[index].data)
    ctx->deviceOutputs.push_back({index, data, bytes});
}

void emo_rt_fail(emo_context *ctx, const char *format, const int64_t *values, int32_t numValues) {
  // Each "%d" stands for one value.
  std::string text;
  int32_t used = 0;
  for (const char *c = format; *c; ++c) {
    if (c[0] == '%' && c[1] == 'd' && used < numValues) {
      text += std::to_string(values[used++]);
      ++c;
    } else {
      text += *c;
    }
  }
  ctx->error = text;
}
