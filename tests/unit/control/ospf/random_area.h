// SPDX-License-Identifier: BSD-3-Clause
// An area by chance, and a life of it: LSAs come, change a little and go, as routers would have it
// and as none should. What it is made of is so little (prefixes, costs, addresses) that much of it
// meets.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/base/random.h"
#include "tests/unit/control/ospf/areas.h"

namespace spanway::ospf {

// Router 1 is this one.
class RandomArea {
 public:
  using Database = std::map<LsaKey, std::shared_ptr<const Lsa>>;

  explicit RandomArea(uint64_t seed);
  // One LSA comes, changes or goes, or the root's own knowledge changes; `tell` hears of each.
  void step();
  std::function<void(const LsaKey&, const std::shared_ptr<const Lsa>&)> tell;  // nullptr: gone
  std::function<void(const Root&)> tell_root;

  [[nodiscard]] const Database& database() const { return database_; }
  [[nodiscard]] const Root& root() const { return root_; }
  // All of it, as if it came now.
  void feed(RouteTable& table) const;

 private:
  [[nodiscard]] uint32_t below(uint64_t bound) {
    return static_cast<uint32_t>(random_.below(bound));
  }
  [[nodiscard]] bool one_in(uint64_t n) { return random_.below(n) == 0; }
  [[nodiscard]] uint32_t any_router() { return 1 + below(routers_); }
  [[nodiscard]] static Ip4Addr dr(uint32_t network) {
    return {10, 5, static_cast<uint8_t>(network), 1};
  }
  [[nodiscard]] uint16_t metric();
  [[nodiscard]] RouterLink any_stub();
  [[nodiscard]] RouterLink any_transit(uint32_t by);
  [[nodiscard]] RouterLink any_link(uint32_t by);
  [[nodiscard]] LsaBody any_network();
  [[nodiscard]] LsaBody any_external();
  void link_up(uint32_t a, uint32_t b);
  void change_router(uint32_t id);
  void change_network();
  void change_external();
  void change_root();
  void put(const LsaKey& key, LsaBody body);
  void drop(const LsaKey& key);
  [[nodiscard]] RouterLsa router(uint32_t id) const;

  Random random_;
  uint32_t routers_, networks_;
  uint32_t mood_ = 0;  // of the root's links: which neighbours are known by which address
  Database database_;
  Root root_;
};

}  // namespace spanway::ospf
