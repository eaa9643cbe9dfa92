// SPDX-License-Identifier: BSD-3-Clause
// Hop limit, checksum and size of what passes through: RFC 1812 sections 5.3.1 and 4.2.2.7, RFC
// 8200.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Packets ready to leave go to `to_output`, those whose neighbour is unknown go to `to_resolve`
// unchanged: they come this way again. Packets over the MTU that may be cut are sent from here in
// fragments.
void ip_forward(Context& context, const RoutedBatch& in, RoutedBatch& to_output,
                RoutedBatch& to_resolve, Batch& refused) noexcept;

}  // namespace spanway::stage
