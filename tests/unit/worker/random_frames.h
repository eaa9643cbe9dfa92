// SPDX-License-Identifier: BSD-3-Clause
// Good, odd and broken IP frames for TestRouter, from a seed.
#pragma once

#include <vector>

#include "dataplane/base/random.h"
#include "tests/unit/worker/test_port.h"

namespace spanway::test {

// An unspoilt UDP packet to 10.SLOT.0.0/16 or 2001:db8:SLOT::/48, with `payload` bytes behind the
// UDP header.
[[nodiscard]] Frame good_frame(bool six, uint8_t slot, unsigned payload, Random& random);

// About half of them plain; the others have any of the faults and rarities that a router meets.
[[nodiscard]] std::vector<Arrival> random_frames(unsigned count, Random& random);

}  // namespace spanway::test
