// SPDX-License-Identifier: BSD-3-Clause
// The election of a network's designated router and its backup (RFC 2328 section 9.4), a function
// of what the routers on the network say. Control thread.
#pragma once

#include <cstdint>
#include <span>

#include "control/ospf/ids.h"
#include "control/ospf/states.h"
#include "dataplane/base/ip_addr.h"

namespace spanway::ospf {

struct Candidate {
  RouterId router;
  Ip4Addr address;
  uint8_t priority = 0;        // 0: can not be elected
  Ip4Addr designated, backup;  // what it says of itself and the others
};

struct Elected {
  Ip4Addr designated, backup;  // 0.0.0.0 for none
  bool operator==(const Elected&) const = default;
};

// self: this router with what it said until now. others: the neighbours of at least 2-Way; their
// order does not matter. Includes step 4: where this router's own part changes, the election is
// held a second time.
Elected elect(Candidate self, std::span<const Candidate> others);

}  // namespace spanway::ospf
