// SPDX-License-Identifier: BSD-3-Clause
// The way in of a packet (RFC 2328 section 8.2): is it for us, from whom, is it true, and who takes
// it. Control thread.
#pragma once

#include <span>

#include "control/ospf/core.h"

namespace spanway::ospf {

void receive_packet(Core& core, Interface& interface, Ip4Addr source,
                    std::span<const uint8_t> bytes);

}  // namespace spanway::ospf
