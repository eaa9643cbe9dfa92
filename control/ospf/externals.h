// SPDX-License-Identifier: BSD-3-Clause
// Routes out of the AS (RFC 2328 16.4). Each AS-external-LSA is a claim behind a way: its router,
// or the forwarding address that the router names instead. Many LSAs share a way; when the tree or
// a network inside moves, only ways are looked at, and only what is behind one that moved with it
// is weighed again. Control thread.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/ospf/destinations.h"
#include "control/ospf/ids.h"
#include "control/ospf/lsa.h"
#include "control/ospf/lsa_key_hash.h"

namespace spanway::ospf {

class Externals {
 public:
  // Where the tree has an AS boundary router; unreachable if it is none (its E bit).
  using FindBorder = std::function<Position(RouterId)>;

  Externals(Destinations& destinations, FindBorder border)
      : destinations_(destinations), border_(std::move(border)) {}

  // Other routers' LSAs of type 5. put() replaces what was put by that key. false: nothing is new.
  bool put(const Lsa& lsa);
  bool remove(const LsaKey& key);
  void set_own_addresses(std::vector<Ip4Addr> addresses) { own_ = std::move(addresses); }

  // Between two settle() of the destinations.
  void settle_all();
  void settle(std::span<const Prefix4> moved);  // the tree is as it was; these networks are not

 private:
  struct WayKey {
    Ip4Addr forwarding;  // 0.0.0.0: the router itself
    RouterId router;
    auto operator<=>(const WayKey&) const = default;
  };
  struct Way {
    Anchor anchor;
    uint32_t users;
  };
  using Ways = std::map<WayKey, Way>;
  struct Entry {
    ClaimId claim;
    Ways::iterator way;
  };

  Ways::iterator use(const WayKey& key);
  void leave(const Entry& entry);
  void settle(const Ways::value_type& way);
  [[nodiscard]] Position find(const WayKey& key) const;
  [[nodiscard]] Position forwarded(Ip4Addr address) const;

  Destinations& destinations_;
  FindBorder border_;
  std::vector<Ip4Addr> own_;
  Ways ways_;
  std::vector<WayKey> fresh_;  // that were not settled yet
  std::unordered_map<LsaKey, Entry, LsaKeyHash> entries_;
};

}  // namespace spanway::ospf
