// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Target/IsaLevel.h"

using namespace emo;

static constexpr IsaLevel kLevels[] = {
    {"x86-64-v2", "x86-64-v2", "", 4, 16, false, false},
    {"x86-64-v3", "x86-64-v3", "", 8, 16, false, false},
    // Full-width vectors: without the tuning flag LLVM prefers 256 bits for the generic levels.
    {"x86-64-v4", "x86-64-v4", "-prefer-256-bit", 16, 32, false, false},
    {"avx512bf16", "x86-64-v4", "-prefer-256-bit,+avx512bf16", 16, 32, true, false},
    {"amx", "sapphirerapids", "-prefer-256-bit", 16, 32, true, true},
};

llvm::ArrayRef<IsaLevel> emo::isaLevels() { return kLevels; }

const IsaLevel *emo::findIsaLevel(llvm::StringRef name) {
  for (const IsaLevel &level : kLevels)
    if (level.name == name)
      return &level;
  return nullptr;
}
