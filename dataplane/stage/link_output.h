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

// An IPv6 packet of ours to the link-local peer that has just spoken on `interface` from that MAC.
void send_on_link(Context& context, Packet* p, IfIndex interface, const EtherAddr& peer) noexcept;

}  // namespace spanway::stage
