// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reports of failed checks: what was found first, then the kernel, the operation and the place, then the details line by line.
#ifndef EMO_LIB_RUNTIME_EMULATOR_REPORT_H
#define EMO_LIB_RUNTIME_EMULATOR_REPORT_H

#include "Core.h"

namespace emo::rt::emulator {

/// Writes into the Sm's report, so that abandoning a fiber leaks nothing. One at a time.
class Report {
public:
  /// `operation` may be null when the site names it.
  __attribute__((format(printf, 4, 5))) Report(const Site *site, const char *operation, const char *format, ...);
  /// One more line of details.
  __attribute__((format(printf, 2, 3))) Report &line(const char *format, ...);
  /// "thread 37 (warp 1, lane 5)".
  Report &thread(const char *what, uint32_t thread, const Site *site);
  [[noreturn]] void fail();
};

/// A report without details.
[[noreturn]] __attribute__((format(printf, 3, 4))) void fail(const Site *site, const char *operation, const char *format, ...);

/// Who waits where, as lines of a report.
void addWaiters(Report &report);
[[noreturn]] void failDeadlock();

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_REPORT_H
