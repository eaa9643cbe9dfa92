// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/retransmissions.h"

namespace spanway::ospf {

void Retransmissions::add(LsaPtr lsa, Nanos due) {
  const LsaKey key = lsa->key();
  remove(key);
  order_.emplace(due, key);
  pending_.emplace(key, Pending{std::move(lsa), due});
}

void Retransmissions::remove(const LsaKey& key) {
  const auto at = pending_.find(key);
  if (at == pending_.end()) return;
  order_.erase({at->second.due, key});
  pending_.erase(at);
}

void Retransmissions::clear() {
  pending_.clear();
  order_.clear();
}

const StoredLsa* Retransmissions::find(const LsaKey& key) const {
  const auto at = pending_.find(key);
  return at == pending_.end() ? nullptr : at->second.lsa.get();
}

Nanos Retransmissions::next_due() const noexcept {
  return order_.empty() ? Nanos::never() : order_.begin()->first;
}

LsaPtr Retransmissions::take_due(Nanos now, Nanos again) {
  if (next_due() > now) return nullptr;
  const LsaKey key = order_.begin()->second;
  order_.erase(order_.begin());
  order_.emplace(again, key);
  Pending& pending = pending_.find(key)->second;
  pending.due = again;
  return pending.lsa;
}

}  // namespace spanway::ospf
