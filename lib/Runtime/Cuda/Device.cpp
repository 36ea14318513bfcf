// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A GPU as a device of the runtime (--device=cuda): one context and one stream for each loaded program.
#include "../Device.h"

#include "Launches.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

using namespace emo::rt;
using namespace emo::rt::cuda;

namespace {

class CudaDevice : public Device {
public:
  ~CudaDevice() override;
  bool open(const emo_program &program, const std::string &options, std::string &error);

  std::string name() const override { return gpu + " (" + chosen->arch + ")"; }
  void *allocate(int64_t bytes, const char *what, std::string &error) override;
  void release(void *memory) override;
  bool clear(void *memory, int64_t bytes, std::string &error) override;
  bool upload(void *memory, const void *from, int64_t bytes, std::string &error) override;
  bool copy(void *to, const void *from, int64_t bytes, std::string &error) override;
  bool download(void *to, const void *memory, int64_t bytes, std::string &error) override;
  const char *useWeights(const Weights &weights, int64_t bytes, std::string &error) override;
  bool describe(void *map, const TiledMatrix &matrix, std::string &error) override;
  bool launch(int32_t kernel, const LaunchArgs &args, const LaunchShape &shape, std::string &error) override;
  bool submit(Submission &done, std::string &error) override;
  void discard() override { launches.clear(); }

private:
  /// The context is current while one of these exists.
  struct Current {
    explicit Current(const CudaDevice &device) : driver(*device.driver) { driver.contextPush(device.context); }
    ~Current() {
      Handle ignored;
      driver.contextPop(&ignored);
    }
    const Driver &driver;
  };

  bool check(Result result, const char *what, std::string &error) const {
    if (result)
      error = std::string(what) + " failed on " + gpu + ": " + driver->describe(result);
    return result == 0;
  }
  bool chooseCode(const emo_program &program, std::string &error);
  bool loadModule(std::string &error);
  std::string outOfMemory(int64_t bytes, const char *what, const char *advice) const;

  const Driver *driver = nullptr;
  std::string gpu = "the GPU";
  int device = 0, capability = 0; // 80, 90, ...
  Handle context = nullptr, stream = nullptr, module = nullptr;
  std::vector<Handle> functions;
  std::vector<int64_t> sharedLimits;
  LaunchList launches; // of the call that is being made
  std::unique_ptr<Launcher> launcher;
  Address weightsMemory = 0;
  // Freed memory by size, for the next run, and the size of what is in use.
  std::multimap<int64_t, Address> idle;
  std::map<Address, int64_t> used;
};

} // namespace

/// Compute capability of an architecture's name: "sm_90a" is 90 and runs on nothing newer.
static bool runsOn(const char *arch, int capability) {
  char *end = nullptr;
  int wanted = int(strtol(arch + 3, &end, 10));
  return *end ? capability == wanted : capability >= wanted;
}

/// The architecture that the compiler has kernels of for a GPU, or null.
static const char *archFor(int capability) {
  const char *chosen = nullptr;
  for (const char *arch : {"sm_80", "sm_90a", "sm_100a", "sm_120a"})
    if (runsOn(arch, capability))
      chosen = arch;
  return chosen;
}

bool CudaDevice::chooseCode(const emo_program &program, std::string &error) {
  std::string known;
  for (int32_t i = 0; i < program.num_device_codes; ++i) {
    const emo_device_code &code = program.device_codes[i];
    known += (i ? ", " : "") + std::string(code.arch);
    if (runsOn(code.arch, capability))
      chosen = &code;
  }
  if (!chosen) {
    const char *arch = archFor(capability);
    error = gpu + " has compute capability " + std::to_string(capability / 10) + "." + std::to_string(capability % 10) +
            ", this program has code for " + known + "; " +
            (arch ? "compile the model for it with emo-compile --cuda-arch=" + std::string(arch) + ", or " : "use a GPU of 8.0 or newer, or ") +
            "run with --device=emulate or --device=cpu";
  }
  return chosen != nullptr;
}

/// The cubin where it fits; otherwise the driver compiles the PTX.
bool CudaDevice::loadModule(std::string &error) {
  char log[4096] = "";
  int options[] = {kJitErrorLog, kJitErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  Result result = 1;
  if (chosen->cubin_bytes)
    result = driver->moduleLoad(&module, chosen->cubin, 0, nullptr, nullptr);
  if (result)
    result = driver->moduleLoad(&module, chosen->ptx, 2, options, values);
  if (result) {
    check(result, "loading the kernels", error);
    if (log[0])
      error += "\n" + std::string(log);
    return false;
  }
  for (int32_t i = 0; i < chosen->num_kernels; ++i) {
    Handle function = nullptr;
    if (!check(driver->moduleFunction(&function, module, chosen->kernels[i].name), chosen->kernels[i].name, error))
      return false;
    functions.push_back(function);
  }
  sharedLimits.assign(functions.size(), 48 << 10);
  return true;
}

bool CudaDevice::open(const emo_program &program, const std::string &options, std::string &error) {
  driver = Driver::get(error);
  if (!driver)
    return false;
  int index = 0, count = 0, major = 0, minor = 0;
  if (!options.empty()) {
    char *end = nullptr;
    index = options.rfind("index=", 0) == 0 ? int(strtol(options.c_str() + 6, &end, 10)) : -1;
    if (index < 0 || !end || *end) {
      error = "the option of a CUDA device is index=N, got '" + options + "'";
      return false;
    }
  }
  const char *wanted = getenv("EMO_CUDA_GRAPHS");
  bool graphs = !wanted || strcmp(wanted, "off") != 0;
  if (wanted && graphs && strcmp(wanted, "on") != 0) {
    error = std::string("EMO_CUDA_GRAPHS is on or off, got '") + wanted + "'";
    return false;
  }
  driver->deviceCount(&count);
  if (index >= count) {
    error = "there is no GPU " + std::to_string(index) + "; the CUDA driver finds " + std::to_string(count);
    return false;
  }
  char text[256] = "";
  if (!check(driver->deviceGet(&device, index), "opening it", error))
    return false;
  if (driver->deviceName(text, sizeof text, device) == 0)
    gpu = text;
  driver->deviceAttribute(&major, kAttributeMajor, device);
  driver->deviceAttribute(&minor, kAttributeMinor, device);
  capability = major * 10 + minor;
  if (!chooseCode(program, error) || !check(driver->contextCreate(&context, 0, device), "making a context", error))
    return false;
  Handle ignored;
  driver->contextPop(&ignored);
  Current current(*this);
  if (!check(driver->streamCreate(&stream, kStreamNonBlocking), "making a stream", error) || !loadModule(error))
    return false;
  launcher = std::make_unique<Launcher>(*driver, *chosen, stream, graphs);
  return true;
}

CudaDevice::~CudaDevice() {
  if (launcher) {
    Current current(*this);
    launcher = nullptr;
  }
  // With the context goes all that belongs to it.
  if (context)
    driver->contextDestroy(context);
}

std::string CudaDevice::outOfMemory(int64_t bytes, const char *what, const char *advice) const {
  size_t free = 0, total = 0;
  driver->memoryInfo(&free, &total);
  char text[512];
  snprintf(text, sizeof text, "out of memory of %s: %.1f MB are needed for %s, %.1f of %.1f MB are free; %s",
           gpu.c_str(), double(bytes) / 1e6, what, double(free) / 1e6, double(total) / 1e6, advice);
  return text;
}

void *CudaDevice::allocate(int64_t bytes, const char *what, std::string &error) {
  Current current(*this);
  // Rounded up, so that runs of similar size find each other's memory.
  int64_t size = 512;
  while (size < bytes)
    size += size < (1 << 20) ? size : (1 << 20);
  // The lowest address: whoever asks for the same in the same order gets the same, whatever came between. Steps then change nothing in the
  // graph of their launches.
  auto [first, end] = idle.equal_range(size);
  auto found = std::min_element(first, end, [](auto &a, auto &b) { return a.second < b.second; });
  Address address = 0;
  if (found != end) {
    address = found->second;
    idle.erase(found);
  } else {
    Result result = driver->allocate(&address, size);
    if (result == kOutOfMemory && !idle.empty()) {
      driver->streamWait(stream);
      for (auto &[bytesOf, memory] : idle)
        driver->release(memory);
      idle.clear();
      result = driver->allocate(&address, size);
    }
    if (result == kOutOfMemory) {
      error = outOfMemory(bytes, what, "use a smaller batch or sequence");
      return nullptr;
    }
    if (!check(result, "allocating memory", error))
      return nullptr;
  }
  used[address] = size;
  return reinterpret_cast<void *>(address);
}

/// Launches that still use it come before those of whoever gets it next: there is one stream.
void CudaDevice::release(void *memory) {
  auto found = used.find(reinterpret_cast<Address>(memory));
  if (found == used.end())
    return;
  idle.emplace(found->second, found->first);
  used.erase(found);
}

bool CudaDevice::clear(void *memory, int64_t bytes, std::string &error) {
  Current current(*this);
  return bytes == 0 || check(driver->fill(reinterpret_cast<Address>(memory), 0, bytes, stream), "clearing memory", error);
}

bool CudaDevice::upload(void *memory, const void *from, int64_t bytes, std::string &error) {
  Current current(*this);
  // From memory that is not pinned the driver returns when it has read it.
  return bytes == 0 || check(driver->upload(reinterpret_cast<Address>(memory), from, bytes, stream), "copying to it", error);
}

bool CudaDevice::copy(void *to, const void *from, int64_t bytes, std::string &error) {
  Current current(*this);
  return bytes == 0 ||
         check(driver->copy(reinterpret_cast<Address>(to), reinterpret_cast<Address>(from), bytes, stream), "copying on it", error);
}

bool CudaDevice::download(void *to, const void *memory, int64_t bytes, std::string &error) {
  Current current(*this);
  if (bytes && !check(driver->download(to, reinterpret_cast<Address>(memory), bytes, stream), "copying from it", error))
    return false;
  return check(driver->streamWait(stream), "a kernel", error);
}

const char *CudaDevice::useWeights(const Weights &weights, int64_t bytes, std::string &error) {
  Current current(*this);
  Result result = bytes ? driver->allocate(&weightsMemory, bytes) : 0;
  if (result == kOutOfMemory) {
    error = outOfMemory(bytes, "the weights", "compile the model with fewer experts (emo-compile --experts), or run with --device=cpu");
    return nullptr;
  }
  if (!check(result, "allocating memory for the weights", error))
    return nullptr;
  constexpr int64_t kPart = 64 << 20; // mapped files are read part by part
  for (int64_t done = 0; done < bytes; done += kPart)
    if (!check(driver->upload(weightsMemory + done, weights.data() + done, std::min(kPart, bytes - done), stream), "copying the weights", error))
      return nullptr;
  return check(driver->streamWait(stream), "copying the weights", error) ? reinterpret_cast<const char *>(weightsMemory) : nullptr;
}

bool CudaDevice::describe(void *map, const TiledMatrix &matrix, std::string &error) {
  if (!driver->tensorMapEncode) {
    error = "the CUDA driver has no cuTensorMapEncodeTiled, which kernels for " + std::string(chosen->arch) +
            " need; install a driver for CUDA 12.0 or newer";
    return false;
  }
  Current current(*this);
  int type = matrix.dtype == EMO_BF16 ? kTensorBf16 : matrix.dtype == EMO_F16 ? kTensorF16 : kTensorF32;
  uint64_t dims[] = {uint64_t(matrix.columns), uint64_t(matrix.rows)}, stride = uint64_t(matrix.rowBytes);
  uint32_t box[] = {uint32_t(matrix.boxColumns), uint32_t(matrix.boxRows)}, steps[] = {1, 1};
  Result result = driver->tensorMapEncode(map, type, 2, const_cast<void *>(matrix.data), dims, &stride, box, steps, /*interleave=*/0,
                                          kTensorSwizzle128, kTensorPromoteL2, /*fill=*/0);
  return check(result, "describing a matrix for its kernels", error);
}

bool CudaDevice::launch(int32_t kernel, const LaunchArgs &args, const LaunchShape &shape, std::string &error) {
  // More than 48 KiB have to be asked for.
  if (shape.sharedBytes > sharedLimits[kernel]) {
    Current current(*this);
    if (!check(driver->functionSet(functions[kernel], kFunctionDynamicShared, int(shape.sharedBytes)), chosen->kernels[kernel].name, error))
      return false;
    sharedLimits[kernel] = shape.sharedBytes;
  }
  launches.add(kernel, functions[kernel], args, shape);
  return true;
}

bool CudaDevice::submit(Submission &done, std::string &error) {
  Current current(*this);
  const char *failed = "";
  bool submitted = check(launcher->submit(launches, done, failed), failed, error);
  launches.clear();
  return submitted;
}

extern "C" const emo_device_driver emo_rt_cuda;
const emo_device_driver emo_rt_cuda = {[](const emo_program &program, const char *options, std::string &error) {
  auto device = std::make_unique<CudaDevice>();
  if (!device->open(program, options, error))
    device = nullptr;
  return std::unique_ptr<Device>(std::move(device));
}};
