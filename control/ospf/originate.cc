// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/originate.h"

#include <algorithm>
#include <string>

#include "control/ospf/flooding.h"

namespace spanway::ospf {
namespace {

constexpr Nanos kNone{INT64_MIN};
// Instances made in one go; the rest follow in a moment, so that a hundred thousand externals do
// not keep the Hellos.
constexpr unsigned kAtATime = 2'000;
constexpr Nanos kPause = millis(2);
// How often the flush that ends a run of sequence numbers is looked after.
constexpr Nanos kWrapPoll = millis(100);

}  // namespace

void Originator::schedule(Owns::value_type& own, Nanos due) {
  if (own.second.due != Nanos::never()) due_.erase({own.second.due, own.first});
  own.second.due = due;
  if (due != Nanos::never()) due_.emplace(due, own.first);
}

// When the next instance may be made. Asked for once a change.
Nanos Originator::earliest(Own& own) const {
  if (own.last == kNone) return core_.now;
  if (core_.now - own.last >= kMaxLsInterval) own.interval = kSafeLsInterval;
  return std::max(core_.now, own.last + own.interval);
}

void Originator::say(const LsaKey& key, LsaBody body) {
  auto& own = *own_.try_emplace(key).first;
  if (own.second.body == body) return;
  own.second.body = std::move(body);
  schedule(own, earliest(own.second));
}

void Originator::drop(const LsaKey& key) {
  const auto at = own_.find(key);
  if (at == own_.end() || !at->second.body) return;
  at->second.body.reset();
  // Until then it is remembered when its last instance was made, should it come back.
  schedule(*at, at->second.last == kNone ? core_.now : at->second.last + kMaxLsInterval);
  if (const Lsdb::Entry* entry = core_.lsdb.find(key)) flush(core_, entry->lsa);
}

void Originator::drop_all() {
  for (auto& [key, own] : own_) drop(key);
}

void Originator::received(const StoredLsa& lsa) {
  const LsaKey& key = lsa.key();
  const auto at = own_.find(key);
  const Lsdb::Entry* entry = core_.lsdb.find(key);
  if (at == own_.end() || !at->second.body) {
    // Nothing that we say now.
    if (entry) flush(core_, entry->lsa);
    return;
  }
  at->second.beaten = std::max(at->second.beaten, lsa.lsa.header.sequence);
  schedule(*at, earliest(at->second));
}

void Originator::run() {
  for (unsigned made = 0; next_due() <= core_.now; ++made) {
    auto& own = *own_.find(due_.begin()->second);
    if (!own.second.body) {
      schedule(own, Nanos::never());
      own_.erase(own.first);
    } else if (made < kAtATime) {
      originate(own);
    } else {
      schedule(own, core_.now + kPause);
    }
  }
}

void Originator::originate(Owns::value_type& item) {
  const auto& [key, unused] = item;
  Own& own = item.second;
  const Lsdb::Entry* entry = core_.lsdb.find(key);
  LsSequence before =
      std::max(own.beaten, entry ? entry->lsa->lsa.header.sequence : kReservedSequence);
  if (before == kLastSequence) {
    // Section 12.1.6: the last instance has to be gone everywhere before the numbers begin anew.
    if (entry) {
      flush(core_, entry->lsa);
      return schedule(item, core_.now + kWrapPoll);
    }
    before = own.beaten = kReservedSequence;
  }
  Lsa lsa{.header = {.age_s = 0,
                     .options = options::kExternal,
                     .key = key,
                     .sequence = LsSequence{before.value + 1}},
          .body = *own.body};
  auto bytes = write_lsa(lsa);
  if (!bytes) {
    core_.outlet.event("error", "ospf.lsa", Ip4Addr(key.id.value).to_string(),
                       bytes.error().message);
    return schedule(item, Nanos::never());
  }
  lsa.header = read_lsa_header(*bytes);
  const Nanos waited = own.last == kNone ? Nanos::never() : core_.now - own.last;
  // It had to wait, so it changes often.
  if (waited < own.interval + millis(100))
    own.interval = std::min(own.interval * 2, kMaxLsInterval);
  ++core_.counts.originated;
  auto stored =
      std::make_shared<StoredLsa>(StoredLsa{std::move(lsa), *std::move(bytes), core_.now});
  if (install_and_flood(core_, std::move(stored))) own.last = core_.now;
  // Not all at the same moment, should many have been made at one.
  const Nanos jitter(
      static_cast<int64_t>(core_.random.below(static_cast<uint64_t>(seconds(60).ns()))));
  schedule(item, core_.now + kRefreshTime - jitter);
}

}  // namespace spanway::ospf
