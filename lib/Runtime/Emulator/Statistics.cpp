// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Statistics.h"

#include <algorithm>

using namespace emo::rt::emulator;

uint32_t emo::rt::emulator::bankConflicts(const uintptr_t *addresses, uint32_t lanes, uint32_t bytes) {
  uint32_t phase = bytes >= 16 ? 8 : bytes == 8 ? 16 : 32, wordsEach = std::max(bytes, 4u) / 4, conflicts = 0;
  for (uint32_t first = 0; first < kWarpSize; first += phase) {
    uintptr_t seen[32][32];
    uint8_t distinct[32] = {};
    uint32_t most = 0;
    forLanes(lanes >> first & (phase == 32 ? kAllLanes : (1u << phase) - 1), [&](uint32_t lane) {
      for (uint32_t i = 0; i < wordsEach; ++i) {
        uintptr_t word = addresses[first + lane] / 4 + i;
        uint8_t &count = distinct[word % 32];
        if (std::find(seen[word % 32], seen[word % 32] + count, word) == seen[word % 32] + count)
          seen[word % 32][count++] = word;
        most = std::max<uint32_t>(most, count);
      }
    });
    conflicts += most ? most - 1 : 0;
  }
  return conflicts;
}

static uint32_t sectors(const uintptr_t *addresses, uint32_t lanes, uint32_t bytes) {
  uintptr_t found[2 * kWarpSize];
  uint32_t n = 0;
  forLanes(lanes, [&](uint32_t lane) {
    // Neighbours mostly share a sector.
    for (uintptr_t sector = addresses[lane] / 32, last = (addresses[lane] + bytes - 1) / 32; sector <= last; ++sector)
      if (n == 0 || found[n - 1] != sector)
        found[n++] = sector;
  });
  std::sort(found, found + n);
  return uint32_t(std::unique(found, found + n) - found);
}

void Statistics::add(const Fiber &fiber, const void *address, uint32_t bytes, bool shared, const Site *site) {
  uint32_t warp = fiber.thread / kWarpSize;
  Stream *stream = nullptr;
  auto matches = [&](uint32_t i) {
    const Stream &candidate = streams[warp][i];
    return candidate.site == site && candidate.bytes == bytes && candidate.shared == shared;
  };
  // Each lane goes through the same calls as the one before it.
  for (uint32_t i = 0, n = open[warp], at = latest[warp]; i < n && !stream; ++i, ++at) {
    at = at >= n ? 0 : at;
    if (matches(at))
      stream = &streams[warp][latest[warp] = at];
  }
  if (!stream) {
    if (open[warp] == streams[warp].size())
      streams[warp].emplace_back();
    stream = &streams[warp][latest[warp] = open[warp]++];
    stream->site = site;
    stream->bytes = bytes;
    stream->shared = shared;
    stream->used = 0;
    memset(stream->occurrences, 0, sizeof stream->occurrences);
  }
  uint32_t n = stream->occurrences[fiber.lane]++;
  if (n >= kLongest)
    return;
  if (n >= stream->groups.size())
    stream->groups.emplace_back();
  if (n >= stream->used)
    stream->groups[stream->used++].lanes = 0;
  stream->groups[n].address[fiber.lane] = uintptr_t(address);
  stream->groups[n].lanes |= 1u << fiber.lane;
}

void Statistics::count(uint32_t warp) {
  Counters &counters = sm->counters;
  for (uint32_t i = 0; i < open[warp]; ++i) {
    const Stream &stream = streams[warp][i];
    uint64_t total = *std::max_element(stream.occurrences, stream.occurrences + kWarpSize), cost = 0, bytes = 0;
    for (uint32_t g = 0; g < stream.used; ++g) {
      const Group &group = stream.groups[g];
      cost += stream.shared ? bankConflicts(group.address, group.lanes, stream.bytes) : sectors(group.address, group.lanes, stream.bytes);
      bytes += uint64_t(std::popcount(group.lanes)) * stream.bytes;
    }
    uint64_t counted = stream.used;
    if (stream.shared) {
      counters.sharedAccesses += total;
      counters.bankConflicts += cost * total / counted;
    } else {
      counters.globalAccesses += total;
      counters.globalSectors += cost * total / counted;
      counters.globalBytes += bytes * total / counted;
    }
  }
  open[warp] = 0;
}

void Statistics::clear() { std::fill(open, open + kMaxWarps, 0); }
