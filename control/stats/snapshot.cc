// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/snapshot.h"

#include <numeric>

namespace spanway::stats {

uint64_t Snapshot::dropped() const noexcept {
  return std::accumulate(drops.begin(), drops.end(), uint64_t{0});
}

int64_t Snapshot::imbalance() const noexcept {
  // Unsigned sums wrap; their difference, read as signed, is right as long as it is small.
  const uint64_t in = rx + injected + originated + handed_in;
  const uint64_t out = tx + local + punted + held + dropped() + handed_out;
  return static_cast<int64_t>(in - out);
}

WorkerTotals totals_of(const seam::WorkerCounters& counters) {
  WorkerTotals out;
  out.turns = counters.turns.get();
  out.busy_turns = counters.busy_turns.get();
  out.busy_cycles = counters.busy_cycles.get();
  out.idle_cycles = counters.idle_cycles.get();
  out.rx = counters.rx.get();
  out.tx = counters.tx.get();
  out.local = counters.local.get();
  out.punted = counters.punted.get();
  out.injected = counters.injected.get();
  out.originated = counters.originated.get();
  out.held = counters.held.get();
  out.handed_out = counters.handed_out.get();
  out.handed_in = counters.handed_in.get();
  for (const seam::Counter& drop : counters.drops) out.dropped += drop.get();
  out.heartbeat_ns = counters.heartbeat_ns.get();
  return out;
}

WorkerTotals totals_of(const seam::WorkerCounters& counters, const seam::Channels& channels) {
  WorkerTotals out = totals_of(counters);
  out.trace_lost = channels.trace_lost.get();
  out.capture_lost = channels.capture_lost.get();
  return out;
}

void Snapshot::add(const seam::WorkerCounters& counters) {
  const WorkerTotals& worker = workers.emplace_back(totals_of(counters));
  rx += worker.rx;
  tx += worker.tx;
  local += worker.local;
  punted += worker.punted;
  injected += worker.injected;
  originated += worker.originated;
  held += worker.held;
  handed_out += worker.handed_out;
  handed_in += worker.handed_in;
  for (size_t i = 0; i < kDropReasons; ++i) drops[i] += counters.drops[i].get();
  for (size_t i = 0; i < seam::kStages; ++i) {
    stages[i].packets += counters.stages[i].packets.get();
    stages[i].calls += counters.stages[i].calls.get();
    stages[i].cycles += counters.stages[i].cycles.get();
  }
  for (size_t i = 0; i < seam::kMaxInterfaces; ++i) {
    InterfaceTotals& to = interfaces[i];
    const seam::InterfaceCount& from = counters.interfaces[i];
    to.rx_packets += from.rx_packets.get();
    to.rx_bytes += from.rx_bytes.get();
    to.tx_packets += from.tx_packets.get();
    to.tx_bytes += from.tx_bytes.get();
    to.drops += from.drops.get();
  }
}

Snapshot collect(std::span<const std::unique_ptr<seam::WorkerCounters>> workers) {
  Snapshot sum;
  for (const auto& counters : workers) sum.add(*counters);
  return sum;
}

}  // namespace spanway::stats
