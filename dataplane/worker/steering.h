// SPDX-License-Identifier: BSD-3-Clause
// Software receive-side scaling: which worker owns a frame's flow. Any thread; pure.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/base/ids.h"
#include "dataplane/packet/packet.h"

namespace spanway::worker {

// The owner of the flow (addresses, protocol, and the ports of an unfragmented TCP or UDP packet)
// among `workers` of them; nullopt when the frame is not IP in a readable form: it stays where it
// arrived. Reads the frame, trusts nothing in it.
[[nodiscard]] std::optional<WorkerId> flow_owner(const Packet* packet, uint16_t workers) noexcept;

}  // namespace spanway::worker
