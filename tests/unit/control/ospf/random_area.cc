// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/ospf/random_area.h"

#include <utility>

namespace spanway::ospf {

RandomArea::RandomArea(uint64_t seed)
    : random_(seed), routers_(2 + below(30)), networks_(1 + below(6)) {
  for (uint32_t id = 1; id <= routers_; ++id)
    if (!one_in(20)) put(router_key(id), RouterLsa{.external = one_in(2)});
  for (uint32_t id = 2; id <= routers_; ++id)
    if (!one_in(8)) link_up(id, 1 + below(id - 1));
  for (uint32_t i = below(2 * routers_); i != 0; --i) link_up(any_router(), any_router());
  for (uint32_t network = 0; network < networks_; ++network) {
    NetworkLsa body{Ip4Addr(mask4(24)), {}};
    for (uint32_t id = 1; id <= routers_; ++id) {
      if (!one_in(5)) continue;
      RouterLsa lsa = router(id);
      lsa.links.push_back(any_transit(id));
      lsa.links.back().id = dr(network).value();
      put(router_key(id), std::move(lsa));
      body.attached.push_back(RouterId{id});
    }
    put(network_key(dr(network), any_router()), std::move(body));
  }
  for (uint32_t i = below(3 * routers_); i != 0; --i) change_router(any_router());
  for (uint32_t i = below(20); i != 0; --i) change_external();
  change_root();
}

void RandomArea::step() {
  switch (below(10)) {
    case 0:
      return change_network();
    case 1:
    case 2:
    case 3:
      return change_external();
    case 4:
      if (one_in(3)) change_root();
      return;
    default:
      return change_router(one_in(6) ? 1 : any_router());
  }
}

void RandomArea::feed(RouteTable& table) const {
  for (const auto& [key, lsa] : database_) table.put(lsa);
  table.set_root(root_);
}

uint16_t RandomArea::metric() {
  if (one_in(12)) return 0;
  return static_cast<uint16_t>(one_in(20) ? 65'535 : 1 + below(6));
}

RouterLink RandomArea::any_stub() {
  static constexpr const char* kPrefixes[] = {
      "10.5.0.0/24", "10.5.1.0/24",  "10.5.0.0/16",    "10.5.1.128/25", "10.7.0.0/16",
      "10.7.1.0/24", "10.7.1.1/32",  "192.0.2.0/24",   "0.0.0.0/0",     "198.51.100.0/24",
      "10.8.0.0/16", "127.0.0.1/32", "203.0.113.0/24",
  };
  RouterLink link = stub(kPrefixes[below(std::size(kPrefixes))], metric());
  if (one_in(30)) link.data = 0xff00ff00;
  return link;
}

RouterLink RandomArea::any_transit(uint32_t by) {
  const Ip4Addr lan = dr(below(networks_));
  return to_network(lan, Ip4Addr(lan.value() + by), metric());
}

RouterLink RandomArea::any_link(uint32_t by) {
  if (one_in(40)) return {LinkType::kVirtual, any_router(), 0, 1};
  if (one_in(3)) return any_transit(by);
  if (one_in(2)) return to_router(any_router(), metric(), below(8));
  return any_stub();
}

LsaBody RandomArea::any_network() {
  NetworkLsa network{Ip4Addr(mask4(one_in(4) ? 16 + below(12) : 24)), {}};
  for (uint32_t id = 1; id <= routers_; ++id)
    if (one_in(3)) network.attached.push_back(RouterId{id});
  return network;
}

LsaBody RandomArea::any_external() {
  ExternalLsa external{.mask = Ip4Addr(mask4(one_in(6) ? 16 : 24)),
                       .type2 = one_in(2),
                       .metric = one_in(15) ? kLsInfinity : below(4),
                       .tag = below(3)};
  if (one_in(3)) {
    const Ip4Addr addresses[] = {{10, 7, 1, 1}, {10, 7, 1, 2}, {10, 8, 0, 1}, {172, 16, 0, 1}};
    const Ip4Addr on_network(dr(below(networks_)).value() + below(200));
    external.forwarding = one_in(2) ? addresses[below(4)] : on_network;
  }
  return external;
}

void RandomArea::link_up(uint32_t a, uint32_t b) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    RouterLsa lsa = router(from);
    lsa.links.push_back(to_router(to, metric(), below(8)));
    put(router_key(from), std::move(lsa));
  }
}

void RandomArea::change_router(uint32_t id) {
  if (one_in(15)) return drop(router_key(id));
  RouterLsa lsa = router(id);
  std::vector<RouterLink>& links = lsa.links;
  const auto any = [&] { return links.begin() + below(links.size()); };
  const uint32_t what = below(8);
  if (what == 0)
    lsa.external = !lsa.external;
  else if (what == 1)
    lsa.border = !lsa.border;  // says nothing yet
  else if (what < 4 || links.empty())
    links.insert(links.begin() + below(links.size() + 1), any_link(id));
  else if (what == 4)
    links.erase(any());
  else if (what == 5)
    std::swap(*any(), *any());
  else
    any()->metric = metric();
  put(router_key(id), std::move(lsa));
}

void RandomArea::change_network() {
  const LsaKey key = network_key(dr(below(networks_)), one_in(3) ? any_router() : 2);
  if (one_in(3))
    drop(key);
  else
    put(key, any_network());
}

void RandomArea::change_external() {
  static constexpr Ip4Addr kIds[] = {
      {192, 0, 2, 0}, {192, 0, 2, 255}, {198, 51, 100, 0}, {203, 0, 113, 7}, {10, 5, 1, 0}};
  const LsaKey key = external_key(kIds[below(5)], any_router());
  if (one_in(4))
    drop(key);
  else
    put(key, any_external());
}

// Interfaces and neighbours of the links, by what the LSA says of them.
void RandomArea::change_root() {
  mood_ = below(4);
  root_.addresses.clear();
  for (uint32_t i = below(3); i != 0; --i)
    root_.addresses.push_back(Ip4Addr(10, 7, 1, static_cast<uint8_t>(1 + below(2))));
  root_.links.clear();
  for (const RouterLink& link : router(1).links) {
    RootLink& known = root_.links.emplace_back();
    if ((link.data + mood_) % 9 != 8)
      known.interface = IfIndex{static_cast<uint16_t>(1 + link.data % 5)};
    if (link.type == LinkType::kPointToPoint && (link.id + mood_) % 7 != 0)
      known.neighbour =
          Ip4Addr(172, 17, static_cast<uint8_t>(link.id), static_cast<uint8_t>(link.data));
  }
  if (mood_ == 3 && !root_.links.empty()) root_.links.pop_back();
  if (tell_root) tell_root(root_);
}

void RandomArea::put(const LsaKey& key, LsaBody body) {
  const auto& lsa = database_[key] = made(key, std::move(body));
  if (tell) tell(key, lsa);
  if (key == router_key(1) && !one_in(3)) change_root();
}

void RandomArea::drop(const LsaKey& key) {
  if (database_.erase(key) != 0 && tell) tell(key, nullptr);
}

RouterLsa RandomArea::router(uint32_t id) const {
  const auto at = database_.find(router_key(id));
  return at == database_.end() ? RouterLsa() : std::get<RouterLsa>(at->second->body);
}

}  // namespace spanway::ospf
