// SPDX-License-Identifier: BSD-3-Clause
// An interface that takes part in OSPF (RFC 2328 section 9). Data; who changes it: interface_fsm.h,
// hello_protocol.h, flooding.h. Control thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "control/ospf/election.h"
#include "control/ospf/neighbour.h"
#include "control/ospf/settings.h"
#include "control/ospf/states.h"
#include "control/ospf/view.h"

namespace spanway::ospf {

struct Interface {
  IfIndex index = kNoInterface;
  bool configured = false;  // false: only its link is known yet
  InterfaceSettings settings{};
  Link link{};

  InterfaceState state = InterfaceState::kDown;
  Ip4Addr designated, backup;  // 0.0.0.0: none
  Nanos hello_at = Nanos::never();
  Nanos hello_not_before{};  // Hellos out of turn keep a distance
  Nanos wait_until = Nanos::never();
  // It came up a moment ago: until then its network is announced with a neighbour or not at all.
  Nanos alone_at = Nanos::never();
  bool election_due = false;

  // By address; on point-to-point links by router, as their addresses say nothing (section 8.2).
  std::map<uint32_t, Neighbour> neighbours{};

  std::vector<LsaHeader> acks{};  // delayed ones
  Nanos acks_at = Nanos::never();
  // LSAs on their way to the whole link, and when the next of them may go.
  std::deque<LsaPtr> outbox{};
  Nanos outbox_at{};

  PacketCounts received{}, sent{};
  uint64_t refused = 0;

  [[nodiscard]] bool is_broadcast() const noexcept {
    return settings.type == NetworkType::kBroadcast;
  }
  // Our own address on it; only where it is not down.
  [[nodiscard]] Ip4Addr address() const noexcept { return link.addresses.front().addr; }
  [[nodiscard]] unsigned length() const noexcept { return link.addresses.front().length; }
  [[nodiscard]] bool speaks() const noexcept { return state >= InterfaceState::kWaiting; }
  [[nodiscard]] bool is_designated() const noexcept { return state == InterfaceState::kDesignated; }
  [[nodiscard]] bool leads() const noexcept { return state >= InterfaceState::kBackup; }
};

}  // namespace spanway::ospf
