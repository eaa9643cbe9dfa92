// SPDX-License-Identifier: BSD-3-Clause
// OSPFv2 of one router (RFC 2328), one area: everything that happens comes in through the calls
// below, each with the time at which it does; everything that it leads to goes out by the Outlet.
// No clock, no socket, no thread: the same calls give the same packets and routes.
//
// Control thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "control/ospf/lsa.h"
#include "control/ospf/outlet.h"
#include "control/ospf/route.h"
#include "control/ospf/settings.h"
#include "control/ospf/view.h"
#include "dataplane/base/result.h"

namespace spanway::ospf {

class Journal;

class Instance {
 public:
  // `outlet` outlives the instance, as does the journal, which stands before it and writes all
  // down.
  Instance(const RouterSettings& settings, Outlet& outlet, Nanos now, Journal* journal = nullptr);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Adds an interface or changes its settings. A change of type, intervals or passive begins its
  // adjacencies anew; cost, priority, keys and the rest do not.
  void set_interface(IfIndex interface, const InterfaceSettings& settings, Nanos now);
  void remove_interface(IfIndex interface, Nanos now);
  // The interface as it stands; before this it counts as down. May come before set_interface().
  void set_link(IfIndex interface, const Link& link, Nanos now);

  // Announces a destination outside, or says something else of it; `prefix` once.
  void announce(const Prefix4& prefix, const External& external, Nanos now);
  void withdraw(const Prefix4& prefix, Nanos now);
  // Hosts and networks behind this router that no interface has (section 12.4.1.1, stub links).
  void set_stub(const Prefix4& prefix, uint16_t cost, Nanos now);
  void remove_stub(const Prefix4& prefix, Nanos now);

  // What arrived as IPv4 protocol 89 on an interface, the header taken off and checked: `packet` is
  // its payload, `destination` one of ours or a group.
  void receive(IfIndex interface, Ip4Addr source, Ip4Addr destination,
               std::span<const uint8_t> packet, Nanos now);

  // Does what is due, sends what waits. Returns when it wants to be called again at the latest; any
  // other call above may bring that forward, so it is asked again after each.
  Nanos step(Nanos now);

  // Withdraws everything of this router from its neighbours' databases and takes leave: they need
  // not wait for a dead interval. What is sent after is sent in this call.
  void leave(Nanos now);

  [[nodiscard]] InstanceView view(Nanos now) const;
  // In order of interface.
  [[nodiscard]] std::vector<InterfaceView> interfaces(Nanos now) const;
  // In order of interface and router.
  [[nodiscard]] std::vector<NeighbourView> neighbours(Nanos now) const;
  // In order of key; the header's age is that of `now`.
  void each_lsa(Nanos now, const std::function<void(const Lsa&)>& visit) const;
  // In order of prefix.
  void each_route(const std::function<void(const Prefix4&, const Route&)>& visit) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace spanway::ospf
