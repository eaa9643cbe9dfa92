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
  if (target.kind != TargetKind::kVia) return true;
  return std::any_of(target.via.begin(), target.via.end(),
                     [&](const rib::Via& via) { return links_.reach(via) != kNoInterface; });
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
  made.via = target.via;
  return target.via.size() == 1 ? one_gateway(made, target.via.front()) : several(made);
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

Result<NextHopId> TargetHops::one_gateway(Made& made, const rib::Via& via) {
  const Adjacencies::Key key{links_.reach(via), via.gateway};
  Result<NextHopId> hop = adjacencies_.hold(key);
  if (!hop) return hop;
  late_.insert(late_.end(), made.held.begin(), made.held.end());
  made.held = {key};
  made.hop = *hop;
  return hop;
}

// The members are the gateways that can be reached now.
Status TargetHops::fill_group(const Made& made, NextHop& hop, std::vector<Adjacencies::Key>& held) {
  std::vector<uint16_t> weights;
  std::vector<NextHopId> members;
  for (const rib::Via& via : made.via) {
    const IfIndex interface = links_.reach(via);
    if (interface == kNoInterface) continue;
    const Result<NextHopId> member = adjacencies_.hold({interface, via.gateway});
    if (!member) return member.error();
    held.emplace_back(interface, via.gateway);
    weights.push_back(std::max<uint16_t>(via.weight, 1));
    members.push_back(*member);
  }
  if (members.empty()) return {};  // "no route", until the rib has taken the routes away
  hop.kind = NextHopKind::kGroup;
  const std::vector<uint16_t> shares = share_buckets(weights);
  for (size_t i = 0; i < members.size(); ++i)
    hop.buckets.insert(hop.buckets.end(), shares[i], members[i]);
  hop.bucket_bits = static_cast<uint8_t>(std::bit_width(hop.buckets.size()) - 1);
  return {};
}

Result<NextHopId> TargetHops::several(Made& made) {
  auto hop = std::make_unique<NextHop>();
  std::vector<Adjacencies::Key> held;
  Status filled = fill_group(made, *hop, held);
  Result<NextHopId> id = filled ? slots_.make(std::move(hop)) : Result<NextHopId>(filled.error());
  if (!id) {
    for (const Adjacencies::Key& key : held) adjacencies_.release(key);
    return id;
  }
  made.group = true;
  made.held = std::move(held);
  made.hop = *id;
  return id;
}

void TargetHops::forget(rib::TargetId id) {
  if (id.value < made_.size()) let_go(made_[id.value]);
}

void TargetHops::let_go(Made& made) {
  if (made.group) slots_.release(made.hop);
  for (const Adjacencies::Key& key : made.held) adjacencies_.release(key);
  made = Made{};
}

void TargetHops::refresh() {
  for (const auto& [interface, id] : subnets_)
    if (id != NextHopId{}) slots_.change(id, describe_subnet(interface));
  for (Made& made : made_) {
    if (!made.group) continue;
    auto hop = std::make_unique<NextHop>();
    std::vector<Adjacencies::Key> held;
    // Out of slots: the group stays as it was, and sends nothing to members that are down.
    if (!fill_group(made, *hop, held) || held == made.held) {
      for (const Adjacencies::Key& key : held) adjacencies_.release(key);
      continue;
    }
    slots_.change(made.hop, std::move(hop));
    held.swap(made.held);
    for (const Adjacencies::Key& key : held) adjacencies_.release(key);
  }
}

bool TargetHops::has_moved(rib::TargetId id) const {
  if (id.value >= made_.size()) return false;
  const Made& made = made_[id.value];
  if (made.hop == NextHopId{} || made.group) return false;
  const IfIndex now = links_.reach(made.via.front());
  return now != kNoInterface && now != made.held.front().first;
}

void TargetHops::settle() {
  for (const Adjacencies::Key& key : late_) adjacencies_.release(key);
  late_.clear();
  for (Made& made : made_)
    if (made.hop != NextHopId{} && !made.group && links_.reach(made.via.front()) == kNoInterface)
      let_go(made);
}

size_t TargetHops::groups() const {
  return static_cast<size_t>(
      std::count_if(made_.begin(), made_.end(), [](const Made& made) { return made.group; }));
}

}  // namespace spanway::publish
