// SPDX-License-Identifier: BSD-3-Clause
// Asks of an IPv6 packet what RFC 8200 sections 3 and 4.3 and the scopes of RFC 4007 and RFC 4291
// ask before it is routed.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Unicast of more than one link goes to `to_route`; our own link-local addresses and the groups
// that we joined go to `to_local`; packets whose sender must be told go to `refused`.
void ip6_input(Context& context, const Batch& in, Batch& to_route, Batch& to_local,
               Batch& refused) noexcept;

}  // namespace spanway::stage
