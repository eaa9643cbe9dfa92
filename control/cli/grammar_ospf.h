// SPDX-License-Identifier: BSD-3-Clause
// The commands of OSPF, a part of the one table. Only for grammar.cc.
#pragma once

#include <vector>

#include "control/cli/grammar.h"

namespace spanway::cli {

std::vector<Command> looking_at_ospf();
std::vector<Command> changing_ospf();

}  // namespace spanway::cli
