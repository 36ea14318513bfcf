// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Order.h"

#include <algorithm>

using namespace emo::rt::emulator;

void View::clear() {
  memset(warps, 0, sizeof warps);
  lanesOf = 0;
  async.clear();
}

void View::merge(const View &other) {
  for (uint32_t w = 0; w < kMaxWarps; ++w)
    warps[w] = std::max(warps[w], other.warps[w]);
  forLanes(other.lanesOf, [&](uint32_t w) {
    if (!(lanesOf >> w & 1))
      memset(lanes[w], 0, sizeof lanes[w]);
    lanesOf |= 1u << w;
    for (uint32_t l = 0; l < kWarpSize; ++l)
      lanes[w][l] = std::max(lanes[w][l], other.lanes[w][l]);
  });
  if (async.size() < other.async.size())
    async.resize(other.async.size());
  for (size_t i = 0; i < other.async.size(); ++i)
    async[i] = std::max(async[i], other.async[i]);
}

void View::addThread(uint32_t thread, uint32_t time) {
  uint32_t warp = thread / kWarpSize;
  if (!(lanesOf >> warp & 1))
    memset(lanes[warp], 0, sizeof lanes[warp]);
  lanesOf |= 1u << warp;
  lanes[warp][thread % kWarpSize] = std::max(lanes[warp][thread % kWarpSize], time);
}

void View::addAsync(uint32_t actor, uint32_t time) {
  uint32_t index = actor - kAsyncActors;
  if (async.size() <= index)
    async.resize(index + 1);
  async[index] = std::max(async[index], time);
}

bool Order::start() {
  bool again = now > kLongest;
  if (again)
    now = 0;
  ctaStart = everything = ++now;
  for (View &view : warpViews)
    view.clear();
  for (View &view : barrierViews)
    view.clear();
  memset(deviating, 0, sizeof deviating);
  return again;
}

View &Order::ownView(const Fiber &fiber) {
  uint32_t warp = fiber.thread / kWarpSize;
  if (!(deviating[warp] >> fiber.lane & 1)) {
    own[fiber.thread] = warpViews[warp];
    deviating[warp] |= 1u << fiber.lane;
  }
  return own[fiber.thread];
}

void Order::merge(Warp &warp, uint32_t members, View &into) const {
  if (members & ~deviating[warp.index])
    into.merge(warpViews[warp.index]);
  forLanes(members & deviating[warp.index], [&](uint32_t lane) { into.merge(own[warp.index * kWarpSize + lane]); });
}

void Order::syncWarp(Warp &warp, uint32_t members) {
  uint32_t w = warp.index;
  ++now;
  if (members == warp.alive) {
    forLanes(deviating[w] & members, [&](uint32_t lane) { warpViews[w].merge(own[w * kWarpSize + lane]); });
    deviating[w] = 0;
    warpViews[w].addWarp(w, now);
    return;
  }
  View seen;
  merge(warp, members, seen);
  forLanes(members, [&](uint32_t lane) { seen.addThread(w * kWarpSize + lane, now - 1); });
  forLanes(members, [&](uint32_t lane) { own[w * kWarpSize + lane] = seen; });
  deviating[w] |= members;
}

void Order::arriveBarrier(Warp &warp, uint32_t members, uint32_t id) {
  merge(warp, members, barrierViews[id]);
  if (members == warp.alive)
    barrierViews[id].addWarp(warp.index, now + 1);
  else
    forLanes(members, [&](uint32_t lane) { barrierViews[id].addThread(warp.index * kWarpSize + lane, now); });
  ++now;
}

void Order::completeBarrier(const Barrier &barrier, uint32_t id) {
  bool all = true;
  for (uint32_t w = 0; w < sm->warpCount; ++w)
    all &= barrier.waiting[w] == sm->warps[w].alive;
  if (all) {
    everything = ++now;
    for (uint32_t w = 0; w < sm->warpCount; ++w)
      deviating[w] = 0;
  } else {
    for (uint32_t w = 0; w < sm->warpCount; ++w) {
      if (!barrier.waiting[w])
        continue;
      if (barrier.waiting[w] == sm->warps[w].alive) {
        warpViews[w].merge(barrierViews[id]);
        deviating[w] = 0;
      } else {
        forLanes(barrier.waiting[w], [&](uint32_t lane) { ownView(sm->warps[w].fibers[lane]).merge(barrierViews[id]); });
      }
    }
  }
  barrierViews[id].clear();
}

void Order::release(const Fiber &fiber, View &into) {
  into.merge(view(fiber));
  into.addThread(fiber.thread, now++);
}

void Order::acquire(const Fiber &fiber, const View &from) { ownView(fiber).merge(from); }
