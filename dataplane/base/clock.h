// SPDX-License-Identifier: BSD-3-Clause
// Where time comes from. Read once a turn and handed down; nothing below a scheduler calls this.
#pragma once

#include <time.h>

#include "dataplane/base/units.h"

namespace spanway {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Nanos now() const noexcept = 0;
};

// CLOCK_MONOTONIC. Any thread.
class MonotonicClock final : public Clock {
 public:
  [[nodiscard]] Nanos now() const noexcept override {
    timespec ts{};
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return seconds(ts.tv_sec) + Nanos(ts.tv_nsec);
  }
};

// Time that moves only when told to. One thread.
class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Nanos now() const noexcept override { return now_; }
  void advance_to(Nanos t) noexcept {
    if (t > now_) now_ = t;
  }

 private:
  Nanos now_;
};

}  // namespace spanway
