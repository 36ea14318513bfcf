// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GlobalChecks.h"
#include "Launch.h"
#include "Report.h"

#include <algorithm>
#include <sys/mman.h>

using namespace emo::rt::emulator;

void emo::rt::emulator::forgetGlobalWords(const AllocationList &list) {
  for (const auto &allocation : list)
    if (allocation->words)
      madvise(allocation->words, globalWords(*allocation) * sizeof(GlobalWord), MADV_DONTNEED);
}

void GlobalChecks::startLaunch() { last = nullptr; }

Allocation *GlobalChecks::find(uintptr_t address) {
  if (last && address - last->begin < last->bytes)
    return last;
  const AllocationList &list = machine.launch->allocations;
  auto after = std::upper_bound(list.begin(), list.end(), address, [](uintptr_t a, const auto &b) { return a < b->begin; });
  if (after == list.begin() || address >= (*--after)->end())
    return nullptr;
  return last = after->get();
}

void GlobalChecks::access(const Fiber &fiber, const void *address, uint32_t bytes, const GlobalAccess &access) {
  uintptr_t at = uintptr_t(address);
  Allocation *allocation = find(at);
  if (!allocation || at + bytes > allocation->end())
    failBounds(at, bytes, access);
  if (access.write && allocation->readOnly)
    fail(access.site, access.operation, "write to '%s', which is read only, at byte %llu", allocation->what.c_str(),
         (unsigned long long)(at - allocation->begin));
  if (!allocation->readOnly)
    race(*allocation, fiber, at, bytes, access);
}

bool GlobalChecks::conflicts(const GlobalCell &cell, uint32_t mask, const Fiber &fiber, const GlobalAccess &access) const {
  if (cell.launch != uint16_t(machine.launch->number) || !(cell.bytes & mask) || (cell.atomic && access.atomic))
    return false;
  if (cell.cta == uint32_t(machine.ctaIndex))
    return !order.before(cell.actor, cell.time, fiber);
  // Nothing orders CTAs but atomics: the other's after its access, this one's before.
  return !(synchronised && machine.launch->lastAtomic[cell.cta].load(std::memory_order_relaxed) >= cell.time);
}

void GlobalChecks::race(Allocation &allocation, const Fiber &fiber, uintptr_t address, uint32_t bytes, const GlobalAccess &access) {
  if (access.atomic) {
    synchronised = true;
    machine.launch->lastAtomic[machine.ctaIndex].store(order.now, std::memory_order_relaxed);
  }
  if (!allocation.words) {
    std::lock_guard<std::mutex> lock(machine.launch->mutex);
    if (!allocation.words) {
      void *words = mmap(nullptr, globalWords(allocation) * sizeof(GlobalWord), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (words == MAP_FAILED)
        return;
      __atomic_store_n(&allocation.words, static_cast<GlobalWord *>(words), __ATOMIC_RELEASE);
    }
  }
  std::atomic_flag *lock = nullptr;
  uint16_t site = machine.launch->siteIndex(access.site);
  for (uintptr_t end = address + bytes; address < end;) {
    uintptr_t next = std::min((address & ~uintptr_t(3)) + 4, end);
    uint32_t mask = ((1u << (next - address)) - 1) << (address & 3);
    GlobalWord &word = allocation.words[address / 4 - allocation.begin / 4];
    if (machine.launch->locked) {
      lock = &allocation.locks[address / 64 % 64];
      while (lock->test_and_set(std::memory_order_acquire))
        ;
    }
    bool wrote = conflicts(word.write, mask, fiber, access), read = access.write && !wrote && conflicts(word.read, mask, fiber, access);
    if (wrote || read) {
      GlobalCell cell = wrote ? word.write : word.read;
      if (lock)
        lock->clear(std::memory_order_release);
      failRace(allocation, address, cell, wrote, access);
    }
    GlobalCell &cell = access.write ? word.write : word.read;
    cell = {uint32_t(machine.ctaIndex),
            order.now,
            uint16_t(machine.launch->number),
            uint16_t(fiber.thread),
            site,
            uint8_t(mask),
            access.atomic};
    if (lock)
      lock->clear(std::memory_order_release);
    address = next;
  }
}

void GlobalChecks::failBounds(uintptr_t address, uint32_t bytes, const GlobalAccess &access) {
  const AllocationList &list = machine.launch->allocations;
  const Allocation *nearest = nullptr;
  uint64_t least = UINT64_MAX;
  for (const auto &allocation : list) {
    uint64_t distance = address >= allocation->end()  ? address - allocation->end()
                        : address < allocation->begin ? allocation->begin - address
                                                      : 0;
    if (distance < least)
      least = distance, nearest = allocation.get();
  }
  Report report(access.site, access.operation, "%s of %u bytes outside of device memory, at 0x%llx", access.write ? "write" : "read", bytes,
                (unsigned long long)address);
  if (nearest)
    report.line("nearest: '%s' of %zu bytes; the access is at byte %lld of it", nearest->what.c_str(), nearest->bytes,
                (long long)(address - nearest->begin));
  else
    report.line("no device memory is registered");
  report.fail();
}

void GlobalChecks::failRace(const Allocation &allocation, uintptr_t address, const GlobalCell &cell, bool otherWrites,
                            const GlobalAccess &access) {
  Report report(access.site, access.operation, "data race on device memory '%s' at byte %llu", allocation.what.c_str(),
                (unsigned long long)(address - allocation.begin));
  report.line("this access: %s", access.atomic ? "atomic" : access.write ? "write" : "read");
  const char *kind = cell.atomic ? "atomic" : otherWrites ? "write" : "read";
  char text[64];
  bool same = cell.cta == uint32_t(machine.ctaIndex);
  if (same)
    snprintf(text, sizeof text, "the other: %s by", kind);
  else
    snprintf(text, sizeof text, "the other: %s by CTA number %u,", kind, cell.cta);
  report.thread(text, cell.actor, machine.launch->sites[cell.site]);
  report.line(same ? "expected: a barrier between them" : "nothing orders CTAs of a launch, apart from atomics");
  report.fail();
}
