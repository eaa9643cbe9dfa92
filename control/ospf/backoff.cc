// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/backoff.h"

namespace spanway::ospf {

// Transitions 3, 5 and 6, which time alone brings: looked at when somebody asks.
BackoffState BackoffTimer::state(Nanos now) const noexcept {
  if (state_ == BackoffState::kQuiet || now >= quiet_) return BackoffState::kQuiet;
  if (now >= learned_) return BackoffState::kLongWait;
  return state_;
}

Nanos BackoffTimer::on_event(Nanos now) {
  state_ = state(now);
  const BackoffState before = state_;
  if (before == BackoffState::kQuiet) {  // transition 1
    state_ = BackoffState::kShortWait;
    learned_ = now + settings_.time_to_learn;
  }
  quiet_ = now + settings_.hold_down;
  if (due_) return *due_;
  switch (before) {
    case BackoffState::kQuiet:
      due_ = now + settings_.initial;
      break;
    case BackoffState::kShortWait:
      due_ = now + settings_.short_wait;
      break;
    case BackoffState::kLongWait:
      due_ = now + settings_.long_wait;
      break;
  }
  return *due_;
}

}  // namespace spanway::ospf
