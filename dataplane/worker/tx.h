// SPDX-License-Identifier: BSD-3-Clause
// The worker's side of sending: a short array a port, sent when full and at the end of the turn.
//
// A port whose transmit queues are fewer than the workers is served by one owner: the others hand
// their frames over. Whatever the device or the ring refuses is dropped by name. One worker.
#pragma once

#include <span>

#include "dataplane/base/units.h"
#include "dataplane/seam/counters.h"
#include "dataplane/stage/output.h"
#include "dataplane/worker/handover.h"
#include "dataplane/worker/plan.h"

namespace spanway::worker {

class TxOutput final : public stage::Output {
 public:
  TxOutput(WorkerId self, seam::WorkerCounters& counters, Handover& handover) noexcept
      : self_(self), counters_(counters), handover_(handover) {}

  // The turn's plan and time; the plan is borrowed until the turn ends.
  void begin_turn(const Plan* plan, Nanos now) noexcept {
    plan_ = plan;
    now_ = now;
  }
  // Sends what has gathered for one port.
  void flush(PortId port) noexcept override;
  void flush_all() noexcept;
  [[nodiscard]] uint16_t card_sums(PortId port) const noexcept override;
  // Sends a whole array at once, behind what has gathered for that port. Takes all packets.
  void send(PortId port, Packet** packets, unsigned count) noexcept;

 private:
  void hand_over(const TxRoute& route, PortId port, Packet** packets, unsigned count) noexcept;
  void drop(Packet** packets, unsigned count, DropReason reason) noexcept;

  WorkerId self_;
  seam::WorkerCounters& counters_;
  Handover& handover_;
  const Plan* plan_ = nullptr;
  Nanos now_{};
};

}  // namespace spanway::worker
