// SPDX-License-Identifier: BSD-3-Clause
// `spanwayd --ospf-replay FILE`: a recorded run of OSPF over again, without a network.
#pragma once

#include <string>

namespace spanway::daemon {

// Prints what came of it; 0: it went the same way, 1: it did not, or the file can not be read.
int run_ospf_replay(const std::string& path, bool json);

}  // namespace spanway::daemon
