// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/adjacencies.h"

#include <algorithm>

#include "dataplane/base/big_endian.h"

namespace spanway::publish {
namespace {

constexpr uint16_t kEtherIp4 = 0x0800, kEtherIp6 = 0x86dd, kEtherVlan = 0x8100;

uint8_t* put16(uint8_t* at, uint16_t value) {
  *at++ = static_cast<uint8_t>(value >> 8);
  *at++ = static_cast<uint8_t>(value);
  return at;
}

void write_front(table::NextHop& hop, const table::Interface& out, const EtherAddr& to) {
  uint8_t* at = hop.rewrite.data();
  at = std::copy(to.bytes.begin(), to.bytes.end(), at);
  at = std::copy(out.mac.bytes.begin(), out.mac.bytes.end(), at);
  if (out.vlan != 0) at = put16(put16(at, kEtherVlan), out.vlan);
  at = put16(at, hop.gateway.is4() ? kEtherIp4 : kEtherIp6);
  hop.rewrite_bytes = static_cast<uint8_t>(at - hop.rewrite.data());
}

}  // namespace

std::unique_ptr<const table::NextHop> Adjacencies::describe(const Key& key) const {
  auto hop = std::make_unique<table::NextHop>();
  hop->gateway = key.second;
  const table::Interface* out = links_.get(key.first);
  if (out == nullptr || !out->up) return hop;
  hop->interface = out->index;
  hop->port = out->port;
  hop->mtu = out->mtu;
  hop->features = out->features;
  const auto mac = macs_.find(key);
  hop->kind = mac == macs_.end() ? table::NextHopKind::kResolve : table::NextHopKind::kForward;
  if (mac != macs_.end()) write_front(*hop, *out, mac->second);
  return hop;
}

Result<NextHopId> Adjacencies::hold(const Key& key) {
  auto at = held_.find(key);
  if (at == held_.end()) {
    Result<NextHopId> id = slots_.make(describe(key));
    if (!id) return id;
    at = held_.emplace(key, Held{*id}).first;
  }
  ++at->second.users;
  return at->second.id;
}

void Adjacencies::release(const Key& key) {
  const auto at = held_.find(key);
  if (--at->second.users != 0) return;
  slots_.release(at->second.id);
  held_.erase(at);
}

void Adjacencies::learn(const Key& key, const std::optional<EtherAddr>& mac) {
  if (!mac) {
    if (macs_.erase(key) == 0) return;
  } else {
    const auto [at, fresh] = macs_.try_emplace(key, *mac);
    if (!fresh && at->second == *mac) return;
    at->second = *mac;
  }
  if (const auto at = held_.find(key); at != held_.end())
    slots_.change(at->second.id, describe(key));
}

void Adjacencies::refresh(IfIndex interface) {
  for (auto at = held_.lower_bound({interface, IpAddr()});
       at != held_.end() && at->first.first == interface; ++at)
    slots_.change(at->second.id, describe(at->first));
}

size_t Adjacencies::resolved() const {
  return static_cast<size_t>(std::count_if(
      held_.begin(), held_.end(), [&](const auto& one) { return macs_.contains(one.first); }));
}

}  // namespace spanway::publish
