// SPDX-License-Identifier: BSD-3-Clause
// Judges [ospf] against itself and the interfaces. Any thread; no state.
#pragma once

#include <functional>
#include <string>

#include "control/config/parse.h"
#include "control/config/schema.h"

namespace spanway::config {

struct OspfSurroundings {
  // Whether there is an interface of this name; the fault for one that is not, at a place.
  std::function<bool(const std::string& name)> is_there;
  std::function<void(Place at, const std::string& message, const std::string& name)> unknown;
  std::function<void(Place at, std::string message, std::string fix)> fault;
};
void validate_ospf(const Config& config, const Places& places, const OspfSurroundings& around);

// The router's ID: as configured, or the highest IPv4 address of an interface; nullopt: neither.
[[nodiscard]] std::optional<Ip4Addr> router_id_of(const Config& config);

}  // namespace spanway::config
