// SPDX-License-Identifier: BSD-3-Clause
// The only code that writes the tables of the workers.
//
// Control thread. It turns interfaces into own addresses, connected subnets and an InterfaceSet;
// gateways into adjacencies; best routes (it is the Rib's sink) into FIB entries. What an entry
// needs is complete before the entry can be seen: next hop first, then FIB; and nothing is reused
// before every worker has been quiet. When a table is full the new is refused and the old stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "control/publish/gateways.h"
#include "control/publish/quiet_meter.h"
#include "control/rib/rib.h"
#include "dataplane/base/ether_addr.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/table/tables.h"

namespace spanway::table {
class Crew;
}

namespace spanway::publish {

struct Stats {
  size_t routes4 = 0, routes6 = 0;  // FIB entries, those for neighbours included
  size_t bytes4 = 0, bytes6 = 0;    // of the FIBs
  size_t next_hops = 0;             // slots in use, groups included
  size_t groups = 0;
  size_t adjacencies = 0, resolved = 0;  // resolved: of the adjacencies
  uint64_t version = 0;                  // goes up with every change that workers can see
  size_t waiting = 0;                    // objects set aside until every worker was quiet
  size_t recursive = 0;                  // gateways that other routes lead to
  QuietTimes quiet{};                    // from a change until all workers were quiet since
};

// How a gateway stands, for `show routes`.
struct ViaState {
  std::vector<Leg> legs{};  // the neighbours that its packets go to; empty: there is no way
  bool recursive = false;   // other routes lead to it
  bool resolved = false;    // the MACs of all legs are known, and there is one
};

class Publisher final : public rib::Sink {
 public:
  // All four outlive it, the graveyard also the tables. Attaches itself to the rib, and gives it
  // the martian routes.
  Publisher(table::Tables& tables, seam::Graveyard& graveyard, rib::Rib& rib);
  ~Publisher() override;
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Who helps with large batches from now on; outlives this. nullptr: nobody.
  void set_crew(table::Crew* crew) noexcept;

  // The whole set, in order of index; differences are acted on. Own addresses (link-local ones
  // included) become local routes, subnets connected ones, in the rib too; gateways on interfaces
  // that came or went switch the routes that use them. An error (full tables) leaves what could
  // not be published inactive.
  Status set_interfaces(std::vector<table::Interface> interfaces, Nanos now);

  // A neighbour's MAC is known, or has changed: its adjacency, when a route uses it, and its own
  // entry, when it lies on a connected subnet. An error: no room for the entry; packets to it go
  // on asking.
  Status neighbour_resolved(IfIndex interface, const IpAddr& ip, const EtherAddr& mac);
  // Not known any more.
  void neighbour_gone(IfIndex interface, const IpAddr& ip);

  // Once a control step, after a batch: routes whose gateways other routes now lead elsewhere
  // follow them; what was replaced begins its grace period, and what has passed it is freed. Never
  // waits. An error as in set_interfaces().
  Status step();
  // Whether step() has something to look for soon.
  [[nodiscard]] bool waits() const;

  [[nodiscard]] ViaState via_state(const rib::Via& via) const;
  [[nodiscard]] Stats stats() const;

  // rib::Sink
  bool usable(rib::TargetId id, const rib::Target& target) override;
  Status route_set(const Prefix& prefix, rib::TargetId id, const rib::Target& target) override;
  Status route_del(const Prefix& prefix) override;
  rib::Refusals set_many(std::span<const rib::BestChange4> changes,
                         const rib::Targets& known) override;
  rib::Refusals set_many(std::span<const rib::BestChange6> changes,
                         const rib::Targets& known) override;
  void target_gone(rib::TargetId id) override;

  struct State;  // publisher_state.h

 private:
  std::unique_ptr<State> state_;
};

}  // namespace spanway::publish
