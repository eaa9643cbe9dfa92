// SPDX-License-Identifier: BSD-3-Clause
// What the tests of routes share: LSAs in short, a database of them, routes that print themselves.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "control/ospf/lsa.h"
#include "control/ospf/route.h"
#include "control/ospf/routes.h"

namespace spanway::ospf {

inline Prefix4 prefix(const char* text) { return Prefix::parse(text)->v4(); }
inline Ip4Addr addr(const char* text) { return *Ip4Addr::parse(text); }

inline LsaKey router_key(uint32_t id) { return {LsaType::kRouter, LinkStateId{id}, RouterId{id}}; }
inline LsaKey network_key(Ip4Addr dr, uint32_t by) {
  return {LsaType::kNetwork, LinkStateId{dr.value()}, RouterId{by}};
}
inline LsaKey external_key(Ip4Addr id, uint32_t by) {
  return {LsaType::kExternal, LinkStateId{id.value()}, RouterId{by}};
}
inline std::shared_ptr<const Lsa> made(const LsaKey& key, LsaBody body) {
  Lsa lsa;
  lsa.header.key = key;
  lsa.body = std::move(body);
  return std::make_shared<const Lsa>(std::move(lsa));
}

inline RouterLink to_router(uint32_t id, uint16_t metric, uint32_t data = 0) {
  return {LinkType::kPointToPoint, id, data, metric};
}
inline RouterLink to_network(Ip4Addr dr, Ip4Addr own, uint16_t metric) {
  return {LinkType::kTransit, dr.value(), own.value(), metric};
}
inline RouterLink stub(const char* network, uint16_t metric) {
  const Prefix4 p = prefix(network);
  return {LinkType::kStub, p.addr().value(), mask4(p.length()), metric};
}

inline void PrintTo(const Route& route, std::ostream* out) {
  constexpr const char* kTypes[] = {"intra", "E1", "E2"};
  *out << kTypes[static_cast<int>(route.type)] << ' ' << route.cost;
  if (route.type == PathType::kExternal2) *out << '/' << route.type2_cost;
  if (route.tag != 0) *out << " tag " << route.tag;
  for (const NextHop& hop : route.hops)
    *out << ' ' << hop.interface.value << ':' << hop.gateway.to_string();
}

using Routes = std::map<Prefix4, Route>;
inline Routes routes_of(const RouteTable& table) {
  Routes all;
  table.each([&](const Prefix4& p, const Route& route) { all.emplace(p, route); });
  return all;
}
inline void PrintTo(const Routes& routes, std::ostream* out) {
  for (const auto& [p, route] : routes) {
    *out << '\n' << p.to_string() << ' ';
    PrintTo(route, out);
  }
}

}  // namespace spanway::ospf
