// SPDX-License-Identifier: BSD-3-Clause
// Random Configs that validate() accepts, for property tests.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "control/config/schema.h"

namespace spanway::config::test {

inline EtherAddr station(uint8_t low) { return EtherAddr{{2, 0, 0, 0, 0, low}}; }

inline unsigned pick(unsigned least, unsigned most) {
  return *rc::gen::resize(100, rc::gen::inRange(least, most + 1));
}
inline bool coin() { return pick(0, 1) == 1; }

// Interface `slot` owns 10.slot.0.0/16 and 2001:db8:slot::/48; two Configs of one run therefore
// share names, subnets and routes often enough for their difference to be of every kind.
inline std::vector<IpWithLength> addresses(unsigned slot) {
  std::vector<IpWithLength> out;
  std::vector<unsigned> hosts{1, 2, 3};
  for (unsigned i = 0; i < 3; ++i) std::swap(hosts[i], hosts[pick(i, 2)]);
  for (unsigned i = 0; i < pick(0, 3); ++i) {
    const auto host = static_cast<uint8_t>(hosts[i]);
    if (coin()) {
      out.push_back({Ip4Addr(10, static_cast<uint8_t>(slot), 0, host), 24});
    } else {
      Ip6Addr ip{{0x20, 0x01, 0x0d, 0xb8, 0, static_cast<uint8_t>(slot)}};
      ip.bytes[15] = host;
      out.push_back({ip, 64});
    }
  }
  return out;
}

inline Port port(unsigned slot) {
  Port p;
  p.name = "p" + std::to_string(slot);
  p.device = (pick(0, 5) == 0 ? "veth:x" : "tap:t") + std::to_string(slot);
  p.addresses = addresses(slot);
  p.mtu = static_cast<uint16_t>(pick(1500, 1502));
  p.queues = static_cast<uint16_t>(pick(0, 1));
  if (coin()) p.mac = station(static_cast<uint8_t>(slot + 1));
  p.up = coin();
  p.promiscuous = coin();
  p.checksum_offload = pick(0, 4) != 0;
  return p;
}

inline Vlan vlan(const std::string& on, unsigned slot) {
  Vlan v;
  v.port = on;
  v.id = static_cast<uint16_t>(pick(0, 8) == 0 ? 200 + slot : 100 + slot);
  v.name = coin() ? on + "." + std::to_string(v.id) : "v" + std::to_string(slot);
  v.addresses = addresses(slot);
  v.mtu = static_cast<uint16_t>(coin() ? 0 : pick(1400, 1401));
  v.up = coin();
  return v;
}

// Gateways are hosts 10 to 13 of an IPv4 subnet that an interface stands in.
inline void routes(Config& c, const std::vector<std::pair<std::string, unsigned>>& subnets) {
  for (unsigned i = 0; i < 6; ++i) {
    if (coin()) continue;
    Route r;
    r.prefix = Prefix4(Ip4Addr(172, 16, static_cast<uint8_t>(i), 0), 24);
    r.preference = static_cast<uint8_t>(pick(1, 2));
    r.kind = static_cast<RouteKind>(subnets.empty() ? pick(1, 2) : pick(0, 2));
    if (r.kind == RouteKind::kVia) {
      const unsigned first = pick(0, 3);
      for (unsigned k = 0; k <= pick(0, 2); ++k) {
        const auto& [name, slot] = subnets[pick(0, static_cast<unsigned>(subnets.size()) - 1)];
        Via via;
        via.ip = Ip4Addr(10, static_cast<uint8_t>(slot), 0, static_cast<uint8_t>(10 + first + k));
        if (coin()) via.port = name;
        via.weight = static_cast<uint16_t>(pick(1, 3));
        r.via.push_back(via);
      }
    }
    c.routes.push_back(r);
  }
}

inline OspfKey ospf_key(const std::string& port, uint8_t id) {
  OspfKey k;
  k.port = port;
  k.id = id;
  k.algorithm = static_cast<OspfAlgorithm>(pick(1, 5));
  k.secret = coin() ? "a \"b\\" : "other";
  if (coin()) k.accept_from_s = 1'700'000'000 + pick(0, 1);
  if (coin()) k.accept_until_s = 1'800'000'000;
  if (coin()) k.generate_from_s = 1'700'000'000;
  if (coin()) k.generate_until_s = 253'402'300'799;
  return k;
}

// On some of the interfaces.
inline Ospf ospf(const std::vector<std::string>& names) {
  Ospf o;
  o.router_id = Ip4Addr(10, 255, 0, static_cast<uint8_t>(pick(1, 2)));
  o.max_paths = static_cast<uint16_t>(pick(1, 2));
  o.preference = static_cast<uint8_t>(pick(110, 111));
  o.spf_initial_ms = pick(0, 1);
  o.default_originate = static_cast<OspfDefault>(pick(0, 2));
  o.default_as = {pick(10, 11), static_cast<uint8_t>(pick(1, 2)), pick(0, 1)};
  for (const std::string& name : names) {
    if (coin()) continue;
    OspfPort p;
    p.name = name;
    p.area = 256;
    p.cost = static_cast<uint16_t>(pick(10, 11));
    p.network = static_cast<OspfNetwork>(pick(0, 1));
    p.hello_interval_s = static_cast<uint16_t>(pick(1, 2));
    p.dead_interval_s = pick(0, 1) * 40;
    p.retransmit_interval_s = static_cast<uint16_t>(pick(5, 6));
    p.transmit_delay_s = static_cast<uint16_t>(pick(1, 2));
    p.priority = static_cast<uint8_t>(pick(0, 1));
    p.passive = coin();
    p.mtu_ignore = coin();
    o.ports.push_back(p);
    for (uint8_t id = 1; id <= pick(0, 2); ++id) o.keys.push_back(ospf_key(name, id));
  }
  for (const auto origin : {OspfOrigin::kStatic, OspfOrigin::kConnected})
    if (coin()) o.redistribute.push_back({origin, {pick(20, 21), 2, pick(0, 1)}});
  for (uint8_t i = 0; i < pick(0, 2); ++i)
    o.stubs.push_back({Prefix4(Ip4Addr(10, 254, 0, i), 32), static_cast<uint16_t>(pick(0, 1))});
  return o;
}

inline Config any_config() {
  Config c;
  if (coin()) c.daemon.workers = {0, static_cast<uint16_t>(pick(1, 3))};
  c.daemon.memory = static_cast<Memory>(pick(0, 2));
  c.daemon.memory_mib = pick(0, 1) * 512;
  c.daemon.buffers = pick(512, 600);
  c.daemon.idle = static_cast<Idle>(pick(0, 1));
  if (coin()) c.control.socket = "/tmp/a \"b\\\n\t\x7f\xc3\xa4.sock";
  if (coin()) c.control.socket_group = "staff";
  if (coin()) c.control.readonly_group = "watch";
  if (coin()) c.control.attach = "/run/spanway/attach.sock";
  if (coin()) c.control.http = "127.0.0.1:9140";
  c.control.max_clients = static_cast<uint16_t>(pick(1, 64));
  c.icmp.errors_per_second = pick(0, 1000);
  c.icmp.error_burst = pick(1, 100);
  c.transport.probe_port = pick(0, 1000);
  c.transport.rate_limit_mbps = pick(0, 1000);
  if (pick(0, 1) == 1) c.transport.key = "000102030405060708090a0b0c0d0e0f";
  std::vector<std::pair<std::string, unsigned>> subnets;
  const auto note = [&](const std::string& name, unsigned slot, const auto& addresses) {
    for (const IpWithLength& a : addresses)
      if (a.addr.is4()) return subnets.emplace_back(name, slot), void();
  };
  for (unsigned slot = 0; slot < 4; ++slot) {
    if (coin()) continue;
    c.ports.push_back(port(slot));
    note(c.ports.back().name, slot, c.ports.back().addresses);
    if (coin()) continue;
    c.vlans.push_back(vlan(c.ports.back().name, 10 + slot));
    note(c.vlans.back().name, 10 + slot, c.vlans.back().addresses);
  }
  for (const auto& [name, slot] : subnets)
    if (coin())
      c.neighbours.push_back({name, Ip4Addr(10, static_cast<uint8_t>(slot), 0, 20),
                              station(static_cast<uint8_t>(pick(1, 3)))});
  routes(c, subnets);
  std::vector<std::string> names;
  for (const Port& p : c.ports) names.push_back(p.name);
  for (const Vlan& v : c.vlans) names.push_back(v.name);
  if (coin()) c.ospf = ospf(names);
  return c;
}

}  // namespace spanway::config::test
