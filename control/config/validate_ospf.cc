// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/validate_ospf.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "control/config/write.h"

namespace spanway::config {
namespace {

Place place(const std::vector<Place>& places, size_t i) {
  return i < places.size() ? places[i] : Place{};
}

class OspfJudge {
 public:
  OspfJudge(const Config& config, const Places& places, const OspfSurroundings& around)
      : config_(config), ospf_(config.ospf), places_(places), around_(around) {}

  void run() {
    router();
    for (size_t i = 0; i < ospf_.ports.size(); ++i) port(ospf_.ports[i], i);
    for (size_t i = 0; i < ospf_.keys.size(); ++i) key(ospf_.keys[i], i);
    std::set<OspfOrigin> origins;
    for (size_t i = 0; i < ospf_.redistribute.size(); ++i)
      if (!origins.insert(ospf_.redistribute[i].origin).second)
        around_.fault(place(places_.ospf_redistribute, i),
                      "[[ospf.redistribute]] " +
                          std::string(name_of(ospf_.redistribute[i].origin)) + " is there twice",
                      {});
    std::set<Prefix4> stubs;
    for (size_t i = 0; i < ospf_.stubs.size(); ++i)
      if (!stubs.insert(ospf_.stubs[i].prefix).second)
        around_.fault(place(places_.ospf_stubs, i),
                      "[[ospf.stub]] " + ospf_.stubs[i].prefix.to_string() + " is there twice", {});
  }

 private:
  void router() {
    if (ospf_.ports.empty()) return;
    const auto id = router_id_of(config_);
    if (!id)
      around_.fault(place(places_.ospf_ports, 0),
                    "OSPF has no router ID: none is given, and no interface has an IPv4 address",
                    "[ospf] router_id = \"10.255.0.1\"");
    else if (id->is_zero())
      around_.fault({}, "router_id 0.0.0.0 is no router's", "router_id = \"10.255.0.1\"");
  }

  void port(const OspfPort& port, size_t i) {
    const Place at = place(places_.ospf_ports, i);
    const std::string label = "[[ospf.port]] " + port.name;
    if (!ports_.emplace(port.name).second) around_.fault(at, label + " is there twice", {});
    if (!around_.is_there(port.name))
      return around_.unknown(at, "[[ospf.port]] is on '" + port.name + "'", port.name);
    const uint32_t first = ospf_.ports.front().area;
    if (port.area != first)
      around_.fault(at,
                    label + " is in area " + dotted(port.area) + ", " + ospf_.ports.front().name +
                        " in " + dotted(first) + ": this version has one area a router",
                    "area = \"" + dotted(first) + "\"");
    if (port.dead_s() <= port.hello_interval_s)
      around_.fault(at,
                    label + " waits " + std::to_string(port.dead_s()) +
                        " s for hellos that come every " + std::to_string(port.hello_interval_s) +
                        " s",
                    "dead_interval_s = " + std::to_string(uint32_t{port.hello_interval_s} * 4));
  }

  void key(const OspfKey& key, size_t i) {
    const Place at = place(places_.ospf_keys, i);
    const std::string label = "[[ospf.key]] " + std::to_string(key.id) + " of " + key.port;
    if (!keys_.emplace(key.port, key.id).second) around_.fault(at, label + " is there twice", {});
    if (!ports_.contains(key.port))
      around_.fault(at, label + ": there is no [[ospf.port]] of this name",
                    "add one, or correct the name");
    const bool simple = key.algorithm == OspfAlgorithm::kSimple;
    const auto [kind, first] = simple_.emplace(key.port, simple);
    if (!first && (simple || kind->second))
      around_.fault(at, label + ": a simple password stands alone, without other keys",
                    "give every key of the port a digest, as hmac-sha-256");
    secret(key, label, at);
    if (key.accept_from_s && key.accept_until_s && *key.accept_until_s <= *key.accept_from_s)
      around_.fault(at, label + " is accepted until before it is accepted", {});
    if (key.generate_from_s && key.generate_until_s &&
        *key.generate_until_s <= *key.generate_from_s)
      around_.fault(at, label + " is generated until before it is generated", {});
    if (simple &&
        (key.accept_from_s || key.accept_until_s || key.generate_from_s || key.generate_until_s))
      around_.fault(at, label + ": a simple password has no times", "algorithm = \"hmac-sha-256\"");
  }

  void secret(const OspfKey& key, const std::string& label, Place at) {
    const size_t most = key.algorithm == OspfAlgorithm::kSimple ? kMaxOspfPasswordBytes
                        : key.algorithm == OspfAlgorithm::kMd5  ? kMaxOspfMd5Bytes
                                                                : kMaxOspfSecretBytes;
    if (key.secret.empty() || key.secret.size() > most)
      around_.fault(at,
                    label + " has a secret of " + std::to_string(key.secret.size()) + " bytes; " +
                        std::string(name_of(key.algorithm)) + " takes 1 to " + std::to_string(most),
                    {});
    // What `config show` writes for those who may only look.
    if (key.secret == kHiddenSecret)
      around_.fault(at, label + ": this is the text that stands for a secret, not a secret",
                    "write the secret itself");
  }

  const Config& config_;
  const Ospf& ospf_;
  const Places& places_;
  const OspfSurroundings& around_;
  std::set<std::string> ports_;
  std::set<std::pair<std::string, uint8_t>> keys_;
  std::map<std::string, bool> simple_;  // by port: its first key is a password
};

}  // namespace

void validate_ospf(const Config& config, const Places& places, const OspfSurroundings& around) {
  OspfJudge(config, places, around).run();
}

std::optional<Ip4Addr> router_id_of(const Config& config) {
  if (config.ospf.router_id) return config.ospf.router_id;
  std::optional<Ip4Addr> highest;
  const auto look = [&](const std::vector<IpWithLength>& addresses) {
    for (const IpWithLength& one : addresses)
      if (one.addr.is4() && (!highest || one.addr.v4() > *highest)) highest = one.addr.v4();
  };
  for (const Port& port : config.ports) look(port.addresses);
  for (const Vlan& vlan : config.vlans) look(vlan.addresses);
  return highest;
}

}  // namespace spanway::config
