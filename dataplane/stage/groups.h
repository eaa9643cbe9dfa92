// SPDX-License-Identifier: BSD-3-Clause
// Which addresses mean this router on one link, beside those that the FIB knows. Any thread.
#pragma once

#include "dataplane/base/ip_addr.h"
#include "dataplane/table/interface.h"

namespace spanway::stage {

// One of the addresses that are configured there.
inline bool has_address(const table::Interface& interface, const IpAddr& address) noexcept {
  for (const IpWithLength& own : interface.addresses)
    if (own.addr == address) return true;
  return false;
}

// All nodes, all routers (RFC 4291 section 2.7.1), and the solicited-node groups of our addresses,
// tentative ones included: another node may be about to take one (RFC 4862 section 5.4.3).
inline bool has_joined(const table::Interface& interface, const Ip6Addr& group) noexcept {
  constexpr Ip6Addr kAllNodes{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  constexpr Ip6Addr kAllRouters{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
  if (group == kAllNodes || group == kAllRouters) return true;
  for (const IpWithLength& own : interface.addresses)
    if (own.addr.is6() && own.addr.v6().solicited_node() == group) return true;
  for (const Ip6Addr& own : interface.tentative)
    if (own.solicited_node() == group) return true;
  return false;
}

// The network or broadcast address of a subnet on that link (RFC 1122 section 3.2.1.3). Subnets of
// /31 and /32 have none (RFC 3021).
inline bool is_subnet_broadcast(const table::Interface& interface, Ip4Addr address) noexcept {
  for (const IpWithLength& own : interface.addresses) {
    if (!own.addr.is4() || own.length >= 31) continue;
    const uint32_t mask = mask4(own.length);
    if ((address.value() & mask) != (own.addr.v4().value() & mask)) continue;
    const uint32_t host = address.value() & ~mask;
    if (host == 0 || host == ~mask) return true;
  }
  return false;
}

}  // namespace spanway::stage
