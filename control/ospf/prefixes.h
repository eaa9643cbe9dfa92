// SPDX-License-Identifier: BSD-3-Clause
// Which networks an LSA names: the leaves of the tree (RFC 2328 16.1, second stage, and 16.4).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "control/ospf/lsa.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"

namespace spanway::ospf {

// nullopt where nobody may be reached: a mask with holes, or a network that is no unicast one
// (this host's, loopback, multicast, reserved; RFC 1122 3.2.1.3). Host bits that keep two LSAs
// apart (appendix E) do not count.
std::optional<Prefix4> named_prefix(Ip4Addr address, Ip4Addr mask) noexcept;

struct Leaf {
  Prefix4 prefix;
  uint32_t metric;
  uint32_t place;  // of a router's link
};

// The stubs of a router-LSA, the network of a network-LSA; in the order of the LSA.
std::vector<Leaf> leaves(const Lsa& lsa);

// Do they make the same graph? Both of one key.
bool same_shape(const Lsa& a, const Lsa& b);

}  // namespace spanway::ospf
