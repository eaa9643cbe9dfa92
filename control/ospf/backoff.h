// SPDX-License-Identifier: BSD-3-Clause
// When the routes are calculated after a change (RFC 8405): the first change of a quiet time is
// followed at once, a burst of them soon, a storm now and then. Timers are deadlines; the caller
// brings the time. Control thread.
#pragma once

#include <cstdint>
#include <optional>

#include "control/ospf/settings.h"
#include "dataplane/base/units.h"

namespace spanway::ospf {

// Section 5.
enum class BackoffState : uint8_t { kQuiet, kShortWait, kLongWait };

class BackoffTimer {
 public:
  explicit BackoffTimer(const Backoff& settings) : settings_(settings) {}
  // Holds from the next event on.
  void set(const Backoff& settings) { settings_ = settings; }

  // Something changed that needs a calculation. Returns when that is due: later events do not move
  // it.
  Nanos on_event(Nanos now);
  // The calculation was done.
  void on_run() noexcept { due_.reset(); }

  [[nodiscard]] std::optional<Nanos> due() const noexcept { return due_; }
  [[nodiscard]] BackoffState state(Nanos now) const noexcept;

 private:
  Backoff settings_;
  BackoffState state_ = BackoffState::kQuiet;  // as of the last event
  Nanos learned_{};                            // when LEARN_TIMER expires, in kShortWait
  Nanos quiet_{};                              // when HOLDDOWN_TIMER does, but in kQuiet
  std::optional<Nanos> due_;                   // SPF_TIMER
};

}  // namespace spanway::ospf
