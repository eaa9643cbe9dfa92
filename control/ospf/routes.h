// SPDX-License-Identifier: BSD-3-Clause
// OSPF's own routing table (RFC 2328 section 16): a function of the link-state database, computed
// again only where the database changed. No clock, no socket; the same LSAs give the same routes,
// in whatever order they came.
//
// Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "control/ospf/ids.h"
#include "control/ospf/lsa.h"
#include "control/ospf/route.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"

namespace spanway::ospf {

// What a link of our own router-LSA stands for, which the LSA does not say.
struct RootLink {
  IfIndex interface = kNoInterface;  // kNoInterface: a stub behind this router, nobody's link
  Ip4Addr neighbour{};               // of a point-to-point link: the source of its hellos
  bool operator==(const RootLink&) const = default;
};

// This router, as the calculation needs it beside its router-LSA.
struct Root {
  std::vector<RootLink> links;     // by place in the router-LSA
  std::vector<Ip4Addr> addresses;  // ours: no external's forwarding address leads to one of them
  bool operator==(const Root&) const = default;
};

struct Calculation {
  bool tree = false;  // the shortest paths, too; not only prefixes
  // In order of prefix; what they point to is good until the table's next calculate().
  std::span<const RouteChange> changes;
};

class RouteTable {
 public:
  // max_paths: 1..64, of RouterSettings.
  RouteTable(RouterId self, size_t max_paths);
  ~RouteTable();
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  // The database has this LSA now, in place of an earlier one of its key. An instance that says the
  // same as the one before makes no work. One that has reached MaxAge is not put but removed.
  void put(std::shared_ptr<const Lsa> lsa);
  void remove(const LsaKey& key);  // no matter if it was never put
  // Goes with our own router-LSA: put() both before the next calculate().
  void set_root(Root root);

  [[nodiscard]] bool pending() const noexcept;  // calculate() has something to do
  // How many of the calls above made that so, or would have: the events of a back-off.
  [[nodiscard]] uint64_t news() const noexcept;
  // Without our own router-LSA there are no routes.
  Calculation calculate();

  // As of the last calculate().
  [[nodiscard]] size_t size() const noexcept;      // routes
  [[nodiscard]] size_t routers() const noexcept;   // that a path leads to, this one included
  [[nodiscard]] size_t networks() const noexcept;  // transit networks that a path leads to
  // In order of prefix; the route is good during the call.
  void each(const std::function<void(const Prefix4&, const Route&)>& visit) const;
  // Every router and transit network that a path leads to, by its LSA; hops as in a Route.
  void each_vertex(const std::function<void(const Lsa&, uint32_t distance,
                                            std::span<const NextHop> hops)>& visit) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace spanway::ospf
