// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/metrics.h"

#include <algorithm>

#include "control/daemon/ospf_names.h"
#include "control/daemon/version.h"
#include "control/stats/prometheus.h"

namespace spanway::daemon {
namespace {

std::vector<stats::Gauge> gauges(Engine& engine, const drivers::BufferPool* pool) {
  const rib::Counts routes = engine.rib().counts();
  const auto number = [](auto value) { return static_cast<double>(value); };
  std::vector<stats::Gauge> out = {
      {"spanway_routes_ipv4", "IPv4 prefixes with a route", number(routes.prefixes4)},
      {"spanway_routes_ipv6", "IPv6 prefixes with a route", number(routes.prefixes6)},
      {"spanway_neighbours", "Neighbours known or asked for",
       number(engine.neighbours().list(engine.now()).size())},
      {"spanway_uptime_seconds", "Since the router was started",
       (engine.now() - engine.options().born).seconds()},
      {"spanway_config_version", "Changes of configuration applied since the start",
       number(engine.store().version())},
  };
  if (pool != nullptr) {
    out.push_back({"spanway_buffers", "Packet buffers", number(pool->size())});
    out.push_back(
        {"spanway_buffers_in_use", "Packet buffers outside of the pool", number(pool->in_use())});
  }
  return out;
}

void add_ospf(stats::Exposition& to, Engine& engine) {
  const OspfHost& host = engine.ospf();
  if (host.instance() == nullptr) return;
  const auto number = [](auto value) { return static_cast<double>(value); };
  const ospf::InstanceView view = host.instance()->view(engine.now());
  const std::vector<stats::Gauge> levels = {
      {"spanway_ospf_lsas", "LSAs in the database", number(view.lsas)},
      {"spanway_ospf_external_lsas", "AS-external LSAs in the database", number(view.externals)},
      {"spanway_ospf_routes", "Routes that OSPF found", number(view.spf.routes)},
      {"spanway_ospf_announced", "Destinations announced from outside", number(host.announced())},
      {"spanway_ospf_spf_last_seconds", "How long the last calculation of routes took",
       view.spf.took.seconds()}};
  to.gauges.insert(to.gauges.end(), levels.begin(), levels.end());

  stats::Series neighbours{"spanway_ospf_neighbours", "Neighbours by state", "state", false, {}};
  const auto all = host.instance()->neighbours(engine.now());
  for (auto state = ospf::NeighbourState::kDown; state <= ospf::NeighbourState::kFull;
       state = static_cast<ospf::NeighbourState>(static_cast<int>(state) + 1))
    neighbours.values.emplace_back(
        frr_name(state), number(std::ranges::count(all, state, &ospf::NeighbourView::state)));
  stats::Series refused{
      "spanway_ospf_refused_packets_total", "Packets that OSPF refused", "reason", true, {}};
  for (const ospf::RefusalCount& one : view.refusals)
    refused.values.emplace_back(ospf::to_string(one.reason), number(one.packets));
  stats::Series dropped{"spanway_ospf_dropped_packets_total",
                        "Packets of protocol 89 that did not come to OSPF",
                        "reason",
                        true,
                        {}};
  for (size_t i = 0; i < kOspfDropNames.size(); ++i)
    dropped.values.emplace_back(kOspfDropNames[i], number(host.dropped(static_cast<OspfDrop>(i))));
  const stats::Series runs{"spanway_ospf_spf_runs_total",
                           "Calculations of routes",
                           "kind",
                           true,
                           {{"full", number(view.spf.runs - view.spf.partial_runs)},
                            {"partial", number(view.spf.partial_runs)}}};
  const stats::Series packets{
      "spanway_ospf_sent_packets_total",
      "Packets that OSPF sent",
      "outcome",
      true,
      {{"sent", number(host.sender().sent())}, {"lost", number(host.sender().lost())}}};
  for (const stats::Series& one : {neighbours, refused, dropped, runs, packets})
    if (!one.values.empty()) to.series.push_back(one);
}

constexpr const char* kText = "text/plain; charset=utf-8";
// Of the exposition format that prometheus_text() writes.
constexpr const char* kExposition = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

const std::string& Metrics::text(Nanos now) {
  if (made_ == Nanos::never() || now - made_ >= kFresh) {
    text_ = make();
    made_ = now;
  }
  return text_;
}

std::string Metrics::make() const {
  stats::Exposition from;
  from.totals = engine_.totals();
  for (const NamedInterface* one : engine_.interfaces().all())
    from.interfaces.emplace_back(one->index, one->name);
  from.gauges = gauges(engine_, pool_);
  add_ospf(from, engine_);
  from.version = kVersion;
  return prometheus_text(from);
}

std::map<std::string, http::Page> http_pages(const std::string& router) {
  const std::string about = "spanwayd " + std::string(kVersion) + ", router " + router +
                            "\n\n/metrics   counters and levels for Prometheus\n\n"
                            "Everything else: the command line, spanway.\n";
  return {{"/", {kText, about, false}}, {"/metrics", {kExposition, "", true}}};
}

}  // namespace spanway::daemon
