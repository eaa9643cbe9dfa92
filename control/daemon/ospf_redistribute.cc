// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_redistribute.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace spanway::daemon {
namespace {

const Prefix4 kDefault{};

ospf::External external_of(const config::OspfMetric& as) {
  ospf::External out;
  out.type2 = as.type == 2;
  out.metric = as.metric;
  out.tag = as.tag;
  return out;
}

}  // namespace

OspfRedistribute::OspfRedistribute(rib::Rib& rib, Say say, std::function<void()> leave_now)
    : rib_(rib), say_(std::move(say)), leave_now_(std::move(leave_now)) {}

OspfRedistribute::~OspfRedistribute() { rib_.watch(nullptr); }

bool OspfRedistribute::watches() const {
  return statics_ || connected_ || default_when_ == config::OspfDefault::kIfPresent;
}

void OspfRedistribute::configure(const config::Ospf& config) {
  const auto before = std::tuple(statics_, connected_, default_, default_when_);
  statics_.reset();
  connected_.reset();
  for (const config::OspfRedistribute& one : config.redistribute)
    (one.origin == config::OspfOrigin::kStatic ? statics_ : connected_) = external_of(one.as);
  default_ = external_of(config.default_as);
  default_when_ = config.default_originate;
  if (before == std::tuple(statics_, connected_, default_, default_when_)) return;
  rib_.watch(watches() ? this : nullptr);
  go_over_everything();
}

void OspfRedistribute::go_over_everything() {
  std::vector<Prefix4> said;
  said.reserve(announced_.size());
  for (const auto& [prefix, external] : announced_) said.push_back(prefix);
  for (const Prefix4& prefix : said) become(prefix, wanted(prefix, best_origin(prefix)));
  if (statics_ || connected_)
    rib_.each([this](const rib::Row& row) {
      if (row.best && row.prefix.is4())
        become(row.prefix.v4(), wanted(row.prefix.v4(), row.source.origin));
    });
  become(kDefault, wanted(kDefault, best_origin(kDefault)));
}

void OspfRedistribute::set_own(std::set<Prefix4> subnets) {
  if (subnets == own_) return;
  std::vector<Prefix4> changed;
  std::ranges::set_symmetric_difference(own_, subnets, std::back_inserter(changed));
  own_ = std::move(subnets);
  for (const Prefix4& prefix : changed) become(prefix, wanted(prefix, best_origin(prefix)));
}

std::optional<ospf::External> OspfRedistribute::wanted(const Prefix4& prefix,
                                                       std::optional<rib::Origin> origin) const {
  if (prefix == kDefault) {
    const bool present = origin && *origin != rib::Origin::kOspf;
    const bool on = default_when_ == config::OspfDefault::kAlways ||
                    (default_when_ == config::OspfDefault::kIfPresent && present);
    return on ? default_ : std::nullopt;
  }
  if (!origin) return std::nullopt;
  if (*origin == rib::Origin::kStatic) return statics_;
  if (*origin == rib::Origin::kConnected && !own_.contains(prefix)) return connected_;
  return std::nullopt;
}

std::optional<rib::Origin> OspfRedistribute::best_origin(const Prefix4& prefix) const {
  for (const rib::Row& row : rib_.candidates(prefix))
    if (row.best) return row.source.origin;
  return std::nullopt;
}

void OspfRedistribute::become(const Prefix4& prefix,
                              const std::optional<ospf::External>& external) {
  const auto at = announced_.find(prefix);
  if (!external) {
    if (at == announced_.end()) return;
    announced_.erase(at);
    withdrew_ = true;
  } else if (at == announced_.end()) {
    announced_.emplace(prefix, *external);
  } else if (at->second == *external) {
    return;
  } else {
    at->second = *external;
  }
  say_({prefix, external});
}

void OspfRedistribute::leaving(const Prefix& prefix, rib::Origin /*from*/,
                               std::optional<rib::Origin> to) {
  // What goes on under another origin is said anew when the dataplane has it.
  if (prefix.is4() && !wanted(prefix.v4(), to)) become(prefix.v4(), std::nullopt);
}

void OspfRedistribute::all_leaving() {
  if (std::exchange(withdrew_, false)) leave_now_();
}

void OspfRedistribute::settled(const Prefix& prefix, std::optional<rib::Origin> origin) {
  if (prefix.is4()) become(prefix.v4(), wanted(prefix.v4(), origin));
}

}  // namespace spanway::daemon
