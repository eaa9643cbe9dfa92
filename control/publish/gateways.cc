// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/gateways.h"

#include <algorithm>
#include <numeric>

namespace spanway::publish {
namespace {

using rib::Target;
using rib::TargetKind;
using rib::Via;

// Weights are 1..256 and share_buckets() takes 16 bits: what a gateway's legs may divide it into.
constexpr uint32_t kParts = 128;

// Divides `weight` among the legs, in proportion to theirs; each gets something.
void scale(std::vector<Leg>& legs, uint32_t weight) {
  const uint32_t sum =
      std::accumulate(legs.begin(), legs.end(), 0u,
                      [](uint32_t before, const Leg& leg) { return before + leg.weight; });
  for (Leg& leg : legs)
    leg.weight =
        static_cast<uint16_t>(std::max<uint64_t>(uint64_t{weight} * kParts * leg.weight / sum, 1));
}

void add(std::vector<Leg>& legs, const Leg& leg) {
  const auto same = std::find_if(legs.begin(), legs.end(), [&](const Leg& one) {
    return one.interface == leg.interface && one.gateway == leg.gateway;
  });
  if (same != legs.end())
    same->weight = static_cast<uint16_t>(std::min(uint32_t{same->weight} + leg.weight, 0xffffu));
  else if (legs.size() < Gateways::kMostLegs)
    legs.push_back(leg);
}

}  // namespace

bool Gateways::is_recursive(const Via& via) const {
  const bool link_local = via.gateway.is6() && via.gateway.v6().is_link_local();
  return via.interface == kNoInterface && !link_local && links_.reach(via) == kNoInterface;
}

std::vector<Leg> Gateways::legs_of(const Via& via) const {
  if (const IfIndex out = links_.reach(via); out != kNoInterface) return {{out, via.gateway, 1}};
  if (!is_recursive(via)) return {};
  std::vector<Leg> legs;
  rib_.each_covering(via.gateway, [&](const Prefix& prefix, const Target& target) {
    if (prefix.length() == 0 || target.kind != TargetKind::kVia) return false;
    for (const Via& one : target.via)
      if (const IfIndex out = links_.reach(one); out != kNoInterface)
        legs.push_back({out, one.gateway, std::max<uint16_t>(one.weight, 1)});
    return legs.empty();
  });
  return legs;
}

std::vector<Leg> Gateways::legs(const std::vector<Via>& vias) const {
  std::vector<std::vector<Leg>> each;
  bool divided = false;
  for (const Via& via : vias) {
    each.push_back(legs_of(via));
    divided = divided || each.back().size() > 1;
  }
  std::vector<Leg> all;
  for (size_t i = 0; i < vias.size(); ++i) {
    const uint16_t weight = std::max<uint16_t>(vias[i].weight, 1);
    if (divided)
      scale(each[i], weight);
    else if (!each[i].empty())
      each[i].front().weight = weight;
    for (const Leg& leg : each[i]) add(all, leg);
  }
  return all;
}

void Gateways::watch(const std::vector<Via>& vias) {
  for (const Via& via : vias)
    if (is_recursive(via)) watched_.insert(via.gateway);
}

bool Gateways::touched(const Prefix& prefix) const {
  if (watched_.empty()) return false;
  const auto next = watched_.lower_bound(prefix.addr());
  return next != watched_.end() && prefix.contains(*next);
}

}  // namespace spanway::publish
