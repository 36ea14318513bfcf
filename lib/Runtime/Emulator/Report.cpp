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
        report.line("  mbarrier at offset 0x%x, phase %llu (parity %llu): waits for the end of parity %u; %u of %u arrivals pending, %lld bytes "
                    "outstanding",
                    barrier.offset, (unsigned long long)barrier.phase, (unsigned long long)(barrier.phase & 1), fiber.waitParity,
                    barrier.pending, barrier.expected, (long long)barrier.transactions);
    break;
  case Fiber::Wait::Registers:
    report.line("  the warps of the CTA would have %u registers; there are 65536", fiber.waitObject);
    break;
  case Fiber::Wait::None:
    break;
  }
}

void emo::rt::emulator::addWaiters(Report &report) {
  for (uint32_t t = 0; t < sm->threads;) {
    const Fiber &fiber = sm->fibers[t];
    uint32_t end = t + 1;
    if (!alive(fiber)) {
      ++t;
      continue;
    }
    // Lanes of a warp share its meeting only within the warp.
    while (end < sm->threads && alive(sm->fibers[end]) && sameWait(fiber, sm->fibers[end]) &&
           (fiber.wait != Fiber::Wait::Warp || end % kWarpSize))
      ++end;
    const char *operation = fiber.waiting ? fiber.waiting : "?";
    if (end == t + 1)
      report.line("thread %u (warp %u): %s", t, t / kWarpSize, operation);
    else
      report.line("threads %u-%u (warps %u-%u): %s", t, end - 1, t / kWarpSize, (end - 1) / kWarpSize, operation);
    addLine(fiber.site);
    addState(report, fiber);
    t = end;
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
