// SPDX-License-Identifier: BSD-3-Clause
// The routing table of control: every candidate for every prefix, the best of them chosen.
//
// Control thread. Of each prefix the usable candidate with the lowest (preference, metric, origin)
// is the best; the sink hears only of changes of that choice. Whether a target is usable the sink
// decides, since it knows the interfaces and resolves gateways through other routes; when its mind
// changes it calls reconsider(). About 40 bytes an IPv4 route.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "control/rib/route.h"
#include "control/rib/targets.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"

namespace spanway::rib {

// One of many changes of best routes: the prefix leads to the target from now on; kNoTarget: once
// set, it leads nowhere of its own any more.
inline constexpr TargetId kNoTarget{UINT32_MAX};
template <class PrefixType>
struct BestChange {
  PrefixType prefix;
  TargetId target = kNoTarget;
};
using BestChange4 = BestChange<Prefix4>;
using BestChange6 = BestChange<Prefix6>;

// Which of many changes could not be made: their places, in order, and why not the first of them.
struct Refusals {
  std::vector<uint32_t> places{};
  Status why{};
};

// Who makes best routes visible. Calls come from within Rib's: it may read best routes meanwhile,
// by each_covering(), and change nothing.
class Sink {
 public:
  virtual ~Sink() = default;
  // Can packets follow this target now? Ids stay the same while the target is in use.
  virtual bool usable(TargetId id, const Target& target) = 0;
  // `prefix` leads to the target from now on. On an error nothing has changed.
  virtual Status route_set(const Prefix& prefix, TargetId id, const Target& target) = 0;
  // `prefix`, once set, leads nowhere of its own any more. On an error nothing has changed.
  virtual Status route_del(const Prefix& prefix) = 0;
  // A whole batch, no prefix twice. What is refused is as before; the rest is done. One by one,
  // unless the sink knows better.
  virtual Refusals set_many(std::span<const BestChange4> changes, const Targets& targets);
  virtual Refusals set_many(std::span<const BestChange6> changes, const Targets& targets);
  // No candidate has this target any more; the id may come back with another one.
  virtual void target_gone(TargetId id) = 0;
};

// Who wants to know where best routes come from, beside the sink. Calls come from within Rib's:
// they may read it, and change nothing.
class Observer {
 public:
  virtual ~Observer() = default;
  // `prefix` is about to lose its best route of origin `from`, to one of another or to none.
  virtual void leaving(const Prefix& prefix, Origin from, std::optional<Origin> to) = 0;
  // All that leaves in one change has been said; the sink is told next.
  virtual void all_leaving() = 0;
  // The sink has it: the best route of `prefix` now is of this origin; nullopt: there is none. Also
  // where the sink refused, and everything is as it was.
  virtual void settled(const Prefix& prefix, std::optional<Origin> origin) = 0;
};

// A candidate as `show routes` sees it. `target` is good until the next change.
struct Row {
  Prefix prefix;
  Source source;
  const Target* target = nullptr;
  bool best = false;
  bool usable = false;
  Nanos since{};  // when it was added or last changed, to the second
};

struct Filter {
  std::optional<Family> family;
  std::optional<Origin> origin;
};

// One of many routes to targets that hold() gave; kNoTarget: to be removed.
struct Announcement {
  Prefix prefix;
  Source source;
  TargetId target;
};

// One change of a transaction.
struct Change {
  Prefix prefix;
  Source source;
  std::optional<Target> target;  // nullopt: remove
};

struct Counts {
  size_t prefixes4 = 0, prefixes6 = 0, candidates = 0, targets = 0;
};

class Rib {
 public:
  Rib();
  ~Rib();
  Rib(const Rib&) = delete;
  Rib& operator=(const Rib&) = delete;

  // The sink, before the first route; it outlives this object's last change.
  void attach(Sink& sink);

  // At most one; nullptr: nobody any more. It hears of changes from now on.
  void watch(Observer* observer);

  // Adds the candidate or replaces the one of the same origin and preference. On an error (the
  // tables are full) everything is as it was.
  Status set(const Prefix& prefix, const Source& source, const Target& target, Nanos now);
  // kNotFound when there is none of this origin and preference.
  Status remove(const Prefix& prefix, const Source& source);
  // All or nothing, in order. Removing what is not there is kNotFound. `failed`, when given,
  // receives the place of a change that failed, the one that the error is of. The sink hears of
  // many changes at once.
  Status apply(std::span<const Change> changes, Nanos now, size_t* failed = nullptr);
  Status apply(std::span<const Announcement> changes, Nanos now, size_t* failed = nullptr);
  // The same, when many routes share targets held by hold(): nothing is looked up twice.
  Status set(const Prefix& prefix, const Source& source, TargetId target, Nanos now);
  TargetId hold(const Target& target);
  void release(TargetId target);

  // The sink judges targets anew: every prefix with a candidate on one whose answer has changed, or
  // that `again` names, is chosen and announced again. The first error is returned; prefixes that
  // failed keep their old route or have none, and come right with a later reconsider().
  Status reconsider(const std::function<bool(TargetId)>& again = {});

  // The target of the best route of exactly this prefix; nullptr when there is none.
  [[nodiscard]] const Target* best(const Prefix& prefix) const;
  // The route that a packet to this address takes.
  [[nodiscard]] std::optional<Row> lookup(const IpAddr& address) const;
  // Best routes whose prefixes have this address, the most specific first, until `visit` returns
  // false.
  void each_covering(const IpAddr& address,
                     const std::function<bool(const Prefix&, const Target&)>& visit) const;
  // All candidates of one prefix, best first.
  [[nodiscard]] std::vector<Row> candidates(const Prefix& prefix) const;
  // Candidates in order of family, address, length, preference: `limit` of them from `offset` on.
  // `total`, when given, receives how many match.
  [[nodiscard]] std::vector<Row> list(const Filter& filter, size_t offset, size_t limit,
                                      size_t* total = nullptr) const;
  // Every candidate, in no order.
  void each(const std::function<void(const Row&)>& visit) const;
  [[nodiscard]] Counts counts() const;
  [[nodiscard]] const Targets& targets() const noexcept;
  // Bytes held for routes.
  [[nodiscard]] size_t bytes() const noexcept;

  struct State;  // state.h

 private:
  std::unique_ptr<State> state_;
};

}  // namespace spanway::rib
