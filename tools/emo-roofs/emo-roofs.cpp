// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Measures what this machine can do at best, in the same run as a benchmark: arithmetic peaks of the instruction sets that the
// kernels use (registers only) and read bandwidth of the memory levels. Prints one JSON object.
#include <immintrin.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Runs body(thread) on `threads` pinned threads that start together; returns the seconds of the slowest.
static double runTogether(int threads, const std::function<void(int)> &body) {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<double> seconds(threads);
  std::vector<std::thread> pool;
  for (int t = 0; t < threads; ++t)
    pool.emplace_back([&, t] {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(t, &set);
      sched_setaffinity(0, sizeof set, &set);
      ++ready;
      while (!go)
        _mm_pause();
      double start = now();
      body(t);
      seconds[t] = now() - start;
    });
  while (ready < threads)
    _mm_pause();
  go = true;
  for (std::thread &thread : pool)
    thread.join();
  return *std::max_element(seconds.begin(), seconds.end());
}

/// Best and median rate of `repeats` runs of `work` units by each thread.
static void report(const char *name, const char *unit, int threads, int repeats, double work,
                   const std::function<void(int)> &body) {
  std::vector<double> rates;
  runTogether(threads, body);
  for (int i = 0; i < repeats; ++i)
    rates.push_back(work * threads / runTogether(threads, body));
  std::sort(rates.begin(), rates.end());
  printf(",\n  \"%s\": {\"unit\": \"%s\", \"threads\": %d, \"best\": %.3f, \"median\": %.3f}", name, unit, threads, rates.back(),
         rates[rates.size() / 2]);
}

// Sixteen independent accumulators in named registers, so that no compiler can spill or merge them.
#define SIXTEEN(I)                                                                                                              \
  I "16\n" I "17\n" I "18\n" I "19\n" I "20\n" I "21\n" I "22\n" I "23\n" I "24\n" I "25\n" I "26\n" I "27\n" I "28\n" I        \
    "29\n" I "30\n" I "31\n"
#define CLOBBERS                                                                                                                \
  "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28",          \
    "xmm29", "xmm30", "xmm31"

__attribute__((target("avx512f"))) static void fmaAvx512(long n) {
  __m512 x = _mm512_set1_ps(0.5f), y = _mm512_set1_ps(1e-3f);
  for (long i = 0; i < n; ++i)
    asm volatile(SIXTEEN("vfmadd213ps %1,%0,%%zmm") ::"v"(x), "v"(y) : CLOBBERS);
}

__attribute__((target("avx512f,avx512bf16"))) static void dotBf16(long n) {
  __m512 x = _mm512_castsi512_ps(_mm512_set1_epi32(0x3f003f00)), y = _mm512_castsi512_ps(_mm512_set1_epi32(0x3c003c00));
  for (long i = 0; i < n; ++i)
    asm volatile(SIXTEEN("vdpbf16ps %1,%0,%%zmm") ::"v"(x), "v"(y) : CLOBBERS);
}

__attribute__((target("avx2,fma"))) static void fmaAvx2(long n) {
  __m256 x = _mm256_set1_ps(0.5f), y = _mm256_set1_ps(1e-3f);
  for (long i = 0; i < n; ++i)
    asm volatile("vfmadd213ps %1,%0,%%ymm2\nvfmadd213ps %1,%0,%%ymm3\nvfmadd213ps %1,%0,%%ymm4\nvfmadd213ps %1,%0,%%ymm5\n"
                 "vfmadd213ps %1,%0,%%ymm6\nvfmadd213ps %1,%0,%%ymm7\nvfmadd213ps %1,%0,%%ymm8\nvfmadd213ps %1,%0,%%ymm9\n"
                 "vfmadd213ps %1,%0,%%ymm10\nvfmadd213ps %1,%0,%%ymm11\nvfmadd213ps %1,%0,%%ymm12\nvfmadd213ps %1,%0,%%ymm13\n"
                 :
                 : "x"(x), "x"(y)
                 : "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13");
}

struct alignas(64) TileConfig {
  uint8_t palette, startRow, reserved[14];
  uint16_t columnBytes[16];
  uint8_t rows[16];
};

__attribute__((target("amx-tile,amx-bf16"))) static void dotAmx(long n) {
  static const TileConfig config = {1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};
  // Some compilers believe that the instruction reads 8 bytes only; the barrier keeps the whole constant alive.
  asm volatile("" ::"r"(&config) : "memory");
  _tile_loadconfig(&config);
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3), _tile_zero(4), _tile_zero(5), _tile_zero(6), _tile_zero(7);
  for (long i = 0; i < n; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}

/// Four forward streams over [p, p + bytes) with software prefetch, 16 bytes a load: bandwidth, not instructions, is the limit.
static uint64_t readStreams(const char *p, size_t bytes) {
  __m128i sum[4] = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
  size_t quarter = bytes / 4 & ~size_t(127);
  for (size_t i = 0; i < quarter; i += 128)
    for (int stream = 0; stream < 4; ++stream) {
      const char *line = p + stream * quarter + i;
      _mm_prefetch(line + 2048, _MM_HINT_T0);
      _mm_prefetch(line + 2112, _MM_HINT_T0);
      for (int j = 0; j < 128; j += 16)
        sum[stream] = _mm_xor_si128(sum[stream], _mm_load_si128(reinterpret_cast<const __m128i *>(line + j)));
    }
  __m128i all = _mm_xor_si128(_mm_xor_si128(sum[0], sum[1]), _mm_xor_si128(sum[2], sum[3]));
  return _mm_cvtsi128_si64(all);
}

static std::atomic<uint64_t> sink;

static char *allocate(size_t bytes) {
  size_t huge = size_t(2) << 20;
  void *memory = mmap(nullptr, bytes + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fprintf(stderr, "emo-roofs: cannot allocate %zu bytes\n", bytes);
    exit(1);
  }
  char *p = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(memory) + huge - 1) & ~(huge - 1));
  madvise(p, bytes, MADV_HUGEPAGE);
  for (size_t i = 0; i < bytes; i += 4096)
    p[i] = char(i >> 12);
  return p;
}

static std::string cpuName() {
  std::string name = "unknown";
  if (FILE *file = fopen("/proc/cpuinfo", "r")) {
    char line[512];
    while (fgets(line, sizeof line, file))
      if (sscanf(line, "model name : %511[^\n]", line) == 1) {
        name = line;
        break;
      }
    fclose(file);
  }
  return name;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : int(std::thread::hardware_concurrency());
  int repeats = argc > 2 ? atoi(argv[2]) : 5;
  size_t megabytes = argc > 3 ? strtoul(argv[3], nullptr, 10) : 1024;
  if (threads < 1 || threads > 1024 || repeats < 1 || megabytes < 64 || argc > 4) {
    fprintf(stderr, "usage: emo-roofs [threads [repeats [megabytes of memory to read, at least 64]]]\n");
    return 1;
  }
  __builtin_cpu_init();
  printf("{\n  \"cpu\": \"%s\"", cpuName().c_str());
  for (int t : {1, threads}) {
    std::string suffix = t == 1 ? "_1" : "_all";
    if (__builtin_cpu_supports("avx512f"))
      report(("fma_f32_avx512" + suffix).c_str(), "TFLOP/s", t, repeats, 5e6 * 16 * 32 / 1e12, [](int) { fmaAvx512(5000000); });
    if (__builtin_cpu_supports("avx2"))
      report(("fma_f32_avx2" + suffix).c_str(), "TFLOP/s", t, repeats, 5e6 * 12 * 16 / 1e12, [](int) { fmaAvx2(5000000); });
    if (__builtin_cpu_supports("avx512bf16"))
      report(("dot_bf16_avx512" + suffix).c_str(), "TFLOP/s", t, repeats, 5e6 * 16 * 64 / 1e12, [](int) { dotBf16(5000000); });
    // The kernel grants tile data on request (ARCH_REQ_XCOMP_PERM, feature 18).
    if (__builtin_cpu_supports("amx-bf16") && syscall(SYS_arch_prctl, 0x1023, 18) == 0)
      report(("dot_bf16_amx" + suffix).c_str(), "TFLOP/s", t, repeats, 1e6 * 4 * 16384 / 1e12, [](int) { dotAmx(1000000); });
    size_t bytes = megabytes << 20;
    char *memory = allocate(bytes + 4096);
    report(("dram_read" + suffix).c_str(), "GB/s", t, repeats, double(bytes / t) / 1e9,
           [&](int i) { sink += readStreams(memory + bytes / t / 64 * 64 * i, bytes / t); });
    munmap(memory, bytes);
    if (t == threads)
      break;
  }
  printf("\n}\n");
  return 0;
}
