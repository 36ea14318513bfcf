// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CUDA architectures that kernels are written for.
#ifndef EMO_LIB_TARGET_CUDA_ARCH_H
#define EMO_LIB_TARGET_CUDA_ARCH_H

#include "llvm/ADT/StringRef.h"

namespace emo::cuda {

struct Arch {
  llvm::StringLiteral name;
  bool wgmma; // TMA, mbarrier transactions, warpgroup products (sm_90a)
};

/// In the order of their capability.
inline constexpr Arch archs[] = {{"sm_80", false}, {"sm_90a", true}};

inline const Arch *findArch(llvm::StringRef name) {
  for (const Arch &arch : archs)
    if (arch.name == name)
      return &arch;
  return nullptr;
}

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_ARCH_H
