// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Seeded bugs: what shows that the emulator's checks, and the tests that run kernels on it, notice a missing wait, fence, barrier or
/// mask. For tests only; no program that users get has any of it.
#ifndef EMO_LIB_TARGET_CUDA_DEVICECODE_MUTATE_H
#define EMO_LIB_TARGET_CUDA_DEVICECODE_MUTATE_H

#include "emo/Target/DeviceCode.h"

namespace emo {

struct Mutation {
  std::string kernel;
  /// barrier, wait, commit, fence, mbarrier, lanes, registers, copy, guard, select or clamp.
  llvm::StringLiteral kind;
  /// What it does: "removes cp.async.wait.group"; values have the numbers that they have in the device's LLVM IR.
  std::string what;
};

/// Number that the first thing of every thread asks for: whether its block is to end at once.
constexpr uint32_t kSkipsBlock = UINT32_MAX;

/// Puts all of them into the code. Each sleeps until the function `emo_sim_mutated`, uint32_t(uint32_t number), says otherwise, so that one
/// compilation serves all. Numbers are positions in the result.
std::vector<Mutation> seedMutations(DeviceCode &code);

} // namespace emo
#endif // EMO_LIB_TARGET_CUDA_DEVICECODE_MUTATE_H
