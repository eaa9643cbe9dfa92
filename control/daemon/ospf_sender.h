// SPDX-License-Identifier: BSD-3-Clause
// Puts OSPF packets into frames (RFC 2328 appendix A.1) and lets them out in one order. Control
// thread.
//
// A worker takes only so much at a time: what is more waits here, bounded. A unicast whose
// neighbour has no MAC yet waits for ARP, while others go on.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "control/daemon/interfaces.h"
#include "control/daemon/packet_io.h"
#include "control/neighbour/neighbours.h"
#include "dataplane/base/token_bucket.h"

namespace spanway::daemon {

class OspfSender {
 public:
  static constexpr size_t kMostQueuedBytes = 16 << 20;
  static constexpr size_t kMostUnresolved = 256;  // packets
  static constexpr uint64_t kQuestionsPerSecond = 8, kQuestionBurst = 32;

  // All three outlive this object.
  OspfSender(Interfaces& interfaces, PacketIo& io, neighbour::Neighbours& neighbours)
      : interfaces_(interfaces), io_(io), neighbours_(neighbours) {}

  void send(IfIndex interface, Ip4Addr destination, std::span<const uint8_t> packet, Nanos now);
  // Asks for a MAC that will be wanted soon, if it is not known; so many a second, since strangers
  // may be heard, too.
  void prepare(IfIndex interface, Ip4Addr neighbour, Nanos now);
  // ARP has an answer, or none will come.
  void resolved(IfIndex interface, const IpAddr& neighbour, const EtherAddr& mac);
  void failed(IfIndex interface, const IpAddr& neighbour);
  // What waits for the interface is dropped.
  void forget(IfIndex interface);

  [[nodiscard]] bool waits() const noexcept { return !queue_.empty(); }
  // Lets out what the worker has room for. True when more waits.
  bool pump();

  // Packets; a packet that was never queued, or whose neighbour was not found, is lost.
  [[nodiscard]] uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] uint64_t lost() const noexcept { return lost_; }

 private:
  struct Unresolved {
    IfIndex interface;
    Ip4Addr neighbour;
    std::vector<uint8_t> packet;  // with its IPv4 header
  };
  struct Frame {
    IfIndex interface;
    std::vector<uint8_t> bytes;
  };
  void queue(const NamedInterface& interface, const EtherAddr& to,
             std::span<const uint8_t> ip_packet);

  Interfaces& interfaces_;
  PacketIo& io_;
  neighbour::Neighbours& neighbours_;
  std::deque<Frame> queue_;
  size_t queued_bytes_ = 0;
  std::vector<Unresolved> unresolved_;
  TokenBucket questions_{kQuestionsPerSecond, kQuestionBurst};  // of prepare()
  uint16_t next_id_ = 0;
  uint64_t sent_ = 0, lost_ = 0;
};

// The Ethernet address of an IPv4 group (RFC 1112 section 6.4).
EtherAddr group_mac(Ip4Addr group);

// The interface's first IPv4 address, which is the source of OSPF's packets; nullopt: it has none,
// or it may not be used yet.
std::optional<IpWithLength> first_ip4(const NamedInterface& interface);

}  // namespace spanway::daemon
