// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Target/IsaLevel.h"

using namespace emo;

static constexpr IsaLevel kLevels[] = {
    {"x86-64-v2", "x86-64-v2", "", 4, 16, false, IsaTiles::None, ""},
    {"x86-64-v3", "x86-64-v3", "", 8, 16, false, IsaTiles::None, ""},
    // Full-width vectors: without the tuning flag LLVM prefers 256 bits for the generic levels.
    {"x86-64-v4", "x86-64-v4", "-prefer-256-bit", 16, 32, false, IsaTiles::None, ""},
    {"avx512bf16", "x86-64-v4", "-prefer-256-bit,+avx512bf16", 16, 32, true, IsaTiles::None, "x86-64-v4"},
    {"amx", "sapphirerapids", "-prefer-256-bit", 16, 32, true, IsaTiles::Amx, "avx512bf16"},
    // The last one is for tests.
    {"amx-emulated", "x86-64-v4", "-prefer-256-bit,+avx512bf16", 16, 32, true, IsaTiles::Emulated, "avx512bf16"},
};

llvm::ArrayRef<IsaLevel> emo::isaLevels() { return llvm::ArrayRef(kLevels).drop_back(); }

const IsaLevel *emo::findIsaLevel(llvm::StringRef name) {
  for (const IsaLevel &level : kLevels)
    if (level.name == name)
      return &level;
  return nullptr;
}
