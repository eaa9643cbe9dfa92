// SPDX-License-Identifier: BSD-3-Clause
// The counters of all workers as plain numbers at one moment, and their sum. Control thread.
//
// A worker counts while it is read, so that a sum taken under traffic may be a few packets out of
// balance; once the workers stand still the balance is exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/packet/drop_reason.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/counters.h"

namespace spanway::stats {

struct StageTotals {
  uint64_t packets = 0, calls = 0, cycles = 0;
};

struct InterfaceTotals {
  uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0, drops = 0;
};

// One worker.
struct WorkerTotals {
  uint64_t turns = 0, busy_turns = 0, busy_cycles = 0, idle_cycles = 0;
  uint64_t rx = 0, tx = 0, local = 0, punted = 0, injected = 0, originated = 0, held = 0;
  uint64_t handed_out = 0, handed_in = 0;
  uint64_t dropped = 0;  // over all reasons
  uint64_t trace_lost = 0, capture_lost = 0;
  uint64_t heartbeat_ns = 0;
};

// All workers.
struct Snapshot {
  uint64_t rx = 0, tx = 0, local = 0, punted = 0, injected = 0, originated = 0, held = 0;
  uint64_t handed_out = 0, handed_in = 0;
  std::array<uint64_t, kDropReasons> drops{};                      // by DropReason
  std::array<StageTotals, seam::kStages> stages{};                 // by Stage
  std::array<InterfaceTotals, seam::kMaxInterfaces> interfaces{};  // by IfIndex

  std::vector<WorkerTotals> workers;  // in the order of add(); trace_lost, capture_lost unknown: 0

  // Adds one worker.
  void add(const seam::WorkerCounters& counters);

  [[nodiscard]] uint64_t dropped() const noexcept;
  // On the way from one worker to another. Never below 0, whatever was read first.
  [[nodiscard]] uint64_t in_flight() const noexcept {
    return handed_out > handed_in ? handed_out - handed_in : 0;
  }
  // The equation of seam/counters.h, left side minus right side: above 0 packets have vanished,
  // below 0 some ended twice, or came from nowhere. 0 when every packet is accounted for.
  [[nodiscard]] int64_t imbalance() const noexcept;
};

WorkerTotals totals_of(const seam::WorkerCounters& counters);
WorkerTotals totals_of(const seam::WorkerCounters& counters, const seam::Channels& channels);
Snapshot collect(std::span<const std::unique_ptr<seam::WorkerCounters>> workers);

}  // namespace spanway::stats
