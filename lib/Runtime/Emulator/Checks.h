// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_CHECKS_H
#define EMO_LIB_RUNTIME_EMULATOR_CHECKS_H
#include "Core.h"
namespace emo::rt::emulator {
struct Checks {
  explicit Checks(Sm &) {}
  void startLaunch() {}
  void startCta() {}
  void endCta() {}
  void endThread(Fiber &) {}
  void endWarp(Warp &) {}
  void syncWarp(Warp &, uint32_t) {}
  void syncBarrier(Barrier &) {}
  void matrixAccess(Warp &, const char *const *, uint32_t, bool) {}
  void issueCopy(Fiber &, const Copy &) {}
  void completeCopy(Fiber &, const Copy &) {}
};
} // namespace emo::rt::emulator
#endif
