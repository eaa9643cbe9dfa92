// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/validate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "control/config/forms.h"
#include "control/config/route_index.h"
#include "control/config/subnets.h"
#include "control/config/validate_ospf.h"

namespace spanway::config {
namespace {

std::string quote(const std::string& text) { return "'" + text + "'"; }

// A layer-3 interface, port or VLAN alike.
struct Interface {
  std::string_view name;
  const std::vector<IpWithLength>* addresses = nullptr;
  uint32_t mtu = 0;
  Place place;
};

class Judge {
 public:
  Judge(const Config& config, const Places& places, const DeviceCheck& device)
      : config_(config), places_(places), device_(device) {}

  std::vector<Fault> run() {
    daemon();
    control();
    ports();
    vlans();
    addresses();
    routes();
    neighbours();
    ospf();
    std::stable_sort(faults_.begin(), faults_.end(), [](const Fault& a, const Fault& b) {
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    return std::move(faults_);
  }

 private:
  static Place place(const std::vector<Place>& places, size_t i) {
    return i < places.size() ? places[i] : Place{};
  }
  void fault(Place at, std::string message, std::string fix = {}) {
    if (faults_.size() < kMaxFaults)
      faults_.push_back({at.line, at.column, 1, std::move(message), std::move(fix), false});
  }
  bool full() const { return faults_.size() >= kMaxFaults; }

  void daemon() {
    std::set<uint16_t> cpus;
    for (const uint16_t cpu : config_.daemon.workers)
      if (!cpus.insert(cpu).second)
        fault({}, "two workers share CPU " + std::to_string(cpu), "give each worker its own CPU");
  }

  void control() {
    const std::string& socket = config_.control.socket;
    if (socket.empty()) fault({}, "control.socket is empty", Control{}.socket);
    if (socket.size() > 107)  // sun_path of sockaddr_un
      fault({}, "control.socket is longer than 107 bytes", Control{}.socket);
    if (socket.find('\0') != std::string::npos)
      fault({}, "control.socket holds a zero byte", Control{}.socket);
    if (const std::string& http = config_.control.http; !http.empty())
      if (const auto endpoint = read_endpoint(http); !endpoint)
        fault({}, "control.http: " + endpoint.error().message, endpoint.error().fix);
  }

  void ports() {
    std::unordered_map<std::string_view, size_t> devices;
    if (config_.ports.size() > kMaxPorts) fault({}, "there are more ports than fit");
    for (size_t i = 0; i < config_.ports.size() && !full(); ++i) {
      const Port& port = config_.ports[i];
      const Place at = place(places_.ports, i);
      if (const Status s = check_port_name(port.name); !s)
        fault(at, s.error().message, s.error().fix);
      add_interface({port.name, &port.addresses, port.mtu, at}, "port");
      if (port.device.empty()) fault(at, "port " + port.name + " has no device", "tap:t0");
      // A null device swallows; any number of ports may share the idea.
      if (!port.device.starts_with("null:") && !devices.emplace(port.device, i).second)
        fault(at,
              "device " + quote(port.device) + " is already port " +
                  config_.ports[devices[port.device]].name,
              "give " + port.name + " a device of its own");
      if (device_ && !port.device.empty())
        if (const Status s = device_(port.device); !s)
          fault(at, "port " + port.name + ": " + s.error().message, s.error().fix);
      mtu_for_ip6(port.name, port.mtu, port.addresses, at);
    }
  }

  void vlans() {
    std::set<std::pair<std::string_view, uint16_t>> tags;
    std::unordered_map<std::string_view, const Port*> ports;
    for (const Port& port : config_.ports) ports.emplace(port.name, &port);
    if (config_.vlans.size() > kMaxVlans) fault({}, "there are more VLANs than fit");
    for (size_t i = 0; i < config_.vlans.size() && !full(); ++i) {
      const Vlan& vlan = config_.vlans[i];
      const Place at = place(places_.vlans, i);
      if (const Status s = check_name(vlan.name); !s) fault(at, s.error().message, s.error().fix);
      if (vlan.id < 1 || vlan.id > kMaxVlanId)
        fault(at, "VLAN id " + std::to_string(vlan.id) + " is not from 1 to 4094");
      const auto port = ports.find(vlan.port);
      if (port == ports.end()) {
        unknown(at, "VLAN " + vlan.name + " is on port " + quote(vlan.port), vlan.port, true);
        continue;
      }
      const uint32_t mtu = vlan.mtu == 0 ? port->second->mtu : vlan.mtu;
      add_interface({vlan.name, &vlan.addresses, mtu, at}, "VLAN");
      if (!tags.emplace(vlan.port, vlan.id).second)
        fault(at, "VLAN " + std::to_string(vlan.id) + " is on port " + vlan.port + " twice");
      if (mtu > port->second->mtu)
        fault(at,
              "VLAN " + vlan.name + " has mtu " + std::to_string(mtu) + ", its port " +
                  std::to_string(port->second->mtu),
              "mtu = " + std::to_string(port->second->mtu));
      mtu_for_ip6(vlan.name, mtu, vlan.addresses, at);
    }
  }

  void add_interface(const Interface& interface, const char* kind) {
    if (by_name_.emplace(interface.name, interfaces_.size()).second)
      interfaces_.push_back(interface);
    else
      fault(interface.place,
            std::string(kind) + " name " + quote(std::string(interface.name)) + " is taken",
            "every port and VLAN has a name of its own");
  }

  void mtu_for_ip6(const std::string& name, uint32_t mtu,
                   const std::vector<IpWithLength>& addresses, Place at) {
    const bool ip6 = std::any_of(addresses.begin(), addresses.end(),
                                 [](const IpWithLength& a) { return a.addr.is6(); });
    if (ip6 && mtu < kMinMtu6)
      fault(at, name + " has an IPv6 address and mtu " + std::to_string(mtu) + ", below 1280",
            "mtu = 1280");
  }

  // "... which is not there": with the name that was meant, when one is near.
  void unknown(Place at, const std::string& message, const std::string& name, bool ports_only) {
    std::vector<std::string_view> names;
    if (ports_only)
      for (const Port& port : config_.ports) names.push_back(port.name);
    else
      for (const Interface& interface : interfaces_) names.push_back(interface.name);
    fault(at, message + ", which is not there", nearest(name, names));
  }

  void addresses() {
    for (size_t i = 0; i < interfaces_.size() && !full(); ++i) {
      const Interface& interface = interfaces_[i];
      for (const IpWithLength& address : *interface.addresses) {
        if (const Status s = check_host(address); !s)
          fault(interface.place, std::string(interface.name) + ": " + s.error().message,
                s.error().fix);
        subnets_.add(address, i);
      }
    }
    for (const Overlap& overlap : subnets_.overlaps()) {
      const std::string first = std::string(interfaces_[overlap.owner].name);
      const std::string second = std::string(interfaces_[overlap.other_owner].name);
      if (overlap.same_address)
        fault(interfaces_[overlap.other_owner].place, "address " + overlap.other.addr.to_string() +
                                                          " is given twice, to " + first +
                                                          " and to " + second);
      else
        fault(interfaces_[overlap.other_owner].place,
              overlap.other.to_string() + " of " + second + " overlaps " +
                  overlap.address.to_string() + " of " + first,
              "give each interface a subnet of its own");
    }
  }

  void routes() {
    std::unordered_set<RouteKey, RouteKeyHash> seen;
    seen.reserve(config_.routes.size());
    if (config_.routes.size() > kMaxRoutes) fault({}, "there are more routes than fit");
    for (size_t i = 0; i < config_.routes.size() && !full(); ++i) {
      const Route& route = config_.routes[i];
      const Place at = place(places_.routes, i);
      if (!seen.emplace(route).second)
        fault(at, "route " + route.prefix.to_string() + " is there twice",
              "list all gateways in one route, or give another preference");
      if (const Status s = check_destination(route.prefix); !s)
        fault(at, "route " + s.error().message, s.error().fix);
      gateways(route, at);
    }
  }

  void gateways(const Route& route, Place at) {
    // Made only for a fault: there may be a million routes.
    const auto label = [&] { return "route " + route.prefix.to_string(); };
    if (route.kind != RouteKind::kVia) {
      if (!route.via.empty())
        fault(at, label() + " has a kind that needs no gateway, and a gateway",
              "drop via, or drop kind");
      return;
    }
    if (route.via.empty())
      fault(at, label() + " has no gateway", "via = [\"10.0.12.2\"], or kind = \"blackhole\"");
    for (size_t i = 0; i < route.via.size(); ++i) {
      for (size_t j = 0; j < i; ++j)
        if (route.via[i].ip == route.via[j].ip && route.via[i].port == route.via[j].port)
          fault(at, label() + " names gateway " + route.via[i].ip.to_string() + " twice",
                "give it a weight instead");
      gateway(route, route.via[i], label, at);
    }
  }

  template <class Label>
  void gateway(const Route& route, const Via& via, const Label& label, Place at) {
    const auto ip = [&] { return via.ip.to_string(); };
    if (via.ip.family() != route.prefix.family())
      return fault(at, label() + " and its gateway " + ip() + " are of two families");
    size_t owner = Subnets::kAny;
    if (!via.port.empty()) {
      const auto found = by_name_.find(via.port);
      if (found == by_name_.end())
        return unknown(at, label() + " leaves by " + quote(via.port), via.port, false);
      owner = found->second;
    }
    if (subnets_.is_ours(via.ip))
      return fault(at, label() + " goes to " + ip() + ", which is our own address");
    if (via.ip.is6() && via.ip.v6().is_link_local()) {
      if (owner == Subnets::kAny)
        fault(at, label() + " goes to the link-local " + ip() + " without saying where",
              "via = [{ ip = \"" + ip() + "\", port = \"p0\" }]");
      return;
    }
    if (subnets_.reaches(via.ip, owner)) return;
    if (owner != Subnets::kAny)
      return fault(at, label() + " goes to " + ip() + ", which is on no subnet of " + via.port,
                   "give it an address in the gateway's subnet, or correct the gateway");
    if (!is_led_to(via.ip))
      fault(
          at,
          label() + " goes to " + ip() +
              ", which is on no subnet of ours and where no route with a gateway on one leads",
          "give an interface an address in the gateway's subnet, add a route to it, or correct it");
  }

  // Whether a recursive gateway can ever be resolved: some route, not the default, leads there over
  // a subnet of ours.
  bool is_led_to(const IpAddr& gateway) {
    if (!leading_) {
      leading_.emplace();
      for (const Route& route : config_.routes)
        if (route.prefix.length() != 0 &&
            std::ranges::any_of(route.via, [&](const Via& via) { return is_near(via); }))
          leading_->insert(route.prefix);
    }
    for (unsigned length = gateway.is4() ? 32 : 128; length > 0; --length)
      if (leading_->contains(Prefix(gateway, length))) return true;
    return false;
  }
  bool is_near(const Via& via) const {
    return (via.ip.is6() && via.ip.v6().is_link_local()) || subnets_.reaches(via.ip, Subnets::kAny);
  }

  void neighbours() {
    std::set<std::pair<std::string_view, IpAddr>> seen;
    if (config_.neighbours.size() > kMaxNeighbours) fault({}, "there are more neighbours than fit");
    for (size_t i = 0; i < config_.neighbours.size() && !full(); ++i) {
      const Neighbour& neighbour = config_.neighbours[i];
      const Place at = place(places_.neighbours, i);
      const std::string ip = neighbour.ip.to_string();
      const auto found = by_name_.find(neighbour.interface);
      if (found == by_name_.end()) {
        unknown(at, "neighbour " + ip + " is on " + quote(neighbour.interface), neighbour.interface,
                false);
        continue;
      }
      if (!seen.emplace(neighbour.interface, neighbour.ip).second)
        fault(at, "neighbour " + ip + " is on " + neighbour.interface + " twice");
      if (neighbour.mac.is_group() || neighbour.mac.is_zero())
        fault(at, "neighbour " + ip + " has a MAC address that is no station's");
      if (subnets_.is_ours(neighbour.ip))
        fault(at, "neighbour " + ip + " is our own address");
      else if (!(neighbour.ip.is6() && neighbour.ip.v6().is_link_local()) &&
               !subnets_.reaches(neighbour.ip, found->second))
        fault(at, "neighbour " + ip + " is on no subnet of " + neighbour.interface,
              "give " + neighbour.interface + " an address in that subnet");
    }
  }

  void ospf() {
    validate_ospf(config_, places_,
                  {[this](const std::string& name) { return by_name_.contains(name); },
                   [this](Place at, const std::string& message, const std::string& name) {
                     unknown(at, message, name, false);
                   },
                   [this](Place at, std::string message, std::string fix) {
                     fault(at, std::move(message), std::move(fix));
                   }});
  }

  const Config& config_;
  const Places& places_;
  const DeviceCheck& device_;
  std::vector<Fault> faults_;
  std::optional<std::set<Prefix>> leading_;  // made for the first recursive gateway
  std::vector<Interface> interfaces_;
  std::unordered_map<std::string_view, size_t> by_name_;
  Subnets subnets_;
};

}  // namespace

std::vector<Fault> validate(const Config& config, const Places& places, const DeviceCheck& device) {
  return Judge(config, places, device).run();
}

Status check(const Config& config, const DeviceCheck& device) {
  for (const Fault& fault : validate(config, {}, device))
    if (!fault.warning) return Error{ErrorCode::kInvalid, fault.message, fault.fix};
  return {};
}

}  // namespace spanway::config
