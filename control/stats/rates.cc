// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/rates.h"

#include <algorithm>
#include <utility>

namespace spanway::stats {

void Rates::keep(Nanos now, Snapshot&& totals) {
  samples_[count_++ % kKept] = {now, std::move(totals)};
  next_ = now + kPeriod;
}

const Rates::Sample& Rates::ago(size_t samples) const {
  return samples_[(count_ - 1 - samples) % kKept];
}

Rates::Span Rates::span_of(Window window) const {
  if (count_ < 2) return {};
  const size_t back = std::min<size_t>({static_cast<size_t>(window), count_ - 1, kKept - 1});
  const Sample& to = ago(0);
  const Sample& from = ago(back);
  return {&from.totals, &to.totals, (to.time - from.time).seconds()};
}

InterfaceRates Rates::interface_rates(IfIndex interface, Window window) const {
  const Span span = span_of(window);
  if (span.from == nullptr || interface.value >= seam::kMaxInterfaces) return {};
  const InterfaceTotals& before = span.from->interfaces[interface.value];
  const InterfaceTotals& after = span.to->interfaces[interface.value];
  return {.rx_packets = span.rate(before.rx_packets, after.rx_packets),
          .rx_bytes = span.rate(before.rx_bytes, after.rx_bytes),
          .tx_packets = span.rate(before.tx_packets, after.tx_packets),
          .tx_bytes = span.rate(before.tx_bytes, after.tx_bytes),
          .drops = span.rate(before.drops, after.drops)};
}

WorkerRates Rates::worker_rates(WorkerId worker, Window window) const {
  const Span span = span_of(window);
  if (span.from == nullptr || worker.value >= workers_ ||
      worker.value >= std::min(span.from->workers.size(), span.to->workers.size()))
    return {};
  const WorkerTotals& before = span.from->workers[worker.value];
  const WorkerTotals& after = span.to->workers[worker.value];
  return {.rx = span.rate(before.rx, after.rx),
          .tx = span.rate(before.tx, after.tx),
          .dropped = span.rate(before.dropped, after.dropped),
          .turns = span.rate(before.turns, after.turns),
          .busy_turns = span.rate(before.busy_turns, after.busy_turns),
          .busy_cycles = span.rate(before.busy_cycles, after.busy_cycles),
          .idle_cycles = span.rate(before.idle_cycles, after.idle_cycles)};
}

double Rates::drop_rate(DropReason reason, Window window) const {
  const Span span = span_of(window);
  if (span.from == nullptr) return 0;
  const auto at = static_cast<size_t>(reason);
  return span.rate(span.from->drops[at], span.to->drops[at]);
}

}  // namespace spanway::stats
