// SPDX-License-Identifier: BSD-3-Clause
// From one Config to another as a short list of changes, in an order that is safe to apply: what
// stands on something goes before it and comes after it. Any thread; no state.
//
// A port that must be opened anew (another device, queues, MAC or checksum_offload) is removed and
// added, with all that stands on it but routes. Addresses never ride inside PortAdded or VlanAdded:
// they follow as AddressAdded.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "control/config/schema.h"
#include "dataplane/base/result.h"

namespace spanway::config {

struct PortAdded {
  Port port;  // its addresses are empty here
};
struct PortRemoved {
  Port port;  // its addresses are empty here
};
struct PortChanged {  // mtu, up, promiscuous
  Port before, after;
};
struct VlanAdded {
  Vlan vlan;
};
struct VlanRemoved {
  Vlan vlan;
};
struct VlanChanged {  // mtu, up
  Vlan before, after;
};
struct AddressAdded {  // behind the interface's others
  std::string interface;
  IpWithLength address;
};
struct AddressRemoved {
  std::string interface;
  IpWithLength address;
};
struct NeighbourAdded {
  Neighbour neighbour;
};
struct NeighbourRemoved {
  Neighbour neighbour;
};
struct NeighbourChanged {
  Neighbour before, after;
};
struct RouteAdded {
  Route route;
};
struct RouteRemoved {
  Route route;
};
struct RouteChanged {  // same prefix and preference
  Route before, after;
};
struct IcmpChanged {
  Icmp before, after;
};
struct TransportChanged {
  Transport before, after;
};
struct OspfChanged {
  Ospf before, after;
};
struct DaemonChanged {  // takes effect at the next start
  Daemon before, after;
};
struct ControlChanged {  // takes effect at the next start
  Control before, after;
};

using Change =
    std::variant<PortAdded, PortRemoved, PortChanged, VlanAdded, VlanRemoved, VlanChanged,
                 AddressAdded, AddressRemoved, NeighbourAdded, NeighbourRemoved, NeighbourChanged,
                 RouteAdded, RouteRemoved, RouteChanged, IcmpChanged, TransportChanged, OspfChanged,
                 DaemonChanged, ControlChanged>;

// Linear in the size of both. diff(c, c) is empty.
[[nodiscard]] std::vector<Change> diff(const Config& before, const Config& after);

// The change that undoes it.
[[nodiscard]] Change inverse(const Change& change);

// Whether it waits for the next start of the daemon.
[[nodiscard]] bool waits_for_restart(const Change& change);

// "+ route 10.9.0.0/16 via 10.0.12.2", "~ p0.mtu 1500->9000", "- port p1"; a line for each field
// that differs, without line ends.
[[nodiscard]] std::vector<std::string> describe(const Change& change);
[[nodiscard]] std::vector<std::string> describe(const std::vector<Change>& changes);

// Makes the changes to `config`, in order; linear in both. A removal of what is not there, an
// addition of what is there already and a route that is not as the change says are refused and
// leave `config` as it was. What is added stands last.
[[nodiscard]] Status patch(Config& config, const std::vector<Change>& changes);

}  // namespace spanway::config
