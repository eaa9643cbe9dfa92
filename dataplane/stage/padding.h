// SPDX-License-Identifier: BSD-3-Clause
// Cuts what stands behind the IP packet: padding of a short Ethernet frame is not ours to pass on.
#pragma once

#include "dataplane/packet/packet.h"

namespace spanway::stage {

inline void trim_padding(Packet* p) noexcept {
  const uint32_t wanted = uint32_t{meta(p).l3} + meta(p).l3_bytes;
  if (length(p) > wanted) trim_back(p, static_cast<uint16_t>(length(p) - wanted));
}

}  // namespace spanway::stage
