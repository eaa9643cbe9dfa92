// SPDX-License-Identifier: BSD-3-Clause
// Next hops towards neighbours, one for each (interface, address) that something leads to.
//
// Control thread. An adjacency is kResolve until its MAC is known, then kForward with the frame's
// front; on an interface that is down or gone it is no route. What leads to it never moves.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "control/publish/links.h"
#include "control/publish/next_hop_slots.h"
#include "dataplane/base/ether_addr.h"

namespace spanway::publish {

class Adjacencies {
 public:
  using Key = std::pair<IfIndex, IpAddr>;

  // `links` is looked at anew with every change.
  Adjacencies(NextHopSlots& slots, const Links& links) : slots_(slots), links_(links) {}

  // The slot, which has one user more. kFull.
  Result<NextHopId> hold(const Key& key);
  void release(const Key& key);

  // A neighbour's MAC became known or changed; nullopt: it is not known any more.
  void learn(const Key& key, const std::optional<EtherAddr>& mac);
  [[nodiscard]] bool knows(const Key& key) const { return macs_.contains(key); }
  [[nodiscard]] const std::map<Key, EtherAddr>& macs() const { return macs_; }
  // The interface has changed.
  void refresh(IfIndex interface);

  [[nodiscard]] size_t size() const { return held_.size(); }
  [[nodiscard]] size_t resolved() const;

 private:
  struct Held {
    NextHopId id;
    size_t users = 0;
  };
  [[nodiscard]] std::unique_ptr<const table::NextHop> describe(const Key& key) const;

  NextHopSlots& slots_;
  const Links& links_;
  std::map<Key, Held> held_;
  std::map<Key, EtherAddr> macs_;
};

}  // namespace spanway::publish
