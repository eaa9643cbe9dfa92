// SPDX-License-Identifier: BSD-3-Clause
// Reads [ospf] and the tables below it. Private to parse.cc: toml++ is heavy.
#pragma once

#include <string>
#include <utility>

#include "control/config/ospf.h"
#include "control/config/toml_section.h"

namespace spanway::config {

class OspfReader {
 public:
  OspfReader(Ospf& ospf, Places& places, Faults& faults)
      : ospf_(ospf), places_(places), faults_(faults) {}

  void read(const toml::table& table) {
    Section s(table, "[ospf]", faults_);
    Ip4Addr router;
    if (four_bytes(s, s.take("router_id"), "router_id", router)) ospf_.router_id = router;
    s.number("max_paths", ospf_.max_paths, 1, 64);
    s.number("preference", ospf_.preference, 1, 254);
    s.number("spf_initial_ms", ospf_.spf_initial_ms, 0, 60'000);
    s.number("spf_short_ms", ospf_.spf_short_ms, 0, 60'000);
    s.number("spf_long_ms", ospf_.spf_long_ms, 0, 60'000);
    s.choice(s.take("default_originate"), "default_originate", ospf_.default_originate,
             {{"never", OspfDefault::kNever},
              {"always", OspfDefault::kAlways},
              {"if-present", OspfDefault::kIfPresent}});
    s.number("default_metric", ospf_.default_as.metric, 0, kMaxOspfMetric);
    s.number("default_type", ospf_.default_as.type, 1, 2);
    s.number("default_tag", ospf_.default_as.tag, 0, UINT32_MAX);
    s.tables("port", "ospf.port", kMaxOspfPorts, [&](const toml::table& t) { read_port(t); });
    s.tables("key", "ospf.key", kMaxOspfKeys, [&](const toml::table& t) { read_key(t); });
    s.tables("redistribute", "ospf.redistribute", 2,
             [&](const toml::table& t) { read_redistribute(t); });
    s.tables("stub", "ospf.stub", kMaxOspfStubs, [&](const toml::table& t) { read_stub(t); });
    s.finish();
  }

 private:
  // "0.0.0.1", the form of router IDs and areas.
  bool four_bytes(Section& s, const toml::node* node, const char* key, Ip4Addr& out) {
    return s.formed(node, key, out, [key](std::string_view text) -> Result<Ip4Addr> {
      if (const auto parsed = Ip4Addr::parse(text)) return *parsed;
      return Error{ErrorCode::kInvalid, quote(text) + " is not four bytes with dots",
                   std::string(key) + " = \"10.255.0.1\""};
    });
  }
  void read_port(const toml::table& table) {
    Section s(table, "[[ospf.port]]", faults_);
    OspfPort port;
    s.name(s.need("name", "\"p0\""), port.name, check_name);
    if (const toml::node* area = s.take("area"); area != nullptr && area->is_integer()) {
      s.number(area, "area", port.area, 0, UINT32_MAX);
    } else {
      Ip4Addr dots;
      if (four_bytes(s, area, "area", dots)) port.area = dots.value();
    }
    s.number("cost", port.cost, 1, 65'535);
    s.choice(
        s.take("type"), "type", port.network,
        {{"broadcast", OspfNetwork::kBroadcast}, {"point-to-point", OspfNetwork::kPointToPoint}});
    s.number("hello_interval_s", port.hello_interval_s, 1, 65'535);
    s.number("dead_interval_s", port.dead_interval_s, 1, 1'000'000);
    s.number("retransmit_interval_s", port.retransmit_interval_s, 1, 3'600);
    s.number("transmit_delay_s", port.transmit_delay_s, 1, 3'600);
    s.number("priority", port.priority, 0, 255);
    s.flag("passive", port.passive);
    s.flag("mtu_ignore", port.mtu_ignore);
    s.finish();
    ospf_.ports.push_back(std::move(port));
    places_.ospf_ports.push_back(place_of(table));
  }
  void read_key(const toml::table& table) {
    Section s(table, "[[ospf.key]]", faults_);
    OspfKey key;
    s.name(s.need("port", "\"p0\""), key.port, check_name);
    s.number("id", key.id, 0, 255);
    s.choice(s.take("algorithm"), "algorithm", key.algorithm,
             {{"simple", OspfAlgorithm::kSimple},
              {"md5", OspfAlgorithm::kMd5},
              {"hmac-sha-1", OspfAlgorithm::kHmacSha1},
              {"hmac-sha-256", OspfAlgorithm::kHmacSha256},
              {"hmac-sha-384", OspfAlgorithm::kHmacSha384},
              {"hmac-sha-512", OspfAlgorithm::kHmacSha512}});
    if (const toml::node* node = s.need("secret", "\"...\""))
      s.read_text(*node, "secret", key.secret);
    s.time("accept_from", key.accept_from_s);
    s.time("accept_until", key.accept_until_s);
    s.time("generate_from", key.generate_from_s);
    s.time("generate_until", key.generate_until_s);
    s.finish();
    ospf_.keys.push_back(std::move(key));
    places_.ospf_keys.push_back(place_of(table));
  }
  void read_redistribute(const toml::table& table) {
    Section s(table, "[[ospf.redistribute]]", faults_);
    OspfRedistribute one;
    s.choice(s.need("origin", "\"static\""), "origin", one.origin,
             {{"static", OspfOrigin::kStatic}, {"connected", OspfOrigin::kConnected}});
    s.number("metric", one.as.metric, 0, kMaxOspfMetric);
    s.number("type", one.as.type, 1, 2);
    s.number("tag", one.as.tag, 0, UINT32_MAX);
    s.finish();
    ospf_.redistribute.push_back(one);
    places_.ospf_redistribute.push_back(place_of(table));
  }
  void read_stub(const toml::table& table) {
    Section s(table, "[[ospf.stub]]", faults_);
    OspfStub stub;
    s.formed(s.need("prefix", "\"10.255.0.1/32\""), "prefix", stub.prefix,
             [](std::string_view text) -> Result<Prefix4> {
               auto prefix = read_prefix(text);
               if (!prefix) return std::move(prefix).error();
               if (prefix->is4()) return prefix->v4();
               return Error{ErrorCode::kInvalid, quote(text) + " is not IPv4, as OSPFv2 is",
                            "10.255.0.1/32"};
             });
    s.number("cost", stub.cost, 0, 65'535);
    s.finish();
    ospf_.stubs.push_back(stub);
    places_.ospf_stubs.push_back(place_of(table));
  }

  Ospf& ospf_;
  Places& places_;
  Faults& faults_;
};

}  // namespace spanway::config
