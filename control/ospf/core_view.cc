// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/core_view.h"

#include <algorithm>
#include <utility>

namespace spanway::ospf {

std::vector<InterfaceView> interface_views(const Core& core, Nanos now) {
  std::vector<InterfaceView> views;
  for (const auto& [index, interface] : core.interfaces) {
    if (!interface.configured) continue;
    InterfaceView view{.interface = index,
                       .settings = interface.settings,
                       .link = interface.link,
                       .state = interface.state,
                       .designated = interface.designated,
                       .backup = interface.backup,
                       .neighbours = interface.neighbours.size(),
                       .received = interface.received,
                       .sent = interface.sent,
                       .refused = interface.refused};
    if (interface.speaks()) {
      view.hello_in = std::max(Nanos(), interface.hello_at - now);
      const Interface& here = interface;  // clang 14 has no bindings in lambdas
      const auto router_at = [&](Ip4Addr address) {
        if (address.is_zero()) return RouterId{};
        if (address == here.address()) return core.settings.router;
        const auto at = here.neighbours.find(address.value());
        return at == here.neighbours.end() ? RouterId{} : at->second.router;
      };
      view.designated_router = router_at(interface.designated);
      view.backup_router = router_at(interface.backup);
    }
    for (const auto& [key, neighbour] : interface.neighbours)
      if (neighbour.is_full()) ++view.full;
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<NeighbourView> neighbour_views(const Core& core, Nanos now) {
  std::vector<NeighbourView> views;
  for (const auto& [index, interface] : core.interfaces) {
    for (const auto& [key, neighbour] : interface.neighbours)
      views.push_back(
          {.interface = index,
           .router = neighbour.router,
           .address = neighbour.address,
           .state = neighbour.state,
           .priority = neighbour.priority,
           .options = neighbour.options,
           .designated = neighbour.designated,
           .backup = neighbour.backup,
           .dead_in = std::max(Nanos(), neighbour.dies_at - now),
           .since = neighbour.since,
           .changes = neighbour.changes,
           .retransmissions = neighbour.retransmissions.size(),
           .requests = neighbour.requests.size(),
           .descriptions = neighbour.exchange.summary.size() - neighbour.exchange.described});
  }
  std::ranges::sort(
      views, {}, [](const NeighbourView& view) { return std::pair(view.interface, view.router); });
  return views;
}

std::vector<RefusalCount> refusal_views(const Core& core) {
  std::vector<RefusalCount> views;
  for (size_t reason = 0; reason < kRefusals; ++reason)
    if (core.counts.refusals[reason] != 0)
      views.push_back({static_cast<Refusal>(reason), core.counts.refusals[reason]});
  return views;
}

}  // namespace spanway::ospf
