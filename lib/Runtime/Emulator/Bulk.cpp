// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bulk copies, and those of tensors in tiles (TMA). They go through the asynchronous proxy: into shared memory they complete on an
// mbarrier, out of it in bulk groups of the issuing thread.
#include "AsyncCopy.h"
#include "Mbarrier.h"
#include "Report.h"
#include "TensorMap.h"

using namespace emo::rt::emulator;

// ---- Into shared memory

/// Issues sm->pieces.
static void load(uint32_t mbarrier, const Site *site, const char *name) {
  Fiber &fiber = *sm->current;
  uint32_t bytes = 0;
  for (const Copy &piece : sm->pieces)
    bytes += piece.bytes;
  ++sm->counters.bulkCopies;
  sm->counters.tmaBytes += bytes;
  if (sm->checks) {
    requireFence(mbarrier, site, name);
    for (const Copy &piece : sm->pieces) {
      if (piece.sourceBytes)
        sm->checks->global.access(fiber, piece.source, piece.sourceBytes, {false, false, site, name});
      sm->checks->shared.beginWrite(fiber, sm->offset(piece.target), piece.bytes, {true, false, true, false, site, name});
    }
  }
  issueFlying({sm->pieces, mbarrier, bytes, fiber.thread, false, true, false, 0, site});
}

static void requireMultiple(uint64_t value, uint64_t of, const char *what, const Site *site, const char *name) {
  if (value % of)
    fail(site, name, "%s 0x%llx is not a multiple of %llu", what, (unsigned long long)value, (unsigned long long)of);
}

static void loadBytes(uint64_t target, uint64_t mbarrier, uint64_t source, uint32_t bytes, const Site *site) {
  const char *name = "cp.async.bulk.shared.global";
  requireMultiple(bytes, 16, "the size", site, name);
  requireMultiple(source, 16, "the source", site, name);
  checkSharedRange(*sm->current, asPointer<void>(target), bytes, 16, site, name);
  sm->pieces.assign(1, {asPointer<char>(target), asPointer<const char>(source), bytes, bytes, site});
  load(useMbarrier(asPointer<void>(mbarrier), site, name), site, name);
}
EMO_SIM_OP(cp_async_bulk_global_to_shared_cluster) { loadBytes(args[0], args[1], args[2], uint32_t(args[3]), site); }
EMO_SIM_OP(cp_async_bulk_global_to_shared_cta) { loadBytes(args[0], args[1], args[2], uint32_t(args[3]), site); }

// ---- Boxes of tensors

static const TensorMap &mapAt(uint64_t address, uint32_t rank, const Site *site, const char *name) {
  requireMultiple(address, 64, "the address of the tensor map", site, name);
  const auto *map = asPointer<const TensorMap>(address);
  if (map->magic != TensorMap::kMagic)
    fail(site, name, "there is no tensor map at 0x%llx; expected one of the emulator's encodeTensorMapTiled", (unsigned long long)address);
  if (map->rank != rank)
    fail(site, name, "the tensor map has rank %u; the copy is of rank %u", map->rank, rank);
  return *map;
}

/// Calls body(address in shared memory, address in device memory, bytes, bytes inside the tensor) for the runs of a box: none is longer
/// than what a swizzle keeps together, and what lies outside of the tensor has its own.
template <class F>
static void forBox(const TensorMap &map, char *shared, const uint64_t *coordinates, F body) {
  uint32_t counts[5], index[5] = {};
  for (int i = 0; i < 5; ++i)
    counts[i] = map.boxElements(i);
  int64_t size = map.elementBytes, width = map.box[0], x0 = int32_t(coordinates[0]);
  int64_t from = std::clamp<int64_t>(-x0, 0, width), to = std::clamp<int64_t>(int64_t(map.dims[0]) - x0, from, width);
  int64_t run = map.swizzle ? 16 / size : width;
  for (uint64_t row = 0;; ++row) {
    int64_t offset = x0 * size;
    bool inside = true;
    for (int i = 1; i < map.rank; ++i) {
      int64_t x = int64_t(int32_t(coordinates[i])) + int64_t(index[i]) * map.steps[i];
      inside &= x >= 0 && x < int64_t(map.dims[i]);
      offset += x * int64_t(map.strides[i - 1]);
    }
    for (int64_t x = 0; x < width;) {
      int64_t end = std::min((x / run + 1) * run, width);
      bool in = inside && x >= from && x < to;
      if (inside && x < from)
        end = std::min(end, from);
      else if (in)
        end = std::min(end, to);
      uint64_t place = uint64_t(shared) + (row * uint64_t(width) + uint64_t(x)) * uint64_t(size);
      body(reinterpret_cast<char *>(swizzled(place, map.swizzle)), map.address + offset + x * size, uint32_t((end - x) * size),
           in ? uint32_t((end - x) * size) : 0);
      x = end;
    }
    int i = 1;
    while (i < 5 && ++index[i] == counts[i])
      index[i++] = 0;
    if (i == 5)
      return;
  }
}

static uint32_t boxBytes(const TensorMap &map) {
  uint32_t bytes = map.elementBytes;
  for (int i = 0; i < 5; ++i)
    bytes *= map.boxElements(i);
  return bytes;
}

static void loadTile(uint32_t rank, const uint64_t *args, const Site *site) {
  const char *name = "cp.async.bulk.tensor.shared.global.tile";
  const TensorMap &map = mapAt(args[2], rank, site, name);
  char *target = asPointer<char>(args[0]);
  checkSharedRange(*sm->current, target, boxBytes(map), map.alignment(), site, name);
  uint32_t mbarrier = useMbarrier(asPointer<void>(args[1]), site, name);
  sm->pieces.clear();
  forBox(map, target, args + 3, [&](char *to, const char *from, uint32_t bytes, uint32_t inside) {
    sm->pieces.push_back({to, from, bytes, inside, site});
  });
  load(mbarrier, site, name);
}

// (shared, mbarrier, map, coordinates, multicast mask, cache hint, is there a mask, is there a hint, CTA group)
template <uint32_t rank>
static void loadTileOfCluster(const uint64_t *args, const Site *site) {
  const uint64_t *rest = args + 3 + rank;
  if (rest[2] & 1 && (rest[0] & 0xffff) != 1)
    fail(site, nullptr, "a copy to several CTAs of a cluster (mask 0x%x); a cluster is one CTA here", uint32_t(rest[0]));
  loadTile(rank, args, site);
}

// ---- Out of shared memory

/// Issues sm->pieces, whose source is shared.
static void store(const Site *site, const char *name) {
  Fiber &fiber = *sm->current;
  ++sm->counters.bulkCopies;
  for (const Copy &piece : sm->pieces)
    sm->counters.tmaBytes += piece.bytes;
  if (sm->checks) {
    for (const Copy &piece : sm->pieces) {
      SharedAccess access{false, false, true, false, site, name};
      sm->checks->shared.requireWritten(sm->offset(piece.source), piece.bytes, access);
      sm->checks->shared.beginRead(fiber, sm->offset(piece.source), piece.bytes, access);
      sm->checks->global.access(fiber, piece.target, piece.bytes, {true, false, site, name});
    }
  }
  if (!sm->options.lazy)
    for (const Copy &piece : sm->pieces)
      landCopy(piece);
  fiber.bulk.open.push_back({sm->pieces, site});
}

static void finish(Fiber &fiber, const BulkStore &store) {
  for (const Copy &piece : store.pieces) {
    if (sm->options.lazy)
      landCopy(piece);
    if (sm->checks)
      sm->checks->shared.endRead(fiber.thread, sm->offset(piece.source), piece.bytes, {false, false, true, false, store.site, nullptr});
  }
}

EMO_SIM_OP(cp_async_bulk_commit_group) {
  BulkQueue &queue = sm->current->bulk;
  queue.groups.push_back(std::move(queue.open));
  queue.open.clear();
}
/// Reading the source and writing the destination end together here.
static void waitGroups(uint32_t left) {
  Fiber &fiber = *sm->current;
  auto &groups = fiber.bulk.groups;
  size_t done = groups.size() > left ? groups.size() - left : 0;
  for (size_t i = 0; i < done; ++i)
    for (const BulkStore &store : groups[i])
      finish(fiber, store);
  groups.erase(groups.begin(), groups.begin() + long(done));
}
void emo::rt::emulator::endBulk(Fiber &fiber) {
  if (!sm->options.lazy)
    return;
  waitGroups(0);
  for (const BulkStore &store : fiber.bulk.open)
    finish(fiber, store);
}
EMO_SIM_OP(cp_async_bulk_wait_group) { waitGroups(uint32_t(args[0])); }
EMO_SIM_OP(cp_async_bulk_wait_group_read) { waitGroups(uint32_t(args[0])); }

EMO_SIM_OP(cp_async_bulk_shared_cta_to_global) {
  const char *name = "cp.async.bulk.global.shared";
  uint32_t bytes = uint32_t(args[2]);
  requireMultiple(bytes, 16, "the size", site, name);
  requireMultiple(args[0], 16, "the destination", site, name);
  checkSharedRange(*sm->current, asPointer<void>(args[1]), bytes, 16, site, name);
  sm->pieces.assign(1, {asPointer<char>(args[0]), asPointer<const char>(args[1]), bytes, bytes, site});
  store(site, name);
}

// (shared, map, coordinates, cache hint, is there a hint); what lies outside of the tensor is not written.
static void storeTile(uint32_t rank, uint64_t shared, uint64_t address, const uint64_t *coordinates, const Site *site) {
  const char *name = "cp.async.bulk.tensor.global.shared.tile";
  const TensorMap &map = mapAt(address, rank, site, name);
  checkSharedRange(*sm->current, asPointer<char>(shared), boxBytes(map), map.alignment(), site, name);
  sm->pieces.clear();
  forBox(map, asPointer<char>(shared), coordinates, [&](const char *from, const char *to, uint32_t, uint32_t inside) {
    if (inside)
      sm->pieces.push_back({const_cast<char *>(to), from, inside, inside, site});
  });
  store(site, name);
}

#define EMO_TILE(rank)                                                                                                                     \
  EMO_SIM_OP(cp_async_bulk_tensor_g2s_tile_##rank##d) { loadTileOfCluster<rank>(args, site); }                                             \
  EMO_SIM_OP(cp_async_bulk_tensor_g2s_cta_tile_##rank##d) { loadTile(rank, args, site); }                                                  \
  EMO_SIM_OP(cp_async_bulk_tensor_s2g_tile_##rank##d) { storeTile(rank, args[0], args[1], args + 2, site); }                               \
  EMO_SIM_OP(cp_async_bulk_tensor_prefetch_tile_##rank##d) { mapAt(args[0], rank, site, "cp.async.bulk.prefetch.tensor"); }                \
  /* Inline PTX with a predicate. */                                                                                                       \
  EMO_SIM_OP(ptx_cp_async_bulk_tensor_##rank##d_shared_cluster_global_mbarrier_complete_tx_bytes) {                                        \
    uint64_t slots[3 + rank] = {args[0], args[2 + rank], args[1]};                                                                         \
    std::copy(args + 2, args + 2 + rank, slots + 3);                                                                                       \
    if (args[3 + rank] & 1)                                                                                                                \
      loadTile(rank, slots, site);                                                                                                         \
  }                                                                                                                                        \
  EMO_SIM_OP(ptx_cp_async_bulk_tensor_##rank##d_global_shared_cta_bulk_group) {                                                            \
    if (args[2 + rank] & 1)                                                                                                                \
      storeTile(rank, args[1], args[0], args + 2, site);                                                                                   \
  }
EMO_TILE(1)
EMO_TILE(2)
EMO_TILE(3)
EMO_TILE(4)
EMO_TILE(5)

// Hints.
EMO_SIM_OP(cp_async_bulk_prefetch_L2) {}
EMO_SIM_OP(prefetch_tensormap_p0) {}
EMO_SIM_OP(prefetch_tensormap_p4) {}
EMO_SIM_OP(prefetch_global_L1) {}
EMO_SIM_OP(prefetch_global_L2) {}
EMO_SIM_OP(prefetch_L1) {}
EMO_SIM_OP(prefetch_L2) {}
EMO_SIM_OP(ptx_prefetch_tensormap) {}
