// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Device allocations and their redzones.
#include "Allocations.h"
#include "Emulator.h"
#include "GlobalChecks.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <sys/mman.h>

using namespace emo::rt::emulator;

static constexpr size_t kRedzone = 256;
static constexpr unsigned char kRedzoneByte = 0xcb;

namespace {
struct Registry {
  std::mutex mutex;
  std::map<uintptr_t, std::pair<const Memory *, std::shared_ptr<Allocation>>> allocations;
};
} // namespace

/// Never destroyed: a Memory may be a global variable.
static Registry &registry() {
  static Registry &instance = *new Registry;
  return instance;
}

Allocation::~Allocation() {
  if (words)
    munmap(words, globalWords(*this) * sizeof(GlobalWord));
  free(block);
}

static void add(const Memory *owner, std::shared_ptr<Allocation> allocation) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  uintptr_t begin = allocation->begin;
  registry().allocations[begin] = {owner, std::move(allocation)};
}

Memory::~Memory() {
  std::lock_guard<std::mutex> lock(registry().mutex);
  std::erase_if(registry().allocations, [&](const auto &entry) { return entry.second.first == this; });
}

static size_t padded(size_t bytes) { return (bytes + kRedzone - 1) / kRedzone * kRedzone; }

void emo::rt::emulator::repairRedzones(const Allocation &allocation) {
  if (!allocation.block)
    return;
  memset(allocation.block, kRedzoneByte, kRedzone);
  memset(allocation.block + kRedzone + allocation.bytes, kRedzoneByte, padded(allocation.bytes) - allocation.bytes + kRedzone);
}

void *Memory::allocate(size_t bytes, const char *what) {
  char *block = static_cast<char *>(aligned_alloc(kRedzone, padded(bytes) + 2 * kRedzone));
  if (!block)
    return nullptr;
  memset(block + kRedzone, 0, bytes);
  auto allocation = std::make_shared<Allocation>();
  allocation->begin = uintptr_t(block + kRedzone);
  allocation->bytes = bytes;
  allocation->what = what;
  allocation->block = block;
  repairRedzones(*allocation);
  add(this, std::move(allocation));
  return block + kRedzone;
}

void Memory::registerHost(const void *data, size_t bytes, const char *what, bool readOnly) {
  auto allocation = std::make_shared<Allocation>();
  allocation->begin = uintptr_t(data);
  allocation->bytes = bytes;
  allocation->what = what;
  allocation->readOnly = readOnly;
  add(this, std::move(allocation));
}

void Memory::release(const void *data) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  auto found = registry().allocations.find(uintptr_t(data));
  if (found != registry().allocations.end() && found->second.first == this)
    registry().allocations.erase(found);
}

AllocationList emo::rt::emulator::allAllocations() {
  std::lock_guard<std::mutex> lock(registry().mutex);
  AllocationList list;
  list.reserve(registry().allocations.size());
  for (const auto &entry : registry().allocations)
    list.push_back(entry.second.second);
  return list;
}

const Allocation *emo::rt::emulator::findDamage(const AllocationList &list, int64_t &offset) {
  for (const auto &allocation : list) {
    if (!allocation->block)
      continue;
    auto *bytes = reinterpret_cast<const unsigned char *>(allocation->begin);
    static const std::array<unsigned char, 2 *kRedzone> intact = [] {
      std::array<unsigned char, 2 * kRedzone> all;
      all.fill(kRedzoneByte);
      return all;
    }();
    if (!memcmp(bytes - kRedzone, intact.data(), kRedzone) &&
        !memcmp(bytes + allocation->bytes, intact.data(), padded(allocation->bytes) - allocation->bytes + kRedzone))
      continue;
    int64_t end = int64_t(allocation->bytes), last = int64_t(padded(allocation->bytes) + kRedzone);
    for (offset = -int64_t(kRedzone); offset < last; ++offset) {
      if (offset == 0)
        offset = end;
      if (bytes[offset] != kRedzoneByte)
        return allocation.get();
    }
  }
  return nullptr;
}
