// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads that run the tasks of one launch at a time.
#ifndef EMO_LIB_RUNTIME_THREADPOOL_H
#define EMO_LIB_RUNTIME_THREADPOOL_H

#include "emo/Runtime/Program.h"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <pthread.h>
#include <vector>

namespace emo::rt {

/// 64-byte aligned memory that only grows; one owner at a time.
class Scratch {
public:
  Scratch() = default;
  Scratch(const Scratch &) = delete;
  ~Scratch();
  /// Null when memory is exhausted.
  void *get(size_t bytes);

private:
  void *data = nullptr;
  size_t capacity = 0;
};

/// Worker threads start with the first launch that has work for them, spin for some microseconds after each launch and then
/// sleep. The caller takes part. A launch made while another thread's launch is running is done by its caller alone, so that
/// two runs of one model never wait for each other. A child of fork starts workers of its own. Where the system refuses more threads, the pool goes on with those it has.
class ThreadPool {
public:
  explicit ThreadPool(int threads) : threads(threads) {}
  ~ThreadPool();

  /// Starts tasks 0..tasks-1 in index order and returns when all are done. `own` is the calling run's scratch. False when there is no
  /// memory for that; then not all tasks are done.
  bool run(emo_kernel_fn fn, const int64_t *args, int64_t tasks, size_t scratchBytes, Scratch &own);
  int size() const { return threads; }

private:
  struct Job {
    emo_kernel_fn fn;
    const int64_t *args;
    int64_t tasks;
    size_t scratchBytes;
  };
  void start();
  void work();
  bool takeTasks(const Job &job, Scratch &scratch);

  const int threads;
  std::mutex busy;
  std::vector<pthread_t> workers;
  pid_t owner = 0; // the process that has the workers
  Job job{};
  // Each on its own cache line: the counters are written by all threads.
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<int32_t> generation{0};
  alignas(64) std::atomic<int32_t> running{0};
  alignas(64) std::atomic<int32_t> sleeping{0};
  std::atomic<bool> quit{false};
};

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_THREADPOOL_H
