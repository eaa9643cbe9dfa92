// SPDX-License-Identifier: BSD-3-Clause
// Between the control thread's bytes and the workers' packets: takes what they punt, injects what
// control has to say. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/packet/packet.h"
#include "dataplane/seam/channels.h"

namespace spanway::daemon {

class PacketIo {
 public:
  // A punted frame as bytes, VLAN tag removed; empty for a question about an address.
  struct Punted {
    seam::PuntReason reason{};
    WorkerId worker{};
    IfIndex interface = kNoInterface;
    IpAddr address{};
    Nanos time{};
    std::span<const uint8_t> frame{};
    uint16_t l3 = 0, l4 = 0;  // offsets into frame; l4 0 when there is none
  };
  using Receiver = std::function<void(const Punted&)>;

  PacketIo(const std::vector<std::unique_ptr<seam::Channels>>& channels,
           const BufferSource& buffers)
      : channels_(channels), buffers_(buffers) {}

  // Hands everything that is waiting, up to a bound, to `receive`; frees the packets. True when the
  // bound was reached and more may wait.
  bool poll(const Receiver& receive);

  // A whole untagged Ethernet frame out of one interface. open_sums, of Meta::kOpenSums: what the
  // worker or its port's card shall write.
  bool send_frame(IfIndex interface, std::span<const uint8_t> frame, uint16_t open_sums = 0);
  // An IP packet, to be routed like a packet of ours. The sums of its IPv4 header and of UDP or TCP
  // need not be there: the worker that sends it writes them, or its port's card.
  bool send_routed(std::span<const uint8_t> ip_packet);
  // A frame that was punted, untagged: it ends as a drop, and its sender is told.
  bool send_refused(IfIndex interface, std::span<const uint8_t> frame, DropReason reason,
                    uint8_t icmp_error, uint32_t icmp_value);
  // How many frames may be handed over now by somebody who can wait: half of the ring is left to
  // those who can not.
  [[nodiscard]] size_t room() const noexcept;
  // Whether a worker has taken everything that was handed over.
  [[nodiscard]] bool injected() const noexcept { return channels_.front()->inject.size() == 0; }
  // The same message to every worker.
  void tell_all(const seam::Message& message);

  // What could not be handed over because a ring or the pool was exhausted.
  [[nodiscard]] uint64_t lost() const noexcept { return lost_; }

 private:
  // Fills in the packet of `what`: the bytes, behind `room_before` zeros.
  bool inject(seam::Inject what, std::span<const uint8_t> bytes, uint16_t room_before);

  const std::vector<std::unique_ptr<seam::Channels>>& channels_;
  BufferSource buffers_;
  uint64_t lost_ = 0;
};

}  // namespace spanway::daemon
