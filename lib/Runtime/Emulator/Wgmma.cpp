// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// wgmma. Results are there at once, because they are values of the device code; what stays open until wgmma.wait_group is that the operands
// in shared memory may still be read. Numerics as those of mma.sync.
#include "Checks.h"
#include "Elements.h"
#include "Report.h"
#include "TensorMap.h"

#include <immintrin.h>

using namespace emo::rt::emulator;

// ---- Operands in shared memory

namespace {
/// A matrix descriptor, decoded.
struct Matrix {
  uint32_t start, leading, stride, swizzle; // bytes; swizzle: 0 none, 1: 32, 2: 64, 3: 128 bytes
};
} // namespace

static Matrix decode(uint64_t descriptor, const char *which, const Site *site, const char *name) {
  static constexpr uint32_t swizzles[4] = {0, 3, 2, 1};
  Matrix matrix{uint32_t(descriptor & 0x3fff) << 4, uint32_t(descriptor >> 16 & 0x3fff) << 4, uint32_t(descriptor >> 32 & 0x3fff) << 4,
                swizzles[descriptor >> 62]};
  if (descriptor & 0x3ff1c000c000c000)
    fail(site, name, "the descriptor 0x%016llx of %s has bits that mean nothing", (unsigned long long)descriptor, which);
  if (descriptor >> 49 & 7)
    fail(site, name, "the descriptor 0x%016llx of %s has a base offset; only 0 is emulated", (unsigned long long)descriptor, which);
  if (matrix.swizzle && matrix.start & ((1u << matrix.swizzle) - 1) << 7)
    fail(site, name, "%s begins at offset 0x%x, inside of a swizzle's pattern; expected a multiple of %u, plus bytes of a row", which,
         matrix.start, 128u << matrix.swizzle);
  return matrix;
}

/// Offset of 16 bytes of an operand in its canonical layout. K-major (`kMajor`): `chunk` counts along k, `row` is one of M or N. MN-major:
/// `chunk` counts along M or N, `row` is one of k.
static uint32_t chunkOffset(const Matrix &matrix, bool kMajor, uint32_t row, uint32_t chunk) {
  uint32_t pitch = 16u << matrix.swizzle, perRow = pitch / 16, offset = matrix.start + row % 8 * pitch;
  if (kMajor)
    offset += row / 8 * matrix.stride + chunk * (matrix.swizzle ? 16 : matrix.leading);
  else if (matrix.swizzle)
    offset += row / 8 * matrix.stride + chunk % perRow * 16 + chunk / perRow * matrix.leading;
  else
    offset += row / 8 * matrix.leading + chunk * matrix.stride;
  return uint32_t(swizzled(offset & (kSharedWindow - 1), matrix.swizzle));
}

namespace {
/// Elements of 16 bytes in memory.
template <class Element>
struct Load {
  static constexpr uint32_t perChunk = Element::perRegister * 4;
  using Bits = std::conditional_t<Element::perRegister == 2, uint16_t, uint32_t>;
  EMO_SIMD static float get(const char *chunk, uint32_t i) {
    Bits bits;
    memcpy(&bits, chunk + i * sizeof(Bits), sizeof(Bits));
    return Element::get(bits, 0);
  }
};
} // namespace

/// Reads an operand of `size` rows (of M or N) and `depth` of k into out[row][k] or, with `transpose`, out[k][row].
template <class Element, uint32_t depth>
EMO_SIMD static void loadMatrix(const Matrix &matrix, bool kMajor, uint32_t size, float sign, float *out, uint32_t pitchRow,
                                uint32_t pitchK, std::vector<uint32_t> *chunks, const Site *site, const char *name) {
  constexpr uint32_t perChunk = Load<Element>::perChunk;
  uint32_t rows = kMajor ? size : depth, columns = (kMajor ? depth : size) / perChunk;
  uint32_t alongRow = kMajor ? pitchRow : pitchK, alongChunk = kMajor ? pitchK : pitchRow;
  for (uint32_t row = 0; row < rows; ++row)
    for (uint32_t column = 0; column < columns; ++column) {
      uint32_t offset = chunkOffset(matrix, kMajor, row, column);
      const char *chunk = sm->shared + offset;
      if (offset + 16 > sm->kernel->sharedBytes)
        checkSharedRange(*sm->current, chunk, 16, 16, site, name);
      if (chunks)
        chunks->push_back(offset);
      for (uint32_t i = 0; i < perChunk; ++i)
        out[row * alongRow + (column * perChunk + i) * alongChunk] = sign * Load<Element>::get(chunk, i);
    }
}

// ---- The operation

/// 8 * blocks columns of one row.
template <uint32_t depth, uint32_t blocks>
EMO_SIMD static void multiplyRow(float *d, const float *a, const float *b, uint32_t n) {
  __m256 sum[blocks];
  for (uint32_t j = 0; j < blocks; ++j)
    sum[j] = _mm256_load_ps(d + 8 * j);
  for (uint32_t k = 0; k < depth; ++k)
    for (uint32_t j = 0; j < blocks; ++j)
      sum[j] = _mm256_fmadd_ps(_mm256_set1_ps(a[k]), _mm256_load_ps(b + k * n + 8 * j), sum[j]);
  for (uint32_t j = 0; j < blocks; ++j)
    _mm256_store_ps(d + 8 * j, sum[j]);
}
/// d[m][n] += a[m][k] b[k][n] of 16 rows, k ascending; n is a multiple of 8.
template <uint32_t depth>
EMO_SIMD static void multiply(float *d, const float *a, const float *b, uint32_t n) {
  for (uint32_t m = 0; m < 16; ++m) {
    uint32_t first = 0;
    for (; first + 64 <= n; first += 64)
      multiplyRow<depth, 8>(d + m * n + first, a + m * depth, b + first, n);
    for (; first < n; first += 8)
      multiplyRow<depth, 1>(d + m * n + first, a + m * depth, b + first, n);
  }
}

static int32_t sign(uint64_t slot, const Site *site, const char *name) {
  int32_t value = int32_t(slot);
  if (value != 1 && value != -1)
    fail(site, name, "an operand is scaled by %d; expected 1 or -1", value);
  return value;
}

// Arguments after the N/2 accumulators: A (a descriptor, or 4 registers), descriptor of B, scale of D, signs of A and B, and for 16-bit
// elements whether A (when in shared memory) and B are MN-major.
template <class Element, bool registersA>
EMO_SIMD static bool wgmma(Warp &warp, uint32_t n, const Operation &operation) {
  constexpr uint32_t depth = 8 * Element::perRegister;
  constexpr bool transposes = Element::perRegister == 2;
  uint32_t accumulators = n / 2;
  const Fiber &first = warp.fibers[0];
  const Site *site = first.site;
  const char *name = operation.name;
  const uint64_t *args = first.args + accumulators, *rest = args + (registersA ? 4 : 1);
  for (uint32_t lane = 1; lane < kWarpSize; ++lane)
    if ((!registersA && warp.arg(lane, accumulators) != args[0]) || warp.fibers[lane].args[accumulators + (registersA ? 4 : 1)] != rest[0])
      fail(site, name, "the lanes of a warp have different descriptors");
  if (!meetWarpgroup(warp, operation))
    return false;
  ++sm->counters.wgmma;
  Warp *warps = &sm->warps[warp.index / 4 * 4];
  WgmmaState &state = sm->wgmma[warp.index / 4];
  for (uint32_t w = 0; w < 4; ++w) {
    if (warps[w].fibers[0].args[accumulators + (registersA ? 4 : 1)] != rest[0] ||
        (!registersA && warps[w].arg(0, accumulators) != args[0]))
      fail(site, name, "the warps of a warpgroup have different descriptors");
    if (!(state.fenced >> w & 1))
      fail(site, name, "no wgmma.fence between the last wgmma.wait_group of warp %u, or its beginning, and this", warps[w].index);
  }
  // Kept between calls: it is too large for a fiber's stack.
  static thread_local std::vector<float> storage(64 * 16 + 16 * 256 + 16 * 256 + 16);
  float *b = storage.data() + (-(uintptr_t(storage.data()) / 4) & 7), *d = b + 16 * 256, *a = d + 16 * 256;
  std::vector<uint32_t> *chunks = sm->checks ? &state.open.chunks : nullptr;
  size_t before = state.open.chunks.size();
  bool majorA = !(transposes && rest[4] & 1), majorB = !(transposes && rest[registersA ? 4 : 5] & 1);
  if (registersA)
    majorA = true;
  float signA = float(sign(rest[2], site, name)), signB = float(sign(rest[3], site, name));
  if (!registersA)
    loadMatrix<Element, depth>(decode(args[0], "A", site, name), majorA, 64, signA, a, depth, 1, chunks, site, name);
  loadMatrix<Element, depth>(decode(rest[0], "B", site, name), majorB, n, signB, b, 1, n, chunks, site, name);
  if (sm->checks) {
    state.open.site = site;
    for (size_t i = before; i < chunks->size(); ++i)
      sm->checks->shared.beginRead(*sm->current, (*chunks)[i], 16, {false, false, true, false, site, name});
  }
  bool keeps = rest[1] & 1;
  for (uint32_t w = 0; w < 4; ++w) {
    Fiber *fibers = warps[w].fibers;
    float *rows = a + w * 16 * depth;
    // Accumulator i has row lane/4 + 8 (i/2 % 2) and column 8 (i/4) + 2 (lane%4) + i%2; A in registers is that of mma.m16n8k16.
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
      const uint64_t *from = fibers[lane].args;
      uint32_t g = lane / 4, t = lane % 4;
      for (uint32_t i = 0; i < accumulators; ++i)
        d[(g + 8 * (i / 2 % 2)) * n + 8 * (i / 4) + 2 * t + i % 2] = keeps ? asFloat(from[i]) : 0.0f;
      if (registersA)
        for (uint32_t r = 0; r < 4; ++r)
          for (uint32_t e = 0; e < Element::perRegister; ++e)
            rows[(g + 8 * (r % 2)) * depth + 4 * Element::perRegister * (r / 2) + Element::perRegister * t + e] =
                signA * Element::get(uint32_t(from[accumulators + r]), int(e));
    }
    multiply<depth>(d, rows, b, n);
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
      uint32_t g = lane / 4, t = lane % 4;
      for (uint32_t i = 0; i < accumulators; ++i)
        fibers[lane].result[i] = asSlot(d[(g + 8 * (i / 2 % 2)) * n + 8 * (i / 4) + 2 * t + i % 2]);
    }
  }
  releaseWarpgroup(warp);
  return true;
}

// One function for each N; those with A in registers end in _rs.
#define EMO_WGMMA_ONE(N, K, suffix, spelling, Element, registersA, ending)                                                                 \
  static const Operation wgmma_##N##_##suffix##ending##_operation{                                                                         \
      "wgmma.mma_async.sync.aligned.m64n" #N "k" #K spelling, Operation::Aligned,                                                          \
      [](Warp &warp, uint32_t) { return wgmma<Element, registersA>(warp, N, wgmma_##N##_##suffix##ending##_operation); }};                 \
  EMO_SIM_OP(ptx_wgmma_mma_async_sync_aligned_m64n##N##k##K##_f32_##suffix##ending) {                                                      \
    meet(wgmma_##N##_##suffix##ending##_operation, kAllLanes, result, args, site);                                                         \
  }
#define EMO_WGMMA(N)                                                                                                                       \
  EMO_WGMMA_ONE(N, 16, bf16_bf16, ".f32.bf16.bf16", Bf16, false, )                                                                         \
  EMO_WGMMA_ONE(N, 16, bf16_bf16, ".f32.bf16.bf16", Bf16, true, _rs)                                                                       \
  EMO_WGMMA_ONE(N, 16, f16_f16, ".f32.f16.f16", F16, false, )                                                                              \
  EMO_WGMMA_ONE(N, 16, f16_f16, ".f32.f16.f16", F16, true, _rs)                                                                            \
  EMO_WGMMA_ONE(N, 8, tf32_tf32, ".f32.tf32.tf32", Tf32, false, )                                                                          \
  EMO_WGMMA_ONE(N, 8, tf32_tf32, ".f32.tf32.tf32", Tf32, true, _rs)
EMO_WGMMA(8)
EMO_WGMMA(16)
EMO_WGMMA(24)
EMO_WGMMA(32)
EMO_WGMMA(40)
EMO_WGMMA(48)
EMO_WGMMA(56)
EMO_WGMMA(64)
EMO_WGMMA(72)
EMO_WGMMA(80)
EMO_WGMMA(88)
EMO_WGMMA(96)
EMO_WGMMA(104)
EMO_WGMMA(112)
EMO_WGMMA(120)
EMO_WGMMA(128)
EMO_WGMMA(136)
EMO_WGMMA(144)
EMO_WGMMA(152)
EMO_WGMMA(160)
EMO_WGMMA(168)
EMO_WGMMA(176)
EMO_WGMMA(184)
EMO_WGMMA(192)
EMO_WGMMA(200)
EMO_WGMMA(208)
EMO_WGMMA(216)
EMO_WGMMA(224)
EMO_WGMMA(232)
EMO_WGMMA(240)
EMO_WGMMA(248)
EMO_WGMMA(256)

// ---- Groups

EMO_SIM_ALIGNED(wgmma_fence_sync_aligned, "wgmma.fence.sync.aligned", [](Warp &warp, uint32_t) {
  sm->wgmma[warp.index / 4].fenced |= 1u << warp.index % 4;
  return true;
})

EMO_SIM_ALIGNED(wgmma_commit_group_sync_aligned, "wgmma.commit_group.sync.aligned", [](Warp &warp, uint32_t) {
  WgmmaState &state = sm->wgmma[warp.index / 4];
  // The first of the four warps closes the group.
  if (++state.committed[warp.index % 4] > state.finished + state.groups.size()) {
    state.groups.push_back(std::move(state.open));
    state.open = WgmmaReads();
  }
  return true;
})

// The operation is one of the whole warpgroup: when one of its warps has waited for it, it is over, for those that know of that wait.
EMO_SIM_ALIGNED(wgmma_wait_group_sync_aligned, "wgmma.wait_group.sync.aligned", [](Warp &warp, uint32_t) {
  WgmmaState &state = sm->wgmma[warp.index / 4];
  uint64_t left = warp.arg(0, 0);
  // What was waited for may be read and changed now: the next operation needs a fence again.
  state.fenced &= ~(1u << warp.index % 4);
  uint64_t committed = state.committed[warp.index % 4];
  uint32_t actor = kAsyncActors + warp.index / 4;
  for (size_t i = 0; i < state.groups.size() && state.finished + i + left < committed; ++i) {
    WgmmaReads &reads = state.groups[i];
    reads.waited |= 1u << warp.index % 4;
    if (!sm->checks)
      continue;
    if (!reads.over) {
      reads.time = sm->checks->order.now;
      for (uint32_t chunk : reads.chunks)
        sm->checks->shared.endRead(actor, chunk, 16, {false, false, true, false, reads.site, nullptr});
      ++sm->checks->order.now;
    }
    reads.over = true;
    sm->checks->order.acquire(warp, actor, reads.time);
  }
  while (!state.groups.empty() && state.groups.front().waited == 0xf) {
    state.groups.erase(state.groups.begin());
    ++state.finished;
  }
  return true;
})

void emo::rt::emulator::endWgmma(const Warp &warp) {
  const WgmmaState &state = sm->wgmma[warp.index / 4];
  const Site *site = !state.open.chunks.empty() ? state.open.site : nullptr;
  for (const WgmmaReads &reads : state.groups)
    if (!(reads.waited >> warp.index % 4 & 1) && !reads.chunks.empty())
      site = reads.site;
  if (site)
    fail(site, nullptr, "a warp ends while its wgmma is in flight; expected wgmma.commit_group and wgmma.wait_group before");
}

// ---- Registers

static constexpr uint32_t kRegisters = 64 << 10;

/// As launched, a thread has what the file gives to all alike; the CTA never gets more than that.
static uint32_t registersEach() { return std::min(kRegisters / (sm->warpCount * kWarpSize) / 8 * 8, 256u); }
uint32_t emo::rt::emulator::launchedRegisters() { return registersEach() * sm->warpCount * kWarpSize; }
static uint32_t registersInUse() {
  uint32_t sum = 0;
  for (uint32_t w = 0; w < sm->warpCount; ++w)
    sum += (sm->warps[w].registers ? sm->warps[w].registers : registersEach()) * kWarpSize;
  return sum;
}
static bool setRegisters(Warp &warp, uint32_t) {
  const Fiber &fiber = warp.fibers[0];
  uint32_t count = uint32_t(fiber.args[0]);
  if (count % 8 || count < 24 || count > 256)
    fail(fiber.site, fiber.waiting, "%u registers; expected a multiple of 8 from 24 to 256", count);
  warp.registers = count;
  ++sm->progress;
  return true;
}
EMO_SIM_ALIGNED(setmaxnreg_dec_sync_aligned_u32, "setmaxnreg.dec.sync.aligned.u32", setRegisters)
static const Operation increase{"setmaxnreg.inc.sync.aligned.u32", Operation::Aligned, setRegisters};
EMO_SIM_OP(setmaxnreg_inc_sync_aligned_u32) {
  meet(increase, kAllLanes, result, args, site);
  // It waits until others have given registers back.
  Fiber &fiber = *sm->current;
  while (registersInUse() > launchedRegisters()) {
    fiber.wait = Fiber::Wait::Registers;
    fiber.waitObject = registersInUse();
    sm->poll();
  }
}
