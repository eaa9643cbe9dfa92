// SPDX-License-Identifier: BSD-3-Clause
// What a single change is worth: its opposite and its words.
#include <type_traits>

#include "control/config/change_ospf.h"
#include "control/config/diff.h"

namespace spanway::config {
namespace {

struct Inverse {
  Change operator()(const PortAdded& c) const { return PortRemoved{c.port}; }
  Change operator()(const PortRemoved& c) const { return PortAdded{c.port}; }
  Change operator()(const VlanAdded& c) const { return VlanRemoved{c.vlan}; }
  Change operator()(const VlanRemoved& c) const { return VlanAdded{c.vlan}; }
  Change operator()(const AddressAdded& c) const { return AddressRemoved{c.interface, c.address}; }
  Change operator()(const AddressRemoved& c) const { return AddressAdded{c.interface, c.address}; }
  Change operator()(const NeighbourAdded& c) const { return NeighbourRemoved{c.neighbour}; }
  Change operator()(const NeighbourRemoved& c) const { return NeighbourAdded{c.neighbour}; }
  Change operator()(const RouteAdded& c) const { return RouteRemoved{c.route}; }
  Change operator()(const RouteRemoved& c) const { return RouteAdded{c.route}; }
  template <class Changed>
  Change operator()(const Changed& c) const {
    return Changed{c.after, c.before};
  }
};

std::string shown(const std::string& text) { return text.empty() ? "\"\"" : text; }
std::string shown(bool on) { return on ? "true" : "false"; }
std::string shown(Memory memory) {
  switch (memory) {
    case Memory::kAuto:
      return "auto";
    case Memory::kNone:
      return "none";
    case Memory::kHugepages:
      return "hugepages";
  }
  return {};
}
std::string shown(Idle idle) { return idle == Idle::kSleep ? "sleep" : "spin"; }
std::string shown(const std::vector<uint16_t>& cpus) {
  std::string out = "[";
  for (const uint16_t cpu : cpus) out += (out.size() == 1 ? "" : ", ") + std::to_string(cpu);
  return out + "]";
}
template <class T>
requires std::is_integral_v<T> &&(!std::is_same_v<T, bool>)std::string shown(T number) {
  return std::to_string(number);
}

// "~ p0.mtu 1500->9000" for each field that differs.
class Fields {
 public:
  Fields(std::vector<std::string>& out, std::string subject)
      : out_(out), subject_(std::move(subject)) {}
  template <class T>
  void field(const char* name, const T& before, const T& after) {
    if (before != after)
      out_.push_back("~ " + subject_ + "." + name + " " + shown(before) + "->" + shown(after));
  }

 private:
  std::vector<std::string>& out_;
  std::string subject_;
};

std::string leads_to(const Route& route) {
  std::string out;
  if (route.kind == RouteKind::kBlackhole) out = "blackhole";
  if (route.kind == RouteKind::kReject) out = "reject";
  for (const Via& via : route.via) {
    out += (out.empty() ? "via " : ", ") + via.ip.to_string();
    if (!via.port.empty()) out += " port " + via.port;
    if (via.weight != 1) out += " weight " + std::to_string(via.weight);
  }
  return out;
}
std::string subject(const Route& route) {
  std::string out = "route " + route.prefix.to_string();
  if (route.preference != Route{}.preference)
    out += " preference " + std::to_string(route.preference);
  return out;
}
std::string subject(const Neighbour& n) {
  return "neighbour " + n.ip.to_string() + " " + n.interface;
}
std::string subject(const Vlan& vlan) {
  return "vlan " + vlan.name + " port " + vlan.port + " id " + std::to_string(vlan.id);
}

std::string port_words(const Port& port) {
  const Port standard;
  std::string out = "+ port " + port.name + " device " + port.device;
  if (port.mtu != standard.mtu) out += " mtu " + std::to_string(port.mtu);
  if (port.queues != standard.queues) out += " queues " + std::to_string(port.queues);
  if (port.mac) out += " mac " + port.mac->to_string();
  if (!port.up) out += " down";
  if (port.promiscuous) out += " promiscuous";
  if (!port.checksum_offload) out += " checksum_offload false";
  return out;
}
std::string vlan_words(const Vlan& vlan) {
  std::string out = "+ " + subject(vlan);
  if (vlan.mtu != 0) out += " mtu " + std::to_string(vlan.mtu);
  if (!vlan.up) out += " down";
  return out;
}

struct Words {
  std::vector<std::string>& out;

  void operator()(const PortAdded& c) const { out.push_back(port_words(c.port)); }
  void operator()(const PortRemoved& c) const { out.push_back("- port " + c.port.name); }
  void operator()(const PortChanged& c) const {
    Fields f(out, c.after.name);
    f.field("mtu", c.before.mtu, c.after.mtu);
    f.field("up", c.before.up, c.after.up);
    f.field("promiscuous", c.before.promiscuous, c.after.promiscuous);
  }
  void operator()(const VlanAdded& c) const { out.push_back(vlan_words(c.vlan)); }
  void operator()(const VlanRemoved& c) const { out.push_back("- vlan " + c.vlan.name); }
  void operator()(const VlanChanged& c) const {
    Fields f(out, c.after.name);
    f.field("mtu", c.before.mtu, c.after.mtu);
    f.field("up", c.before.up, c.after.up);
  }
  void operator()(const AddressAdded& c) const {
    out.push_back("+ address " + c.address.to_string() + " " + c.interface);
  }
  void operator()(const AddressRemoved& c) const {
    out.push_back("- address " + c.address.to_string() + " " + c.interface);
  }
  void operator()(const NeighbourAdded& c) const {
    out.push_back("+ " + subject(c.neighbour) + " mac " + c.neighbour.mac.to_string());
  }
  void operator()(const NeighbourRemoved& c) const { out.push_back("- " + subject(c.neighbour)); }
  void operator()(const NeighbourChanged& c) const {
    out.push_back("~ " + subject(c.after) + ".mac " + c.before.mac.to_string() + "->" +
                  c.after.mac.to_string());
  }
  void operator()(const RouteAdded& c) const {
    out.push_back("+ " + subject(c.route) + " " + leads_to(c.route));
  }
  void operator()(const RouteRemoved& c) const {
    out.push_back("- " + subject(c.route) + " " + leads_to(c.route));
  }
  void operator()(const RouteChanged& c) const {
    out.push_back("~ " + subject(c.after) + " " + leads_to(c.before) + "->" + leads_to(c.after));
  }
  void operator()(const IcmpChanged& c) const {
    Fields f(out, "icmp");
    f.field("errors_per_second", c.before.errors_per_second, c.after.errors_per_second);
    f.field("error_burst", c.before.error_burst, c.after.error_burst);
  }
  void operator()(const TransportChanged& c) const {
    Fields f(out, "transport");
    f.field("probe_port", c.before.probe_port, c.after.probe_port);
    f.field("rate_limit_mbps", c.before.rate_limit_mbps, c.after.rate_limit_mbps);
    if (c.before.key != c.after.key) out.emplace_back("~ transport.key, a secret");
  }
  void operator()(const OspfChanged& c) const { describe_ospf(c.before, c.after, out); }
  void operator()(const DaemonChanged& c) const {
    Fields f(out, "daemon");
    f.field("workers", c.before.workers, c.after.workers);
    f.field("memory", c.before.memory, c.after.memory);
    f.field("memory_mib", c.before.memory_mib, c.after.memory_mib);
    f.field("buffers", c.before.buffers, c.after.buffers);
    f.field("idle", c.before.idle, c.after.idle);
  }
  void operator()(const ControlChanged& c) const {
    Fields f(out, "control");
    f.field("socket", c.before.socket, c.after.socket);
    f.field("socket_group", c.before.socket_group, c.after.socket_group);
    f.field("readonly_group", c.before.readonly_group, c.after.readonly_group);
    f.field("attach", c.before.attach, c.after.attach);
    f.field("http", c.before.http, c.after.http);
    f.field("max_clients", c.before.max_clients, c.after.max_clients);
    f.field("max_message_mib", c.before.max_message_mib, c.after.max_message_mib);
  }
};

}  // namespace

Change inverse(const Change& change) { return std::visit(Inverse{}, change); }

bool waits_for_restart(const Change& change) {
  return std::holds_alternative<DaemonChanged>(change) ||
         std::holds_alternative<ControlChanged>(change);
}

std::vector<std::string> describe(const Change& change) {
  std::vector<std::string> out;
  std::visit(Words{out}, change);
  return out;
}

std::vector<std::string> describe(const std::vector<Change>& changes) {
  std::vector<std::string> out;
  for (const Change& change : changes) std::visit(Words{out}, change);
  return out;
}

}  // namespace spanway::config
