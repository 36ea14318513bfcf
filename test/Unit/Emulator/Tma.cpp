// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

#include "PtxTables.inc"

static void waitParity(uint32_t *barrier, uint32_t parity) {
  while (!SIM(mbarrier_try_wait_parity_scope_cta_space_cta, barrier, parity))
    ;
}

/// A tensor map and what it was made of.
struct Tensor {
  alignas(64) char map[128];
  uint32_t rank, box[5], steps[5];
  uint64_t dims[5], strides[4];
  std::string encode(const void *data, TensorType type = TensorType::BF16, TensorSwizzle swizzle = TensorSwizzle::None) {
    std::string error;
    encodeTensorMapTiled(map, type, rank, data, dims, strides, box, steps, TensorInterleave::None, swizzle, 0, TensorFill::Zero, error);
    return error;
  }
};

// One thread loads a box to offset 1024, everybody looks at it. Arguments: map, bytes, coordinates, where to.
static void loadKernel(const int64_t *args) {
  auto &tensor = *argument<Tensor>(args, 0);
  auto bytes = uint32_t(args[1]);
  auto *x = argument<int32_t>(args, 2);
  uint32_t *barrier = sharedAt(0);
  if (tid() == 0) {
    SIM(mbarrier_init_shared, barrier, 1u);
    SIM(fence_mbarrier_init_release_cluster);
  }
  SYNC();
  if (tid() == 0) {
    SIM(mbarrier_arrive_expect_tx_scope_cta_space_cta, barrier, bytes);
    uint32_t *to = sharedAt(1024);
    void *map = tensor.map;
    const uint16_t mask = 0;
    const uint64_t hint = 0;
    switch (tensor.rank) {
    case 1:
      SIM(cp_async_bulk_tensor_g2s_tile_1d, to, barrier, map, x[0], mask, hint, false, false, 0u);
      break;
    case 2:
      SIM(cp_async_bulk_tensor_g2s_cta_tile_2d, to, barrier, map, x[0], x[1], hint, false);
      break;
    case 3:
      SIM(cp_async_bulk_tensor_g2s_tile_3d, to, barrier, map, x[0], x[1], x[2], mask, hint, false, false, 0u);
      break;
    case 4:
      SIM(ptx_cp_async_bulk_tensor_4d_shared_cluster_global_mbarrier_complete_tx_bytes, to, map, x[0], x[1], x[2], x[3], barrier, true);
      break;
    case 5:
      SIM(cp_async_bulk_tensor_g2s_tile_5d, to, barrier, map, x[0], x[1], x[2], x[3], x[4], mask, hint, false, false, 0u);
      break;
    }
  }
  waitParity(barrier, 0);
  for (uint32_t i = tid(); i < bytes / 2; i += 64)
    argument<uint16_t>(args, 3)[i] = LOAD_SHARED(sharedAt<uint16_t>(1024) + i);
}

// The value at a coordinate, 0 outside.
static uint16_t valueAt(const Tensor &tensor, const int32_t *x) {
  uint16_t value = 1;
  for (uint32_t i = 0; i < tensor.rank; ++i) {
    if (x[i] < 0 || uint64_t(x[i]) >= tensor.dims[i])
      return 0;
    value = uint16_t(value * 7 + x[i]);
  }
  return value;
}
/// Fills the tensor by valueAt.
static std::vector<uint16_t> fill(const Tensor &tensor) {
  uint64_t bytes = tensor.rank > 1 ? tensor.strides[tensor.rank - 2] * tensor.dims[tensor.rank - 1] : tensor.dims[0] * 2;
  std::vector<uint16_t> data(bytes / 2, 0xdead);
  int32_t x[5] = {};
  for (;;) {
    uint64_t at = uint64_t(x[0]);
    for (uint32_t i = 1; i < tensor.rank; ++i)
      at += uint64_t(x[i]) * tensor.strides[i - 1] / 2;
    data[at] = valueAt(tensor, x);
    uint32_t i = 0;
    while (i < tensor.rank && uint64_t(++x[i]) == tensor.dims[i])
      x[i++] = 0;
    if (i == tensor.rank)
      return data;
  }
}

TEST(Tma, Boxes) {
  Tensor tensors[] = {
      {{}, 1, {64}, {1}, {100}, {}},
      {{}, 2, {16, 5}, {1, 1}, {40, 9}, {96}},
      {{}, 3, {8, 4, 3}, {1, 1, 1}, {24, 6, 5}, {48, 320}},
      {{}, 4, {8, 3, 2, 2}, {1, 1, 1, 1}, {16, 4, 3, 3}, {32, 128, 384}},
      {{}, 5, {8, 2, 2, 2, 2}, {1, 1, 1, 1, 1}, {16, 3, 3, 3, 2}, {32, 96, 288, 864}},
      {{}, 3, {8, 5, 4}, {1, 2, 3}, {24, 16, 16}, {48, 768}}, // every second row, every third plane
  };
  const int32_t places[][5] = {{0, 0, 0, 0, 0},  {8, 1, 1, 1, 1},    {-3, -1, 0, 1, -1},
                               {37, 7, 4, 2, 1}, {-100, 0, 0, 0, 0}, {3, -2, -1, 2, 1}};
  for (Tensor &tensor : tensors) {
    Memory memory;
    std::vector<uint16_t> data = fill(tensor);
    auto *global = static_cast<uint16_t *>(memory.allocate(data.size() * 2, "tensor"));
    memcpy(global, data.data(), data.size() * 2);
    ASSERT_EQ(tensor.encode(global), "");
    uint32_t counts[5], elements = 1;
    for (uint32_t i = 0; i < 5; ++i) {
      counts[i] = i < tensor.rank ? (tensor.box[i] + tensor.steps[i] - 1) / tensor.steps[i] : 1;
      elements *= counts[i];
    }
    for (auto &place : places)
      for (const Options &options : allOptions()) {
        std::vector<uint16_t> seen(elements);
        Outcome outcome = run(loadKernel, {64, 8192, 1, options}, {&tensor, (void *)uintptr_t(elements * 2), place, seen.data()});
        ASSERT_TRUE(outcome.ok) << outcome.error;
        EXPECT_EQ(outcome.counters.tmaBytes, elements * 2);
        for (uint32_t e = 0; e < elements; ++e) {
          int32_t x[5];
          for (uint32_t i = 0, rest = e; i < 5; rest /= counts[i++])
            x[i] = place[i] + int32_t(rest % counts[i] * (i < tensor.rank ? tensor.steps[i] : 1));
          ASSERT_EQ(seen[e], valueAt(tensor, x)) << "rank " << tensor.rank << " element " << e;
        }
      }
  }
}

TEST(Tma, Swizzles) {
  for (auto [swizzle, bytes] : {std::pair(TensorSwizzle::Bytes32, 32u), {TensorSwizzle::Bytes64, 64u}, {TensorSwizzle::Bytes128, 128u}}) {
    Memory memory;
    Tensor tensor{{}, 2, {bytes / 2, 32}, {1, 1}, {bytes / 2, 32}, {bytes}};
    auto *global = static_cast<uint16_t *>(memory.allocate(32 * bytes, "tensor"));
    for (uint32_t i = 0; i < 16 * bytes; ++i)
      global[i] = uint16_t(i);
    ASSERT_EQ(tensor.encode(global, TensorType::F16, swizzle), "");
    std::vector<uint16_t> seen(16 * bytes);
    const int32_t zero[5] = {};
    Outcome outcome = run(loadKernel, {64, 8192}, {&tensor, (void *)uintptr_t(32 * bytes), zero, seen.data()});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    // Chunks of 16 bytes in rows of 128.
    for (uint32_t row = 0; row < 32 * bytes / 128; ++row)
      for (uint32_t chunk = 0; chunk < 8; ++chunk) {
        int place = bytes == 32   ? kPtxSwizzle32[row % 2][chunk]
                    : bytes == 64 ? kPtxSwizzle64[row % 4][chunk]
                                  : kPtxSwizzle128[row % 8][chunk];
        for (uint32_t i = 0; i < 8; ++i)
          ASSERT_EQ(seen[row * 64 + uint32_t(place) * 8 + i], row * 64 + chunk * 8 + i);
      }
  }
}

TEST(Tma, Encoding) {
  alignas(16) static char data[64];
  auto report = [](Tensor tensor, std::string what, const void *address, TensorSwizzle swizzle = TensorSwizzle::None) {
    EXPECT_EQ(tensor.encode(address, TensorType::BF16, swizzle), "tensor map: " + what);
  };
  Tensor good{{}, 2, {64, 8}, {1, 1}, {128, 64}, {256}};
  EXPECT_EQ(good.encode(data), "");
  Tensor bad = good;
  bad.rank = 6;
  report(bad, "rank is 6; expected 1 to 5", data);
  bad = good, bad.strides[0] = 264;
  report(bad, "strides[0] is 264; expected a multiple of 16 below 2^40", data);
  bad = good, bad.strides[0] = 240;
  report(bad, "strides[0] is 240, less than what the dimension below it covers", data);
  bad = good, bad.box[1] = 257;
  report(bad, "box[1] is 257; expected 1 to 256", data);
  bad = good, bad.box[0] = 12;
  report(bad, "box[0] has 24 bytes; expected a multiple of 16", data);
  bad = good, bad.box[0] = 128;
  report(bad, "box[0] has 256 bytes; with this swizzle expected 128", data, TensorSwizzle::Bytes128);
  bad = good, bad.dims[1] = 0;
  report(bad, "dims[1] is 0; expected 1 to 2^32", data);
  bad = good, bad.steps[1] = 9;
  report(bad, "elementStrides[1] is 9; expected 1 to 8", data);
  report(good, "address is not a multiple of 16", data + 8);
}

// A producer thread and consumer warps, two stages of 1 KiB. Bugs: 1 no fence of the initialisation, 2 consumers do not wait, 3 expect_tx
// says less, 4 expect_tx says more, 5 the producer does not wait for empty, 6 the tile is not at a multiple of 1024, 7 wrong rank, 8 no
// map.
template <int bug>
static void pipeline(const int64_t *args) {
  constexpr uint32_t stages = 2, rounds = 5;
  auto &tensor = *argument<Tensor>(args, 0);
  auto *out = argument<uint16_t>(args, 1);
  uint32_t *full = sharedAt(0), *empty = sharedAt(64);
  if (tid() == 0) {
    for (uint32_t s = 0; s < stages; ++s) {
      SIM(mbarrier_init_shared, full + 2 * s, 1u);
      SIM(mbarrier_init_shared, empty + 2 * s, 2u);
    }
    if (bug != 1)
      SIM(fence_mbarrier_init_release_cluster);
  }
  SYNC();
  for (uint32_t round = 0; round < rounds; ++round) {
    uint32_t s = round % stages, parity = round / stages % 2, bytes = bug == 3 ? 512 : bug == 4 ? 2048 : 1024;
    if (tid() == 0) {
      if (bug != 5)
        waitParity(empty + 2 * s, parity ^ 1);
      SIM(mbarrier_arrive_expect_tx_scope_cta_space_cta, full + 2 * s, bytes);
      uint32_t *to = sharedAt(1024 + 1024 * s + (bug == 6 ? 128 : 0));
      if (bug == 7)
        SIM(cp_async_bulk_tensor_g2s_cta_tile_3d, to, full + 2 * s, tensor.map, 0u, 8 * round, 0u, uint64_t(0), false);
      else
        SIM(cp_async_bulk_tensor_g2s_cta_tile_2d, to, full + 2 * s, tensor.map + (bug == 8 ? 64 : 0), 0u, 8 * round, uint64_t(0), false);
    }
    if (warpId() > 0) {
      if (bug != 2)
        waitParity(full + 2 * s, parity);
      uint32_t row = lane() % 8, sum = 0;
      for (uint32_t i = 0; i < 64; ++i)
        sum += LOAD_SHARED(sharedAt<uint16_t>(1024 + 1024 * s) + row * 64 + i);
      SIM(bar_warp_sync, ~0u);
      if (lane() == 0)
        SIM(mbarrier_arrive_shared, empty + 2 * s);
      if (warpId() == 1 && lane() < 8)
        out[8 * round + row] = uint16_t(sum);
    }
  }
}
TEST(Tma, Pipeline) {
  Memory memory;
  Tensor tensor{{}, 2, {64, 8}, {1, 1}, {64, 40}, {128}};
  auto *global = static_cast<uint16_t *>(memory.allocate(40 * 128, "tensor"));
  for (uint32_t i = 0; i < 40 * 64; ++i)
    global[i] = uint16_t(i % 251);
  ASSERT_EQ(tensor.encode(global, TensorType::BF16, TensorSwizzle::Bytes128), "");
  uint16_t out[40];
  for (bool checks : {true, false})
    for (Options options : allOptions()) {
      options.checks = checks;
      Outcome outcome = run(pipeline<0>, {96, 3072, 1, options}, {&tensor, out});
      ASSERT_TRUE(outcome.ok) << outcome.error;
      for (uint32_t row = 0; row < 40; ++row) {
        uint16_t sum = 0;
        for (uint32_t i = 0; i < 64; ++i)
          sum = uint16_t(sum + global[row * 64 + i]);
        EXPECT_EQ(out[row], sum);
      }
    }
  Shape how{96, 4096};
  expectFound(pipeline<1>, how,
              {"error: a bulk copy completes on the mbarrier at offset 0x0, whose initialisation has not been fenced",
               "operation: cp.async.bulk.tensor.shared.global.tile, line", "initialised by thread 0 (warp 0, lane 0)",
               "expected: fence.mbarrier_init by that thread"},
              {&tensor, out});
  expectOneOf(pipeline<2>, how, {"where an asynchronous copy may still write", "which nobody has written"}, {&tensor, out});
  expectFound(pipeline<3>, how, {"error: deadlock: no thread of the CTA can go on"}, {&tensor, out});
  expectFound(pipeline<4>, how, {"error: deadlock", "bytes outstanding"}, {&tensor, out});
  expectOneOf(pipeline<5>, how, {"1 arrivals on the mbarrier at offset 0x", "where an asynchronous copy may still write"}, {&tensor, out});
  expectFound(pipeline<6>, how, {"error: misaligned shared memory address: offset 0x480, expected a multiple of 1024"}, {&tensor, out});
  expectFound(pipeline<7>, how, {"error: the tensor map has rank 2; the copy is of rank 3"}, {&tensor, out});
  expectFound(pipeline<8>, how, {"error: there is no tensor map at 0x"}, {&tensor, out});
  // The texts of those whose place depends on the schedule.
  how.options = {false, Schedule::RunAhead, 0, true, 1};
  expectReport(run(pipeline<2>, how, {&tensor, out}),
               {"error: read of shared memory at offset 0x400, where an asynchronous copy may still write",
                "the copy is by thread 0 (warp 0, lane 0), cp_async_bulk_tensor_g2s_cta_tile_2d, line",
                "expected: a wait for its mbarrier at offset 0x0 before"});
}

// Everybody writes a tile, one thread stores it. Bugs: 1 no proxy fence, 2 no barrier, 3 no wait before the tile is written again, 4 no
// wait at the end, 5 no commit, 6 a part of the tile is not written.
template <int bug>
static void storeKernel(const int64_t *args) {
  auto &tensor = *argument<Tensor>(args, 0);
  for (uint32_t round = 0; round < 2; ++round) {
    for (uint32_t i = tid(); i < 512; i += 64)
      if (bug != 6 || i != 100)
        STORE_SHARED(sharedAt<uint16_t>(1024) + i, uint16_t(1000 * round + i));
    if (bug != 1)
      SIM(fence_proxy_async_shared_cta);
    if (bug != 2)
      SYNC();
    if (tid() == 0) {
      SIM(cp_async_bulk_tensor_s2g_tile_2d, sharedAt(1024), tensor.map, 4 + 0u, 8 * round - 2, uint64_t(0), false);
      if (bug != 5)
        SIM(cp_async_bulk_commit_group);
      if ((bug != 3 || round == 1) && (bug != 4 || round == 0))
        SIM(cp_async_bulk_wait_group_read, 0u);
    }
    if (bug != 2)
      SYNC();
  }
}
TEST(Tma, Store) {
  Memory memory;
  Tensor tensor{{}, 2, {64, 8}, {1, 1}, {60, 13}, {128}};
  auto *global = static_cast<uint16_t *>(memory.allocate(13 * 128, "tensor"));
  ASSERT_EQ(tensor.encode(global), "");
  for (bool checks : {true, false})
    for (Options options : allOptions()) {
      options.checks = checks;
      memset(global, 0xff, 13 * 128);
      Outcome outcome = run(storeKernel<0>, {64, 2048, 1, options}, {&tensor});
      ASSERT_TRUE(outcome.ok) << outcome.error;
      for (int y = 0; y < 13; ++y)
        for (int x = 0; x < 64; ++x)
          // Columns 4.. of the tensor, rows -2..13; beyond column 60 there is nothing.
          EXPECT_EQ(global[y * 64 + x], x < 4 || x >= 60 ? 0xffff : (y + 2) / 8 * 1000 + (y + 2) % 8 * 64 + x - 4) << y << " " << x;
    }
  Shape how{64, 2048};
  expectFound(storeKernel<1>, how,
              {"error: an asynchronous operation touches shared memory at offset 0x",
               "which was written through the generic proxy without a fence", "operation: cp.async.bulk.tensor.global.shared.tile",
               "written by thread ", "expected: fence.proxy.async by the writer"},
              {&tensor});
  expectOneOf(storeKernel<2>, how, {"data race on shared memory", "which nobody has written"}, {&tensor});
  expectFound(storeKernel<3>, how,
              {"error: write of shared memory at offset 0x", "which an asynchronous operation may still read",
               "the reader is of thread 0, cp_async_bulk_tensor_s2g_tile_2d, line",
               "expected: cp.async.bulk.wait_group.read of the reader before"},
              {&tensor});
  expectFound(storeKernel<4>, how,
              {"error: a thread ends while its bulk copy may still read shared memory; expected cp.async.bulk.wait_group.read before"},
              {&tensor});
  expectFound(storeKernel<5>, how, {"error: write of shared memory at offset 0x", "which an asynchronous operation may still read"}, {&tensor});
  expectFound(storeKernel<6>, how, {"error: read of shared memory at offset 0x4c8, which nobody has written"}, {&tensor});
}

// Bytes in a row, in and out.
static void bulkKernel(const int64_t *args) {
  uint32_t *barrier = sharedAt(0);
  if (tid() == 0) {
    SIM(mbarrier_init_shared, barrier, 1u);
    SIM(fence_proxy_async);
    SIM(mbarrier_arrive_expect_tx_scope_cta_space_cta, barrier, 256u);
    SIM(cp_async_bulk_global_to_shared_cta, sharedAt(128), barrier, argument<char>(args, 0), 256u, uint64_t(0), false);
    waitParity(barrier, 0);
    SIM(cp_async_bulk_shared_cta_to_global, argument<char>(args, 1), sharedAt(128), 240u, uint64_t(0), false);
    SIM(cp_async_bulk_commit_group);
    SIM(cp_async_bulk_wait_group, 0u);
  }
}
TEST(Tma, Bulk) {
  Memory memory;
  auto *in = static_cast<uint8_t *>(memory.allocate(256, "in")), *out = static_cast<uint8_t *>(memory.allocate(240, "out"));
  for (int i = 0; i < 256; ++i)
    in[i] = uint8_t(i * 3);
  for (const Options &options : allOptions()) {
    memset(out, 0, 240);
    Outcome outcome = run(bulkKernel, {32, 384, 1, options}, {in, out});
    ASSERT_TRUE(outcome.ok) << outcome.error;
    EXPECT_EQ(memcmp(in, out, 240), 0);
  }
  expectReport(run(bulkKernel, {32, 384}, {in + 8, out}), {"error: the source 0x", "is not a multiple of 16"});
  expectReport(run(bulkKernel, {32, 384}, {in + 16, out}),
               {"error: read of 256 bytes outside of device memory", "'in' of 256 bytes; the access is at byte 16"});
  expectReport(run(bulkKernel, {32, 256}, {in, out}), {"error: shared memory out of bounds: bytes 0x80 to 0x17f of 0x100"});
}
