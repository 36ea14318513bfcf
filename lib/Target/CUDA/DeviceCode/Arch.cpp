// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Target/DeviceCode.h"

using namespace emo;

// Limits: CUDA C++ Programming Guide 13.0, "Technical Specifications per Compute Capability". Boards: NVIDIA's architecture white
// papers and data sheets (A100 SXM 80 GB, H100 SXM5, B200, RTX PRO 6000 Blackwell); matrixFma is the dense bf16 peak divided by
// multiprocessors, clock and two.
static constexpr DeviceArch kArchs[] = {
    {"sm_80", 80, 80, 70, 2048, 32, 65536, 164 << 10, 163 << 10, "A100 SXM 80GB", 108, 1.41, 2039, 1024},
    {"sm_90a", 90, 80, 80, 2048, 32, 65536, 228 << 10, 227 << 10, "H100 SXM5", 132, 1.83, 3350, 2048},
    {"sm_100a", 100, 87, 86, 2048, 32, 65536, 228 << 10, 227 << 10, "B200", 148, 1.85, 8000, 4096},
    {"sm_120a", 120, 87, 87, 1536, 24, 65536, 100 << 10, 99 << 10, "RTX PRO 6000 Blackwell", 188, 2.6, 1792, 512},
};

llvm::ArrayRef<DeviceArch> emo::deviceArchs() { return kArchs; }

const DeviceArch *emo::findDeviceArch(llvm::StringRef name) {
  for (const DeviceArch &arch : kArchs)
    if (arch.name == name)
      return &arch;
  return nullptr;
}
