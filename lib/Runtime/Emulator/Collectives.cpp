// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Warp collectives on registers: shuffle, vote, match, redux, elect.
#include "Report.h"

#include <cmath>

using namespace emo::rt::emulator;

// Every lane's arguments are read before any result is written, because `result` and `args` of a lane may be one place.
namespace {
struct Values {
  uint64_t of[kWarpSize];
  Values(const Warp &warp, uint32_t members, uint32_t argument) {
    forLanes(members, [&](uint32_t lane) { of[lane] = warp.arg(lane, argument); });
  }
};
enum class Shuffle { Up, Down, Butterfly, Index };
} // namespace

// shfl.sync of (mask, value, b, c): the PTX ISA's definition, with c = segment mask << 8 | clamp.
template <Shuffle mode, bool predicate>
static bool shuffle(Warp &warp, uint32_t members) {
  Values values(warp, members, 1);
  forLanes(members, [&](uint32_t lane) {
    uint32_t b = uint32_t(warp.arg(lane, 2)) & 31, c = uint32_t(warp.arg(lane, 3)), clamp = c & 31, segment = c >> 8 & 31;
    uint32_t last = (lane & segment) | (clamp & ~segment), first = lane & segment;
    int source;
    bool inside;
    switch (mode) {
    case Shuffle::Up:
      source = int(lane) - int(b), inside = source >= int(last);
      break;
    case Shuffle::Down:
      source = int(lane + b), inside = source <= int(last);
      break;
    case Shuffle::Butterfly:
      source = int(lane ^ b), inside = source <= int(last);
      break;
    case Shuffle::Index:
      source = int(first | (b & ~segment)), inside = source <= int(last);
      break;
    }
    if (!inside)
      source = int(lane);
    if (!(members >> source & 1)) {
      const Fiber &fiber = warp.fibers[lane];
      sm->current = &warp.fibers[lane];
      Report report(fiber.site, fiber.waiting, "a shuffle reads lane %d, which does not take part", source);
      report.line("lanes that take part: 0x%08x", members);
      report.line("its value is undefined: name the lane in the mask, or keep the source inside it");
      report.fail();
    }
    warp.setResult(lane, 0, values.of[source]);
    if (predicate)
      warp.setResult(lane, 1, inside);
  });
  return true;
}

#define EMO_SHUFFLE(name, spelling, mode)                                                                                                  \
  EMO_SIM_MASKED(shfl_sync_##name##_i32, "shfl.sync." spelling ".b32", args[0], (shuffle<mode, false>))                                    \
  EMO_SIM_MASKED(shfl_sync_##name##_f32, "shfl.sync." spelling ".b32", args[0], (shuffle<mode, false>))                                    \
  EMO_SIM_MASKED(shfl_sync_##name##_i32p, "shfl.sync." spelling ".b32", args[0], (shuffle<mode, true>))                                    \
  EMO_SIM_MASKED(shfl_sync_##name##_f32p, "shfl.sync." spelling ".b32", args[0], (shuffle<mode, true>))
EMO_SHUFFLE(up, "up", Shuffle::Up)
EMO_SHUFFLE(down, "down", Shuffle::Down)
EMO_SHUFFLE(bfly, "bfly", Shuffle::Butterfly)
EMO_SHUFFLE(idx, "idx", Shuffle::Index)

/// vote.sync of (mask, predicate): the lanes whose predicate holds, then what `F` makes of them.
template <class F>
static bool vote(Warp &warp, uint32_t members, F outcome) {
  uint32_t yes = 0;
  forLanes(members, [&](uint32_t lane) { yes |= uint32_t(warp.arg(lane, 1) & 1) << lane; });
  forLanes(members, [&](uint32_t lane) { warp.setResult(lane, 0, outcome(yes)); });
  return true;
}
#define EMO_VOTE(name, spelling, outcome)                                                                                                  \
  EMO_SIM_MASKED(vote_##name##_sync, "vote.sync." spelling, args[0],                                                                       \
                 [](Warp &warp, uint32_t members) { return vote(warp, members, [=](uint32_t yes) -> uint64_t { return outcome; }); })
EMO_VOTE(all, "all.pred", yes == members)
EMO_VOTE(any, "any.pred", yes != 0)
EMO_VOTE(uni, "uni.pred", yes == members || yes == 0)
EMO_VOTE(ballot, "ballot.b32", yes)

/// match.sync of (mask, value).
static bool matchAny(Warp &warp, uint32_t members) {
  Values values(warp, members, 1);
  forLanes(members, [&](uint32_t lane) {
    uint32_t same = 0;
    forLanes(members, [&](uint32_t other) { same |= uint32_t(values.of[other] == values.of[lane]) << other; });
    warp.setResult(lane, 0, same);
  });
  return true;
}
static bool matchAll(Warp &warp, uint32_t members) {
  Values values(warp, members, 1);
  bool same = true;
  forLanes(members, [&](uint32_t lane) { same &= values.of[lane] == values.of[std::countr_zero(members)]; });
  forLanes(members, [&](uint32_t lane) {
    warp.setResult(lane, 0, same ? members : 0);
    warp.setResult(lane, 1, same);
  });
  return true;
}
EMO_SIM_MASKED(match_any_sync_i32, "match.any.sync.b32", args[0], matchAny)
EMO_SIM_MASKED(match_any_sync_i64, "match.any.sync.b64", args[0], matchAny)
EMO_SIM_MASKED(match_all_sync_i32p, "match.all.sync.b32", args[0], matchAll)
EMO_SIM_MASKED(match_all_sync_i64p, "match.all.sync.b64", args[0], matchAll)

/// redux.sync of (value, mask).
template <class T, class F>
static bool reduce(Warp &warp, uint32_t members, F combine) {
  T sum{};
  bool first = true;
  forLanes(members, [&](uint32_t lane) {
    T value = std::bit_cast<T>(uint32_t(warp.arg(lane, 0)));
    sum = first ? value : combine(sum, value);
    first = false;
  });
  forLanes(members, [&](uint32_t lane) { warp.setResult(lane, 0, std::bit_cast<uint32_t>(sum)); });
  return true;
}
#define EMO_REDUX(name, type, expression)                                                                                                  \
  EMO_SIM_MASKED(redux_sync_##name, "redux.sync." #name, args[1], [](Warp &warp, uint32_t members) {                                       \
    return reduce<type>(warp, members, [](type a, type b) -> type { return expression; });                                                 \
  })
EMO_REDUX(add, uint32_t, a + b)
EMO_REDUX(and, uint32_t, a &b)
EMO_REDUX(or, uint32_t, a | b)
EMO_REDUX(xor, uint32_t, a ^ b)
EMO_REDUX(umin, uint32_t, a < b ? a : b)
EMO_REDUX(umax, uint32_t, a > b ? a : b)
EMO_REDUX(min, int32_t, a < b ? a : b)
EMO_REDUX(max, int32_t, a > b ? a : b)

static float minimum(float a, float b) { return std::fmin(a, b); }
static float maximum(float a, float b) { return std::fmax(a, b); }
static float minimumNan(float a, float b) { return a != a || b != b ? NAN : std::fmin(a, b); }
static float maximumNan(float a, float b) { return a != a || b != b ? NAN : std::fmax(a, b); }
EMO_REDUX(fmin, float, minimum(a, b))
EMO_REDUX(fmax, float, maximum(a, b))
EMO_REDUX(fmin_NaN, float, minimumNan(a, b))
EMO_REDUX(fmax_NaN, float, maximumNan(a, b))
EMO_REDUX(fmin_abs, float, minimum(std::fabs(a), std::fabs(b)))
EMO_REDUX(fmax_abs, float, maximum(std::fabs(a), std::fabs(b)))
EMO_REDUX(fmin_abs_NaN, float, minimumNan(std::fabs(a), std::fabs(b)))
EMO_REDUX(fmax_abs_NaN, float, maximumNan(std::fabs(a), std::fabs(b)))

/// elect.sync of (mask): {leader, I am it}.
static bool elect(Warp &warp, uint32_t members) {
  uint32_t leader = uint32_t(std::countr_zero(members));
  forLanes(members, [&](uint32_t lane) {
    warp.setResult(lane, 0, leader);
    warp.setResult(lane, 1, lane == leader);
  });
  return true;
}
EMO_SIM_MASKED(elect_sync, "elect.sync", args[0], elect)

static const Operation warpBarrier{"bar.warp.sync", Operation::Masked, [](Warp &, uint32_t) { return true; }};
EMO_SIM_OP(bar_warp_sync) { meet(warpBarrier, uint32_t(args[0]), result, args, site); }

/// Lanes never run together here: all that live are active.
EMO_SIM_OP(activemask) { result[0] = sm->current->warp->alive; }
