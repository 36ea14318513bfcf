// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The emulator as a device of the runtime (--device=emulate).
#include "../Device.h"

#include "Emulator.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

using namespace emo::rt;

namespace {

class EmulatedDevice : public Device {
public:
  ~EmulatedDevice() override;
  bool open(const emo_program &program, std::string options, std::string &error);

  std::string name() const override { return std::string("emulation of ") + chosen->arch; }
  void *allocate(int64_t bytes, const char *what, std::string &error) override;
  void release(void *data) override { memory.release(data); }
  bool separatesBuffers() const override { return settings.checks; }
  bool clear(void *data, int64_t bytes, std::string &) override { return memset(data, 0, bytes), true; }
  bool upload(void *to, const void *from, int64_t bytes, std::string &) override { return memcpy(to, from, bytes), true; }
  bool copy(void *to, const void *from, int64_t bytes, std::string &) override { return memcpy(to, from, bytes), true; }
  bool download(void *to, const void *from, int64_t bytes, std::string &) override { return memcpy(to, from, bytes), true; }
  const char *useWeights(const Weights &weights, int64_t bytes, std::string &error) override;
  bool describe(void *map, const TiledMatrix &matrix, std::string &error) override;
  bool launch(int32_t kernel, const LaunchArgs &args, const LaunchShape &shape, std::string &error) override;

private:
  bool set(const std::string &option, const emo_program &program, std::string &error);

  /// What the launches of a kernel came to.
  struct Work {
    int64_t launches = 0;
    double seconds = 0;
    emulator::Counters counters;
  };

  emulator::Memory memory;
  emulator::Options settings;
  bool counts = false;
  std::map<std::string, Work> work; // by kernel
};

} // namespace

static const char kOptions[] = "arch=ARCH, lazy, schedule=in-order|reversed|run-ahead|random, seed=N, threads=N, no-checks and counters";

/// A number of at least `low` behind `name`=.
static bool number(const std::string &option, uint64_t low, uint64_t &value, std::string &error) {
  std::string text = option.substr(option.find('=') + 1);
  char *end = nullptr;
  value = strtoull(text.c_str(), &end, 10);
  if (!text.empty() && text[0] >= '0' && text[0] <= '9' && !*end && value >= low && value <= INT_MAX)
    return true;
  error = "the emulator's option '" + option + "' expects a number of at least " + std::to_string(low);
  return false;
}

bool EmulatedDevice::set(const std::string &option, const emo_program &program, std::string &error) {
  uint64_t value = 0;
  if (option.rfind("arch=", 0) == 0) {
    std::string known;
    for (int32_t i = 0; i < program.num_device_codes; ++i) {
      known += (i ? ", " : "") + std::string(program.device_codes[i].arch);
      if (option.substr(5) == program.device_codes[i].arch)
        return chosen = &program.device_codes[i], true;
    }
    error = "this program has no code for '" + option.substr(5) + "'; it has " + known;
    return false;
  }
  if (option == "lazy")
    return settings.lazy = true;
  if (option == "no-checks")
    return settings.checks = false, true;
  if (option == "counters")
    return counts = true;
  if (option.rfind("seed=", 0) == 0)
    return number(option, 0, value, error) && (settings.seed = value, true);
  if (option.rfind("threads=", 0) == 0)
    return number(option, 1, value, error) && (settings.threads = int(value), true);
  static const struct {
    const char *text;
    emulator::Schedule schedule;
  } schedules[] = {{"schedule=in-order", emulator::Schedule::InOrder},
                   {"schedule=reversed", emulator::Schedule::Reversed},
                   {"schedule=run-ahead", emulator::Schedule::RunAhead},
                   {"schedule=random", emulator::Schedule::Random}};
  for (auto &[text, schedule] : schedules)
    if (option == text)
      return settings.schedule = schedule, true;
  error = "the emulator has no option '" + option + "'; known are " + kOptions;
  return false;
}

bool EmulatedDevice::open(const emo_program &program, std::string options, std::string &error) {
  chosen = &program.device_codes[0];
  for (size_t begin = 0; begin < options.size();) {
    size_t end = std::min(options.find(',', begin), options.size());
    if (!set(options.substr(begin, end - begin), program, error))
      return false;
    begin = end + 1;
  }
#ifdef __x86_64__
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    error = "emulated kernels need a CPU with AVX2 and FMA (x86-64-v3)";
    return false;
  }
#endif
  return true;
}

void *EmulatedDevice::allocate(int64_t bytes, const char *what, std::string &error) {
  void *data = memory.allocate(bytes, what);
  if (!data)
    error = "out of memory: " + std::to_string(bytes) + " bytes are needed for " + what + "; use a smaller batch or sequence";
  return data;
}

const char *EmulatedDevice::useWeights(const Weights &weights, int64_t bytes, std::string &) {
  memory.registerHost(weights.data(), bytes, "weights", /*readOnly=*/true);
  return weights.data();
}

bool EmulatedDevice::describe(void *map, const TiledMatrix &matrix, std::string &error) {
  using emulator::TensorType;
  TensorType type = matrix.dtype == EMO_BF16 ? TensorType::BF16 : matrix.dtype == EMO_F16 ? TensorType::F16 : TensorType::F32;
  uint64_t dims[] = {uint64_t(matrix.columns), uint64_t(matrix.rows)}, stride = uint64_t(matrix.rowBytes);
  uint32_t box[] = {uint32_t(matrix.boxColumns), uint32_t(matrix.boxRows)}, steps[] = {1, 1};
  return emulator::encodeTensorMapTiled(map, type, 2, matrix.data, dims, &stride, box, steps, emulator::TensorInterleave::None,
                                        emulator::TensorSwizzle::Bytes128, 0, emulator::TensorFill::Zero, error);
}

bool EmulatedDevice::launch(int32_t kernel, const LaunchArgs &args, const LaunchShape &shape, std::string &error) {
  const emo_device_kernel &code = chosen->kernels[kernel];
  if (!code.emulated) {
    error = "this program was compiled without emulation";
    return false;
  }
  emulator::Launch launch = {code.name, code.emulated, args.slots, {}, uint32_t(shape.threads), uint32_t(shape.sharedBytes)};
  launch.grid = {uint32_t(shape.grid[0]), uint32_t(shape.grid[1]), uint32_t(shape.grid[2])};
  Work &done = work[code.name];
  auto start = std::chrono::steady_clock::now();
  bool ok = emulator::launch(launch, settings, done.counters, error);
  done.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ++done.launches;
  return ok;
}

/// Instructions of warps that are calls of the emulator; plain accesses are seen with checks only.
static uint64_t instructions(const emulator::Counters &c) {
  return c.collectives + c.asyncCopies / 32 + c.bulkCopies + c.mbarrierWaits + c.sharedAccesses + c.globalAccesses;
}

EmulatedDevice::~EmulatedDevice() {
  if (!counts)
    return;
  for (auto &[name, done] : work) {
    const emulator::Counters &c = done.counters;
    fprintf(stderr, "%s: %lld launches, %.3f s, %.2f million warp instructions a second\n", name.c_str(), (long long)done.launches, done.seconds,
            double(instructions(c)) / std::max(done.seconds, 1e-9) / 1e6);
    const std::pair<const char *, uint64_t> values[] = {{"mma", c.mma},
                                                        {"wgmma", c.wgmma},
                                                        {"ldmatrix", c.ldmatrix},
                                                        {"barriers", c.barriers},
                                                        {"asynchronous copies", c.asyncCopies},
                                                        {"bulk copies", c.bulkCopies},
                                                        {"accesses of shared memory", c.sharedAccesses},
                                                        {"bank conflicts", c.bankConflicts},
                                                        {"accesses of device memory", c.globalAccesses},
                                                        {"sectors", c.globalSectors}};
    std::string line;
    for (auto &[what, count] : values)
      if (count)
        line += (line.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    fprintf(stderr, "  %s\n", line.c_str());
  }
}

extern "C" const emo_device_driver emo_rt_emulator;
const emo_device_driver emo_rt_emulator = {[](const emo_program &program, const char *options, std::string &error) {
  auto device = std::make_unique<EmulatedDevice>();
  if (!device->open(program, options, error))
    device = nullptr;
  return std::unique_ptr<Device>(std::move(device));
}};
