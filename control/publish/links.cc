// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/links.h"

namespace spanway::publish {
namespace {

unsigned host_length(const IpAddr& ip) { return ip.is4() ? 32 : 128; }

bool is_link_local(const IpAddr& ip) { return ip.is6() && ip.v6().is_link_local(); }

// The length of the longest subnet of the interface that has `ip`; -1: none. Not for own addresses.
int longest_subnet(const table::Interface& interface, const IpAddr& ip) {
  int longest = -1;
  for (const IpWithLength& own : interface.addresses) {
    if (own.addr == ip) return -1;
    if (own.length < host_length(own.addr) && own.prefix().contains(ip) &&
        static_cast<int>(own.length) > longest)
      longest = static_cast<int>(own.length);
  }
  return longest;
}

}  // namespace

IfIndex Links::reach(const rib::Via& via) const {
  if (via.interface != kNoInterface) {
    const table::Interface* one = get(via.interface);
    if (one == nullptr || !one->up) return kNoInterface;
    return is_link_local(via.gateway) || longest_subnet(*one, via.gateway) >= 0 ? via.interface : kNoInterface;
  }
  if (is_link_local(via.gateway)) return kNoInterface;
  IfIndex best = kNoInterface;
  int longest = -1;
  for (const table::Interface& one : set_.all()) {
    if (one.index == kNoInterface || !one.up) continue;
    const int length = longest_subnet(one, via.gateway);
    if (length <= longest) continue;
    longest = length;
    best = one.index;
  }
  return best;
}

bool Links::is_neighbour(IfIndex interface, const IpAddr& ip) const {
  const table::Interface* one = get(interface);
  return one != nullptr && one->up && !is_link_local(ip) && longest_subnet(*one, ip) >= 0 &&
         reach({ip, kNoInterface, 1}) == interface;
}

std::map<Prefix, IfIndex> Links::subnets() const {
  std::map<Prefix, IfIndex> found;
  for (const table::Interface& one : set_.all()) {
    if (one.index == kNoInterface || !one.up) continue;
    for (const IpWithLength& own : one.addresses)
      if (own.length < host_length(own.addr) && !is_link_local(own.addr))
        found.try_emplace(own.prefix(), one.index);
  }
  return found;
}

std::set<Prefix> Links::local() const {
  std::set<Prefix> found;
  for (const table::Interface& one : set_.all()) {
    if (one.index == kNoInterface || !one.up) continue;
    for (const IpWithLength& own : one.addresses) {
      found.insert(Prefix(own.addr, host_length(own.addr)));
      if (own.addr.is4() && own.length < 31) {
        const uint32_t last = own.addr.v4().value() | ~mask4(own.length);
        found.insert(Prefix(Prefix4(Ip4Addr(last), 32)));
      }
      // RFC 6164 section 5: not on /127, where it is the other router's address.
      if (own.addr.is6() && own.length < 127 && !is_link_local(own.addr))
        found.insert(Prefix(own.prefix().addr(), 128));
    }
  }
  return found;
}

}  // namespace spanway::publish
