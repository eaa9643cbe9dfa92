// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/version.h"

#include <rte_version.h>

namespace spanway::daemon {

std::string dpdk_version() {
  const std::string text = rte_version();  // "DPDK 22.11.11"
  const size_t space = text.find(' ');
  return space == std::string::npos ? text : text.substr(space + 1);
}

}  // namespace spanway::daemon
