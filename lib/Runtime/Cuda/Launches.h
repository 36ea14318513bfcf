// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The launches of one call of an entry, handed to the driver together. A call that launches the same kernels as an earlier one, as each
// decode step does, goes as one CUDA graph. The graph is made once; launches that differ in their arguments or grid, as those of a batch
// with fewer rows, are changed in it before. Those of decode steps are the same: lengths are read on the device.
#ifndef EMO_LIB_RUNTIME_CUDA_LAUNCHES_H
#define EMO_LIB_RUNTIME_CUDA_LAUNCHES_H

#include "../Device.h"
#include "Driver.h"

#include <memory>
#include <string>
#include <vector>

namespace emo::rt::cuda {

/// The launches of a call, in order, with copies of their arguments.
class LaunchList {
public:
  struct Launch {
    int32_t kernel;
    Handle function;
    LaunchShape shape;
    int32_t arguments, maps;
    size_t first; // of `slots`
  };

  void clear();
  void add(int32_t kernel, Handle function, const LaunchArgs &args, const LaunchShape &shape);
  const std::vector<Launch> &all() const { return launches; }
  /// What the driver gets for launch `i`; valid until the next call of this function.
  void **arguments(size_t i);

  /// Whether both launch the same kernels.
  bool sameKernels(const LaunchList &other) const;
  /// Whether launch `i` of both is the same, with the same arguments.
  bool sameLaunch(size_t i, const LaunchList &other) const;

private:
  std::vector<Launch> launches;
  std::vector<int64_t> slots;
  std::vector<void *> pointers;
};

/// Gives lists of launches to the driver.
class Launcher {
public:
  /// With `graphs` off every launch is one call of the driver.
  Launcher(const Driver &driver, const emo_device_code &code, Handle stream, bool graphs);
  ~Launcher();

  /// Fails with the name of the kernel, or "a graph of launches". The list is left with an earlier call's content.
  Result submit(LaunchList &list, Submission &done, const char *&failed);

private:
  /// Launches that were submitted, and the graph of them once they came a second time.
  struct Graph {
    LaunchList list;
    Handle graph = nullptr, executable = nullptr;
    std::vector<Handle> nodes;
  };
  Result launchEach(LaunchList &list, const char *&failed);
  Result make(Graph &graph, LaunchList &list, const char *&failed);
  Result update(Graph &graph, LaunchList &list, Submission &done, const char *&failed);
  void destroy(Graph &graph);

  const Driver &driver;
  const emo_device_code &code;
  Handle stream;
  bool graphs;
  std::vector<std::unique_ptr<Graph>> known; // most recently used last
};

} // namespace emo::rt::cuda
#endif // EMO_LIB_RUNTIME_CUDA_LAUNCHES_H
