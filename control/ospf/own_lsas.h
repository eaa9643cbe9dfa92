// SPDX-License-Identifier: BSD-3-Clause
// What this router has to say about itself (RFC 2328 section 12.4): functions of its interfaces.
// Control thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "control/ospf/core.h"
#include "control/ospf/lsa.h"
#include "control/ospf/routes.h"

namespace spanway::ospf {

struct OwnRouterLsa {
  RouterLsa body;
  std::vector<RootLink> links;  // by place in body.links
  bool operator==(const OwnRouterLsa&) const = default;
};

// Section 12.4.1. stubs: hosts and networks behind this router that no interface has.
OwnRouterLsa make_router_lsa(const Core& core, const std::map<Prefix4, uint16_t>& stubs,
                             bool announces_externals);

// Section 12.4.2; nullopt where this router is not the network's designated router, or has no
// adjacency there. Its ID is the interface's address.
std::optional<NetworkLsa> make_network_lsa(const Core& core, const Interface& interface);

}  // namespace spanway::ospf
