// SPDX-License-Identifier: BSD-3-Clause
// From the words of the config to those of OSPF. Pure functions; control thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/config/ospf.h"
#include "control/ospf/settings.h"
#include "dataplane/base/result.h"

namespace spanway::daemon {

struct OspfWanted {
  ospf::RouterSettings router;
  std::map<std::string, ospf::Authenticator> authenticators;  // by port; none: no authentication
};

// What the config does not say.
struct OspfFacts {
  Ip4Addr router;
  int64_t unix_offset_ns = 0;  // see EngineOptions
  uint64_t seed = 1;
  Nanos now{};
};

// Fails where OpenSSL will not have an algorithm.
Result<OspfWanted> ospf_wanted(const config::Ospf& config, const OspfFacts& facts);

ospf::InterfaceSettings ospf_interface(const config::OspfPort& port, const OspfWanted& wanted);

std::vector<config::OspfKey> ospf_keys_of(const config::Ospf& config, const std::string& port);

// Whether a change from one to the other can be made while adjacencies live.
bool ospf_same_router(const ospf::RouterSettings& a, const ospf::RouterSettings& b);

}  // namespace spanway::daemon
