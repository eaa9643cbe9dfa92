// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/own_lsas.h"

#include <algorithm>

namespace spanway::ospf {
namespace {

class Writer {
 public:
  explicit Writer(OwnRouterLsa& to) : to_(to) {}

  void link(const RouterLink& link, const RootLink& own) {
    to_.body.links.push_back(link);
    to_.links.push_back(own);
  }
  void stub(const Prefix4& prefix, uint16_t cost, IfIndex interface) {
    link({.type = LinkType::kStub,
          .id = prefix.addr().value(),
          .data = mask4(prefix.length()),
          .metric = cost},
         {.interface = interface});
  }

 private:
  OwnRouterLsa& to_;
};

bool any_full(const Interface& interface) {
  return std::ranges::any_of(interface.neighbours,
                             [](const auto& entry) { return entry.second.is_full(); });
}

// Section 12.4.1.2: the network has a designated router, and we are adjacent to it or are it.
bool is_transit(const Interface& interface) {
  if (interface.state == InterfaceState::kWaiting || interface.designated.is_zero()) return false;
  if (interface.is_designated()) return any_full(interface);
  return std::ranges::any_of(interface.neighbours, [&interface](const auto& entry) {
    return entry.second.is_full() && entry.second.address == interface.designated;
  });
}

void add_interface(Writer& writer, const Interface& interface) {
  if (interface.alone_at != Nanos::never() && !any_full(interface)) return;
  const uint16_t cost = interface.settings.cost;
  bool subnet_is_stub = true;
  if (interface.state == InterfaceState::kPointToPoint) {
    for (const auto& [key, neighbour] : interface.neighbours)
      if (neighbour.is_full())
        writer.link({.type = LinkType::kPointToPoint,
                     .id = neighbour.router.value,
                     .data = interface.address().value(),
                     .metric = cost},
                    {.interface = interface.index, .neighbour = neighbour.address});
  } else if (interface.speaks() && is_transit(interface)) {
    writer.link({.type = LinkType::kTransit,
                 .id = interface.designated.value(),
                 .data = interface.address().value(),
                 .metric = cost},
                {.interface = interface.index});
    subnet_is_stub = false;
  }
  for (size_t place = subnet_is_stub ? 0 : 1; place < interface.link.addresses.size(); ++place) {
    const Link::Address& address = interface.link.addresses[place];
    // An address that stands for itself alone is a host (section 12.4.1.1), which costs nothing.
    writer.stub(Prefix4(address.addr, address.length), address.length == 32 ? 0 : cost,
                interface.index);
  }
}

}  // namespace

OwnRouterLsa make_router_lsa(const Core& core, const std::map<Prefix4, uint16_t>& stubs,
                             bool announces_externals) {
  OwnRouterLsa made;
  made.body.external = announces_externals;
  Writer writer(made);
  for (const auto& [index, interface] : core.interfaces)
    if (interface.state != InterfaceState::kDown) add_interface(writer, interface);
  for (const auto& [prefix, cost] : stubs) writer.stub(prefix, cost, kNoInterface);
  return made;
}

std::optional<NetworkLsa> make_network_lsa(const Core& core, const Interface& interface) {
  if (!interface.is_designated() || !any_full(interface)) return std::nullopt;
  NetworkLsa made{.mask = Ip4Addr(mask4(interface.length())), .attached = {core.settings.router}};
  for (const auto& [key, neighbour] : interface.neighbours)
    if (neighbour.is_full()) made.attached.push_back(neighbour.router);
  return made;
}

}  // namespace spanway::ospf
