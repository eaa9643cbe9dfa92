// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace spanway::lab {
namespace {

using nlohmann::json;

std::string grouped(uint64_t n) {
  std::string digits = std::to_string(n);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

double rate_of(const Report& report) {
  return report.seconds > 0 ? static_cast<double>(report.received) / report.seconds : 0;
}

std::string_view name_of(EventPlan::What what) {
  return what == EventPlan::What::kCut ? "cut" : "mend";
}

json flows_of(const Report& report) {
  json out = json::array();
  for (const FlowResult& flow : report.flows)
    out.push_back({{"name", flow.name},
                   {"sent", flow.sent},
                   {"received", flow.received},
                   {"reordered", flow.reordered},
                   {"latency_mean_us", flow.latency_mean_us},
                   {"latency_max_us", flow.latency_max_us}});
  return out;
}

json guests_of(const Lab& lab) {
  json out = json::array();
  for (const Guests::Made& guest : lab.guests().all()) {
    json addresses = json::array();
    for (const IpWithLength& address : guest.addresses)
      addresses.push_back(address.addr.to_string());
    out.push_back({{"name", guest.name}, {"netns", guest.netns}, {"addresses", addresses}});
  }
  return out;
}

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json events_of(const Script& script) {
  json out = json::array();
  for (const EventResult& one : script.events())
    out.push_back({{"at_s", one.at_s},
                   {"action", name_of(one.event.what)},
                   {"wire", one.event.wire},
                   {"routes_complete_after_s", or_null(one.complete_after_s)},
                   {"lost", one.lost}});
  return out;
}

}  // namespace

std::string shape_line(const Plan& plan) {
  std::string out;
  for (const RouterPlan& router : plan.routers) {
    if (out.size() > 60) return out + " ... " + std::to_string(plan.routers.size()) + " routers";
    out += (out.empty() ? "" : " == ") + router.name;
  }
  return out;
}

std::string to_text(const EventResult& event) {
  std::string out =
      fmt::format("at {:.1f} s {} {}", event.at_s, name_of(event.event.what), event.event.wire);
  if (event.complete_after_s)
    out += fmt::format(": routes complete again after {:.1f} ms", *event.complete_after_s * 1e3);
  return out;
}

json to_json(const Lab& lab, const Script& script, const Report& report) {
  return {{"schema", "spanway.lab.report/1"},
          {"name", lab.plan().name},
          {"seed", lab.plan().seed},
          {"virtual_time", lab.plan().virtual_time},
          {"routers", lab.plan().routers.size()},
          {"remarks", lab.plan().remarks},
          {"ospf_converged_s", or_null(script.converged_s())},
          {"seconds", report.seconds},
          {"sent", report.sent},
          {"received", report.received},
          {"lost", report.lost()},
          {"unexplained", report.unexplained()},
          {"packets_per_s", rate_of(report)},
          {"imbalance", report.imbalance},
          {"drops", report.drops},
          {"wire_losses", report.wire_losses},
          {"events", events_of(script)},
          {"flows", flows_of(report)},
          {"guests", guests_of(lab)}};
}

std::string to_text(const Lab& lab, const Script& script, const Report& report) {
  std::string out;
  const auto say = [&out](fmt::string_view format, const auto&... values) {
    fmt::vformat_to(std::back_inserter(out), format, fmt::make_format_args(values...));
  };
  say("  {}: {:.2f} Mpps end to end, {} lost of {}\n",
      std::string(lab.plan().virtual_time ? "simulated links, virtual time"
                                          : "simulated links, generator shares this CPU"),
      rate_of(report) / 1e6, grouped(report.lost()), grouped(report.sent));
  for (const FlowResult& flow : report.flows)
    say("    {:<16} {:>13} sent {:>13} received   latency mean {:.0f} us, max {:.0f} us\n",
        flow.name, grouped(flow.sent), grouped(flow.received), flow.latency_mean_us,
        flow.latency_max_us);
  for (const EventResult& one : script.events())
    say("  lost after the {} of {} {}\n", std::string(name_of(one.event.what)), one.event.wire,
        grouped(one.lost));
  if (report.drops.empty()) say("  no router dropped anything\n");
  for (const auto& [reason, count] : report.drops) say("  dropped {} {}\n", reason, grouped(count));
  for (const auto& [reason, count] : report.wire_losses)
    say("  lost on wires {} {}\n", reason, grouped(count));
  if (report.imbalance != 0)
    say("  UNEXPLAINED: the routers' counters are out of balance by {}\n", report.imbalance);
  if (const uint64_t lost = report.unexplained(); lost != 0)
    say("  UNEXPLAINED: {} lost datagrams that no counter knows\n", grouped(lost));
  return out;
}

}  // namespace spanway::lab
