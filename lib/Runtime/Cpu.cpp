// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Cpu.h"

#include "emo/Runtime/Emo.h"

#include <cpuid.h>
#include <cstdint>
#include <cstring>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace emo::rt;

namespace {
struct Registers {
  uint32_t a = 0, b = 0, c = 0, d = 0;
};
} // namespace

static Registers cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
  return r;
}

/// State components that the operating system saves (XCR0).
__attribute__((target("xsave"))) static uint64_t enabledState() {
  return (cpuid(1).c >> 27 & 1) ? __builtin_ia32_xgetbv(0) : 0;
}

static bool all(uint32_t word, std::initializer_list<int> bits) {
  for (int bit : bits)
    if (!(word >> bit & 1))
      return false;
  return true;
}

static bool hasV2() {
  Registers one = cpuid(1);
  // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF.
  return all(one.c, {0, 9, 13, 19, 20, 23}) && (cpuid(0x80000001).c & 1);
}

static bool hasV3() {
  Registers one = cpuid(1), seven = cpuid(7);
  // FMA, MOVBE, AVX, F16C; AVX2, BMI1, BMI2; LZCNT; YMM state.
  return hasV2() && all(one.c, {12, 22, 28, 29}) && all(seven.b, {3, 5, 8}) && all(cpuid(0x80000001).c, {5}) &&
         (enabledState() & 6) == 6;
}

static bool hasV4() {
  // AVX512 F, DQ, CD, BW, VL; opmask and ZMM state.
  return hasV3() && all(cpuid(7).b, {16, 17, 28, 30, 31}) && (enabledState() & 0xe6) == 0xe6;
}

static bool hasAvx512Bf16() { return hasV4() && all(cpuid(7, 1).a, {5}); }

static bool hasAmx() {
  // AVX512_FP16, AMX-BF16, AMX-TILE; tile state; the kernel grants it per process (ARCH_REQ_XCOMP_PERM, XTILEDATA).
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return hasAvx512Bf16() && all(cpuid(7).d, {22, 23, 24}) && (enabledState() & 0x60000) == 0x60000 &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool emo::rt::supportsIsa(const std::string &level) {
  if (level == "x86-64-v2")
    return hasV2();
  if (level == "x86-64-v3")
    return hasV3();
  if (level == "x86-64-v4")
    return hasV4();
  if (level == "avx512bf16" || level == "amx-emulated")
    return hasAvx512Bf16();
  if (level == "amx")
    return hasAmx();
  return false;
}

int32_t emo_isa_supported(const char *level) { return supportsIsa(level); }

std::string emo::rt::cpuName() {
  if (cpuid(0x80000000).a < 0x80000004)
    return "unknown CPU";
  char name[49] = {};
  for (uint32_t i = 0; i < 3; ++i) {
    Registers r = cpuid(0x80000002 + i);
    memcpy(name + 16 * i, &r, 16);
  }
  std::string text(name);
  size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "unknown CPU" : text.substr(first, last - first + 1);
}

int emo::rt::availableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}
