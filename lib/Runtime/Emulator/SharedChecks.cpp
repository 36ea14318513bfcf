// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SharedChecks.h"
#include "Report.h"

#include <algorithm>

using namespace emo::rt::emulator;

void SharedChecks::startLaunch() { std::fill(sites.begin(), sites.end(), nullptr); }

void SharedChecks::startCta(bool timeBeginsAnew) {
  if (timeBeginsAnew)
    std::fill(words.begin(), words.end(), Word());
  std::fill(fences.begin(), fences.end(), 0);
}

/// Sites by 12 bits; 0 when there is no room.
uint32_t SharedChecks::siteIndex(const Site *site) {
  uint32_t hash = uint32_t((uintptr_t(site) >> 3) * 0x9e3779b1u >> 12);
  for (uint32_t i = 0; i < 8; ++i) {
    uint32_t index = (hash + i) & 4095;
    if (index && sites[index] == site)
      return index;
    if (index && !sites[index])
      return sites[index] = site, index;
  }
  return 0;
}

template <bool records>
inline void SharedChecks::touch(Word &word, uint32_t mask, uint32_t index, const Fiber &fiber, const SharedAccess &access, uint32_t site) {
  if (word.pending & mask)
    failPending(index, access);
  if (word.readers && access.write)
    failReaders(index, access);
  if (access.plain) {
    if (word.mbarrier)
      fail(access.site, access.operation, "a plain access to the mbarrier object at offset 0x%x; expected mbarrier operations only",
           index * 4 & ~7u);
    if ((!access.write || access.atomic) && mask & ~word.written)
      failUnwritten(word, mask, index, access);
  }
  if (access.write)
    word.written |= mask;
  int room = -1, lesser = -1;
  for (int c = 0; c < kCells; ++c) {
    Cell &cell = word.cells[c];
    if (cell.time < order.ctaStart) {
      room = c;
      continue;
    }
    bool overlaps = cell.bytes & mask;
    if (!order.before(cell.actor, cell.time, fiber)) {
      if (overlaps && (access.write || cell.write) && !(access.atomic && cell.atomic))
        failRace(cell, mask, index, access);
      continue;
    }
    if (access.async && overlaps && cell.write && !cell.async && !fenced(cell, fiber))
      failFence(cell, index, access);
    if (!records)
      continue;
    // Who is after this access will be after that one, too.
    if (!(cell.bytes & ~mask) && (access.write || !cell.write)) {
      cell.time = 0;
      room = c;
    } else if (cell.time < order.everything && (lesser < 0 || !cell.write)) {
      lesser = c;
    }
  }
  if (!records)
    return;
  if (room < 0)
    room = lesser >= 0 ? lesser : int(order.now % kCells);
  word.cells[room] = {order.now, fiber.thread, mask, access.write, access.atomic, access.async, site};
}

void SharedChecks::access(const Fiber &fiber, uint32_t offset, uint32_t bytes, const SharedAccess &access) {
  uint32_t site = siteIndex(access.site);
  each(offset, bytes, [&](Word &word, uint32_t mask, uint32_t index) { touch<true>(word, mask, index, fiber, access, site); });
}

void SharedChecks::put(Word &word, const Cell &cell) {
  int room = int(order.now % kCells);
  for (int c = 0; c < kCells; ++c) {
    Cell &old = word.cells[c];
    if (old.time < order.ctaStart || (!(old.bytes & ~cell.bytes) && (cell.write || old.actor == cell.actor)))
      old.time = 0, room = c;
  }
  word.cells[room] = cell;
}

void SharedChecks::beginWrite(const Fiber &fiber, uint32_t offset, uint32_t bytes, const SharedAccess &access) {
  each(offset, bytes, [&](Word &word, uint32_t mask, uint32_t index) {
    touch<false>(word, mask, index, fiber, access, 0);
    word.pending |= mask;
  });
}

void SharedChecks::endWrite(uint32_t actor, uint32_t offset, uint32_t bytes, const SharedAccess &access) {
  uint32_t site = siteIndex(access.site);
  each(offset, bytes, [&](Word &word, uint32_t mask, uint32_t) {
    word.pending &= ~mask;
    put(word, {order.now, actor, mask, true, false, access.async, site});
  });
}

void SharedChecks::beginRead(const Fiber &fiber, uint32_t offset, uint32_t bytes, const SharedAccess &access) {
  each(offset, bytes, [&](Word &word, uint32_t mask, uint32_t index) {
    touch<false>(word, mask, index, fiber, access, 0);
    ++word.readers;
  });
}

void SharedChecks::endRead(uint32_t actor, uint32_t offset, uint32_t bytes, const SharedAccess &access) {
  uint32_t site = siteIndex(access.site);
  each(offset, bytes, [&](Word &word, uint32_t mask, uint32_t) {
    --word.readers;
    put(word, {order.now, actor, mask, false, false, true, site});
  });
}

void SharedChecks::requireWritten(uint32_t offset, uint32_t bytes, const SharedAccess &access) {
  each(offset, bytes, [&](Word &word, uint32_t mask, uint32_t index) {
    if (mask & ~word.written)
      failUnwritten(word, mask, index, access);
  });
}

void SharedChecks::markMbarrier(uint32_t offset, bool is) {
  each(offset, 8, [&](Word &word, uint32_t, uint32_t) {
    word.mbarrier = is;
    word.written = is ? 15 : 0;
  });
}

static const char *kindOf(bool write, bool atomic) { return atomic ? "atomic" : write ? "write" : "read"; }

void SharedChecks::failRace(const Cell &cell, uint32_t mask, uint32_t index, const SharedAccess &access) {
  uint32_t thread = machine.current->thread;
  Report report(access.site, access.operation, "data race on shared memory at offset 0x%x",
                index * 4 + uint32_t(std::countr_zero(cell.bytes & mask)));
  report.line("this access: %s", kindOf(access.write, access.atomic));
  const char *other = kindOf(cell.write, cell.atomic);
  char text[64];
  if (cell.actor >= kAsyncActors) {
    const Site *site = sites[cell.site];
    bool copy = cell.actor >= kMbarrierActors;
    report.line("the other: %s of %s, %s, line %d", other, copy ? "an asynchronous copy that completes on an mbarrier" : "wgmma",
                site && site->operation ? site->operation : "?", site ? site->line : 0);
    report.line("expected: a wait for %s, by this thread or by one that it synchronises with",
                copy ? "that phase of the mbarrier" : "its group");
    report.fail();
  }
  snprintf(text, sizeof text, "the other: %s by", other);
  report.thread(text, cell.actor, sites[cell.site]);
  if (cell.actor / kWarpSize == thread / kWarpSize)
    report.line("expected: bar.warp.sync between them: lanes do not run in step");
  else
    report.line("expected: a barrier or an mbarrier between them");
  report.fail();
}

void SharedChecks::failPending(uint32_t index, const SharedAccess &access) {
  uint32_t offset = index * 4;
  auto covers = [&](const Copy &copy) {
    uint32_t begin = machine.offset(copy.target);
    return begin < offset + 4 && offset < begin + copy.bytes;
  };
  Report report(access.site, access.operation, "%s of shared memory at offset 0x%x, where an asynchronous copy may still write",
                kindOf(access.write, access.atomic), offset);
  for (const FlyingCopy &flying : machine.flying)
    for (const Copy &copy : flying.pieces)
      if (covers(copy)) {
        report.thread("the copy is by", flying.thread, copy.site);
        report.line("expected: a wait for its mbarrier at offset 0x%x before", machine.mbarriers[flying.mbarrier].offset);
        report.fail();
      }
  for (uint32_t t = 0; t < machine.threads; ++t) {
    const CopyQueue &queue = machine.fibers[t].copies;
    for (size_t i = queue.done; i < queue.copies.size(); ++i)
      if (covers(queue.copies[i])) {
        report.thread("the copy is by", t, queue.copies[i].site);
        bool committed = !queue.ends.empty() && i < queue.ends.back();
        report.line(committed ? "expected: cp.async.wait_group of that thread before, and a barrier if it is another thread's"
                              : "it is in no group yet: expected cp.async.commit_group and cp.async.wait_group before");
        report.fail();
      }
  }
  report.fail();
}

void SharedChecks::failReaders(uint32_t index, const SharedAccess &access) {
  uint32_t offset = index * 4;
  Report report(access.site, access.operation, "write of shared memory at offset 0x%x, which an asynchronous operation may still read",
                offset);
  auto tell = [&](const char *who, uint32_t number, const Site *site, const char *wait) {
    report.line("the reader is of %s %u, %s, line %d", who, number, site && site->operation ? site->operation : "?", site ? site->line : 0);
    report.line("expected: %s of the reader before", wait);
    report.fail();
  };
  for (uint32_t g = 0; g < (machine.warpCount + 3) / 4; ++g) {
    const WgmmaState &state = machine.wgmma[g];
    auto reads = [&](const WgmmaReads &of) {
      return !of.over && std::find(of.chunks.begin(), of.chunks.end(), offset & ~15u) != of.chunks.end();
    };
    for (const WgmmaReads &group : state.groups)
      if (reads(group))
        tell("warpgroup", g, group.site, "wgmma.wait_group");
    if (reads(state.open))
      tell("warpgroup", g, state.open.site, "wgmma.commit_group and wgmma.wait_group");
  }
  for (uint32_t t = 0; t < machine.threads; ++t) {
    const BulkQueue &queue = machine.fibers[t].bulk;
    auto look = [&](const std::vector<BulkStore> &stores) {
      for (const BulkStore &store : stores)
        for (const Copy &piece : store.pieces)
          if (machine.offset(piece.source) < offset + 4 && offset < machine.offset(piece.source) + piece.bytes)
            tell("thread", t, store.site, "cp.async.bulk.wait_group.read");
    };
    for (const auto &group : queue.groups)
      look(group);
    look(queue.open);
  }
  report.fail();
}

void SharedChecks::failUnwritten(const Word &word, uint32_t mask, uint32_t index, const SharedAccess &access) {
  uint32_t byte = uint32_t(std::countr_zero(mask & ~uint32_t(word.written)));
  Report report(access.site, access.operation, "read of shared memory at offset 0x%x, which nobody has written", index * 4 + byte);
  report.line("shared memory has no value when a CTA starts");
  report.fail();
}

void SharedChecks::failFence(const Cell &cell, uint32_t index, const SharedAccess &access) {
  Report report(
      access.site, access.operation,
      "an asynchronous operation touches shared memory at offset 0x%x, which was written through the generic proxy without a fence",
      index * 4);
  report.thread("written by", cell.actor, sites[cell.site]);
  report.line("expected: fence.proxy.async by the writer, between its write and the synchronisation with this thread");
  report.fail();
}
