// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many blocks a multiprocessor holds: the rules of CUDA's occupancy calculator.
#include "emo/Target/DeviceCode.h"

#include "llvm/Support/MathExtras.h"

using namespace emo;

Occupancy emo::computeOccupancy(const DeviceArch &arch, unsigned registers, unsigned threads, int64_t sharedBytes) {
  constexpr unsigned kWarp = 32, kSchedulers = 4, kRegisterUnit = 256, kMaxThreadsPerBlock = 1024;
  // Every block takes 1 KiB of shared memory for the system.
  constexpr int64_t kSharedUnit = 128, kSystemShared = 1024;
  unsigned warps = llvm::divideCeil(std::max(threads, 1u), kWarp);
  int64_t shared = llvm::alignTo(sharedBytes + kSystemShared, kSharedUnit);
  // Registers belong to one of the schedulers and are given out a warp at a time.
  unsigned perWarp = llvm::alignTo(std::max(registers, 1u) * kWarp, kRegisterUnit);
  unsigned byRegisters = arch.maxRegisters / kSchedulers / perWarp * kSchedulers / warps;
  struct Limit {
    unsigned blocks;
    const char *name;
  };
  Limit limits[] = {{byRegisters, "registers"},
                    {unsigned(arch.sharedBytes / shared), "shared memory"},
                    {arch.maxThreads / (warps * kWarp), "threads"},
                    {arch.maxBlocks, "blocks"}};
  const Limit *least =
      std::min_element(std::begin(limits), std::end(limits), [](const Limit &a, const Limit &b) { return a.blocks < b.blocks; });
  Occupancy result{least->blocks, double(least->blocks * warps * kWarp) / arch.maxThreads, least->name};
  if (sharedBytes > int64_t(arch.sharedBytesPerBlock))
    result = {0, 0, "shared memory"};
  if (threads > kMaxThreadsPerBlock)
    result = {0, 0, "threads"};
  return result;
}
