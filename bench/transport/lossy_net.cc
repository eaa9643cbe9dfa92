// SPDX-License-Identifier: BSD-3-Clause
#include "bench/transport/lossy_net.h"

#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace spanway::bench {
namespace {

bool does(const std::string& command) { return std::system(command.c_str()) == 0; }

}  // namespace

bool enter_own_network() {
  return does("command -v nft ip >/dev/null") && unshare(CLONE_NEWNET) == 0 &&
         does("ip link set lo up");
}

bool lose(double share) {
  constexpr int kOf = 100'000;
  const std::string rule = "meta l4proto tcp numgen random mod " + std::to_string(kOf) + " < " +
                           std::to_string(static_cast<int>(share * kOf)) + " drop";
  return does(
      "nft 'flush ruleset; table inet loss { chain in { type filter hook input priority 0; " +
      rule + "; }; }'");
}

}  // namespace spanway::bench
