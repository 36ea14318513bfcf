// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A device that runs the entries of one emo_device_code: a GPU, or its emulation on this machine.
#ifndef EMO_LIB_RUNTIME_DEVICE_H
#define EMO_LIB_RUNTIME_DEVICE_H

#include "Weights.h"

#include <memory>
#include <string>

namespace emo::rt {

struct LaunchShape {
  int64_t grid[3];
  int32_t threads;
  int64_t sharedBytes;
};

/// What emo_rt_launch gets.
struct LaunchArgs {
  static constexpr int32_t kMapSlots = 16;
  const int64_t *slots;
  int32_t count, maps;

  /// Where map `i` lies among the slots.
  const int64_t *map(int32_t i) const { return slots + (count + 7) / 8 * 8 + i * kMapSlots; }
};

/// What emo_rt_tensor_map gets.
struct TiledMatrix {
  const void *data;
  emo_dtype dtype;
  int64_t rows, columns, rowBytes;
  int32_t boxRows, boxColumns;
};

/// How the launches of a call went to the device.
struct Submission {
  bool graph = false;  // all in one, instead of one by one
  int64_t changed = 0; // launches of that graph that had to be told anew
};

/// Calls are made by one thread at a time; all functions that can fail return false or null with a message.
class Device {
public:
  virtual ~Device() = default;

  const emo_device_code &code() const { return *chosen; }
  /// For people: "NVIDIA H100 (sm_90a)", "emulation of sm_80".
  virtual std::string name() const = 0;

  /// 256-byte aligned device memory; `what` names it in messages.
  virtual void *allocate(int64_t bytes, const char *what, std::string &error) = 0;
  virtual void release(void *memory) = 0;
  /// Whether temporaries get memory of their own, so that accesses outside of them are found, instead of places in one arena.
  virtual bool separatesBuffers() const { return false; }
  virtual bool clear(void *memory, int64_t bytes, std::string &error) = 0;
  virtual bool upload(void *memory, const void *from, int64_t bytes, std::string &error) = 0;
  /// From device memory to device memory, behind the launches before.
  virtual bool copy(void *to, const void *from, int64_t bytes, std::string &error) = 0;
  /// Waits for the launches before.
  virtual bool download(void *to, const void *memory, int64_t bytes, std::string &error) = 0;
  /// Makes the weights known; gives their address on the device.
  virtual const char *useWeights(const Weights &weights, int64_t bytes, std::string &error) = 0;
  /// Encodes a tensor map.
  virtual bool describe(void *map, const TiledMatrix &matrix, std::string &error) = 0;
  /// Makes a launch, or keeps it for `submit`.
  virtual bool launch(int32_t kernel, const LaunchArgs &args, const LaunchShape &shape, std::string &error) = 0;
  /// Called when all launches of a call of an entry were made.
  virtual bool submit(Submission &, std::string &) { return true; }
  /// Forgets launches that were not submitted, of a call that failed.
  virtual void discard() {}

protected:
  const emo_device_code *chosen = nullptr;
};

/// Frees device memory when it goes away.
class DeviceBuffer {
public:
  DeviceBuffer() = default;
  DeviceBuffer(Device &device, void *memory) : device(&device), memory(memory) {}
  DeviceBuffer(DeviceBuffer &&other) noexcept : device(other.device), memory(other.memory) { other.memory = nullptr; }
  DeviceBuffer &operator=(DeviceBuffer &&other) noexcept {
    std::swap(device, other.device);
    std::swap(memory, other.memory);
    return *this;
  }
  ~DeviceBuffer() {
    if (memory)
      device->release(memory);
  }
  void *get() const { return memory; }

private:
  Device *device = nullptr;
  void *memory = nullptr;
};

/// Opens what `options.device` names ("emulate" or "cuda") for a program. Null with a message.
std::unique_ptr<Device> openDevice(const emo_program &program, const emo_load_options &options, std::string &error);

} // namespace emo::rt

/// What emo_program refers to: emo_rt_emulator and emo_rt_cuda.
struct emo_device_driver {
  std::unique_ptr<emo::rt::Device> (*open)(const emo_program &program, const char *options, std::string &error);
};

#endif // EMO_LIB_RUNTIME_DEVICE_H
