// SPDX-License-Identifier: BSD-3-Clause
// The options of IPv6 hop-by-hop and destination headers: RFC 8200 section 4.2.
#pragma once

#include <cstdint>

#include "dataplane/packet/packet.h"
#include "dataplane/stage/icmp_error.h"

namespace spanway::stage {

struct OptionVerdict {
  bool keep = true;
  IcmpError error = IcmpError::kNone;  // when not kept: what to tell the sender
  uint32_t pointer = 0;                // offset of the offending byte from the IPv6 header
};

// Judges the options header that starts `at` bytes into the frame; parse has checked its bounds.
// Notes a router alert in Meta.
OptionVerdict judge_options6(Packet* p, unsigned at) noexcept;

}  // namespace spanway::stage
