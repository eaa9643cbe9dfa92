// SPDX-License-Identifier: BSD-3-Clause
// EAL and buffer pools for tests: no hugepages, no PCI, no root.
#pragma once

#include "dataplane/packet/packet.h"

namespace spanway::test {

// The pool that the tests of this process share; made on first use, together with EAL.
BufferSource buffers();
// Buffers of the shared pool that are not in it or in a per-thread cache: 0 means nothing leaked.
unsigned buffers_in_use();

}  // namespace spanway::test
