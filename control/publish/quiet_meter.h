// SPDX-License-Identifier: BSD-3-Clause
// How long a change takes from the routing table until no worker can still use what was before.
//
// Control thread. One measurement runs at a time: it begins with the first change after the last
// one was closed, and ends when a marker, retired behind that change, comes out of the graveyard.
// It includes how long control takes to look again. On the machine's clock, also where the lab's
// time is virtual.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "dataplane/base/units.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::publish {

struct QuietTimes {
  Nanos last{}, longest{};
  uint64_t count = 0;
  std::optional<Nanos> age;  // of the last change; none: there was none
};

class QuietMeter {
 public:
  // The tables have changed.
  void changed() {
    if (!since_) since_ = Clock::now();
    dated_ = false;
  }
  // Puts the marker behind all changes so far; before the graveyard is sealed.
  void mark(seam::Graveyard& graveyard) {
    if (!dated_) last_ = Clock::now();
    dated_ = true;
    if (!since_ || *running_) return;
    *running_ = true;
    graveyard.retire([since = *since_, running = running_, times = times_] {
      *running = false;
      times->last = Nanos(std::chrono::nanoseconds(Clock::now() - since).count());
      times->longest = std::max(times->longest, times->last);
      ++times->count;
    });
    since_.reset();
  }
  [[nodiscard]] QuietTimes times() const {
    QuietTimes times = *times_;
    if (last_) times.age = Nanos(std::chrono::nanoseconds(Clock::now() - *last_).count());
    return times;
  }
  [[nodiscard]] bool running() const noexcept { return *running_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> since_;
  std::optional<Clock::time_point> last_;  // change, as of the mark behind it
  bool dated_ = true;
  // Shared with a marker that may outlive this object in the graveyard.
  std::shared_ptr<bool> running_ = std::make_shared<bool>(false);
  std::shared_ptr<QuietTimes> times_ = std::make_shared<QuietTimes>();
};

}  // namespace spanway::publish
