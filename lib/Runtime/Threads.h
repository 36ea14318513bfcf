// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads of the runtime's own, and signals.
#ifndef EMO_LIB_RUNTIME_THREADS_H
#define EMO_LIB_RUNTIME_THREADS_H

#include <csignal>
#include <functional>
#include <initializer_list>
#include <pthread.h>

namespace emo::rt {

/// While it lives, signals from outside wait, unless another thread takes them; faults of this thread and the clocks of profilers do not.
class WithoutSignals {
public:
  WithoutSignals() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPROF})
      sigdelset(&blocked, signal);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
  }
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }

private:
  sigset_t before;
};

/// Starts a thread that calls `body` with `argument`, which lives until then. It takes no signals: they are for the threads of whoever calls
/// the runtime. False when the system refuses one more.
template <auto body, typename Argument>
bool startThread(pthread_t &thread, Argument &argument) {
  WithoutSignals inherited;
  auto run = [](void *argument) -> void * {
    std::invoke(body, *static_cast<Argument *>(argument));
    return nullptr;
  };
  return pthread_create(&thread, nullptr, run, &argument) == 0;
}

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_THREADS_H
