// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsdb.h"

#include <algorithm>

namespace spanway::ospf {
namespace {

// An LSA that is stored at MaxAge dies no second time.
bool will_die(const StoredLsa& lsa) { return !lsa.lsa.header.is_max_age(); }

Nanos death_of(const StoredLsa& lsa) {
  return lsa.since + seconds(kMaxAgeS - lsa.lsa.header.age_s);
}

}  // namespace

uint16_t StoredLsa::age_s(Nanos now) const noexcept {
  const int64_t age = lsa.header.age_s + (now - since).ns() / seconds(1).ns();
  return static_cast<uint16_t>(std::min<int64_t>(age, kMaxAgeS));
}

LsaHeader StoredLsa::header(Nanos now) const noexcept {
  LsaHeader header = lsa.header;
  header.age_s = age_s(now);
  return header;
}

const Lsdb::Entry* Lsdb::find(const LsaKey& key) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

Lsdb::Entry* Lsdb::find(const LsaKey& key) {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

size_t Lsdb::count(LsaType type) const noexcept {
  return is_known(type) ? counts_[static_cast<size_t>(type)] : 0;
}

void Lsdb::install(LsaPtr lsa, Nanos flooded_at) {
  const auto [at, added] = entries_.try_emplace(lsa->key());
  if (added)
    ++counts_[static_cast<size_t>(lsa->key().type)];
  else
    forget_death(*at->second.lsa);
  if (will_die(*lsa)) deaths_.emplace(death_of(*lsa), lsa->key());
  at->second = {.lsa = std::move(lsa), .flooded_at = flooded_at};
}

void Lsdb::remove(const LsaKey& key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  forget_death(*at->second.lsa);
  --counts_[static_cast<size_t>(key.type)];
  entries_.erase(at);
}

void Lsdb::forget_death(const StoredLsa& lsa) {
  if (will_die(lsa)) deaths_.erase({death_of(lsa), lsa.key()});
}

Nanos Lsdb::next_death() const noexcept {
  return deaths_.empty() ? Nanos::never() : deaths_.begin()->first;
}

LsaPtr Lsdb::take_dead(Nanos now) {
  if (next_death() > now) return nullptr;
  const LsaKey key = deaths_.begin()->second;
  deaths_.erase(deaths_.begin());
  return find(key)->lsa;
}

}  // namespace spanway::ospf
