// SPDX-License-Identifier: BSD-3-Clause
// Writes the frame's front and puts it into the port's output.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Every hop is kForward. Takes all packets.
void link_output(Context& context, const RoutedBatch& in) noexcept;

// A whole untagged Ethernet frame, out of `interface` as it is; its VLAN tag is added here.
void send_frame(Context& context, Packet* p, const table::Interface& interface) noexcept;

}  // namespace spanway::stage
