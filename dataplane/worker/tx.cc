// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/tx.h"

#include <bit>

namespace spanway::worker {

void TxOutput::flush(PortId port) noexcept {
  Queue& queue = queues_[port.value];
  waiting_[port.value / 64] &= ~(uint64_t{1} << port.value % 64);
  const unsigned count = queue.count;
  queue.count = 0;
  if (count != 0) send(port, queue.packets.data(), count);
}

void TxOutput::flush_all() noexcept {
  for (unsigned word = 0; word < waiting_.size(); ++word)
    while (waiting_[word] != 0)
      flush(PortId(static_cast<uint16_t>(word * 64 +
                                         static_cast<unsigned>(std::countr_zero(waiting_[word])))));
}

void TxOutput::send(PortId port, Packet** packets, unsigned count) noexcept {
  // Nothing overtakes what gathered before. (flush() empties its queue before it comes here.)
  if (queues_[port.value].count != 0) [[unlikely]]
    flush(port);
  if (plan_ == nullptr || port.value >= plan_->tx.size() || plan_->tx[port.value].port == nullptr)
      [[unlikely]] {
    drop(packets, count, DropReason::kTxLinkDown);
    return;
  }
  const TxRoute& route = plan_->tx[port.value];
  if (route.owner != self_) {
    hand_over(route, port, packets, count);
    return;
  }
  const unsigned sent =
      route.port->tx_burst(route.queue, packets, static_cast<uint16_t>(count), now_);
  counters_.tx.add(sent);
  auto& stage = counters_.stages[static_cast<size_t>(seam::Stage::kTx)];
  stage.packets.add(count);
  stage.calls.add(1);
  if (sent < count) [[unlikely]]
    drop(packets + sent, count - sent, DropReason::kTxFull);
}

// None where another worker sends for us: by then the port's number may be another device's.
uint16_t TxOutput::card_sums(PortId port) const noexcept {
  if (plan_ == nullptr || port.value >= plan_->tx.size()) return 0;
  const TxRoute& route = plan_->tx[port.value];
  return route.owner == self_ ? route.card_sums : uint16_t{0};
}

void TxOutput::hand_over(const TxRoute& route, PortId port, Packet** packets,
                         unsigned count) noexcept {
  SpscRing<Handed>& ring = handover_.ring(self_, route.owner);
  unsigned taken = 0;
  while (taken < count && ring.push(Handed{packets[taken], port, Handed::To::kTransmit})) ++taken;
  counters_.handed_out.add(taken);
  if (taken < count) drop(packets + taken, count - taken, DropReason::kHandoverFull);
}

void TxOutput::drop(Packet** packets, unsigned count, DropReason reason) noexcept {
  counters_.drops[static_cast<size_t>(reason)].add(count);
  auto& stage = counters_.stages[static_cast<size_t>(seam::Stage::kDrop)];
  stage.packets.add(count);
  stage.calls.add(1);
  release_burst(packets, count);
}

}  // namespace spanway::worker
