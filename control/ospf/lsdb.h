// SPDX-License-Identifier: BSD-3-Clause
// The link-state database of an area (RFC 2328 sections 12.2 and 14): one instance of each LSA, as
// it came, growing older by itself. Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "control/ospf/lsa.h"
#include "dataplane/base/units.h"

namespace spanway::ospf {

// One instance. Nobody writes to it once it is shared: lists of retransmissions and the routing
// table go on holding it when the database has a newer one.
struct StoredLsa {
  Lsa lsa;                     // header.age_s is that of `since`
  std::vector<uint8_t> bytes;  // to be flooded as they are, but for the age
  Nanos since{};

  [[nodiscard]] const LsaKey& key() const noexcept { return lsa.header.key; }
  // Whole seconds, at most kMaxAgeS.
  [[nodiscard]] uint16_t age_s(Nanos now) const noexcept;
  // The header as it is now: what compare_instances() and descriptions want.
  [[nodiscard]] LsaHeader header(Nanos now) const noexcept;
};
using LsaPtr = std::shared_ptr<const StoredLsa>;

class Lsdb {
 public:
  struct Entry {
    LsaPtr lsa;
    // When it was flooded to us and installed (MinLSArrival); never() for what we asked for or
    // made.
    Nanos flooded_at = Nanos::never();
    // When it was last sent back to somebody who flooded an older one (section 13 step 8).
    std::optional<Nanos> sent_back_at{};
  };
  using Entries = std::map<LsaKey, Entry>;

  // nullptr when there is none.
  [[nodiscard]] const Entry* find(const LsaKey& key) const;
  Entry* find(const LsaKey& key);
  [[nodiscard]] const Entries& entries() const noexcept { return entries_; }
  [[nodiscard]] size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] size_t count(LsaType type) const noexcept;

  // Puts it in the place of the instance that was there. flooded_at: see Entry.
  void install(LsaPtr lsa, Nanos flooded_at);
  void remove(const LsaKey& key);

  // When the next LSA comes to MaxAge by itself; never() when none will.
  [[nodiscard]] Nanos next_death() const noexcept;
  // The LSA that came to MaxAge first, once: it stays in the database. nullptr: none has by now.
  LsaPtr take_dead(Nanos now);

 private:
  void forget_death(const StoredLsa& lsa);

  Entries entries_;
  std::set<std::pair<Nanos, LsaKey>> deaths_;
  size_t counts_[6]{};  // by type
};

}  // namespace spanway::ospf
