// SPDX-License-Identifier: BSD-3-Clause
// OSPF's routes in the rib.
//
// Only those with a gateway go there: what OSPF says of our own subnets and hosts, the rib knows
// better. Those that the tables have no room for are tried again.
#include <algorithm>
#include <utility>

#include "control/daemon/ospf_host.h"

namespace spanway::daemon {
namespace {

constexpr Nanos kRetry = seconds(5);

}  // namespace

std::optional<rib::Target> OspfHost::target_of(const ospf::Route& route) const {
  rib::Target out;
  for (const ospf::NextHop& hop : route.hops) {
    if (hop.gateway.is_zero()) return std::nullopt;
    out.via.push_back({hop.gateway, hop.interface, 1});
  }
  if (out.via.empty()) return std::nullopt;
  return out;
}

rib::Source OspfHost::source_of(const ospf::Route& route) const {
  const uint32_t metric = route.type == ospf::PathType::kExternal2 ? route.type2_cost : route.cost;
  return {rib::Origin::kOspf, config_.preference, metric};
}

void OspfHost::routes(std::span<const ospf::RouteChange> changes) {
  std::vector<Route4> copies;
  copies.reserve(changes.size());
  for (const ospf::RouteChange& change : changes)
    copies.push_back(
        {change.prefix, change.route == nullptr ? std::nullopt : std::optional(*change.route)});
  // Nothing overtakes what waits.
  if (in_rib_ || !waiting_routes_.empty())
    std::ranges::move(copies, std::back_inserter(waiting_routes_));
  else
    set_routes(copies);
}

void OspfHost::set_routes(std::span<const Route4> changes) {
  std::vector<rib::Announcement> batch;
  batch.reserve(changes.size());
  std::vector<rib::TargetId> held;
  const std::vector<ospf::NextHop>* before = nullptr;  // neighbours in the list are often alike
  for (const Route4& change : changes) {
    auto target = change.route ? target_of(*change.route) : std::nullopt;
    if (!target) {
      refused_.erase(change.prefix);
      if (installed_.contains(change.prefix))
        batch.push_back(
            {change.prefix, {rib::Origin::kOspf, config_.preference, 0}, rib::kNoTarget});
      continue;
    }
    if (before == nullptr || *before != change.route->hops) {
      held.push_back(around_.rib.hold(*target));
      before = &change.route->hops;
    }
    batch.push_back({change.prefix, source_of(*change.route), held.back()});
  }
  apply_routes(batch);
  for (const rib::TargetId id : held) around_.rib.release(id);
}

void OspfHost::apply_routes(const std::vector<rib::Announcement>& changes) {
  if (changes.empty()) return;
  if (const Status all = around_.rib.apply(changes, now_); all) {
    for (const rib::Announcement& change : changes) note_route(change, all);
    return;
  }
  // What there is room for goes in.
  const size_t refused_before = refused_.size();
  for (const rib::Announcement& change : changes)
    note_route(change, around_.rib.apply(std::span(&change, 1), now_));
  if (refused_.size() > refused_before)
    event("error", "ospf.routes_refused", "ospf",
          std::to_string(refused_.size()) + " routes of OSPF have no room in the tables");
}

void OspfHost::note_route(const rib::Announcement& change, const Status& done) {
  const Prefix4 prefix = change.prefix.v4();
  if (change.target == rib::kNoTarget) {
    installed_.erase(prefix);
    refused_.erase(prefix);
  } else if (done) {
    installed_.insert(prefix);
    refused_.erase(prefix);
  } else {
    refused_.insert(prefix);
  }
  if (!refused_.empty() && retry_at_ == Nanos::never()) retry_at_ = now_ + kRetry;
}

void OspfHost::retry_refused(Nanos now) {
  if (now < retry_at_) return;
  retry_at_ = Nanos::never();
  if (refused_.empty()) return;
  std::vector<Route4> again;
  instance_->each_route([&](const Prefix4& prefix, const ospf::Route& route) {
    if (refused_.contains(prefix)) again.push_back({prefix, route});
  });
  set_routes(again);
  if (!refused_.empty()) retry_at_ = now + kRetry;
}

void OspfHost::put_all_routes() {
  std::vector<Route4> all;
  instance_->each_route([&](const Prefix4& prefix, const ospf::Route& route) {
    all.push_back({prefix, route});
  });
  set_routes(all);
}

void OspfHost::remove_routes(uint8_t preference) {
  std::vector<rib::Announcement> batch;
  around_.rib.each([&](const rib::Row& row) {
    if (row.source.origin == rib::Origin::kOspf && row.source.preference == preference)
      batch.push_back({row.prefix, row.source, rib::kNoTarget});
  });
  // Taking away needs no room: what fails here was not there.
  (void)around_.rib.apply(batch, now_);
}

void OspfHost::forget_routes_by(IfIndex interface) {
  std::vector<Route4> changes;
  around_.rib.each([&](const rib::Row& row) {
    if (row.source.origin != rib::Origin::kOspf || row.target == nullptr) return;
    const auto& via = row.target->via;
    if (std::ranges::find(via, interface, &rib::Via::interface) == via.end()) return;
    Route4 change{row.prefix.v4(), ospf::Route{}};
    change.route->cost = row.source.metric;
    for (const rib::Via& one : via)
      if (one.interface != interface)
        change.route->hops.push_back({one.interface, one.gateway.v4()});
    changes.push_back(std::move(change));
  });
  set_routes(changes);
}

}  // namespace spanway::daemon
