// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/externals.h"

#include <algorithm>
#include <variant>

#include "control/ospf/prefixes.h"

namespace spanway::ospf {

bool Externals::put(const Lsa& lsa) {
  const LsaKey& key = lsa.header.key;
  const auto* external = std::get_if<ExternalLsa>(&lsa.body);
  const auto prefix =
      external == nullptr ? std::nullopt : named_prefix(Ip4Addr(key.id.value), external->mask);
  if (!prefix || external->metric >= kLsInfinity) return remove(key);  // 16.4 (1)
  const auto way = use({external->forwarding, key.router});
  const Claim claim{external->type2 ? PathType::kExternal2 : PathType::kExternal1,
                    way->second.anchor, external->metric, external->tag};
  const auto [at, fresh] = entries_.try_emplace(key);
  if (!fresh && destinations_.claims(at->second.claim, *prefix, claim)) {
    --way->second.users;
    return false;
  }
  const Entry before = std::exchange(at->second, {destinations_.add(*prefix, claim), way});
  if (!fresh) leave(before);  // after use(): a way that goes on being used stays
  return true;
}

bool Externals::remove(const LsaKey& key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return false;
  leave(at->second);
  entries_.erase(at);
  return true;
}

void Externals::leave(const Entry& entry) {
  destinations_.remove(entry.claim);
  if (--entry.way->second.users != 0) return;
  destinations_.remove_anchor(entry.way->second.anchor);
  ways_.erase(entry.way);
}

Externals::Ways::iterator Externals::use(const WayKey& key) {
  auto at = ways_.find(key);
  if (at == ways_.end()) {
    at = ways_.emplace(key, Way{destinations_.add_anchor(), 0}).first;
    fresh_.push_back(key);
  }
  ++at->second.users;
  return at;
}

void Externals::settle_all() {
  for (const auto& way : ways_) settle(way);
  fresh_.clear();
}

void Externals::settle(std::span<const Prefix4> moved) {
  for (const WayKey& key : fresh_)
    if (const auto at = ways_.find(key); at != ways_.end()) settle(*at);
  fresh_.clear();
  for (const Prefix4& prefix : moved) {
    auto at = ways_.lower_bound({std::max(prefix.addr(), Ip4Addr(1)), RouterId{}});
    for (; at != ways_.end() && prefix.contains(at->first.forwarding); ++at) settle(*at);
  }
}

void Externals::settle(const Ways::value_type& way) {
  destinations_.move(way.second.anchor, find(way.first));
}

// 16.4 (3).
Position Externals::find(const WayKey& key) const {
  const Position border = border_(key.router);
  if (border.distance == kUnreachable || key.forwarding.is_zero()) return border;
  return forwarded(key.forwarding);
}

// By a path inside the area, not by one of these routes themselves.
Position Externals::forwarded(Ip4Addr address) const {
  if (std::ranges::find(own_, address) != own_.end()) return {};
  const auto inside = destinations_.lookup(address);
  if (!inside || inside->hops == kThisRouter) return {};
  const auto before = destinations_.hops().members(inside->hops);
  std::vector<NextHop> hops(before.begin(), before.end());
  for (NextHop& hop : hops)
    if (hop.gateway.is_zero()) hop.gateway = address;  // on a link of ours
  return {inside->distance, destinations_.hops().of(std::move(hops))};
}

}  // namespace spanway::ospf
