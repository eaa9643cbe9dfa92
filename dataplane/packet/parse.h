// SPDX-License-Identifier: BSD-3-Clause
// One walk over a frame from its front, noting in Meta where every header stands.
//
// Pure: reads nothing outside the span, whatever the bytes say. Any thread.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/packet/drop_reason.h"
#include "dataplane/packet/meta.h"

namespace spanway {

// Extension headers of one IPv6 packet that are followed; RFC 8504 section 5.3 allows a limit.
inline constexpr unsigned kMaxExtensions = 16;

// Parses a whole Ethernet frame. `meta` comes fresh; its layer-2 to layer-4 fields are filled and
// meta.drop holds the verdict, which is also returned: kNone, or how the frame is malformed. With
// kIp4BadOptions everything else is valid and meta.icmp_value is the offending byte's offset in the
// IP header; for IPv6, meta.icmp_value is the offset of the field that named meta.protocol.
DropReason parse_frame(std::span<const uint8_t> frame, Meta& meta) noexcept;

// The same for a frame whose layer 2 is not written yet: meta.l3 is set, the version nibble there
// says which IP it is.
DropReason parse_ip(std::span<const uint8_t> frame, Meta& meta) noexcept;

}  // namespace spanway
