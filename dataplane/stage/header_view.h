// SPDX-License-Identifier: BSD-3-Clause
// The headers of a parsed packet, by what Meta says of it; and its notes, set and read.
#pragma once

#include "dataplane/packet/headers.h"
#include "dataplane/packet/packet.h"

namespace spanway::stage {

// Valid once parse has found the family that is asked for.
inline Ip4Header& ip4(Packet* p) noexcept { return header_at<Ip4Header>(p, meta(p).l3); }
inline Ip6Header& ip6(Packet* p) noexcept { return header_at<Ip6Header>(p, meta(p).l3); }

inline bool is_set(const Meta& m, Meta::Flag flag) noexcept { return (m.flags & flag) != 0; }
inline void set(Meta& m, Meta::Flag flag) noexcept {
  m.flags = static_cast<uint16_t>(m.flags | flag);
}
// Source and destination port as they lie in memory; 0 where there are none in reach.
inline uint32_t ports_of(Packet* p) noexcept {
  const Meta& m = meta(p);
  const bool has_ports = m.protocol == ip_proto::kTcp || m.protocol == ip_proto::kUdp;
  if (!has_ports || m.l4 == 0 || is_set(m, Meta::kFragment)) return 0;
  return header_at<Be32>(p, m.l4).raw();
}

}  // namespace spanway::stage
