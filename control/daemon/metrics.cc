// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/metrics.h"

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
