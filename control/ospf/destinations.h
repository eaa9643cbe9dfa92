// SPDX-License-Identifier: BSD-3-Clause
// What leads to which prefix, and the best of it. A claim says that a prefix lies behind an anchor
// (a vertex of the tree, one of our own interfaces, the way to an external's exit); when an anchor
// moves, only what hangs on it is weighed again. Areas and summaries of a later version are more
// anchors and one more PathType. Control thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/ospf/interned_sets.h"
#include "control/ospf/route.h"
#include "control/ospf/spf.h"
#include "dataplane/base/hash.h"
#include "dataplane/base/prefix.h"

namespace spanway::ospf {

using HopList = uint32_t;  // a set of NextHop
inline constexpr HopList kThisRouter = InternedSets<NextHop>::kEmpty;

using Anchor = uint32_t;
struct Position {
  uint32_t distance = kUnreachable;
  HopList hops = kThisRouter;
  bool operator==(const Position&) const = default;
};

using ClaimId = uint32_t;
struct Claim {
  PathType type = PathType::kIntraArea;
  Anchor anchor = 0;
  uint32_t metric = 0;
  uint32_t tag = 0;
  bool operator==(const Claim&) const = default;
};

class Destinations {
 public:
  explicit Destinations(size_t max_paths) : max_paths_(max_paths), hops_(max_paths) {}

  // Of what positions say, until the next begin().
  InternedSets<NextHop>& hops() noexcept { return hops_; }
  [[nodiscard]] const InternedSets<NextHop>& hops() const noexcept { return hops_; }

  Anchor add_anchor();                // unreachable
  void remove_anchor(Anchor anchor);  // nothing hangs on it any more
  [[nodiscard]] const Position& position(Anchor anchor) const { return anchors_[anchor].position; }
  bool move(Anchor anchor, const Position& position);  // false: that is where it was

  ClaimId add(const Prefix4& prefix, const Claim& claim);
  void remove(ClaimId claim);
  [[nodiscard]] bool claims(ClaimId id, const Prefix4& prefix, const Claim& claim) const {
    return claims_[id].claim == claim && destinations_[claims_[id].destination].prefix == prefix;
  }

  // A calculation: begin(), any of the above, settle() as often as needed, finish().
  void begin();
  void settle();
  // Since the first settle(), each prefix whose intra-area route is another one now. What is looked
  // at once is forgotten.
  std::vector<Prefix4> take_moved() { return std::exchange(moved_, {}); }
  // The longest prefix that an intra-area path leads to, and what does. As of settle().
  [[nodiscard]] std::optional<Position> lookup(Ip4Addr addr) const;
  std::span<const RouteChange> finish();

  [[nodiscard]] size_t size() const noexcept { return reached_; }
  void each(const std::function<void(const Prefix4&, const Route&)>& visit) const;

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  // The best of a prefix. In order of preference (16.4 (6), with one area); hops and tag merge.
  struct Best {
    bool reached = false;
    PathType type = PathType::kIntraArea;
    uint32_t type2_cost = 0;
    uint32_t cost = 0;
    HopList hops = kThisRouter;
    uint32_t tag = 0;
    bool operator==(const Best&) const = default;
    [[nodiscard]] bool intra() const { return reached && type == PathType::kIntraArea; }
  };
  struct Destination {
    Prefix4 prefix;
    uint32_t first = kNone;  // of its claims
    bool dirty = false, touched = false;
    Best best;
    Best told;  // to who asks for changes, once touched
  };
  struct Hanging {
    Claim claim;
    uint32_t destination = kNone;
    uint32_t next = kNone, previous = kNone;  // of the destination
    uint32_t place = 0;                       // in the anchor's list
  };
  struct Place {
    Position position;
    std::vector<ClaimId> claims;
  };
  struct Hash {
    size_t operator()(const Prefix4& prefix) const noexcept {
      return hash_mix(prefix.addr().value(), prefix.length());
    }
  };

  uint32_t find_or_add(const Prefix4& prefix);
  void mark(uint32_t destination);
  [[nodiscard]] Best weigh(const Destination& destination);
  void take(Destination& destination, const Best& best);
  void drop_if_unclaimed(uint32_t destination);
  void write(Route& route, const Best& best) const;

  size_t max_paths_;
  InternedSets<NextHop> hops_;
  size_t hops_kept_ = 0;  // when hops_ was last freed of what nobody holds
  std::vector<Place> anchors_;
  std::vector<Anchor> free_anchors_;
  std::vector<Hanging> claims_;
  std::vector<ClaimId> free_claims_;
  std::vector<Destination> destinations_;
  std::vector<uint32_t> free_destinations_;
  std::unordered_map<Prefix4, uint32_t, Hash> by_prefix_;
  std::array<uint32_t, 33> intra_lengths_{};  // prefixes with an intra-area route
  size_t reached_ = 0;
  std::vector<uint32_t> dirty_, touched_;
  std::vector<Prefix4> moved_;
  std::vector<RouteChange> changes_;
  std::vector<Route> routes_;  // of changes_; kept for their memory
};

}  // namespace spanway::ospf
