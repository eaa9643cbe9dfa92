// SPDX-License-Identifier: BSD-3-Clause
// What one neighbour was sent and has not acknowledged (RFC 2328 section 13.6), in the order in
// which it is due again. Control thread.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "control/ospf/lsdb.h"

namespace spanway::ospf {

class Retransmissions {
 public:
  // In the place of another instance of the same LSA.
  void add(LsaPtr lsa, Nanos due);
  void remove(const LsaKey& key);
  void clear();
  // nullptr when it is not awaited.
  [[nodiscard]] const StoredLsa* find(const LsaKey& key) const;
  [[nodiscard]] size_t size() const noexcept { return pending_.size(); }
  [[nodiscard]] bool empty() const noexcept { return pending_.empty(); }

  [[nodiscard]] Nanos next_due() const noexcept;
  // The one that is due first, put off until `again`; nullptr when none is due by now.
  LsaPtr take_due(Nanos now, Nanos again);

 private:
  struct Pending {
    LsaPtr lsa;
    Nanos due;
  };
  std::map<LsaKey, Pending> pending_;
  std::set<std::pair<Nanos, LsaKey>> order_;
};

}  // namespace spanway::ospf
