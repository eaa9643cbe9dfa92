// SPDX-License-Identifier: BSD-3-Clause
// The part of a network card that writes checksums into frames on their way out.
#pragma once

#include <cstdint>

#include "dataplane/packet/packet.h"

namespace spanway::test {

// Does what DPDK's rte_mbuf_core.h has a card do for the flags RTE_MBUF_F_TX_* of the buffer, and
// nothing else: it finds headers only by l2_len and l3_len, and adds whatever stands in the fields
// that it is to fill. Returns those flags. Ends the test when they contradict each other.
uint64_t do_as_asked(Packet* packet);

}  // namespace spanway::test
