// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Report.h"

#include <cstdarg>
#include <cstdio>

using namespace emo::rt::emulator;

static void append(const char *format, va_list arguments) {
  char text[512];
  vsnprintf(text, sizeof text, format, arguments);
  sm->report += text;
}

static void addThread(uint32_t thread) {
  char text[64];
  snprintf(text, sizeof text, "thread %u (warp %u, lane %u)", thread, thread / kWarpSize, thread % kWarpSize);
  sm->report += text;
}

static void addLine(const Site *site) {
  char text[32];
  if (site && site->line > 0) {
    snprintf(text, sizeof text, ", line %d", site->line);
    sm->report += text;
  }
}

Report::Report(const Site *site, const char *operation, const char *format, ...) {
  sm->report = "error: ";
  va_list arguments;
  va_start(arguments, format);
  append(format, arguments);
  va_end(arguments);
  line("kernel: %s", sm->kernel->name);
  line("operation: %s", operation ? operation : site && site->operation ? site->operation : "?");
  addLine(site);
  if (const Fiber *fiber = sm->current) {
    line("where: CTA (%u,%u,%u), ", sm->cta.x, sm->cta.y, sm->cta.z);
    addThread(fiber->thread);
  }
}

Report &Report::line(const char *format, ...) {
  sm->report += "\n  ";
  va_list arguments;
  va_start(arguments, format);
  append(format, arguments);
  va_end(arguments);
  return *this;
}

Report &Report::thread(const char *what, uint32_t thread, const Site *site) {
  line("%s ", what);
  addThread(thread);
  if (site) {
    sm->report += ", ";
    sm->report += site->operation ? site->operation : "?";
  }
  addLine(site);
  return *this;
}

void Report::fail() { sm->abandon(); }

void emo::rt::emulator::fail(const Site *site, const char *operation, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  Report(site, operation, "%s", text).fail();
}

/// The same wait, apart from who waits.
static bool sameWait(const Fiber &a, const Fiber &b) {
  return a.wait == b.wait && a.waiting == b.waiting && a.site == b.site && a.waitObject == b.waitObject && a.waitParity == b.waitParity;
}

static bool alive(const Fiber &fiber) { return fiber.warp->alive >> fiber.lane & 1; }

static void addState(Report &report, const Fiber &fiber) {
  switch (fiber.wait) {
  case Fiber::Wait::Warp:
    for (uint32_t i = 0; i < fiber.warp->meetings; ++i) {
      const Meeting &meeting = fiber.warp->meeting[i];
      if (meeting.arrived >> fiber.lane & 1)
        report.line("  it waits for the lanes 0x%08x of warp %u; 0x%08x have come", meeting.mask & fiber.warp->alive, fiber.warp->index,
                    meeting.arrived);
    }
    break;
  case Fiber::Wait::Warpgroup:
    report.line("  it waits for the warps of warpgroup %u; 0x%x of 0xf have come", fiber.warp->index / 4,
                sm->warpgroups[fiber.warp->index / 4].arrived);
    break;
  case Fiber::Wait::Barrier: {
    const Barrier &barrier = sm->barriers[fiber.waitObject];
    report.line("  barrier %u: %u of %u threads have arrived", fiber.waitObject, barrier.arrived,
                barrier.expected ? barrier.expected : sm->live);
    break;
  }
  case Fiber::Wait::Mbarrier:
  case Fiber::Wait::Poll:
    for (const Mbarrier &barrier : sm->mbarriers)
      if (barrier.valid && barrier.offset == fiber.waitObject)
        report.line(
            "  mbarrier at offset 0x%x, phase %llu (parity %llu): waits for the end of parity %u; %u of %u arrivals pending, %lld bytes "
            "outstanding",
            barrier.offset, (unsigned long long)barrier.phase, (unsigned long long)(barrier.phase & 1), fiber.waitParity, barrier.pending,
            barrier.expected, (long long)barrier.transactions);
    break;
  case Fiber::Wait::Registers:
    report.line("  the warps of the CTA would have %u registers; the launch gives it %u", fiber.waitObject, launchedRegisters());
    break;
  case Fiber::Wait::None:
    break;
  }
}

/// "0-31, 40, 64-95" of a set of threads, as far as there is room.
static void addThreads(const std::vector<bool> &set, size_t count) {
  char text[64];
  int ranges = 0;
  sm->report += count == 1 ? "thread " : "threads ";
  for (uint32_t t = 0; t < sm->threads; ++t) {
    if (!set[t])
      continue;
    uint32_t end = t;
    while (end + 1 < sm->threads && set[end + 1])
      ++end;
    if (++ranges == 5) {
      snprintf(text, sizeof text, ", ... (%zu)", count);
      sm->report += text;
      return;
    }
    snprintf(text, sizeof text, end > t ? "%s%u-%u" : "%s%u", ranges > 1 ? ", " : "", t, end);
    sm->report += text;
    t = end;
  }
}

void emo::rt::emulator::addWaiters(Report &report) {
  // Threads that wait for the same are one line, in the order of their first.
  static constexpr int kLines = 24;
  std::vector<bool> told(sm->threads);
  int lines = 0;
  for (uint32_t t = 0; t < sm->threads; ++t) {
    const Fiber &fiber = sm->fibers[t];
    if (!alive(fiber) || told[t])
      continue;
    if (++lines > kLines) {
      report.line("... and others");
      break;
    }
    std::vector<bool> set(sm->threads);
    size_t count = 0;
    for (uint32_t other = t; other < sm->threads; ++other) {
      const Fiber &candidate = sm->fibers[other];
      // Lanes of a warp share its meeting only within the warp.
      if (alive(candidate) && sameWait(fiber, candidate) && (fiber.wait != Fiber::Wait::Warp || candidate.warp == fiber.warp))
        set[other] = told[other] = true, ++count;
    }
    report.line("%s", "");
    addThreads(set, count);
    sm->report += ": ";
    sm->report += fiber.waiting ? fiber.waiting : "?";
    addLine(fiber.site);
    addState(report, fiber);
  }
}

void emo::rt::emulator::failDeadlock() {
  // The last fiber that blocked is not where the error is: say what all of them do.
  sm->current = nullptr;
  const Fiber *first = nullptr;
  for (uint32_t t = 0; t < sm->threads && !first; ++t)
    if (alive(sm->fibers[t]))
      first = &sm->fibers[t];
  Report report(first ? first->site : nullptr, first ? first->waiting : nullptr, "deadlock: no thread of the CTA can go on");
  report.line("where: CTA (%u,%u,%u)", sm->cta.x, sm->cta.y, sm->cta.z);
  addWaiters(report);
  uint32_t ended = sm->threads - sm->live;
  if (ended)
    report.line("%u of %u threads have ended", ended, sm->threads);
  report.fail();
}
