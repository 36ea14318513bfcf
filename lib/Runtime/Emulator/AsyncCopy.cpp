// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cp.async. Eagerly, data arrive at once and only the checks know that nobody waited; lazily, the destination holds NaN until somebody
// does.
#include "AsyncCopy.h"
#include "Mbarrier.h"
#include "Report.h"

using namespace emo::rt::emulator;

void emo::rt::emulator::landCopy(const Copy &copy) {
  memcpy(copy.target, copy.source, copy.sourceBytes);
  memset(copy.target + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
}

static void copyAsync(uint32_t bytes, const uint64_t *args, uint64_t sourceBytes, const char *name, const Site *site) {
  Fiber &fiber = *sm->current;
  Copy copy{asPointer<char>(args[0]), asPointer<const char>(args[1]), bytes, uint32_t(std::min<uint64_t>(sourceBytes, bytes)), site};
  checkSharedRange(fiber, copy.target, bytes, bytes, site, name);
  if (uintptr_t(copy.source) % bytes)
    fail(site, name, "the source 0x%llx is not at a multiple of its %u bytes", (unsigned long long)args[1], bytes);
  if (sourceBytes > bytes)
    fail(site, name, "source size %llu of a copy of %u bytes", (unsigned long long)sourceBytes, bytes);
  ++sm->counters.asyncCopies;
  if (sm->checks)
    sm->checks->issueCopy(fiber, copy);
  if (sm->options.lazy)
    memset(copy.target, 0xff, bytes);
  else
    landCopy(copy);
  if (sm->options.lazy || sm->checks)
    fiber.copies.copies.push_back(copy);
}

#define EMO_CP_ASYNC(cache, size)                                                                                                          \
  EMO_SIM_OP(cp_async_##cache##_shared_global_##size) { copyAsync(size, args, size, "cp.async." #cache ".shared.global", site); }          \
  EMO_SIM_OP(cp_async_##cache##_shared_global_##size##_s) {                                                                                \
    copyAsync(size, args, uint32_t(args[2]), "cp.async." #cache ".shared.global", site);                                                   \
  }
EMO_CP_ASYNC(ca, 4)
EMO_CP_ASYNC(ca, 8)
EMO_CP_ASYNC(ca, 16)
EMO_CP_ASYNC(cg, 16)

EMO_SIM_OP(cp_async_commit_group) {
  CopyQueue &queue = sm->current->copies;
  queue.ends.push_back(queue.copies.size());
}

static void land(Fiber &fiber, size_t end) {
  CopyQueue &queue = fiber.copies;
  for (; queue.done < end; ++queue.done) {
    const Copy &copy = queue.copies[queue.done];
    if (sm->options.lazy)
      landCopy(copy);
    if (sm->checks)
      sm->checks->completeCopy(fiber.thread, copy);
  }
}

/// All but the last `left` groups are complete.
static void waitGroups(uint32_t left) {
  Fiber &fiber = *sm->current;
  CopyQueue &queue = fiber.copies;
  landArrivals(fiber.thread);
  while (queue.ends.size() - queue.doneGroups > left)
    land(fiber, queue.ends[queue.doneGroups++]);
  // Forget what is done, now and then.
  if (queue.doneGroups < 32 && queue.doneGroups < queue.ends.size())
    return;
  queue.copies.erase(queue.copies.begin(), queue.copies.begin() + long(queue.done));
  queue.ends.erase(queue.ends.begin(), queue.ends.begin() + long(queue.doneGroups));
  for (size_t &end : queue.ends)
    end -= queue.done;
  queue.done = queue.doneGroups = 0;
}
EMO_SIM_OP(cp_async_wait_group) { waitGroups(uint32_t(args[0])); }
EMO_SIM_OP(cp_async_wait_all) {
  waitGroups(0);
  land(*sm->current, sm->current->copies.copies.size());
  sm->current->copies.clear();
}
