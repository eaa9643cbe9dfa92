// SPDX-License-Identifier: BSD-3-Clause
// A number that is the same for all frames of one flow: what a card's RSS would give.
#pragma once

#include <cstdint>

#include "dataplane/packet/packet.h"

namespace spanway::sim {

// 0 for frames that are neither IPv4 nor IPv6.
uint32_t spread(const Packet* packet) noexcept;

}  // namespace spanway::sim
