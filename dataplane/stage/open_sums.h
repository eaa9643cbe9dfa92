// SPDX-License-Identifier: BSD-3-Clause
// The checksums that a packet of our own making still lacks, and who writes them in the end.
//
// Who makes or changes such a packet leaves its sums open rather than compute them: on its way out
// the card of its port may write them. Until they are closed the fields hold nothing of meaning, so
// whoever shows the bytes to somebody else closes them first: link_output (there the card may
// help), fragment, punt. A packet that is only passed through never has an open sum; RFC 1624 mends
// the one that it brought. The worker that owns the packet.
#pragma once

#include <cstdint>

#include "dataplane/packet/packet.h"

namespace spanway::stage {

// `sums` of Meta::kOpenSums: the IPv4 header's, and that of a whole UDP or TCP segment. What the
// packet does not have is passed over in silence. ICMP's is always its maker's to write: no card of
// DPDK 22.11 is told of it. Meta says of `p` what parse says.
void leave_open(Packet* p, uint16_t sums) noexcept;

inline bool has_open_sums(const Packet* p) noexcept {
  return (meta(p).flags & Meta::kOpenSums) != 0;
}

// Writes what is open, or asks the card for those in `card` that cards can do for this packet: a
// zero in the IPv4 header, the pseudo header's sum in the segment, and the flags and lengths of
// DPDK's buffer. Nothing is open afterwards; until the packet has left, only a port that does what
// `card` says may have it.
void close_sums(Packet* p, uint16_t card = 0) noexcept;

}  // namespace spanway::stage
