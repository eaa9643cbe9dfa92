// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/target_hops.h"

#include <algorithm>
#include <bit>

#include "control/publish/buckets.h"

namespace spanway::publish {

using rib::TargetKind;
using table::NextHop;
using table::NextHopKind;

bool TargetHops::usable(const rib::Target& target) const {
  return target.kind != TargetKind::kVia || !gateways_.legs(target.via).empty();
}

Result<NextHopId> TargetHops::get(rib::TargetId id, const rib::Target& target) {
  switch (target.kind) {
    case TargetKind::kLocal:
      return fixed(NextHopKind::kLocal);
    case TargetKind::kMartian:
      return fixed(NextHopKind::kMartian);
    case TargetKind::kBlackhole:
      return fixed(NextHopKind::kBlackhole);
    case TargetKind::kReject:
      return fixed(NextHopKind::kReject);
    case TargetKind::kConnected:
      return subnet(target.interface);
    case TargetKind::kVia:
      break;
  }
  if (id.value >= made_.size()) made_.resize(id.value + size_t{1});
  Made& made = made_[id.value];
  if (made.hop != NextHopId{} && !has_moved(id)) return made.hop;
  Result<Made> fresh = make(target.via);
  if (!fresh) return fresh.error();
  if (made.hop != NextHopId{}) outdated_.push_back(std::move(made));
  made = std::move(fresh).value();
  return made.hop;
}

Result<TargetHops::Made> TargetHops::make(const std::vector<rib::Via>& vias) {
  Made made;
  made.via = vias;
  made.legs = gateways_.legs(vias);
  const bool direct = vias.size() == 1 && links_.reach(vias.front()) != kNoInterface;
  if (direct) {
    const Leg& leg = made.legs.front();
    const Result<NextHopId> hop = adjacencies_.hold({leg.interface, leg.gateway});
    if (!hop) return hop.error();
    made.hop = *hop;
    return made;
  }
  auto group = std::make_unique<NextHop>();
  if (Status filled = fill_group(made.legs, *group); !filled) return filled.error();
  const Result<NextHopId> hop = slots_.make(std::move(group));
  if (!hop) {
    release(made.legs);
    return hop.error();
  }
  made.hop = *hop;
  made.group = true;
  return made;
}

Result<NextHopId> TargetHops::fixed(NextHopKind kind) {
  NextHopId& id = fixed_[kind];
  if (id != NextHopId{}) return id;
  auto hop = std::make_unique<NextHop>();
  hop->kind = kind;
  Result<NextHopId> made = slots_.make(std::move(hop));
  if (made) id = *made;
  return made;
}

std::unique_ptr<const NextHop> TargetHops::describe_subnet(IfIndex interface) const {
  auto hop = std::make_unique<NextHop>();
  const table::Interface* out = links_.get(interface);
  if (out == nullptr || !out->up) return hop;
  hop->kind = NextHopKind::kGlean;
  hop->interface = interface;
  hop->port = out->port;
  hop->mtu = out->mtu;
  hop->features = out->features;
  return hop;
}

Result<NextHopId> TargetHops::subnet(IfIndex interface) {
  NextHopId& id = subnets_[interface];
  if (id != NextHopId{}) return id;
  Result<NextHopId> made = slots_.make(describe_subnet(interface));
  if (made) id = *made;
  return made;
}

// The members are held; on an error none is.
Status TargetHops::fill_group(const std::vector<Leg>& legs, NextHop& hop) {
  if (legs.empty()) return {};  // "no route", until the rib has taken the routes away
  std::vector<uint16_t> weights;
  std::vector<NextHopId> members;
  for (const Leg& leg : legs) {
    const Result<NextHopId> member = adjacencies_.hold({leg.interface, leg.gateway});
    if (!member) {
      release({legs.begin(), legs.begin() + static_cast<std::ptrdiff_t>(members.size())});
      return member.error();
    }
    weights.push_back(leg.weight);
    members.push_back(*member);
  }
  hop.kind = NextHopKind::kGroup;
  const std::vector<uint16_t> shares = share_buckets(weights);
  for (size_t i = 0; i < members.size(); ++i)
    hop.buckets.insert(hop.buckets.end(), shares[i], members[i]);
  hop.bucket_bits = static_cast<uint8_t>(std::bit_width(hop.buckets.size()) - 1);
  return {};
}

void TargetHops::release(const std::vector<Leg>& legs) {
  for (const Leg& leg : legs) adjacencies_.release({leg.interface, leg.gateway});
}

void TargetHops::forget(rib::TargetId id) {
  if (id.value < made_.size()) let_go(made_[id.value]);
}

void TargetHops::let_go(Made& made) {
  if (made.group) slots_.release(made.hop);
  release(made.legs);
  made = Made{};
}

void TargetHops::refresh() {
  for (const auto& [interface, id] : subnets_)
    if (id != NextHopId{}) slots_.change(id, describe_subnet(interface));
  for (Made& made : made_) {
    if (made.hop == NextHopId{}) continue;
    std::vector<Leg> legs = gateways_.legs(made.via);
    made.moved = !made.group && !legs.empty() && legs != made.legs;
    if (!made.group || legs == made.legs) continue;
    auto hop = std::make_unique<NextHop>();
    // Out of slots: the group stays as it was, and sends nothing to members that are down.
    if (!fill_group(legs, *hop)) continue;
    slots_.change(made.hop, std::move(hop));
    release(made.legs);
    made.legs = std::move(legs);
  }
}

bool TargetHops::has_moved(rib::TargetId id) const {
  return id.value < made_.size() && made_[id.value].moved;
}

void TargetHops::settle() {
  for (Made& made : outdated_) let_go(made);
  outdated_.clear();
  for (Made& made : made_)
    if (made.hop != NextHopId{} && !made.group && gateways_.legs(made.via).empty()) let_go(made);
}

size_t TargetHops::groups() const {
  return static_cast<size_t>(
      std::count_if(made_.begin(), made_.end(), [](const Made& made) { return made.group; }));
}

}  // namespace spanway::publish
