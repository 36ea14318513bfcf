// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ThreadPool.h"
#include "Threads.h"

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
  if (!data)
    capacity = 0;
  return data;
}

static void futexWait(std::atomic<int32_t> &word, int32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}
static void futexWakeAll(std::atomic<int32_t> &word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

ThreadPool::~ThreadPool() {
  if (owner != getpid())
    return;
  quit = true;
  ++generation;
  futexWakeAll(generation);
  for (pthread_t worker : workers)
    pthread_join(worker, nullptr);
}

void ThreadPool::start() {
  owner = getpid();
  for (int i = 1; i < threads; ++i) {
    pthread_t worker;
    if (!startThread<&ThreadPool::work>(worker, *this))
      return;
    workers.push_back(worker);
  }
}

bool ThreadPool::takeTasks(const Job &job, Scratch &scratch) {
  void *memory = job.scratchBytes ? scratch.get(job.scratchBytes) : nullptr;
  if (job.scratchBytes && !memory)
    return false;
  for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < job.tasks;)
    job.fn(job.args, task, memory);
  return true;
}

void ThreadPool::work() {
  Scratch scratch;
  // Threads are started before the first launch is published.
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

bool ThreadPool::run(emo_kernel_fn fn, const int64_t *args, int64_t tasks, size_t scratchBytes, Scratch &own) {
  if (tasks <= 0)
    return true;
  bool alone = tasks == 1 || threads == 1 || !busy.try_lock();
  if (!alone && workers.empty()) {
    start();
    if (workers.empty()) {
      busy.unlock();
      alone = true;
    }
  }
  if (alone) {
    void *memory = scratchBytes ? own.get(scratchBytes) : nullptr;
    if (scratchBytes && !memory)
      return false;
    for (int64_t task = 0; task < tasks; ++task)
      fn(args, task, memory);
    return true;
  }
  job = {fn, args, tasks, scratchBytes};
  next.store(0, std::memory_order_relaxed);
  running.store(int32_t(workers.size()), std::memory_order_relaxed);
  generation.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping.load(std::memory_order_seq_cst))
    futexWakeAll(generation);
  // A worker without memory takes no tasks, the others take its. This thread's scratch decides: it always takes part.
  bool done = takeTasks(job, own);
  // The others are at their last tasks. When they do not run at all, the machine is busy: give them this CPU.
  for (int spins = 0; running.load(std::memory_order_acquire); ++spins) {
    if (spins < kSpins) {
      _mm_pause();
    } else if (owner == getpid()) {
      sched_yield();
    } else {
      // fork copies only the thread that calls it, which has done all tasks. The next launch starts new workers.
      workers.clear();
      generation.store(0, std::memory_order_relaxed);
      sleeping.store(0, std::memory_order_relaxed);
      break;
    }
  }
  busy.unlock();
  return done;
}
