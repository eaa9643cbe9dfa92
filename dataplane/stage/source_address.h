// SPDX-License-Identifier: BSD-3-Clause
// Which of our addresses an ICMP message of ours speaks from. Any thread.
#pragma once

#include <optional>

#include "dataplane/base/ip_addr.h"
#include "dataplane/table/interface.h"

namespace spanway::stage {

// The first IPv4 address of the interface; failing that, of any other; nullopt when we have none.
std::optional<Ip4Addr> source4(const table::InterfaceSet& interfaces, IfIndex at) noexcept;

// The same for IPv6, of the scope that `to` needs (RFC 6724 section 5 rule 2): a link-local address
// of the interface itself for a link-local destination, a wider one otherwise.
std::optional<Ip6Addr> source6(const table::InterfaceSet& interfaces, IfIndex at,
                               const Ip6Addr& to) noexcept;

}  // namespace spanway::stage
