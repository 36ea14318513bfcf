// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Launches.h"

#include <algorithm>
#include <cstring>

using namespace emo::rt;
using namespace emo::rt::cuda;

/// Enough for steps of some sessions with prefills between; what is beyond is forgotten, oldest first.
static constexpr size_t kKnown = 8;

//===----------------------------------------------------------------------===//
// LaunchList
//===----------------------------------------------------------------------===//

/// Arguments, then tensor maps: without what may lie between them in LaunchArgs.
static size_t slotsOf(const LaunchList::Launch &launch) { return launch.arguments + size_t(launch.maps) * LaunchArgs::kMapSlots; }

void LaunchList::clear() {
  launches.clear();
  slots.clear();
}

void LaunchList::add(int32_t kernel, Handle function, const LaunchArgs &args, const LaunchShape &shape) {
  launches.push_back({kernel, function, shape, args.count, args.maps, slots.size()});
  slots.insert(slots.end(), args.slots, args.slots + args.count);
  for (int32_t m = 0; m < args.maps; ++m)
    slots.insert(slots.end(), args.map(m), args.map(m) + LaunchArgs::kMapSlots);
}

void **LaunchList::arguments(size_t i) {
  const Launch &launch = launches[i];
  // Each argument lies in 8 bytes, little endian: the driver reads as many as its kernel takes.
  pointers.clear();
  int64_t *slot = slots.data() + launch.first;
  for (int32_t a = 0; a < launch.arguments; ++a)
    pointers.push_back(slot++);
  for (int32_t m = 0; m < launch.maps; ++m, slot += LaunchArgs::kMapSlots)
    pointers.push_back(slot);
  return pointers.data();
}

bool LaunchList::sameKernels(const LaunchList &other) const {
  return std::equal(launches.begin(), launches.end(), other.launches.begin(), other.launches.end(),
                    [](const Launch &a, const Launch &b) { return a.kernel == b.kernel; });
}

bool LaunchList::sameLaunch(size_t i, const LaunchList &other) const {
  const Launch &a = launches[i], &b = other.launches[i];
  return std::equal(a.shape.grid, a.shape.grid + 3, b.shape.grid) && a.shape.threads == b.shape.threads &&
         a.shape.sharedBytes == b.shape.sharedBytes && a.arguments == b.arguments && a.maps == b.maps &&
         std::equal(slots.begin() + a.first, slots.begin() + a.first + slotsOf(a), other.slots.begin() + b.first);
}

//===----------------------------------------------------------------------===//
// Launcher
//===----------------------------------------------------------------------===//

static const char kGraph[] = "a graph of launches";

static KernelNode nodeOf(LaunchList &list, size_t i) {
  const LaunchList::Launch &launch = list.all()[i];
  const LaunchShape &shape = launch.shape;
  KernelNode node = {};
  node.function = launch.function;
  for (int d = 0; d < 3; ++d)
    node.grid[d] = unsigned(shape.grid[d]);
  node.block[0] = unsigned(shape.threads);
  node.block[1] = node.block[2] = 1;
  node.sharedBytes = unsigned(shape.sharedBytes);
  node.arguments = list.arguments(i);
  return node;
}

Launcher::Launcher(const Driver &driver, const emo_device_code &code, Handle stream, bool graphs)
    : driver(driver), code(code), stream(stream), graphs(graphs && driver.hasGraphs()) {}

Launcher::~Launcher() {
  for (auto &graph : known)
    destroy(*graph);
}

void Launcher::destroy(Graph &graph) {
  if (graph.executable)
    driver.graphExecDestroy(graph.executable);
  if (graph.graph)
    driver.graphDestroy(graph.graph);
  graph.executable = graph.graph = nullptr;
  graph.nodes.clear();
}

Result Launcher::launchEach(LaunchList &list, const char *&failed) {
  for (size_t i = 0; i < list.all().size(); ++i) {
    failed = code.kernels[list.all()[i].kernel].name;
    KernelNode node = nodeOf(list, i);
    if (Result result = driver.launch(node.function, node.grid[0], node.grid[1], node.grid[2], node.block[0], 1, 1, node.sharedBytes, stream,
                                      node.arguments, nullptr))
      return result;
  }
  return 0;
}

/// One launch after the other: each may read what the one before wrote.
Result Launcher::make(Graph &graph, LaunchList &list, const char *&failed) {
  failed = kGraph;
  if (Result result = driver.graphCreate(&graph.graph, 0))
    return result;
  for (size_t i = 0; i < list.all().size(); ++i) {
    failed = code.kernels[list.all()[i].kernel].name;
    KernelNode node = nodeOf(list, i);
    Handle added = nullptr;
    if (Result result = driver.graphAddKernel(&added, graph.graph, i ? &graph.nodes.back() : nullptr, i ? 1 : 0, &node))
      return result;
    graph.nodes.push_back(added);
  }
  failed = kGraph;
  return driver.graphInstantiate(&graph.executable, graph.graph, 0);
}

Result Launcher::update(Graph &graph, LaunchList &list, Submission &done, const char *&failed) {
  for (size_t i = 0; i < list.all().size(); ++i) {
    if (list.sameLaunch(i, graph.list))
      continue;
    failed = code.kernels[list.all()[i].kernel].name;
    KernelNode node = nodeOf(list, i);
    if (Result result = driver.graphExecSetKernel(graph.executable, graph.nodes[i], &node))
      return result;
    ++done.changed;
  }
  return 0;
}

Result Launcher::submit(LaunchList &list, Submission &done, const char *&failed) {
  done = {};
  if (!graphs || list.all().size() < 2)
    return launchEach(list, failed);
  auto found = std::find_if(known.begin(), known.end(), [&](auto &graph) { return graph->list.sameKernels(list); });
  if (found == known.end()) {
    // A graph costs more than it saves when its launches do not come again, as those of most prompts.
    if (known.size() == kKnown) {
      destroy(*known.front());
      known.erase(known.begin());
    }
    Result result = launchEach(list, failed);
    known.push_back(std::make_unique<Graph>());
    std::swap(known.back()->list, list);
    return result;
  }
  std::rotate(found, found + 1, known.end());
  Graph &graph = *known.back();
  Result result = graph.executable ? update(graph, list, done, failed) : make(graph, list, failed);
  std::swap(graph.list, list);
  if (!result) {
    failed = kGraph;
    result = driver.graphLaunch(graph.executable, stream);
  }
  done.graph = true;
  if (result)
    destroy(graph); // parts of it may be of this list, parts of an earlier one
  return result;
}
