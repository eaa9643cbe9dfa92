// SPDX-License-Identifier: BSD-3-Clause
// What a Publisher is made of, for its roads: single changes (publisher.cc) and batches
// (publisher_batch.cc). Control thread; only control/publish includes this.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "control/publish/adjacencies.h"
#include "control/publish/gateways.h"
#include "control/publish/links.h"
#include "control/publish/next_hop_slots.h"
#include "control/publish/publisher.h"
#include "control/publish/target_hops.h"
#include "dataplane/table/crew.h"

namespace spanway::publish {

// Changes between two seals of the graveyard inside one long batch.
inline constexpr size_t kSealEvery = 16384;

inline bool is_host(const Prefix& prefix) { return prefix.length() == (prefix.is4() ? 32u : 128u); }

struct Publisher::State {
  State(table::Tables& t, seam::Graveyard& g, rib::Rib& r)
      : tables(t),
        graveyard(g),
        rib(r),
        gateways(links, r),
        slots(t.next_hops, g),
        adjacencies(slots, links),
        targets(slots, adjacencies, links, gateways) {}

  void changed() {
    ++version;
    meter.changed();
  }
  Status insert(const Prefix& prefix, NextHopId hop);
  Status remove(const Prefix& prefix);
  template <class Edit>
  Status edit(Edit act);
  void count(size_t changes);
  template <class Fib, class Change, class Best>
  rib::Refusals set_many(rib::Sink& one_by_one, Fib& fib, std::span<const Best> changes,
                         const rib::Targets& known);
  [[nodiscard]] NextHopId uncovered(const Prefix& prefix);
  void tidy() {
    meter.mark(graveyard);
    graveyard.seal();
    graveyard.reclaim();
  }

  void publish(std::vector<table::Interface> interfaces);
  Status set_connected(Nanos now);
  Status set_local(Nanos now);
  Status uncover(const Prefix& prefix);
  void note_route(const Prefix& prefix) {
    led_elsewhere = led_elsewhere || gateways.touched(prefix);
  }
  Status follow_gateways();
  Status add_host(const Adjacencies::Key& key);
  Status drop_host(const IpAddr& ip);
  Status review_hosts();

  table::Tables& tables;
  seam::Graveyard& graveyard;
  rib::Rib& rib;
  Links links;
  Gateways gateways;
  NextHopSlots slots;
  Adjacencies adjacencies;
  TargetHops targets;
  table::Crew* crew = nullptr;        // of large batches
  std::map<Prefix, IfIndex> subnets;  // in the rib
  std::set<Prefix> locals;            // in the rib
  // Neighbours with an entry of their own; an adjacency is held for each. Where the rib has a route
  // of host length, that one shows.
  std::map<IpAddr, IfIndex> hosts;
  uint64_t version = 0;
  size_t since_seal = 0;
  bool led_elsewhere = false;  // a route was changed on which watched gateways may depend
  QuietMeter meter;
};

}  // namespace spanway::publish
