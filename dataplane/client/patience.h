// SPDX-License-Identifier: BSD-3-Clause
// How long a call may wait. The application's thread.
#pragma once

#include <algorithm>

#include "dataplane/base/clock.h"

namespace spanway::client {

class Patience {
 public:
  // 0: none; less than 0: without end.
  explicit Patience(int timeout_ms)
      : none_(timeout_ms == 0),
        until_(timeout_ms <= 0 ? Nanos::never() : MonotonicClock().now() + millis(timeout_ms)) {}

  [[nodiscard]] bool none() const { return none_; }
  // Of what is left, rounded up so that a wait does not end before its time; as poll(2) has it.
  [[nodiscard]] int left_ms() const {
    if (none_) return 0;
    if (until_ == Nanos::never()) return -1;
    const int64_t left = (until_ - MonotonicClock().now()).ns();
    return left <= 0 ? 0 : static_cast<int>(std::min<int64_t>(left / 1'000'000 + 1, 1 << 30));
  }

 private:
  bool none_;
  Nanos until_;
};

}  // namespace spanway::client
