// SPDX-License-Identifier: BSD-3-Clause
// Faults for which a received frame is dropped without a word to anyone, in scalar code: the
// definition that every kernel must agree with. Any thread; pure.
#pragma once

#include <array>

#include "dataplane/base/ether_addr.h"
#include "dataplane/packet/drop_reason.h"
#include "dataplane/packet/packet.h"

namespace spanway::worker {

// All that silent_fault() finds.
inline constexpr std::array kSilentFaults = {
    DropReason::kNotOurMac,           DropReason::kIp4Truncated,      DropReason::kIp4BadVersion,
    DropReason::kIp4BadHeaderLength,  DropReason::kIp4BadTotalLength, DropReason::kIp4BadChecksum,
    DropReason::kIp4MartianSource,    DropReason::kIp6Truncated,      DropReason::kIp6BadVersion,
    DropReason::kIp6BadPayloadLength, DropReason::kIp6MartianSource,
};

// The reason for which stage/ would drop this frame, received on an interface that is up and has
// `mac`; kNone when it would not, or when that takes more than a look at the fixed headers.
[[nodiscard]] DropReason silent_fault(const Packet* packet, const EtherAddr& mac) noexcept;

}  // namespace spanway::worker
