// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/subnets.h"

#include <algorithm>
#include <tuple>

#include "dataplane/base/hash.h"

namespace spanway::config {
namespace {

bool link_local(const IpAddr& ip) { return ip.is6() && ip.v6().is_link_local(); }

Ip4Addr broadcast_of(const Prefix4& subnet) {
  return Ip4Addr(subnet.addr().value() | ~mask4(subnet.length()));
}

Error refuse(const std::string& what, const char* why, std::string fix = {}) {
  return Error{ErrorCode::kInvalid, what + " " + why, std::move(fix)};
}

Status check_host4(const IpWithLength& address) {
  const Ip4Addr ip = address.addr.v4();
  const std::string text = address.to_string();
  if (ip.value() >> 24 == 0) return refuse(text, "is in 0.0.0.0/8, which is no host's");
  if (ip.is_loopback()) return refuse(text, "is a loopback address");
  if (ip.is_multicast()) return refuse(text, "is a multicast address");
  if (ip.is_reserved() || ip.is_broadcast()) return refuse(text, "is a reserved address");
  if (address.length == 0) return refuse(text, "spans every address", ip.to_string() + "/24");
  if (address.length >= 31) return {};  // RFC 3021: both of a /31 are hosts
  const Prefix4 subnet(ip, address.length);
  if (ip == subnet.addr())
    return refuse(text, "is the subnet itself, not a host in it",
                  Ip4Addr(ip.value() + 1).to_string() + "/" + std::to_string(address.length));
  if (ip == broadcast_of(subnet))
    return refuse(text, "is the broadcast address of its subnet",
                  Ip4Addr(ip.value() - 1).to_string() + "/" + std::to_string(address.length));
  return {};
}

Status check_host6(const IpWithLength& address) {
  const Ip6Addr& ip = address.addr.v6();
  const std::string text = address.to_string();
  if (ip.is_unspecified()) return refuse(text, "is the unspecified address");
  if (ip.is_loopback()) return refuse(text, "is the loopback address");
  if (ip.is_multicast()) return refuse(text, "is a multicast address");
  if (address.length == 0) return refuse(text, "spans every address", ip.to_string() + "/64");
  return {};
}

}  // namespace

size_t IpHash::operator()(const IpAddr& ip) const noexcept {
  return ip.is4() ? hash_mix(ip.v4().value(), 4) : hash_mix(ip.v6().high(), ip.v6().low() ^ 6);
}

size_t PrefixHash::operator()(const Prefix& prefix) const noexcept {
  return hash_mix(IpHash{}(prefix.addr()), prefix.length());
}

Status check_host(const IpWithLength& address) {
  return address.addr.is4() ? check_host4(address) : check_host6(address);
}

Status check_destination(const Prefix& prefix) {
  const std::string text = prefix.to_string();
  if (prefix.length() == 0) return {};
  if (!prefix.is4()) {
    const Ip6Addr& ip = prefix.v6().addr();
    if (ip.is_multicast()) return refuse(text, "leads to multicast groups");
    if (ip.is_loopback() || (ip.is_unspecified() && prefix.length() == 128))
      return refuse(text, "leads to an address that never leaves a host");
    if (ip.is_link_local()) return refuse(text, "leads to link-local addresses");
    return {};
  }
  const Ip4Addr ip = prefix.v4().addr();
  if (ip.is_multicast()) return refuse(text, "leads to multicast groups");
  // RFC 1812 section 5.3.7: never forwarded, whatever a table says.
  if ((ip.value() >> 24 == 0 && prefix.length() >= 8) || ip.is_loopback() || ip.is_reserved() ||
      ip.is_broadcast())
    return refuse(text, "leads to addresses that are never forwarded");
  return {};
}

void Subnets::add(const IpWithLength& address, size_t owner) {
  entries_.push_back({address, owner});
  owners_.emplace(address.prefix(), owner);
  if (!link_local(address.addr)) ours_.insert(address.addr);
  auto& lengths = address.addr.is4() ? lengths4_ : lengths6_;
  if (std::find(lengths.begin(), lengths.end(), address.length) == lengths.end())
    lengths.push_back(address.length);
}

// Sorted by subnet, a subnet's insides follow it at once: a stack of the subnets still open is
// enough to see every overlap.
std::vector<Overlap> Subnets::overlaps() const {
  std::vector<Overlap> out;
  std::vector<Entry> sorted;
  for (const Entry& entry : entries_)
    if (!link_local(entry.address.addr)) sorted.push_back(entry);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    const Prefix pa = a.address.prefix(), pb = b.address.prefix();
    return std::tuple(pa.addr(), pa.length()) < std::tuple(pb.addr(), pb.length());
  });
  std::unordered_map<IpAddr, const Entry*, IpHash> seen;
  std::vector<const Entry*> open;
  for (const Entry& entry : sorted) {
    while (!open.empty() && !open.back()->address.prefix().contains(entry.address.addr))
      open.pop_back();
    const auto [twin, fresh] = seen.emplace(entry.address.addr, &entry);
    const Entry* clash = fresh ? nullptr : twin->second;
    for (const Entry* outer : open)
      if (clash == nullptr && outer->owner != entry.owner) clash = outer;
    if (clash != nullptr) {
      const bool swap = entry.owner < clash->owner;
      const Entry& first = swap ? entry : *clash;
      const Entry& second = swap ? *clash : entry;
      out.push_back({first.owner, second.owner, first.address, second.address, !fresh});
    }
    open.push_back(&entry);
  }
  return out;
}

bool Subnets::is_ours(const IpAddr& ip) const { return ours_.contains(ip); }

bool Subnets::reaches(const IpAddr& ip, size_t owner) const {
  for (const unsigned length : ip.is4() ? lengths4_ : lengths6_) {
    const Prefix subnet(ip, length);
    const auto [first, last] = owners_.equal_range(subnet);
    for (auto at = first; at != last; ++at) {
      if (owner != kAny && at->second != owner) continue;
      return check_host({ip, length}).has_value();
    }
  }
  return false;
}

}  // namespace spanway::config
