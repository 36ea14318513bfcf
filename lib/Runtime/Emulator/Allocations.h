// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All device memory of the process, as launches see it.
#ifndef EMO_LIB_RUNTIME_EMULATOR_ALLOCATIONS_H
#define EMO_LIB_RUNTIME_EMULATOR_ALLOCATIONS_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace emo::rt::emulator {

struct GlobalWord;

struct Allocation {
  uintptr_t begin = 0;
  size_t bytes = 0;
  std::string what;
  bool readOnly = false;
  char *block = nullptr;       // with the redzones; null: registered only
  GlobalWord *words = nullptr; // of the race detector, made at the first use
  std::atomic_flag locks[64];  // of its words, by address

  uintptr_t end() const { return begin + bytes; }
  ~Allocation();
};

/// Sorted by address. Holding it keeps the allocations.
using AllocationList = std::vector<std::shared_ptr<Allocation>>;
AllocationList allAllocations();

/// The first allocation whose redzone has been written to, or null; `offset` is relative to its begin.
const Allocation *findDamage(const AllocationList &list, int64_t &offset);
void repairRedzones(const Allocation &allocation);

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_ALLOCATIONS_H
