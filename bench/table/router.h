// SPDX-License-Identifier: BSD-3-Clause
// One router's tables, from the RIB to what workers read, and routes that come and go the way that
// a config's and `route batch`'s do. The thread that makes it is its control thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "bench/micro/prefixes.h"
#include "bench/micro/report.h"
#include "control/publish/publisher.h"
#include "control/rib/rib.h"
#include "dataplane/base/check.h"
#include "dataplane/table/tables.h"

namespace spanway::bench {

// As many gateways on one subnet as the routes have next hops.
class Router {
 public:
  // What a busy protocol hands over at a time.
  static constexpr size_t kBatch = 10'000;

  explicit Router(const Routes4& routes, table::Crew* crew = nullptr) {
    publisher_.set_crew(crew);
    table::Interface interface;
    interface.index = IfIndex{1};
    interface.up = true;
    interface.addresses = {*IpWithLength::parse("10.0.0.1/16")};
    SPANWAY_CHECK(publisher_.set_interfaces({interface}, Nanos()));
    for (const auto& route : routes) {
      if (route.hop.value >= targets_.size()) targets_.resize(route.hop.value + 1u, rib::kNoTarget);
      rib::TargetId& id = targets_[route.hop.value];
      if (id != rib::kNoTarget) continue;
      rib::Target target;
      target.via.push_back({IpAddr(Ip4Addr(0x0a000100u + route.hop.value)), kNoInterface, 1});
      id = rib_.hold(target);
    }
  }
  // CPU seconds of this thread.
  double load(const Routes4& routes, size_t batch) {
    const double took = change(routes, batch, [&](NextHopId hop) { return targets_[hop.value]; });
    SPANWAY_CHECK(stats().routes4 >= routes.size());
    return took;
  }
  double withdraw(std::span<const Route<Prefix4>> routes) {
    return change(routes, kBatch, [](NextHopId) { return rib::kNoTarget; });
  }
  seam::Qsbr& qsbr() { return qsbr_; }
  const table::Tables& tables() const { return tables_; }
  publish::Stats stats() const { return publisher_.stats(); }

 private:
  // One transaction a batch; control looks after the rest between two.
  template <class TargetOf>
  double change(std::span<const Route<Prefix4>> routes, size_t batch, TargetOf target_of) {
    constexpr rib::Source kSource{rib::Origin::kStatic, 1, 0};
    std::vector<rib::Announcement> part;
    part.reserve(std::min(batch, routes.size()));
    const double before = thread_cpu_seconds();
    for (size_t at = 0; at < routes.size(); at += batch) {
      part.clear();
      for (const auto& [prefix, hop] : routes.subspan(at, std::min(batch, routes.size() - at)))
        part.push_back({prefix, kSource, target_of(hop)});
      SPANWAY_CHECK(rib_.apply(part, Nanos()));
      SPANWAY_CHECK(publisher_.step());
    }
    return thread_cpu_seconds() - before;
  }

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  table::Tables tables_{graveyard_};
  rib::Rib rib_;
  publish::Publisher publisher_{tables_, graveyard_, rib_};
  std::vector<rib::TargetId> targets_;  // by next hop
};

}  // namespace spanway::bench
