// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/destinations.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace spanway::ospf {
namespace {

constexpr size_t kHopsWorthKeeping = 1'024;     // sets that are not worth a look
constexpr size_t kRoutesWorthKeeping = 65'536;  // of one calculation, for the next one

template <class T>
uint32_t take_slot(std::vector<T>& slots, std::vector<uint32_t>& free) {
  if (free.empty()) {
    slots.emplace_back();
    return static_cast<uint32_t>(slots.size() - 1);
  }
  const uint32_t slot = free.back();
  free.pop_back();
  return slot;
}

}  // namespace

Anchor Destinations::add_anchor() { return take_slot(anchors_, free_anchors_); }

void Destinations::remove_anchor(Anchor anchor) {
  anchors_[anchor] = {};
  free_anchors_.push_back(anchor);
}

bool Destinations::move(Anchor anchor, const Position& position) {
  Place& place = anchors_[anchor];
  if (place.position == position) return false;
  place.position = position;
  for (const ClaimId claim : place.claims) mark(claims_[claim].destination);
  return true;
}

ClaimId Destinations::add(const Prefix4& prefix, const Claim& claim) {
  const uint32_t destination = find_or_add(prefix);
  const ClaimId id = take_slot(claims_, free_claims_);
  std::vector<ClaimId>& list = anchors_[claim.anchor].claims;
  const uint32_t next = std::exchange(destinations_[destination].first, id);
  claims_[id] = {claim, destination, next, kNone, static_cast<uint32_t>(list.size())};
  if (next != kNone) claims_[next].previous = id;
  list.push_back(id);
  mark(destination);
  return id;
}

void Destinations::remove(ClaimId id) {
  const Hanging& gone = claims_[id];
  std::vector<ClaimId>& list = anchors_[gone.claim.anchor].claims;
  claims_[list.back()].place = gone.place;
  list[gone.place] = list.back();
  list.pop_back();
  if (gone.next != kNone) claims_[gone.next].previous = gone.previous;
  if (gone.previous != kNone)
    claims_[gone.previous].next = gone.next;
  else
    destinations_[gone.destination].first = gone.next;
  mark(gone.destination);
  free_claims_.push_back(id);
}

uint32_t Destinations::find_or_add(const Prefix4& prefix) {
  const auto [at, fresh] = by_prefix_.try_emplace(prefix);
  if (fresh) {
    at->second = take_slot(destinations_, free_destinations_);
    destinations_[at->second].prefix = prefix;
  }
  return at->second;
}

void Destinations::mark(uint32_t destination) {
  if (std::exchange(destinations_[destination].dirty, true)) return;
  dirty_.push_back(destination);
}

// Frees sets of hops that nobody holds any more.
void Destinations::begin() {
  if (hops_.size() < kHopsWorthKeeping + 2 * hops_kept_) return;
  InternedSets<NextHop> kept(max_paths_);
  std::vector<HopList> numbers(hops_.size(), kNone);
  const auto keep = [&](HopList& list) {
    HopList& number = numbers[list];
    if (number == kNone) {
      const auto hops = hops_.members(list);
      number = kept.of({hops.begin(), hops.end()});
    }
    list = number;
  };
  for (Place& place : anchors_) keep(place.position.hops);
  for (Destination& destination : destinations_) keep(destination.best.hops);
  hops_ = std::move(kept);
  hops_kept_ = hops_.size();
}

void Destinations::settle() {
  for (const uint32_t at : dirty_) {
    Destination& destination = destinations_[at];
    destination.dirty = false;
    const Best best = weigh(destination);
    if (best != destination.best) {
      if (!std::exchange(destination.touched, true)) {
        touched_.push_back(at);
        destination.told = destination.best;
      }
      take(destination, best);
    } else if (!destination.touched) {
      drop_if_unclaimed(at);
    }
  }
  dirty_.clear();
}

Destinations::Best Destinations::weigh(const Destination& destination) {
  Best best;
  for (uint32_t at = destination.first; at != kNone; at = claims_[at].next) {
    const Claim& claim = claims_[at].claim;
    const Position& position = anchors_[claim.anchor].position;
    if (position.distance == kUnreachable) continue;
    const bool type2 = claim.type == PathType::kExternal2;
    const uint64_t cost = uint64_t{position.distance} + (type2 ? 0 : claim.metric);
    if (cost >= kUnreachable) continue;
    const Best other{
        true,          claim.type, type2 ? claim.metric : 0, static_cast<uint32_t>(cost),
        position.hops, claim.tag};
    const auto order = [](const Best& b) { return std::tie(b.type, b.type2_cost, b.cost); };
    if (!best.reached || order(other) < order(best)) {
      best = other;
    } else if (order(other) == order(best)) {
      // What this router itself is, it does not forward to another.
      const bool here = best.hops == kThisRouter || other.hops == kThisRouter;
      best.hops = here ? kThisRouter : hops_.join(best.hops, other.hops);
      best.tag = std::min(best.tag, other.tag);
    }
  }
  return best;
}

void Destinations::take(Destination& destination, const Best& best) {
  const Best before = std::exchange(destination.best, best);
  reached_ += best.reached;
  reached_ -= before.reached;
  if (!before.intra() && !best.intra()) return;
  intra_lengths_[destination.prefix.length()] += best.intra();
  intra_lengths_[destination.prefix.length()] -= before.intra();
  moved_.push_back(destination.prefix);
}

std::optional<Position> Destinations::lookup(Ip4Addr addr) const {
  for (unsigned length = 33; length-- != 0;) {
    if (intra_lengths_[length] == 0) continue;
    const auto at = by_prefix_.find(Prefix4(addr, length));
    if (at == by_prefix_.end()) continue;
    const Best& best = destinations_[at->second].best;
    if (best.intra()) return Position{best.cost, best.hops};
  }
  return std::nullopt;
}

void Destinations::drop_if_unclaimed(uint32_t at) {
  if (destinations_[at].first != kNone) return;
  by_prefix_.erase(destinations_[at].prefix);
  destinations_[at] = {};
  free_destinations_.push_back(at);
}

std::span<const RouteChange> Destinations::finish() {
  if (routes_.size() > kRoutesWorthKeeping) routes_ = {};
  std::erase_if(touched_, [&](uint32_t at) {
    Destination& destination = destinations_[at];
    destination.touched = false;
    if (destination.best != destination.told) return false;
    drop_if_unclaimed(at);
    return true;
  });
  changes_.clear();
  if (routes_.size() < touched_.size()) routes_.resize(touched_.size());
  size_t used = 0;
  for (const uint32_t at : touched_) {
    const Destination& destination = destinations_[at];
    Route* route = destination.best.reached ? &routes_[used++] : nullptr;
    if (route != nullptr) write(*route, destination.best);
    changes_.push_back({destination.prefix, route});
    drop_if_unclaimed(at);
  }
  touched_.clear();
  moved_.clear();
  std::ranges::sort(changes_, {}, &RouteChange::prefix);
  return changes_;
}

void Destinations::write(Route& route, const Best& best) const {
  route.type = best.type;
  route.cost = best.cost;
  route.type2_cost = best.type2_cost;
  route.tag = best.tag;
  const auto hops = hops_.members(best.hops);
  route.hops.assign(hops.begin(), hops.end());
}

void Destinations::each(const std::function<void(const Prefix4&, const Route&)>& visit) const {
  std::vector<const Destination*> all;
  all.reserve(reached_);
  for (const Destination& destination : destinations_)
    if (destination.best.reached) all.push_back(&destination);
  std::ranges::sort(all, {}, &Destination::prefix);
  Route route;
  for (const Destination* destination : all) {
    write(route, destination->best);
    visit(destination->prefix, route);
  }
}

}  // namespace spanway::ospf
