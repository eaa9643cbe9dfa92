// SPDX-License-Identifier: BSD-3-Clause
// Per-second rates, from samples of the counters over the last second and the last ten. Control
// thread; time is passed in, so that the same samples give the same rates.
#pragma once

#include <array>
#include <cstdint>

#include "control/stats/snapshot.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/units.h"

namespace spanway::stats {

enum class Window : uint8_t { kSecond = 1, kTenSeconds = 10 };  // how many samples back

// All a second.
struct InterfaceRates {
  double rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0, drops = 0;
};
struct WorkerRates {
  double rx = 0, tx = 0, dropped = 0;
  double turns = 0, busy_turns = 0, busy_cycles = 0, idle_cycles = 0;
};

class Rates {
 public:
  static constexpr Nanos kPeriod = seconds(1);

  // workers: how many a snapshot will have.
  explicit Rates(size_t workers) : workers_(workers) {}

  // Takes a sample from `collect` (which returns a Snapshot) when one is due. Returns when the next
  // is.
  template <class Collect>
  Nanos sample(Nanos now, Collect collect) {
    if (now >= next_) keep(now, collect());
    return next_;
  }

  // 0 before there are two samples; over what there is while the window is not full.
  [[nodiscard]] InterfaceRates interface_rates(IfIndex interface,
                                               Window window = Window::kSecond) const;
  [[nodiscard]] WorkerRates worker_rates(WorkerId worker, Window window = Window::kSecond) const;
  [[nodiscard]] double drop_rate(DropReason reason, Window window = Window::kSecond) const;

 private:
  static constexpr size_t kKept = 11;  // ten periods have eleven ends
  struct Sample {
    Nanos time{};
    Snapshot totals{};
  };
  // Two ends of a window, and how long it is.
  struct Span {
    const Snapshot* from = nullptr;
    const Snapshot* to = nullptr;
    double seconds = 0;
    [[nodiscard]] double rate(uint64_t before, uint64_t after) const {
      return after > before ? static_cast<double>(after - before) / seconds : 0;
    }
  };
  void keep(Nanos now, Snapshot&& totals);
  [[nodiscard]] const Sample& ago(size_t samples) const;
  [[nodiscard]] Span span_of(Window window) const;

  size_t workers_;
  std::array<Sample, kKept> samples_{};  // a ring
  size_t count_ = 0;                     // taken so far
  Nanos next_{};
};

}  // namespace spanway::stats
