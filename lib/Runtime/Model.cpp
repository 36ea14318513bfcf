// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Model.h"

#include "Cpu.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

using namespace emo::rt;

//===----------------------------------------------------------------------===//
// Arena
//===----------------------------------------------------------------------===//

Arena::~Arena() {
  for (Block &block : blocks)
    free(block.data);
}

bool Arena::addBlock(size_t bytes) {
  size_t capacity = (bytes + 0xffff) & ~size_t(0xffff);
  char *data = static_cast<char *>(aligned_alloc(4096, capacity));
  if (!data)
    return false;
  blocks.push_back({data, capacity});
  used = 0;
  return true;
}

void *Arena::allocate(size_t bytes) {
  bytes = (bytes + 63) & ~size_t(63);
  if (blocks.empty() || blocks.back().capacity - used < bytes)
    if (!addBlock(bytes))
      return nullptr;
  void *memory = blocks.back().data + used;
  used += bytes;
  return memory;
}

void Arena::reset() {
  used = 0;
  if (blocks.size() <= 1)
    return;
  size_t total = 0;
  for (Block &block : blocks) {
    total += block.capacity;
    free(block.data);
  }
  blocks.clear();
  addBlock(total);
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

bool emo::rt::chooseIsa(const emo_program &program, const char *forced, int32_t &index, std::string &error) {
  std::string levels;
  index = -1;
  for (int32_t i = 0; i < program.num_kernel_tables; ++i) {
    const char *isa = program.kernel_tables[i].isa;
    levels += (i ? ", " : "") + std::string(isa);
    if (forced ? strcmp(forced, isa) == 0 : supportsIsa(isa))
      index = i;
  }
  if (program.num_kernel_tables == 0)
    return true;
  if (forced && index < 0) {
    error = "EMO_CPU=" + std::string(forced) + " is none of this program's ISA levels: " + levels;
    return false;
  }
  if (forced && !supportsIsa(forced)) {
    error = "EMO_CPU=" + std::string(forced) + " needs instructions that this CPU (" + cpuName() + ") does not have";
    return false;
  }
  if (index < 0) {
    error = "this CPU (" + cpuName() + ") has none of the instruction sets this program was compiled for: " + levels +
            "; compile it with --cpu=all or --cpu=x86-64-v2";
    return false;
  }
  return true;
}

std::unique_ptr<emo_context> emo_model::takeContext() {
  std::lock_guard<std::mutex> lock(mutex);
  if (idle.empty()) {
    auto context = std::make_unique<emo_context>();
    context->model = this;
    return context;
  }
  std::unique_ptr<emo_context> context = std::move(idle.back());
  idle.pop_back();
  return context;
}

void emo_model::giveBack(std::unique_ptr<emo_context> context) {
  context->arena.reset();
  context->deviceMemory.clear();
  context->deviceOutputs.clear();
  context->error.clear();
  std::lock_guard<std::mutex> lock(mutex);
  idle.push_back(std::move(context));
}

void emo::rt::writeError(const std::string &message, char *error, size_t bytes) {
  if (!error || bytes == 0)
    return;
  size_t n = message.size() < bytes - 1 ? message.size() : bytes - 1;
  memcpy(error, message.data(), n);
  error[n] = 0;
}

emo_model *emo_load(const emo_program *program, const char *artifactPath, const emo_load_options *options, char *error,
                    size_t errorBytes) {
  emo_load_options defaults = {};
  const emo_load_options &chosen = options ? *options : defaults;
  std::string message;
  if (program->abi != EMO_PROGRAM_ABI) {
    writeError("the program has ABI version " + std::to_string(program->abi) + ", this runtime expects " +
                   std::to_string(EMO_PROGRAM_ABI) + "; compile the model again",
               error, errorBytes);
    return nullptr;
  }
  auto model = std::make_unique<emo_model>();
  model->program = program;
  int threads = chosen.threads > 0 ? chosen.threads : availableCpus();
  if (!chooseIsa(*program, getenv("EMO_CPU"), model->isa, message) ||
      !model->weights.open(*program, artifactPath, chosen, threads, message)) {
    writeError(message, error, errorBytes);
    return nullptr;
  }
  model->weightsAddress = model->weights.data();
  if (chosen.device && strcmp(chosen.device, "cpu") != 0) {
    model->device = openDevice(*program, chosen, message);
    if (model->device)
      model->weightsAddress = model->device->useWeights(model->weights, program->weights_bytes, message);
    if (!model->device || (program->weights_bytes && !model->weightsAddress)) {
      writeError(message, error, errorBytes);
      return nullptr;
    }
  } else if (program->num_entries == 0 && program->num_device_codes > 0) {
    writeError("this program has no code for the CPU, only for devices; run it with --device=cuda or --device=emulate, or compile the model "
               "with emo-compile --target=cpu,cuda",
               error, errorBytes);
    return nullptr;
  }
  if (model->isa >= 0)
    model->kernels = program->kernel_tables[model->isa].kernels;
  model->maxPositions = strtoll(manifestText(program->manifest, "max_positions").c_str(), nullptr, 10);
  model->pool = std::make_unique<ThreadPool>(threads);
  return model.release();
}

void emo_close(emo_model *model) { delete model; }

const emo_program *emo_model_program(const emo_model *model) { return model->program; }

const char *emo_model_isa(const emo_model *model) {
  return model->isa < 0 ? "generic" : model->program->kernel_tables[model->isa].isa;
}

int32_t emo_model_threads(const emo_model *model) { return model->pool->size(); }

const emo_entry_desc *emo_entry(const emo_model *model, const char *name) {
  const emo_device_code *code = model->device ? &model->device->code() : nullptr;
  const emo_entry_desc *entries = code ? code->entries : model->program->entries;
  for (int32_t i = 0; i < (code ? code->num_entries : model->program->num_entries); ++i)
    if (strcmp(entries[i].name, name) == 0)
      return &entries[i];
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// int32 token ids where the program wants int64; null when memory is exhausted.
static std::unique_ptr<int64_t[]> widened(const emo_tensor &tensor) {
  int64_t count = 1;
  for (int32_t d = 0; d < tensor.rank; ++d)
    count *= tensor.dims[d];
  std::unique_ptr<int64_t[]> copy(new (std::nothrow) int64_t[count ? count : 1]);
  for (int64_t i = 0; copy && i < count; ++i)
    copy[i] = static_cast<const int32_t *>(tensor.data)[i];
  return copy;
}

/// Elements times their size.
static int64_t bytesOf(const emo_tensor &tensor) {
  int64_t bytes = emo_dtype_bytes(tensor.dtype);
  for (int32_t d = 0; d < tensor.rank; ++d)
    bytes *= tensor.dims[d];
  return bytes;
}

/// Puts inputs on the device that are not there.
static bool uploadInputs(emo_context &context, const emo_tensor *inputs, std::vector<emo_buffer> &buffers) {
  Device &device = *context.model->device;
  for (size_t i = 0; i < buffers.size(); ++i) {
    const emo_value_desc &desc = context.entry->inputs[i];
    if (context.resident >> desc.role & 1)
      continue;
    emo_tensor stored = inputs[i];
    stored.dtype = desc.dtype;
    int64_t bytes = bytesOf(stored);
    void *memory = device.allocate(bytes, desc.name, context.error);
    if (!memory)
      return false;
    context.deviceMemory.emplace_back(device, memory);
    if (!device.upload(memory, buffers[i].data, bytes, context.error))
      return false;
    buffers[i].data = memory;
  }
  return true;
}

/// Copies outputs, and KV caches that came from the CPU's memory, to where the caller has them.
static bool deliverOutputs(emo_context &context, const emo_tensor *inputs, const std::vector<emo_buffer> &buffers) {
  Device &device = *context.model->device;
  for (const emo_context::DeviceOutput &output : context.deviceOutputs) {
    void *to = context.outputs[output.index].data;
    bool isResident = context.resident >> context.entry->outputs[output.index].role & 1;
    context.counts.waits += !isResident;
    if (!(isResident ? device.copy(to, output.data, output.bytes, context.error)
                     : device.download(to, output.data, output.bytes, context.error)))
      return false;
  }
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (context.entry->inputs[i].role != EMO_ROLE_KV_CACHE || buffers[i].data == inputs[i].data)
      continue;
    ++context.counts.waits;
    if (!device.download(inputs[i].data, buffers[i].data, bytesOf(inputs[i]), context.error))
      return false;
  }
  return true;
}

/// Calls the entry; a service that cannot go on comes back here.
__attribute__((noinline)) static int32_t enter(emo_context *context, const emo_buffer *inputs) {
  if (setjmp(context->escape))
    return 1;
  return context->entry->fn(context, inputs);
}

bool emo::rt::runEntry(emo_model *model, const char *name, const emo_tensor *inputs, int32_t numInputs, emo_tensor *outputs, int32_t numOutputs,
                       uint32_t resident, std::string &error) {
  const emo_entry_desc *entry = emo_entry(model, name);
  if (!entry) {
    error = "the program has no entry '" + std::string(name) + "'";
    return false;
  }
  if (numOutputs != entry->num_outputs) {
    error = "entry '" + std::string(name) + "' has " + std::to_string(entry->num_outputs) + " outputs, got " + std::to_string(numOutputs);
    return false;
  }
  if (!checkInputs(*entry, inputs, numInputs, error) || !checkPositions(*entry, inputs, model->maxPositions, error))
    return false;
  std::vector<emo_buffer> buffers(numInputs);
  std::vector<std::unique_ptr<int64_t[]>> copies(numInputs);
  for (int32_t i = 0; i < numInputs; ++i) {
    buffers[i].data = inputs[i].data;
    if (entry->inputs[i].dtype == EMO_I64 && inputs[i].dtype == EMO_I32) {
      copies[i] = widened(inputs[i]);
      buffers[i].data = copies[i].get();
      if (!copies[i]) {
        error = "out of memory: no room for a copy of input '" + std::string(entry->inputs[i].name) + "'";
        return false;
      }
    }
    memcpy(buffers[i].dims, inputs[i].dims, sizeof buffers[i].dims);
  }
  std::vector<bool> own(numOutputs);
  for (int32_t i = 0; i < numOutputs; ++i)
    own[i] = outputs[i].data == nullptr;
  std::unique_ptr<emo_context> context = model->takeContext();
  context->entry = entry;
  context->outputs = outputs;
  context->resident = resident;
  int32_t status = 1;
  if (model->device) {
    std::lock_guard<std::mutex> lock(model->deviceMutex);
    status = !uploadInputs(*context, inputs, buffers) || enter(context.get(), buffers.data()) ||
             !model->device->submit(context->counts.submission, context->error) || !deliverOutputs(*context, inputs, buffers);
    if (status)
      model->device->discard();
    context->deviceMemory.clear();
    model->lastCounts = std::exchange(context->counts, {});
  } else {
    status = enter(context.get(), buffers.data());
  }
  bool ok = status == 0 && context->error.empty();
  if (!ok)
    error = context->error.empty() ? "entry '" + std::string(name) + "' failed" : context->error;
  model->giveBack(std::move(context));
  for (int32_t i = 0; i < numOutputs; ++i)
    if (!ok && own[i])
      emo_release(&outputs[i]);
  return ok;
}

int32_t emo_run(emo_model *model, const char *name, const emo_tensor *inputs, int32_t numInputs, emo_tensor *outputs,
                int32_t numOutputs, char *error, size_t errorBytes) {
  std::string message;
  if (runEntry(model, name, inputs, numInputs, outputs, numOutputs, /*resident=*/0, message))
    return 0;
  writeError(message, error, errorBytes);
  return -1;
}

void emo_release(emo_tensor *tensor) {
  free(tensor->data);
  *tensor = {};
}
