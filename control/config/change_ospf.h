// SPDX-License-Identifier: BSD-3-Clause
// The words for a change of [ospf]. Secrets are never among them. Any thread.
#pragma once

#include <string>
#include <vector>

#include "control/config/ospf.h"

namespace spanway::config {

// Appends "~ ospf port p0.cost 10->30" and the like, a line for each field that differs.
void describe_ospf(const Ospf& before, const Ospf& after, std::vector<std::string>& out);

}  // namespace spanway::config
