// SPDX-License-Identifier: BSD-3-Clause
// One router's dataplane without ports and threads: frames go in, frames come out, all is counted.
//
// Two interfaces stand ready: `left` on port 0 with 10.0.1.1/24 and 2001:db8:1::1/64, `right` on
// port 1 with 10.0.2.1/24 and 2001:db8:2::1/64, both with a link-local address. Each has one
// resolved neighbour, .2 and ::2 of its subnets; the subnets are kGlean.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "dataplane/base/token_bucket.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/counters.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/stage/context.h"
#include "dataplane/stage/listener.h"
#include "dataplane/stage/walk.h"
#include "dataplane/table/tables.h"
#include "tests/support/card.h"
#include "tests/support/eal.h"
#include "tests/support/frames.h"

namespace spanway::test {

struct Sent {
  PortId port{};
  Bytes bytes;              // as the far end gets them
  uint64_t card_flags = 0;  // RTE_MBUF_F_TX_*: what was asked of the card
};

class Road {
 public:
  Road();
  ~Road();
  Road(const Road&) = delete;
  Road& operator=(const Road&) = delete;

  static constexpr PortId kLeftPort{0}, kRightPort{1};
  static constexpr IfIndex kLeft{1}, kRight{2};
  static const EtherAddr kLeftMac, kRightMac;    // ours
  static const EtherAddr kLeftPeer, kRightPeer;  // the resolved neighbours'

  // Control's side. Slots are numbered as they come; routes replace what was there.
  NextHopId add_hop(table::NextHop hop);
  void set_hop(NextHopId id, table::NextHop hop);
  void route(std::string_view prefix, NextHopId hop);
  void route(std::string_view prefix, table::NextHop hop) { route(prefix, add_hop(hop)); }
  static table::NextHop to_kind(table::NextHopKind kind, IfIndex interface = kNoInterface,
                                std::string_view gateway = {});
  // Rewrites carry the ether type, so a hop is for one family.
  table::NextHop to_neighbour(IfIndex interface, const EtherAddr& mac, Family family = Family::kIp4,
                              uint16_t mtu = 1500) const;
  // Changes the interfaces: edit `interfaces`, then publish.
  std::vector<table::Interface> interfaces;
  void publish_interfaces();
  void watch(const seam::Watch& watch);

  // A frame (or a packet) comes in; its whole walk happens now.
  void receive(PortId port, const Bytes& bytes);
  void receive(PortId port, const std::vector<Packet*>& packets);
  void inject(seam::Inject::How how, IfIndex interface, const Bytes& bytes, uint16_t open_sums = 0);
  void inject(const seam::Inject& one);  // takes its packet
  void tell(seam::Message::Kind kind, IfIndex interface, const IpAddr& address = {});
  void expire();
  // Whatever else a worker does in a turn.
  void turn(const std::function<void(stage::Context&)>& serve);
  void shut_down();
  void advance(Nanos by) { now = now + by; }

  // What has come out since the last call.
  std::vector<Sent> sent();
  struct Punted {
    seam::Punt punt;
    Bytes bytes;  // empty for a question
  };
  std::vector<Punted> punted();

  [[nodiscard]] uint64_t drops(DropReason reason) const;
  [[nodiscard]] uint64_t all_drops() const;
  // Zero when the counters balance: rx + injected + originated - everything that they became.
  [[nodiscard]] int64_t imbalance() const;

  Nanos now = seconds(100);
  bool timing = false;
  seam::WorkerCounters counters;
  seam::Channels channels;
  TokenBucket icmp_errors{tuning::kIcmpErrorsPerSecond, tuning::kIcmpErrorBurst};
  TokenBucket local_fragments{tuning::kLocalFragmentsPerSecond, tuning::kLocalFragmentBurst};
  stage::Listener* listener = nullptr;  // none: nobody listens
  BufferSource buffers = test::buffers();
  uint16_t card_sums = 0;  // of Meta::kOpenSums, for every port

 private:
  class Wire;
  stage::Context context();

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  table::Tables tables_{graveyard_};
  uint16_t next_slot_ = 1;
  stage::HoldPtr hold_;
  std::unique_ptr<Wire> wire_;
};

}  // namespace spanway::test
