// SPDX-License-Identifier: BSD-3-Clause
// The batch road of the IPv6 table: the changes one by one.
#include "dataplane/table/fib6.h"

namespace spanway::table {

std::vector<uint32_t> Fib6::apply(std::span<const Change6> changes, Crew* /*crew*/) {
  std::vector<uint32_t> refused;
  for (uint32_t i = 0; i < changes.size(); ++i) {
    const auto& [prefix, hop] = changes[i];
    const Status done = hop == NextHopId{} ? remove(prefix) : insert(prefix, hop);
    if (!done && done.error().code != ErrorCode::kNotFound) refused.push_back(i);
  }
  return refused;
}

}  // namespace spanway::table
