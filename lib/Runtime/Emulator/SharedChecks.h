// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Who has touched each word of shared memory: races, asynchronous copies in flight, bytes nobody wrote, missing proxy fences.
#ifndef EMO_LIB_RUNTIME_EMULATOR_SHAREDCHECKS_H
#define EMO_LIB_RUNTIME_EMULATOR_SHAREDCHECKS_H

#include "Order.h"

namespace emo::rt::emulator {

struct SharedAccess {
  bool write = false, atomic = false;
  bool async = false; // by the asynchronous proxy: bulk copies and wgmma
  bool plain = false; // a load or store: must not read bytes that nobody wrote
  const Site *site = nullptr;
  const char *operation = nullptr; // null: the site's
};

class SharedChecks {
public:
  SharedChecks(Sm &machine, Order &order)
      : machine(machine), order(order), words(kSharedWindow / 4), fences(kMbarrierActors + kMaxMbarriers) {}
  void startLaunch();
  void startCta(bool timeBeginsAnew);

  void access(const Fiber &fiber, uint32_t offset, uint32_t bytes, const SharedAccess &access);

  /// An asynchronous write begins: nobody may touch its bytes until it is complete.
  void beginWrite(const Fiber &fiber, uint32_t offset, uint32_t bytes, const SharedAccess &access);
  /// From now on it is an ordinary write of `actor`.
  void endWrite(uint32_t actor, uint32_t offset, uint32_t bytes, const SharedAccess &access);
  /// An asynchronous read begins: nobody may write its bytes until it is over. Calls of begin and end correspond.
  void beginRead(const Fiber &fiber, uint32_t offset, uint32_t bytes, const SharedAccess &access);
  /// From now on it is an ordinary read of `actor`.
  void endRead(uint32_t actor, uint32_t offset, uint32_t bytes, const SharedAccess &access);
  void requireWritten(uint32_t offset, uint32_t bytes, const SharedAccess &access);

  /// fence.proxy.async of this thread.
  void fence(const Fiber &fiber) { fences[fiber.thread] = order.now++; }
  /// Whether an mbarrier object lies here, which plain accesses must leave alone.
  void markMbarrier(uint32_t offset, bool is);

private:
  struct Cell {
    uint32_t time; // 0: empty
    uint32_t actor : 11, bytes : 4, write : 1, atomic : 1, async : 1, site : 12;
  };
  static constexpr int kCells = 4;
  struct Word {
    Cell cells[kCells];
    uint32_t cta;             // start of the CTA that the rest is about
    uint8_t written, pending; // bits of bytes
    uint8_t readers, mbarrier;
  };
  Word &word(uint32_t index) {
    Word &found = words[index];
    if (found.cta != order.ctaStart) {
      found.cta = order.ctaStart;
      found.written = found.pending = found.readers = found.mbarrier = 0;
    }
    return found;
  }
  /// Calls body(word, bits of its bytes, index) for each word of a range.
  template <class F>
  void each(uint32_t offset, uint32_t bytes, F body) {
    for (uint32_t end = offset + bytes; offset < end;) {
      uint32_t next = std::min((offset & ~3u) + 4, end);
      uint32_t mask = ((1u << (next - offset)) - 1) << (offset & 3);
      body(word(offset / 4), mask, offset / 4);
      offset = next;
    }
  }
  /// Checks an access and, with `records`, keeps it.
  template <bool records>
  void touch(Word &word, uint32_t mask, uint32_t index, const Fiber &fiber, const SharedAccess &access, uint32_t site);
  void put(Word &word, const Cell &cell);
  bool fenced(const Cell &cell, const Fiber &fiber) const { return fences[cell.actor] >= cell.time || fences[fiber.thread] >= cell.time; }
  uint32_t siteIndex(const Site *site);
  [[noreturn]] void failRace(const Cell &cell, uint32_t mask, uint32_t index, const SharedAccess &access);
  [[noreturn]] void failPending(uint32_t index, const SharedAccess &access);
  [[noreturn]] void failReaders(uint32_t index, const SharedAccess &access);
  [[noreturn]] void failUnwritten(const Word &word, uint32_t mask, uint32_t index, const SharedAccess &access);
  [[noreturn]] void failFence(const Cell &cell, uint32_t index, const SharedAccess &access);

  Sm &machine;
  Order &order;
  std::vector<Word> words;
  std::vector<uint32_t> fences; // time of each thread's last fence.proxy.async
  std::vector<const Site *> sites = std::vector<const Site *>(4096);
};

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_SHAREDCHECKS_H
