// SPDX-License-Identifier: BSD-3-Clause
// The 32-bit names of OSPF (RFC 2328 sections 1.2 and 12.1.4). Host order; each of its own type, so
// that an area can not be taken for a router.
#pragma once

#include <cstdint>

#include "dataplane/base/ids.h"

namespace spanway::ospf {

using RouterId = Id<struct RouterTag, uint32_t>;
using AreaId = Id<struct AreaTag, uint32_t>;
// What it names depends on the LSA's type: a router, an interface address or a network.
using LinkStateId = Id<struct LinkStateTag, uint32_t>;

}  // namespace spanway::ospf
