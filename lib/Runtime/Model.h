// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A loaded program and one run of it.
#ifndef EMO_LIB_RUNTIME_MODEL_H
#define EMO_LIB_RUNTIME_MODEL_H

#include "Device.h"
#include "Manifest.h"
#include "ThreadPool.h"
#include "Tokenizer.h"
#include "Weights.h"
#include "emo/Runtime/Emo.h"

#include <csetjmp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace emo::rt {

/// What a run on a device came to.
struct DeviceCounts {
  int64_t launches = 0;
  int64_t temporaryBytes = 0;
  int64_t waits = 0; // of the host for the device
  Submission submission;
};

/// Temporaries of one run: blocks that are kept and merged into one, so that the second run allocates nothing.
class Arena {
public:
  ~Arena();
  /// 64-byte aligned; null when memory is exhausted.
  void *allocate(size_t bytes);
  void reset();

private:
  struct Block {
    char *data;
    size_t capacity;
  };
  bool addBlock(size_t bytes);
  std::vector<Block> blocks;
  size_t used = 0; // of the last block
};

} // namespace emo::rt

/// One run of one entry.
struct emo_context {
  emo_model *model = nullptr;
  emo::rt::Arena arena;
  emo::rt::Scratch scratch;
  std::vector<emo::rt::DeviceBuffer> deviceMemory; // inputs and temporaries of a run on a device
  uint32_t resident = 0;                           // see runEntry
  /// Outputs that are copied when the entry is done: what and from where.
  struct DeviceOutput {
    int32_t index;
    const void *data;
    int64_t bytes;
  };
  std::vector<DeviceOutput> deviceOutputs;
  emo::rt::DeviceCounts counts;
  const emo_entry_desc *entry = nullptr;
  emo_tensor *outputs = nullptr;
  std::string error;
  /// Where a service goes that cannot return: compiled code has no path for running out of memory.
  jmp_buf escape;
};

struct emo_model {
  const emo_program *program = nullptr;
  emo::rt::Weights weights;
  std::unique_ptr<emo::rt::ThreadPool> pool;
  int32_t isa = -1;
  const emo_kernel_fn *kernels = nullptr;
  int64_t maxPositions = 0; // from the manifest; 0: unlimited
  /// Null: entries run on the CPU.
  std::unique_ptr<emo::rt::Device> device;
  const char *weightsAddress = nullptr; // where entries read them
  std::mutex deviceMutex;               // a device does one run at a time
  emo::rt::DeviceCounts lastCounts;     // of the run before

  /// A context for a run: one that an earlier run gave back, or a new one.
  std::unique_ptr<emo_context> takeContext();
  void giveBack(std::unique_ptr<emo_context> context);

  /// Opened when it is first asked for; null with a message when there is none.
  const emo::rt::Tokenizer *tokenizer(std::string &error);

private:
  std::mutex mutex;
  std::unique_ptr<emo::rt::Tokenizer> opened;
  std::vector<std::unique_ptr<emo_context>> idle;
};

namespace emo::rt {

/// Chooses the kernel table: the most demanding one that this machine supports, or `forced` (EMO_CPU). False with a message.
bool chooseIsa(const emo_program &program, const char *forced, int32_t &index, std::string &error);

/// emo_run, but tensors of the roles in `resident`, a bit each, are in the memory of the model's device: inputs, KV caches, and outputs, whose
/// memory the caller gives. False with a message.
bool runEntry(emo_model *model, const char *name, const emo_tensor *inputs, int32_t numInputs, emo_tensor *outputs, int32_t numOutputs,
              uint32_t resident, std::string &error);

/// Checks the inputs of a call against the entry. Returns false with a message that names the input.
bool checkInputs(const emo_entry_desc &entry, const emo_tensor *inputs, int32_t numInputs, std::string &error);

/// Checks that the tokens of a call fit the KV caches and the model's positions (0: unlimited).
bool checkPositions(const emo_entry_desc &entry, const emo_tensor *inputs, int64_t maxPositions, std::string &error);

/// Copies a message into a caller's buffer, cut to its size.
void writeError(const std::string &message, char *error, size_t bytes);

/// "[2, 3]".
std::string shapeText(const int64_t *dims, int32_t rank);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_MODEL_H
