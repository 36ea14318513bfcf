// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ThreadPool.h"

#include <cstdio>
#include <cstdlib>
#include <immintrin.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace emo::rt;

/// Spins before a worker sleeps: about 50 microseconds, longer than the gap between two launches of one step.
static constexpr int kSpins = 2000;

Scratch::~Scratch() { free(data); }

void *Scratch::get(size_t bytes) {
  if (bytes <= capacity)
    return data;
  free(data);
  capacity = (bytes + 4095) & ~size_t(4095);
  data = aligned_alloc(4096, capacity);
  if (!data) {
    fprintf(stderr, "error: out of memory: a kernel needs %zu bytes of scratch memory\n", bytes);
    _exit(1);
  }
  return data;
}

static void futexWait(std::atomic<int32_t> &word, int32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}
static void futexWakeAll(std::atomic<int32_t> &word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

ThreadPool::~ThreadPool() {
  quit = true;
  ++generation;
  futexWakeAll(generation);
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadPool::start() {
  for (int i = 1; i < threads; ++i)
    workers.emplace_back([this] { work(); });
}

void ThreadPool::takeTasks(const Job &job, Scratch &scratch) {
  void *memory = job.scratchBytes ? scratch.get(job.scratchBytes) : nullptr;
  for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < job.tasks;)
    job.fn(job.args, task, memory);
}

void ThreadPool::work() {
  Scratch scratch;
  // The launch that started this thread counts it as running, so the generation before it is the one seen last.
  int32_t seen = 0;
  for (;;) {
    int32_t current;
    int spins = 0;
    while ((current = generation.load(std::memory_order_acquire)) == seen) {
      if (++spins < kSpins) {
        _mm_pause();
        continue;
      }
      ++sleeping;
      futexWait(generation, seen);
      --sleeping;
      spins = 0;
    }
    seen = current;
    if (quit)
      return;
    takeTasks(job, scratch);
    running.fetch_sub(1, std::memory_order_release);
  }
}

void ThreadPool::run(emo_kernel_fn fn, const int64_t *args, int64_t tasks, size_t scratchBytes, Scratch &own) {
  if (tasks <= 0)
    return;
  if (tasks == 1 || threads == 1 || !busy.try_lock()) {
    void *memory = scratchBytes ? own.get(scratchBytes) : nullptr;
    for (int64_t task = 0; task < tasks; ++task)
      fn(args, task, memory);
    return;
  }
  job = {fn, args, tasks, scratchBytes};
  next.store(0, std::memory_order_relaxed);
  running.store(threads - 1, std::memory_order_relaxed);
  generation.fetch_add(1, std::memory_order_seq_cst);
  if (workers.empty())
    start();
  else if (sleeping.load(std::memory_order_seq_cst))
    futexWakeAll(generation);
  takeTasks(job, own);
  // The others are at their last tasks. When they do not run at all, the machine is busy: give them this CPU.
  for (int spins = 0; running.load(std::memory_order_acquire); ++spins) {
    if (spins < kSpins)
      _mm_pause();
    else
      sched_yield();
  }
  busy.unlock();
}
