// SPDX-License-Identifier: BSD-3-Clause
// Faults for which a received frame is dropped without a word to anyone. Any thread; pure.
#pragma once

#include "dataplane/base/ether_addr.h"
#include "dataplane/packet/drop_reason.h"
#include "dataplane/packet/packet.h"

namespace spanway::worker {

// The reason for which stage/ would drop this frame, received on an interface that is up and has
// `mac`; kNone when it would not, or when that takes more than a look at the fixed headers.
[[nodiscard]] DropReason silent_fault(const Packet* packet, const EtherAddr& mac) noexcept;

}  // namespace spanway::worker
