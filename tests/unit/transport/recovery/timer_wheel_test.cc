// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/timer_wheel.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <memory>
#include <vector>

namespace spanway::transport {
namespace {

constexpr Nanos kTick{1 << TimerWheel::kTickBits};

std::vector<Timer*> advance(TimerWheel& wheel, Nanos now, uint32_t most = UINT32_MAX) {
  std::vector<Timer*> fired;
  wheel.advance(now, most, [&](Timer& timer) { fired.push_back(&timer); });
  return fired;
}

TEST(TimerWheel, FiresAtItsTimeAndOnce) {
  for (Nanos after : {micros(1), micros(100), millis(3), millis(700), seconds(30), seconds(500)}) {
    TimerWheel wheel(seconds(7));
    Timer timer;
    const Nanos at = seconds(7) + after;
    wheel.arm(timer, at);
    EXPECT_TRUE(advance(wheel, at - Nanos(1)).empty());
    EXPECT_EQ(advance(wheel, at + kTick).size(), 1u) << after.ns();
    EXPECT_FALSE(timer.armed());
    EXPECT_TRUE(advance(wheel, at + seconds(1000)).empty());
  }
}

TEST(TimerWheel, MovingOutOnlyStores) {
  TimerWheel wheel(seconds(0));
  Timer timer;
  wheel.arm(timer, millis(1));
  const Nanos looks = wheel.earliest();
  for (int i = 1; i < 1000; ++i) wheel.arm(timer, millis(1 + i));
  EXPECT_EQ(wheel.earliest(), looks);  // nothing moved
  EXPECT_TRUE(advance(wheel, millis(999)).empty());
  EXPECT_EQ(advance(wheel, millis(1000) + kTick).size(), 1u);
}

TEST(TimerWheel, MovingInMoves) {
  TimerWheel wheel(seconds(0));
  Timer timer;
  wheel.arm(timer, seconds(50));
  wheel.arm(timer, millis(1));
  EXPECT_EQ(advance(wheel, millis(1) + kTick).size(), 1u);
}

TEST(TimerWheel, NeverLetsGo) {
  TimerWheel wheel(seconds(0));
  Timer timer, other;
  wheel.arm(timer, Nanos::never());
  EXPECT_FALSE(timer.armed());
  wheel.arm(timer, millis(1));
  wheel.arm(timer, Nanos::never());
  EXPECT_TRUE(advance(wheel, seconds(1)).empty());
  EXPECT_FALSE(timer.armed());
  wheel.cancel(other);
  EXPECT_EQ(wheel.earliest(), Nanos::never());
}

TEST(TimerWheel, DoesNoMoreThanAllowed) {
  TimerWheel wheel(seconds(0));
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 1000; ++i) {
    timers.push_back(std::make_unique<Timer>());
    wheel.arm(*timers.back(), millis(1));
  }
  size_t fired = 0;
  bool more = true;
  for (int call = 0; call < 16; ++call) {
    const size_t before = fired;
    more = wheel.advance(millis(2), 64, [&](Timer&) { ++fired; });
    EXPECT_LE(fired - before, 64u);
  }
  EXPECT_EQ(fired, 1000u);
  EXPECT_FALSE(more);
}

TEST(TimerWheel, AFiredOneMayArmAndCancelOthers) {
  TimerWheel wheel(seconds(0));
  Timer a, b, c;
  for (Timer* timer : {&a, &b, &c}) wheel.arm(*timer, millis(1));
  std::vector<Timer*> fired;
  wheel.advance(millis(2), 100, [&](Timer& timer) {
    fired.push_back(&timer);
    if (&timer == &a) {
      wheel.cancel(b);
      wheel.arm(a, millis(3));
    }
  });
  EXPECT_EQ(fired, (std::vector<Timer*>{&a, &c}));
  EXPECT_EQ(advance(wheel, millis(3) + kTick), std::vector<Timer*>{&a});
}

// Against a list that knows every deadline: nothing early, nothing more than a tick late.
TEST(TimerWheelProperty, LikeAListOfDeadlines) {
  EXPECT_TRUE(rc::check("wheel == list", [] {
    constexpr size_t kTimers = 12;
    Nanos now(*rc::gen::inRange<int64_t>(0, seconds(400).ns()));
    TimerWheel wheel(now);
    std::array<Timer, kTimers> timers;
    std::array<Nanos, kTimers> wanted;
    wanted.fill(Nanos::never());
    const auto steps = *rc::gen::resize(
        400, rc::gen::container<std::vector<std::pair<uint8_t, uint32_t>>>(
                 rc::gen::pair(rc::gen::arbitrary<uint8_t>(), rc::gen::arbitrary<uint32_t>())));
    for (const auto& [what, by] : steps) {
      const Nanos far(int64_t{by} << what % 12);  // up to about five hours
      if (what % 3 == 0) {
        now += far;
        advance(wheel, now);
        for (size_t i = 0; i < kTimers; ++i) {
          if (wanted[i] > now && wanted[i] != Nanos::never()) RC_ASSERT(timers[i].armed());
          if (wanted[i] != Nanos::never() && wanted[i] + kTick <= now)
            RC_ASSERT(!timers[i].armed());
          if (!timers[i].armed()) wanted[i] = Nanos::never();
        }
      } else if (what % 16 == 1) {
        wheel.cancel(timers[by % kTimers]);
        wanted[by % kTimers] = Nanos::never();
      } else {
        wheel.arm(timers[by % kTimers], now + far);
        wanted[by % kTimers] = now + far;
      }
      Nanos least = Nanos::never();
      for (Nanos at : wanted) least = std::min(least, at);
      if (least != Nanos::never()) RC_ASSERT(wheel.earliest() <= least + kTick);
    }
  }));
}

}  // namespace
}  // namespace spanway::transport
