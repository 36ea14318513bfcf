// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ldmatrix and stmatrix: 8x8 matrices of 16-bit elements between shared memory and the registers of a warp.
#include "Checks.h"
#include "Report.h"

using namespace emo::rt::emulator;

/// A lane of a warp collective names this row of shared memory.
static char *rowOf(Warp &warp, uint32_t lane) {
  Fiber &fiber = warp.fibers[lane];
  char *row = asPointer<char>(fiber.args[0]);
  checkSharedRange(fiber, row, 16, 16, fiber.site, fiber.waiting);
  return row;
}

static void requireWarp(Warp &warp, uint32_t members) {
  if (members != kAllLanes)
    fail(warp.fibers[std::countr_zero(members)].site, warp.fibers[std::countr_zero(members)].waiting,
         "a matrix operation needs all 32 lanes of a warp; these exist: 0x%08x", warp.exists);
}

// Matrix m has its rows at the addresses of lanes 8m..8m+7. Lane l holds the elements (l/4, 2(l%4)) and (l/4, 2(l%4)+1) of each, or with
// .trans the elements (2(l%4), l/4) and (2(l%4)+1, l/4).
template <uint32_t count, bool transposed>
static bool loadMatrices(Warp &warp, uint32_t members) {
  requireWarp(warp, members);
  ++sm->counters.ldmatrix;
  const char *rows[8 * count];
  for (uint32_t lane = 0; lane < 8 * count; ++lane)
    rows[lane] = rowOf(warp, lane);
  if (sm->checks)
    sm->checks->matrixAccess(warp, rows, count, false);
  for (uint32_t m = 0; m < count; ++m) {
    uint16_t elements[8][8];
    for (uint32_t r = 0; r < 8; ++r)
      memcpy(elements[r], rows[8 * m + r], 16);
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
      uint32_t outer = lane / 4, inner = 2 * (lane % 4);
      uint32_t low = transposed ? elements[inner][outer] : elements[outer][inner];
      uint32_t high = transposed ? elements[inner + 1][outer] : elements[outer][inner + 1];
      warp.setResult(lane, m, low | high << 16);
    }
  }
  return true;
}

template <uint32_t count, bool transposed>
static bool storeMatrices(Warp &warp, uint32_t members) {
  requireWarp(warp, members);
  ++sm->counters.stmatrix;
  const char *rows[8 * count];
  for (uint32_t lane = 0; lane < 8 * count; ++lane)
    rows[lane] = rowOf(warp, lane);
  if (sm->checks)
    sm->checks->matrixAccess(warp, rows, count, true);
  for (uint32_t m = 0; m < count; ++m) {
    uint16_t elements[8][8];
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
      uint32_t outer = lane / 4, inner = 2 * (lane % 4), value = uint32_t(warp.arg(lane, 1 + m));
      (transposed ? elements[inner][outer] : elements[outer][inner]) = uint16_t(value);
      (transposed ? elements[inner + 1][outer] : elements[outer][inner + 1]) = uint16_t(value >> 16);
    }
    for (uint32_t r = 0; r < 8; ++r)
      memcpy(const_cast<char *>(rows[8 * m + r]), elements[r], 16);
  }
  return true;
}

// Pointers may be shared (p3) or generic (p0).
#define EMO_MATRIX(count, suffix, trans, transposed)                                                                                       \
  EMO_SIM_MATRIX(ldmatrix_sync_aligned_m8n8_x##count##suffix##_b16_p3, "ldmatrix.sync.aligned.m8n8.x" #count trans ".b16",                \
                  (loadMatrices<count, transposed>))                                                                                       \
  EMO_SIM_MATRIX(ldmatrix_sync_aligned_m8n8_x##count##suffix##_b16_p0, "ldmatrix.sync.aligned.m8n8.x" #count trans ".b16",                \
                  (loadMatrices<count, transposed>))                                                                                       \
  EMO_SIM_MATRIX(stmatrix_sync_aligned_m8n8_x##count##suffix##_b16_p3, "stmatrix.sync.aligned.m8n8.x" #count trans ".b16",                \
                  (storeMatrices<count, transposed>))                                                                                      \
  EMO_SIM_MATRIX(stmatrix_sync_aligned_m8n8_x##count##suffix##_b16_p0, "stmatrix.sync.aligned.m8n8.x" #count trans ".b16",                \
                  (storeMatrices<count, transposed>))
EMO_MATRIX(1, , "", false)
EMO_MATRIX(2, , "", false)
EMO_MATRIX(4, , "", false)
EMO_MATRIX(1, _trans, ".trans", true)
EMO_MATRIX(2, _trans, ".trans", true)
EMO_MATRIX(4, _trans, ".trans", true)
