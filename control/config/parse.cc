// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/parse.h"

#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "control/config/forms.h"
#include "control/config/parse_ospf.h"
#include "control/config/toml_section.h"

namespace spanway::config {
namespace {

// toml++ frees a table of tables by recursion.
constexpr size_t kMaxDots = 64;

class Reader {
 public:
  explicit Reader(Parsed& out) : config_(out.config), places_(out.places) {}

  void read(const toml::table& root) {
    Section top(root, "the file", faults);
    top.table("daemon", [&](const toml::table& t) { read_daemon(t); });
    top.table("control", [&](const toml::table& t) { read_control(t); });
    top.table("icmp", [&](const toml::table& t) { read_icmp(t); });
    top.table("transport", [&](const toml::table& t) { read_transport(t); });
    top.tables("port", "port", kMaxPorts, [&](const toml::table& t) { read_port(t); });
    top.tables("vlan", "vlan", kMaxVlans, [&](const toml::table& t) { read_vlan(t, nullptr); });
    top.tables("route", "route", kMaxRoutes, [&](const toml::table& t) { read_route(t); });
    top.tables("neighbour", "neighbour", kMaxNeighbours,
               [&](const toml::table& t) { read_neighbour(t); });
    top.table("ospf",
              [&](const toml::table& t) { OspfReader(config_.ospf, places_, faults).read(t); });
    top.finish();
  }

  Faults faults;

 private:
  void read_daemon(const toml::table& table) {
    Section s(table, "[daemon]", faults);
    Daemon& d = config_.daemon;
    s.list("workers", "CPU numbers", kMaxWorkers, [&](const toml::node& item) {
      uint16_t cpu = 0;
      s.number(&item, "workers", cpu, 0, kMaxCpu);
      d.workers.push_back(cpu);
    });
    s.choice(s.take("memory"), "memory", d.memory,
             {{"auto", Memory::kAuto}, {"none", Memory::kNone}, {"hugepages", Memory::kHugepages}});
    s.number("memory_mib", d.memory_mib, 0, 1 << 20);
    s.number("buffers", d.buffers, 512, 16'777'216);
    s.choice(s.take("idle"), "idle", d.idle, {{"sleep", Idle::kSleep}, {"spin", Idle::kSpin}});
    s.finish();
  }
  void read_control(const toml::table& table) {
    Section s(table, "[control]", faults);
    Control& c = config_.control;
    s.text("socket", c.socket);
    s.text("socket_group", c.socket_group);
    s.text("readonly_group", c.readonly_group);
    s.text("attach", c.attach);
    s.text("http", c.http);
    s.number("max_clients", c.max_clients, 1, 1024);
    s.number("max_message_mib", c.max_message_mib, 1, 1024);
    s.finish();
  }
  void read_icmp(const toml::table& table) {
    Section s(table, "[icmp]", faults);
    s.number("errors_per_second", config_.icmp.errors_per_second, 0, 1'000'000);
    s.number("error_burst", config_.icmp.error_burst, 1, 1'000'000);
    s.finish();
  }
  void read_transport(const toml::table& table) {
    Section s(table, "[transport]", faults);
    Transport& t = config_.transport;
    s.number("probe_port", t.probe_port, 0, UINT16_MAX);
    s.number("rate_limit_mbps", t.rate_limit_mbps, 0, kMostRateMbps);
    s.formed(s.take("key"), "key", t.key, read_transport_key);
    s.finish();
  }
  void read_port(const toml::table& table) {
    Section s(table, "[[port]]", faults);
    Port port;
    s.name(s.need("name", "\"p0\""), port.name, check_port_name);
    if (const toml::node* device = s.need("device", "\"tap:t0\""))
      s.read_text(*device, "device", port.device);
    s.addresses(port.addresses);
    s.number("mtu", port.mtu, kMinMtu, kMaxMtu);
    s.number("queues", port.queues, 0, kMaxQueues);
    EtherAddr mac;
    if (s.formed(s.take("mac"), "mac", mac, read_mac)) port.mac = mac;
    s.flag("up", port.up);
    s.flag("promiscuous", port.promiscuous);
    s.flag("checksum_offload", port.checksum_offload);
    s.tables("vlan", "port.vlan", kMaxVlans,
             [&](const toml::table& vlan) { read_vlan(vlan, &port.name); });
    s.finish();
    config_.ports.push_back(std::move(port));
    places_.ports.push_back(place_of(table));
  }
  // `port` when the table stands inside one.
  void read_vlan(const toml::table& table, const std::string* port) {
    Section s(table, port == nullptr ? "[[vlan]]" : "[[port.vlan]]", faults);
    Vlan vlan;
    if (port != nullptr)
      vlan.port = *port;
    else if (const toml::node* node = s.need("port", "\"p0\""))
      s.read_text(*node, "port", vlan.port);
    s.number(s.need("id", "100"), "id", vlan.id, 1, kMaxVlanId);
    vlan.name = vlan.port + "." + std::to_string(vlan.id);
    s.name(s.take("name"), vlan.name, check_name);
    s.addresses(vlan.addresses);
    s.number("mtu", vlan.mtu, kMinMtu, kMaxMtu);
    s.flag("up", vlan.up);
    s.finish();
    config_.vlans.push_back(std::move(vlan));
    places_.vlans.push_back(place_of(table));
  }
  void read_route(const toml::table& table) {
    Section s(table, "[[route]]", faults);
    Route route;
    s.formed(s.need("prefix", "\"10.0.0.0/8\""), "prefix", route.prefix, read_prefix);
    s.choice(s.take("kind"), "kind", route.kind,
             {{"via", RouteKind::kVia},
              {"blackhole", RouteKind::kBlackhole},
              {"reject", RouteKind::kReject}});
    s.list("via", "gateways", kMaxViaPerRoute,
           [&](const toml::node& item) { read_via(s, item, route.via); });
    s.number("preference", route.preference, 1, 255);
    s.finish();
    config_.routes.push_back(std::move(route));
    places_.routes.push_back(place_of(table));
  }
  void read_via(Section& route, const toml::node& item, std::vector<Via>& out) {
    Via via;
    if (item.is_string()) {
      if (route.formed(&item, "via", via.ip, read_ip)) out.push_back(std::move(via));
      return;
    }
    const auto* table = item.as_table();
    if (table == nullptr)
      return route.wrong(item, "via", "an address in quotes or { ip = \"...\", weight = N }");
    Section s(*table, "via", faults);
    s.formed(s.need("ip", "\"10.0.12.2\""), "ip", via.ip, read_ip);
    s.text("port", via.port);
    s.number("weight", via.weight, 1, 256);
    s.finish();
    out.push_back(std::move(via));
  }
  void read_neighbour(const toml::table& table) {
    Section s(table, "[[neighbour]]", faults);
    Neighbour neighbour;
    if (const toml::node* node = s.need("interface", "\"p0\""))
      s.read_text(*node, "interface", neighbour.interface);
    s.formed(s.need("ip", "\"10.0.12.2\""), "ip", neighbour.ip, read_ip);
    s.formed(s.need("mac", "\"02:00:00:00:00:02\""), "mac", neighbour.mac, read_mac);
    s.finish();
    config_.neighbours.push_back(std::move(neighbour));
    places_.neighbours.push_back(place_of(table));
  }

  Config& config_;
  Places& places_;
};

// The line (from 1) on which keys nest deeper than any of ours, or 0.
uint32_t too_deep(std::string_view text) {
  uint32_t line = 1;
  size_t dots = 0;
  char quote_mark = 0;
  bool comment = false;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
      quote_mark = 0;
      comment = false;
    } else if (comment) {
      continue;
    } else if (quote_mark != 0) {
      if (c == quote_mark) quote_mark = 0;
    } else if (c == '"' || c == '\'') {
      quote_mark = c;
    } else if (c == '#') {
      comment = true;
    } else if (c == '.' && ++dots > kMaxDots) {
      return line;
    }
  }
  return 0;
}

void parse_into(std::string_view text, Parsed& out) {
  if (text.size() > kMaxTextBytes) {
    out.faults.push_back({0, 0, 1, "the text is over 1 GiB", {}, false});
    return;
  }
  if (const uint32_t line = too_deep(text)) {
    out.faults.push_back({line, 1, 1, "keys nest too deep", {}, false});
    return;
  }
  Reader reader(out);
  try {
    reader.read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    reader.faults.add(error.source(), std::string(error.description()));
  } catch (const std::exception& error) {
    reader.faults.add({}, std::string("can not be read: ") + error.what());
  }
  out.faults = std::move(reader.faults.list);
}

}  // namespace

Parsed parse(std::string_view text) {
  Parsed out;
  parse_into(text, out);
  std::stable_sort(out.faults.begin(), out.faults.end(), [](const Fault& a, const Fault& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  if (out.faults.size() > kMaxFaults) {
    out.more = out.faults.size() - kMaxFaults;
    out.faults.resize(kMaxFaults);
  }
  return out;
}

}  // namespace spanway::config
