// SPDX-License-Identifier: BSD-3-Clause
// The LSAs of this router in the database (RFC 2328 sections 12.1.6, 12.4, 13.4 and 14.1): when a
// new instance may follow, refreshed before it is old, flushed, taken up again after a restart.
// Control thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "control/ospf/core.h"
#include "control/ospf/lsa.h"

namespace spanway::ospf {

// Section 12.4 asks for 5 s between two instances (MinLSInterval), which makes an adjacency wait
// for its routes. What receivers insist on is MinLSArrival; the first change therefore follows
// after that, and only an LSA that goes on changing comes to 5 s, in doubling steps.
inline constexpr Nanos kMaxLsInterval = seconds(5);
inline constexpr Nanos kRefreshTime = seconds(1'800);

class Originator {
 public:
  explicit Originator(Core& core) : core_(core) {}

  // From now on the LSA says this. Nothing where it does already.
  void say(const LsaKey& key, LsaBody body);
  // It is not to be any more.
  void drop(const LsaKey& key);
  void drop_all();
  // Every one of a type that `keep` refuses is dropped.
  template <class Predicate>
  void drop_unless(LsaType type, Predicate keep) {
    std::vector<LsaKey> gone;
    for (const auto& [key, own] : own_)
      if (key.type == type && own.body && !keep(key)) gone.push_back(key);
    for (const LsaKey& key : gone) drop(key);
  }

  // Section 13.4: somebody has a newer instance, from our last life or from whoever pretends.
  void received(const StoredLsa& lsa);

  // Makes the instances that are due, some of very many.
  void run();
  [[nodiscard]] Nanos next_due() const noexcept {
    return due_.empty() ? Nanos::never() : due_.begin()->first;
  }

 private:
  struct Own {
    std::optional<LsaBody> body;  // nullopt: flushed
    // The last instance that was flooded to somebody; INT64_MIN: none. One that nobody heard holds
    // nothing up: who gets it later, by request, may drop what follows, and is sent that again
    // (Neighbour::told).
    Nanos last{INT64_MIN};
    Nanos interval = kSafeLsInterval;
    Nanos due = Nanos::never();
    // The highest number that came back from others. An instance at MaxAge leaves our database
    // before it leaves theirs, and one that begins at the first number again would lose to it.
    LsSequence beaten = kReservedSequence;
  };
  using Owns = std::map<LsaKey, Own>;

  void schedule(Owns::value_type& own, Nanos due);
  [[nodiscard]] Nanos earliest(Own& own) const;
  void originate(Owns::value_type& own);

  Core& core_;
  Owns own_;
  std::set<std::pair<Nanos, LsaKey>> due_;
};

}  // namespace spanway::ospf
