// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/backoff.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace spanway::ospf {
namespace {

// RFC 8405 section 5: by numbers that can not be taken for one another.
constexpr Backoff kSettings{.initial = millis(3),
                            .short_wait = millis(50),
                            .long_wait = millis(700),
                            .time_to_learn = millis(400),
                            .hold_down = millis(1'500)};

struct Step {
  int64_t at_ms;
  std::optional<int64_t> due_ms;  // an event, and when the run is due then; nullopt: the run
  BackoffState state;             // after it
};

void walk(BackoffTimer& timer, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const Nanos now = millis(step.at_ms);
    if (step.due_ms) {
      EXPECT_EQ(timer.on_event(now), millis(*step.due_ms)) << "at " << step.at_ms;
      EXPECT_EQ(timer.due(), millis(*step.due_ms)) << "at " << step.at_ms;
    } else {
      timer.on_run();
      EXPECT_EQ(timer.due(), std::nullopt) << "at " << step.at_ms;
    }
    EXPECT_EQ(timer.state(now), step.state) << "at " << step.at_ms;
  }
}

constexpr auto kQuiet = BackoffState::kQuiet, kShort = BackoffState::kShortWait,
               kLong = BackoffState::kLongWait;

TEST(Backoff, WaitsByState) {
  BackoffTimer timer(kSettings);
  EXPECT_EQ(timer.state({}), kQuiet);
  walk(timer, {
                  {10'000, 10'003, kShort},  // transition 1
                  {10'001, 10'003, kShort},  // 2: the timer runs already
                  {10'003, {}, kShort},
                  {10'100, 10'150, kShort},  // 2
                  {10'150, {}, kShort},
                  {10'399, 10'449, kShort},  // the last moment to learn
                  {10'449, {}, kLong},       // 3 at 10'400; the timer kept its time
                  {10'500, 11'200, kLong},   // 4
                  {10'600, 11'200, kLong},   // 4: the timer runs already
                  {11'200, {}, kLong},
                  {12'099, 12'799, kLong},  // one before hold-down, which it begins anew
                  {12'799, {}, kLong},
              });
  EXPECT_EQ(timer.state(millis(13'598)), kLong);
  EXPECT_EQ(timer.state(millis(13'599)), kQuiet);  // 5
  walk(timer, {{13'599, 13'602, kShort}, {13'602, {}, kShort}, {14'000, 14'700, kLong}});
}

// Transition 6, with hold-down shorter than the time to learn: LEARN_TIMER is forgotten.
TEST(Backoff, QuietWhileStillLearning) {
  Backoff settings = kSettings;
  settings.hold_down = millis(100);
  BackoffTimer timer(settings);
  walk(timer, {{0, 3, kShort},
               {3, {}, kShort},
               {99, 149, kShort},
               {149, {}, kShort},
               {199, 202, kShort},  // quiet at 199, learning begins anew
               {202, {}, kShort},
               {290, 340, kShort},
               {340, {}, kShort},
               {389, 439, kShort},
               {439, {}, kShort},
               {480, 530, kShort},  // 400 after the first start, not after the second
               {530, {}, kShort}});
}

// In quiet with the timer still running, as when the calculation is late: it keeps its time.
TEST(Backoff, ATimerThatRunsIsNotMoved) {
  BackoffTimer timer(kSettings);
  walk(timer, {{0, 3, kShort}});
  EXPECT_EQ(timer.state(millis(2'000)), kQuiet);
  walk(timer, {{2'000, 3, kShort}});
}

TEST(Backoff, TheFirstRunIsAtOnceByDefault) {
  BackoffTimer timer{Backoff{}};
  EXPECT_EQ(timer.on_event(seconds(7)), seconds(7));
}

TEST(Backoff, NewSettingsHoldFromTheNextEvent) {
  BackoffTimer timer(kSettings);
  walk(timer, {{0, 3, kShort}, {3, {}, kShort}});
  Backoff settings = kSettings;
  settings.short_wait = millis(20);
  timer.set(settings);
  walk(timer, {{10, 30, kShort}});
}

}  // namespace
}  // namespace spanway::ospf
