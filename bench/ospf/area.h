// SPDX-License-Identifier: BSD-3-Clause
// An area to calculate: made up by a seed, the same for us and for others. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "control/ospf/lsa.h"
#include "control/ospf/routes.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/random.h"

namespace spanway::bench {

// Router 1 is the one that calculates; its only link leads to router 2. From there on each router
// has four point-to-point links on average and costs of 1 to 20, a loopback address, and the
// subnets of its links as stubs. The last router announces the externals.
class Area {
 public:
  Area(size_t routers, size_t externals, uint64_t seed);

  [[nodiscard]] static ospf::RouterId id(size_t router) {
    return ospf::RouterId{0x0a00'0000u + static_cast<uint32_t>(router)};
  }
  // The subnet between routers 1 and 2.
  static constexpr Ip4Addr kOurs{172, 31, 0, 1}, kNext{172, 31, 0, 2};
  static constexpr uint16_t kCost = 10;

  // All but router 1's own LSA, which is whatever it announces itself.
  [[nodiscard]] const std::vector<std::shared_ptr<const ospf::Lsa>>& lsas() const { return lsas_; }
  // Router 1's, for those who have none of their own, and what it knows of its link.
  [[nodiscard]] std::shared_ptr<const ospf::Lsa> own(uint16_t cost = kCost) const;
  [[nodiscard]] static ospf::Root root();

  // The next instance of some router's LSA, one of its links 20 dearer, or as cheap again.
  std::shared_ptr<const ospf::Lsa> change_link();
  // The same of all links of router 2 but that to us: every distance behind it is another one.
  std::shared_ptr<const ospf::Lsa> change_near();
  // The cost of a router's loopback; an external's metric.
  std::shared_ptr<const ospf::Lsa> change_stub();
  std::shared_ptr<const ospf::Lsa> change_external();

 private:
  void link(size_t a, size_t b);
  std::shared_ptr<const ospf::Lsa> next(size_t at, ospf::LsaBody body);

  Random random_;
  size_t routers_, externals_;
  size_t changed_ = 0;  // routers whose links were, so that each has its turn
  uint32_t subnets_ = 0;
  std::vector<ospf::RouterLsa> building_;
  std::vector<std::shared_ptr<const ospf::Lsa>> lsas_;  // routers 2 and up, then externals
};

}  // namespace spanway::bench
