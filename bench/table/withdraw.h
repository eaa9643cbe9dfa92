// SPDX-License-Identifier: BSD-3-Clause
// The mark withdraw: routes taken out while a worker looks addresses up.
#pragma once

#include <span>
#include <vector>

#include "bench/micro/prefixes.h"
#include "bench/micro/report.h"
#include "bench/micro/setup.h"

namespace spanway::bench {

// How fast routes go, against our own load of them; and what of that the worker feels. Its rate
// during the withdrawal stands beside its rate in calm; while the other core only computes; and
// while the other core withdraws the same routes from another router's tables, which costs the
// machine the same and touches nothing that the worker reads. All of it for two kinds of traffic.
// The worker has the last of the cores to itself, control the others.
std::vector<Case> withdraw_mark(const Routes4& routes, const Options& options,
                                std::span<const unsigned> cores);

}  // namespace spanway::bench
