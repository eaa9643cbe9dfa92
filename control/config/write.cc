// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/write.h"

#include <string_view>

#include "control/config/toml_writer.h"

namespace spanway::config {
namespace {

void write_daemon(Writer& w, const Daemon& d) {
  const Daemon standard;
  w.section("daemon");
  if (!d.workers.empty()) {
    std::string list;
    for (const uint16_t cpu : d.workers) list += (list.empty() ? "[" : ", ") + std::to_string(cpu);
    w.raw("workers", list + "]");
  }
  if (d.memory != standard.memory)
    w.text("memory", d.memory == Memory::kNone ? "none" : "hugepages");
  w.number("memory_mib", d.memory_mib, standard.memory_mib);
  w.number("buffers", d.buffers, standard.buffers);
  if (d.idle != standard.idle) w.text("idle", "spin");
}

void write_control(Writer& w, const Control& c) {
  const Control standard;
  w.section("control");
  w.text("socket", c.socket, standard.socket);
  w.text("socket_group", c.socket_group);
  w.text("readonly_group", c.readonly_group);
  w.text("attach", c.attach);
  w.text("http", c.http);
  w.number("max_clients", c.max_clients, standard.max_clients);
  w.number("max_message_mib", c.max_message_mib, standard.max_message_mib);
}

void write_icmp(Writer& w, const Icmp& i) {
  const Icmp standard;
  w.section("icmp");
  w.number("errors_per_second", i.errors_per_second, standard.errors_per_second);
  w.number("error_burst", i.error_burst, standard.error_burst);
}

void write_transport(Writer& w, const Transport& t, Secrets secrets) {
  const Transport standard;
  w.section("transport");
  w.number("probe_port", t.probe_port, standard.probe_port);
  w.number("rate_limit_mbps", t.rate_limit_mbps, standard.rate_limit_mbps);
  if (!t.key.empty())
    w.raw("key", quoted(secrets == Secrets::kShown ? std::string_view(t.key) : kHiddenSecret));
}

void write_port(Writer& w, const Port& p) {
  const Port standard;
  w.item("port");
  w.raw("name", quoted(p.name));
  w.raw("device", quoted(p.device));
  w.addresses(p.addresses);
  w.number("mtu", p.mtu, standard.mtu);
  w.number("queues", p.queues, standard.queues);
  if (p.mac) w.text("mac", p.mac->to_string());
  w.flag("up", p.up, standard.up);
  w.flag("promiscuous", p.promiscuous, standard.promiscuous);
  w.flag("checksum_offload", p.checksum_offload, standard.checksum_offload);
}

void write_vlan(Writer& w, const Vlan& v) {
  const Vlan standard;
  w.item("vlan");
  w.raw("port", quoted(v.port));
  w.raw("id", std::to_string(v.id));
  w.text("name", v.name, v.port + "." + std::to_string(v.id));
  w.addresses(v.addresses);
  w.number("mtu", v.mtu, standard.mtu);
  w.flag("up", v.up, standard.up);
}

std::string via_text(const Via& via) {
  const std::string ip = quoted(via.ip.to_string());
  if (via.port.empty() && via.weight == 1) return ip;
  std::string out = "{ ip = " + ip;
  if (!via.port.empty()) out += ", port = " + quoted(via.port);
  if (via.weight != 1) out += ", weight = " + std::to_string(via.weight);
  return out + " }";
}

void write_route(Writer& w, const Route& r) {
  w.item("route");
  w.raw("prefix", quoted(r.prefix.to_string()));
  if (r.kind != RouteKind::kVia)
    w.text("kind", r.kind == RouteKind::kBlackhole ? "blackhole" : "reject");
  if (!r.via.empty()) {
    std::string list;
    for (const Via& via : r.via) list += (list.empty() ? "[" : ", ") + via_text(via);
    w.raw("via", list + "]");
  }
  w.number("preference", r.preference, Route{}.preference);
}

void write_neighbour(Writer& w, const Neighbour& n) {
  w.item("neighbour");
  w.raw("interface", quoted(n.interface));
  w.raw("ip", quoted(n.ip.to_string()));
  w.raw("mac", quoted(n.mac.to_string()));
}

}  // namespace

std::string write(const Config& config, Secrets secrets) {
  std::string out;
  out.reserve(256 + config.routes.size() * 64);
  Writer w(out);
  write_daemon(w, config.daemon);
  write_control(w, config.control);
  write_icmp(w, config.icmp);
  write_transport(w, config.transport, secrets);
  for (const Port& port : config.ports) write_port(w, port);
  for (const Vlan& vlan : config.vlans) write_vlan(w, vlan);
  for (const Neighbour& neighbour : config.neighbours) write_neighbour(w, neighbour);
  write_ospf(w, config.ospf, secrets);
  for (const Route& route : config.routes) write_route(w, route);
  return out;
}

}  // namespace spanway::config
