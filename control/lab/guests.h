// SPDX-License-Identifier: BSD-3-Clause
// Linux hosts of the lab: network namespaces that hold routers' TAPs. Needs root; control thread.
#pragma once

#include <string>
#include <vector>

#include "control/lab/plan.h"
#include "dataplane/base/result.h"

namespace spanway::lab {

class Guests {
 public:
  Guests() = default;
  // Deletes every namespace made here, and with them the TAPs.
  ~Guests();
  Guests(const Guests&) = delete;
  Guests& operator=(const Guests&) = delete;

  // Makes the namespace, moves the TAP there, gives it addresses and default routes. The TAP
  // exists.
  Status add(const GuestPlan& plan);

  struct Made {
    std::string name;
    std::string netns;  // for `ip netns exec`
    std::vector<IpWithLength> addresses;
  };
  [[nodiscard]] const std::vector<Made>& all() const noexcept { return made_; }

 private:
  std::vector<Made> made_;
};

}  // namespace spanway::lab
