// SPDX-License-Identifier: BSD-3-Clause
// Layer-3 interfaces as workers see them: an immutable snapshot, replaced as a whole.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/prefix.h"

namespace spanway::table {

struct Interface {
  enum Feature : uint16_t {  // what keeps a packet off the fused road
    kAcl = 1 << 0,
    kPolicer = 1 << 1,
  };
  IfIndex index = kNoInterface;
  PortId port{};
  uint16_t vlan = 0;  // 0: untagged frames of the port
  EtherAddr mac;
  uint16_t mtu = 1500;  // bytes of IP packet
  bool up = false;      // administratively up and the link is up
  // Frames from it are dropped. A link that counts as down and brings frames has come up a moment
  // ago, and its first words are worth hearing.
  bool admin_down = false;
  uint16_t features = 0;
  std::vector<IpWithLength> addresses;  // the first of a family is the source of our own packets
  // Under duplicate address detection: their groups are joined, and nothing speaks as one of them
  // (RFC 4862 section 5.4).
  std::vector<Ip6Addr> tentative;
};

// All interfaces of an engine. Immutable once published (seam::Published).
class InterfaceSet {
 public:
  InterfaceSet() = default;
  // Interfaces in order of their index; at most one for each (port, vlan).
  explicit InterfaceSet(std::vector<Interface> interfaces);

  // nullptr when there is none.
  [[nodiscard]] const Interface* get(IfIndex index) const noexcept {
    return index.value < by_index_.size() && by_index_[index.value].index == index
               ? &by_index_[index.value]
               : nullptr;
  }
  [[nodiscard]] const Interface* find(PortId port, uint16_t vlan) const noexcept {
    if (vlan == 0) [[likely]]
      return port.value < untagged_.size() ? get(untagged_[port.value]) : nullptr;
    const auto at = tagged_.find(uint32_t{port.value} << 16 | vlan);
    return at == tagged_.end() ? nullptr : get(at->second);
  }
  [[nodiscard]] const std::vector<Interface>& all() const noexcept { return by_index_; }

 private:
  std::vector<Interface> by_index_;  // index i at place i; gaps have kNoInterface
  std::vector<IfIndex> untagged_;    // by PortId
  std::unordered_map<uint32_t, IfIndex> tagged_;
};

}  // namespace spanway::table
