// SPDX-License-Identifier: BSD-3-Clause
// Changes of the running configuration on behalf of one request. Control thread.
#pragma once

#include <string>
#include <vector>

#include "control/config/diff.h"
#include "control/config/store.h"
#include "control/daemon/engine.h"

namespace spanway::daemon {

Result<config::ApplyReport> amend(Engine& engine, const std::vector<config::Change>& changes);
Result<config::ApplyReport> apply(Engine& engine, const config::Config& wanted,
                                  Nanos confirm = Nanos());

// Take an interface, or a port with its VLANs, out of a config together with what stands on it:
// addresses, neighbours, and the gateways of routes that only its subnets reach.
void drop_interface(config::Config& config, const std::string& name);
void drop_port(config::Config& config, const std::string& name);

}  // namespace spanway::daemon
