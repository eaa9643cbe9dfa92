// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "control/cli/fields.h"
#include "control/cli/renderers.h"
#include "control/cli/units.h"

namespace spanway::cli {
namespace {

std::string plural(uint64_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

std::string route_add(const json& r, const Style&) {
  std::string out = (yes(r, "changed") ? "added " : "unchanged ") + text(r, "prefix");
  const json& hops = list(r, "next_hops");
  if (hops.empty()) out += " " + text(r, "kind");
  for (const json& hop : hops) {
    out += " via " + text(hop, "gateway") + " " + text(hop, "interface");
    if (hops.size() > 1 || count(hop, "weight") > 1) out += " weight " + text(hop, "weight");
  }
  return out + "\n";
}

std::string route_del(const json& r, const Style&) {
  const uint64_t left = count(r, "remaining_next_hops");
  if (left == 0) return "removed " + text(r, "prefix") + "\n";
  return "removed " + plural(count(r, "removed_next_hops"), "next hop") + " of " +
         text(r, "prefix") + ", " + std::to_string(left) + " left\n";
}

std::string route_batch(const json& r, const Style&) {
  return "added " + text(r, "added") + ", removed " + text(r, "deleted") + ", unchanged " +
         text(r, "unchanged") + " in " + span_of_us(real(r, "elapsed_us")) + "\n";
}

std::string port_add(const json& r, const Style&) {
  std::string workers;
  for (const json& id : list(r, "workers")) workers += (workers.empty() ? "w" : ",w") + id.dump();
  return text(r, "name") + ": " + plural(count(r, "rx_queues"), "queue") +
         (workers.empty() ? "" : " on " + workers) + ", mac " + text(r, "mac") + "\n";
}

std::string port_set(const json& r, const Style&) {
  if (list(r, "changes").empty()) return text(r, "name") + ": nothing to change\n";
  std::string out;
  for (const json& c : list(r, "changes"))
    out += text(r, "name") + " " + text(c, "field") + " " + text(c, "from") + "->" + text(c, "to") +
           "\n";
  return out;
}

std::string port_del(const json& r, const Style&) {
  const uint64_t routes = count(r, "removed_routes");
  return "removed " + text(r, "name") + (routes == 0 ? "" : " and " + plural(routes, "route")) +
         "\n";
}

std::string vlan_add(const json& r, const Style&) {
  return "added " + text(r, "interface") + " mtu " + text(r, "mtu") + "\n";
}

std::string vlan_del(const json& r, const Style&) {
  return "removed " + text(r, "interface") + "\n";
}

std::string on_interface(const char* verb, const json& r) {
  std::string out = std::string(verb) + " " + text(r, "address");
  if (!field(r, "mac").is_null()) out += " " + text(r, "mac");
  return out + " " + text(r, "interface") + "\n";
}

std::string added(const json& r, const Style&) { return on_interface("added", r); }
std::string removed(const json& r, const Style&) { return on_interface("removed", r); }

std::string changes(const json& r, const Style& style) {
  std::string out;
  for (const json& c : list(r, "changes")) {
    const std::string line = c.is_string() ? c.get<std::string>() : c.dump();
    const Tint tint = line.starts_with('+')   ? Tint::kGood
                      : line.starts_with('-') ? Tint::kBad
                                              : Tint::kWarn;
    out += tinted(line, tint, style) + "\n";
  }
  if (yes(r, "restart_needed")) out += "some of it waits for the next start of the daemon\n";
  return out;
}

std::string config_diff(const json& r, const Style& style) {
  const std::string out = changes(r, style);
  return out.empty() ? "no difference\n" : out;
}

std::string config_applied(const json& r, const Style& style) {
  std::string out = changes(r, style);
  out += out.empty() ? "nothing to change\n" : "version " + text(r, "config_version") + "\n";
  if (!field(r, "confirm_remaining_s").is_null())
    out += "undone in " + age(count(r, "confirm_remaining_s")) + " unless: config confirm\n";
  return out;
}

std::string config_check(const json& r, const Style&) {
  std::string out;
  for (const json& w : list(r, "warnings"))
    out += (w.is_string() ? w.get<std::string>() : w.dump()) + "\n";
  return out + text(r, "name", "configuration") + ": ok\n";
}

std::string config_confirm(const json& r, const Style&) {
  return "confirmed version " + text(r, "config_version") + "\n";
}

std::string config_save(const json& r, const Style&) {
  return "saved " + text(r, "path") + ", " + text(r, "bytes") + " bytes\n";
}

std::string config_show(const json& r, const Style&) {
  std::string out = text(r, "text", "");
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out;
}

std::string stages_timing(const json& r, const Style&) {
  return yes(r, "on") ? "stage timing on\n" : "stage timing off\n";
}

std::string daemon_stop(const json&, const Style&) { return "stopping\n"; }

std::string daemon_methods(const json& r, const Style& style) {
  TextTable table;
  for (const json& m : list(r, "methods")) table.row().left(text(m, "name")).left(text(m, "role"));
  return table.text(style);
}

constexpr Renderer kTable[] = {
    {"route.add", route_add},         {"route.del", route_del},
    {"route.batch", route_batch},     {"port.add", port_add},
    {"port.set", port_set},           {"port.del", port_del},
    {"vlan.add", vlan_add},           {"vlan.del", vlan_del},
    {"address.add", added},           {"address.del", removed},
    {"neighbour.add", added},         {"neighbour.del", removed},
    {"config.check", config_check},   {"config.diff", config_diff},
    {"config.apply", config_applied}, {"config.confirm", config_confirm},
    {"config.undo", config_applied},  {"config.save", config_save},
    {"config.show", config_show},     {"stages.timing", stages_timing},
    {"daemon.stop", daemon_stop},     {"daemon.methods", daemon_methods},
};

}  // namespace

std::span<const Renderer> change_renderers() { return kTable; }

}  // namespace spanway::cli
