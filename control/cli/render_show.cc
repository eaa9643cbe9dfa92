// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "control/cli/fields.h"
#include "control/cli/renderers.h"
#include "control/cli/units.h"

namespace spanway::cli {
namespace {

Tint loss(uint64_t n) { return n == 0 ? Tint::kNone : Tint::kWarn; }

std::string version(const json& r, const Style& style) {
  const std::string state = text(r, "config_state");
  std::string config = "config " + state;
  if (!field(r, "confirm_remaining_s").is_null())
    config += " " + age(count(r, "confirm_remaining_s"));
  return "spanway " + text(r, "version") + "  DPDK " + text(r, "dpdk") + "  up " +
         age(count(r, "uptime_s")) + "  " +
         tinted(config, state == "saved" ? Tint::kNone : Tint::kWarn, style) + "\n";
}

std::string admin_and_link(const json& port) {
  if (!yes(port, "admin_up")) return "off";
  return yes(port, "link_up") ? "up" : "down";
}

Tint link_tint(const std::string& state) {
  return state == "up" ? Tint::kGood : state == "down" ? Tint::kBad : Tint::kDim;
}

void port_row(TextTable& table, const json& p) {
  const std::string state = admin_and_link(p);
  const json& rates = field(p, "rates");
  const uint64_t dropped = count(field(p, "counters"), "dropped");
  const uint64_t missed = count(field(p, "device_counters"), "rx_missed");
  table.row()
      .left(text(p, "name"), Tint::kBold)
      .left(state, link_tint(state))
      .right(speed(count(p, "speed_bps")))
      .right(text(p, "rx_queues") + "q")
      .pair("rx", rate(real(rates, "rx_packets_per_s")))
      .pair("tx", rate(real(rates, "tx_packets_per_s")))
      .pair("drop", std::to_string(dropped), loss(dropped))
      .pair("missed", std::to_string(missed), loss(missed));
}

std::string workers_of(const json& ids) {
  std::string out;
  for (const json& id : ids) out += (out.empty() ? "w" : ",w") + id.dump();
  return out.empty() ? "-" : out;
}

// What one port says beyond its line.
std::string port_in_full(const json& p) {
  const json& offloads = field(p, "offloads");
  const json& rates = field(p, "rates");
  const json& c = field(p, "counters");
  const json& d = field(p, "device_counters");
  std::string out = "  device " + text(p, "device") + "  driver " + text(p, "driver") + "  mac " +
                    text(p, "mac") + "  mtu " + text(p, "mtu") +
                    (yes(p, "promiscuous") ? "  promiscuous" : "") +
                    (yes(p, "full_duplex") ? "" : "  half duplex") + "\n";
  out += "  queues rx " + text(p, "rx_queues") + " tx " + text(p, "tx_queues") + "  workers " +
         workers_of(list(p, "workers")) + "  rss " + (yes(offloads, "rss") ? "yes" : "no") + "\n";
  out += "  checksums rx ip " + text(offloads, "rx_ip") + ", l4 " + text(offloads, "rx_l4") +
         "  tx ip " + text(offloads, "tx_ip") + ", l4 " + text(offloads, "tx_l4") + "\n";
  TextTable table;
  for (const char* way : {"rx", "tx"}) {
    const std::string w = way;
    table.row()
        .left("  " + w)
        .right(text(c, w + "_packets", "0"))
        .left("packets")
        .right(text(c, w + "_bytes", "0"))
        .left("bytes")
        .right(rate(real(rates, w + "_packets_per_s")))
        .right(bit_rate(real(rates, w + "_bits_per_s")));
  }
  out += table.text({});
  out += "  device counts: rx " + text(d, "rx_packets", "0") + "  errors " +
         text(d, "rx_errors", "0") + "  missed " + text(d, "rx_missed", "0") + "  no_buffer " +
         text(d, "rx_no_buffer", "0") + "  tx " + text(d, "tx_packets", "0") + "  errors " +
         text(d, "tx_errors", "0") + "\n";
  return out;
}

std::string ports(const json& r, const Style& style) {
  TextTable table;
  for (const json& p : list(r, "ports")) port_row(table, p);
  if (list(r, "ports").empty()) return "no ports\n";
  std::string out = table.text(style);
  if (list(r, "ports").size() == 1) out += port_in_full(list(r, "ports")[0]);
  return out;
}

std::string workers(const json& r, const Style& style) {
  TextTable table;
  for (const json& w : list(r, "workers")) {
    const std::string state = text(w, "state");
    const bool odd = state == "stalled" || state == "stopped";
    const json& cycles = field(w, "cycles_per_packet");
    table.row()
        .left("w" + text(w, "id"), Tint::kBold)
        .left(field(w, "cpu").is_null() ? "cpu-" : "cpu" + text(w, "cpu"))
        .left(state == "running" ? "" : state, odd ? Tint::kBad : Tint::kDim)
        .left("busy")
        .right(fixed(real(w, "busy_percent"), 0) + "%")
        .right(rate(real(w, "rx_packets_per_s")))
        .right(cycles.is_number() ? fixed(cycles.get<double>(), 0) : "-")
        .left("cyc/pkt")
        .left("burst")
        .right(fixed(real(w, "burst"), 1));
  }
  return table.text(style);
}

char letter_of(const std::string& protocol) {
  if (protocol == "connected") return 'C';
  if (protocol == "static") return 'S';
  if (protocol == "ospf") return 'O';
  if (protocol == "local") return 'L';
  if (protocol == "martian") return 'M';
  return '?';
}

void route_rows(TextTable& table, const json& route) {
  const bool best = yes(route, "best");
  const Tint tint = best ? Tint::kNone : Tint::kDim;
  const std::string kind = text(route, "kind");
  const json& hops = list(route, "next_hops");
  for (size_t i = 0; i == 0 || i < hops.size(); ++i) {
    table.row()
        .left(i > 0 ? "" : std::string(1, letter_of(text(route, "protocol"))), tint)
        .left(i > 0 ? "" : text(route, "prefix"), best ? Tint::kBold : Tint::kDim)
        .left(i > 0 ? "" : "[" + text(route, "preference") + "/" + text(route, "metric") + "]",
              tint);
    std::string way = kind;
    if (i < hops.size()) {
      const json& hop = hops[i];
      if (field(hop, "gateway").is_null())
        way = (kind == "forward" ? "connected" : kind) + " " + text(hop, "interface");
      else
        way = "via " + text(hop, "gateway") + " " + text(hop, "interface") + " weight " +
              text(hop, "weight");
      if (const json& through = field(hop, "through"); through.is_array()) {
        way += through.empty() ? " no way" : " through";
        for (const json& leg : through) way += " " + text(leg, "gateway");
      }
      if (field(hop, "resolved").is_boolean() && !yes(hop, "resolved")) way += " unresolved";
    }
    if (i == 0) way += " age " + age(count(route, "age_s")) + (best ? "" : " (not used)");
    table.left(way, tint);
  }
}

// "shown 3 of 8" when the answer is only a part.
std::string more(const json& r, size_t shown) {
  if (field(r, "next_offset").is_null()) return {};
  return "shown " + std::to_string(shown) + " of " + text(r, "total") + "; next: offset " +
         text(r, "next_offset") + "\n";
}

std::string routes(const json& r, const Style& style) {
  TextTable table;
  const json& all = list(r, "routes");
  if (all.empty()) return "no routes\n";
  for (const json& route : all) route_rows(table, route);
  return table.text(style) + more(r, all.size());
}

Tint neighbour_tint(const std::string& state) {
  if (state == "reachable" || state == "static") return Tint::kGood;
  return state == "failed" ? Tint::kBad : state == "incomplete" ? Tint::kWarn : Tint::kNone;
}

std::string neighbours(const json& r, const Style& style) {
  TextTable table;
  const json& all = list(r, "neighbours");
  if (all.empty()) return "no neighbours\n";
  for (const json& n : all)
    table.row()
        .left(text(n, "address"), Tint::kBold)
        .left(text(n, "interface"))
        .left(text(n, "mac"))
        .left(text(n, "state"), neighbour_tint(text(n, "state")))
        .right(age(count(n, "age_s")));
  return table.text(style) + more(r, all.size());
}

std::string interfaces(const json& r, const Style& style) {
  TextTable table;
  const json& all = list(r, "interfaces");
  if (all.empty()) return "no interfaces\n";
  for (const json& i : all) {
    const json& rates = field(i, "rates");
    const uint64_t dropped = count(field(i, "counters"), "dropped");
    std::string addresses;
    for (const json& a : list(i, "addresses"))
      addresses +=
          (addresses.empty() ? "" : " ") + (a.is_string() ? a.get<std::string>() : a.dump());
    table.row()
        .left(text(i, "name"), Tint::kBold)
        .left(yes(i, "up") ? "up" : "down", yes(i, "up") ? Tint::kGood : Tint::kBad)
        .left(text(i, "mac"))
        .pair("mtu", text(i, "mtu"))
        .pair("rx", rate(real(rates, "rx_packets_per_s")))
        .pair("tx", rate(real(rates, "tx_packets_per_s")))
        .pair("drop", std::to_string(dropped), loss(dropped))
        .left(addresses);
  }
  return table.text(style);
}

constexpr Renderer kTable[] = {
    {"show.version", version}, {"show.ports", ports},           {"show.workers", workers},
    {"show.routes", routes},   {"show.neighbours", neighbours}, {"show.interfaces", interfaces},
};

}  // namespace

std::span<const Renderer> show_renderers() { return kTable; }

}  // namespace spanway::cli
