// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/hold.h"

#include <algorithm>

#include "dataplane/base/hash.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {

static_assert(tuning::kHoldPerNeighbour <= Batch::kRoom);
static_assert(tuning::kHoldPerWorker < 0xffff);

Hold::Hold() : entries_(kEntries), chains_(kChains, kNone) {
  for (size_t i = 0; i + 1 < kEntries; ++i) entries_[i].next = static_cast<uint16_t>(i + 1);
  entries_.back().next = kNone;
}

Hold::~Hold() {
  for (Entry& entry : entries_)
    for (unsigned i = 0; i < entry.count; ++i) release(entry.held[i].packet);
}

size_t Hold::chain_of(const NeighbourKey& key) noexcept {
  const uint64_t high = key.address.is4() ? 0 : key.address.v6().high();
  const uint64_t low = key.address.is4() ? key.address.v4().value() : key.address.v6().low();
  return hash_mix(high ^ uint64_t{key.interface.value} << 48, low) % kChains;
}

Hold::Entry* Hold::find(const NeighbourKey& key) noexcept {
  for (uint16_t at = chains_[chain_of(key)]; at != kNone; at = entries_[at].next)
    if (entries_[at].key == key) return &entries_[at];
  return nullptr;
}

Hold::Entry* Hold::make(const NeighbourKey& key) noexcept {
  if (free_ == kNone) return nullptr;
  const uint16_t at = free_;
  Entry& entry = entries_[at];
  free_ = entry.next;
  uint16_t& head = chains_[chain_of(key)];
  entry.key = key;
  entry.used = true;
  entry.ever_asked = false;
  entry.count = 0;
  entry.next = head;
  head = at;
  ++used_;
  return &entry;
}

void Hold::forget(Entry& entry) noexcept {
  const auto at = static_cast<uint16_t>(&entry - entries_.data());
  uint16_t* link = &chains_[chain_of(entry.key)];
  while (*link != at) link = &entries_[*link].next;
  *link = entry.next;
  entry.used = false;
  entry.next = free_;
  free_ = at;
  --used_;
}

void Hold::set_level(Context& context, size_t packets) noexcept {
  packets_ = packets;
  context.counters.held.set(packets);
}

Packet* Hold::pop_oldest(Context& context, Entry& entry) noexcept {
  Packet* oldest = entry.held[0].packet;
  std::move(entry.held.begin() + 1, entry.held.begin() + entry.count, entry.held.begin());
  --entry.count;
  set_level(context, packets_ - 1);
  return oldest;
}

void Hold::ask(Context& context, Entry& entry) noexcept {
  if (entry.ever_asked && context.now - entry.asked < tuning::kHoldAskAgain) return;
  seam::Punt question;
  question.reason = seam::PuntReason::kUnresolved;
  question.interface = entry.key.interface;
  question.address = entry.key.address;
  question.time = context.now;
  // With the ring full nothing is asked yet: the next packet tries again.
  if (!context.channels.punt.push(question)) return;
  entry.asked = context.now;
  entry.ever_asked = true;
}

void Hold::add(Context& context, Packet* p, const NeighbourKey& key) noexcept {
  Entry* entry = find(key);
  if (entry == nullptr) entry = make(key);
  if (entry == nullptr) return drop(context, p, DropReason::kHoldFull);
  ask(context, *entry);
  if (entry->count == tuning::kHoldPerNeighbour)
    drop(context, pop_oldest(context, *entry), DropReason::kHoldFull);
  if (packets_ == tuning::kHoldPerWorker) return drop(context, p, DropReason::kHoldFull);
  entry->held[entry->count++] = {p, context.now};
  set_level(context, packets_ + 1);
}

void Hold::take(Context& context, const NeighbourKey& key, Batch& out) noexcept {
  Entry* entry = find(key);
  if (entry == nullptr) return;
  take_failed(context, key, out);
  forget(*entry);
}

void Hold::take_failed(Context& context, const NeighbourKey& key, Batch& out) noexcept {
  Entry* entry = find(key);
  if (entry == nullptr) return;
  for (unsigned i = 0; i < entry->count; ++i) out.add(entry->held[i].packet);
  set_level(context, packets_ - entry->count);
  entry->count = 0;
}

void Hold::expire(Context& context) noexcept {
  if (used_ == 0 || context.now < next_scan_) return;
  next_scan_ = context.now + tuning::kHoldScan;
  for (Entry& entry : entries_) {
    if (!entry.used) continue;
    while (entry.count != 0 && context.now - entry.held[0].since >= tuning::kHoldLifetime)
      drop(context, pop_oldest(context, entry), DropReason::kHoldExpired);
    const bool may_ask = !entry.ever_asked || context.now - entry.asked >= tuning::kHoldAskAgain;
    if (entry.count == 0 && may_ask) forget(entry);
  }
}

void Hold::drop_all(Context& context, IfIndex interface, DropReason reason) noexcept {
  for (Entry& entry : entries_) {
    if (!entry.used || (interface != kNoInterface && entry.key.interface != interface)) continue;
    while (entry.count != 0) drop(context, pop_oldest(context, entry), reason);
    forget(entry);
  }
}

void hold(Context& context, Packet* p, const NeighbourKey& key) noexcept {
  const StageScope scope(context, seam::Stage::kHold, {&p, 1});
  context.hold.add(context, p, key);
}

void FreeHold::operator()(Hold* hold) const noexcept { delete hold; }

HoldPtr make_hold() { return HoldPtr(new Hold); }

void drop_held(Context& context) noexcept {
  context.hold.drop_all(context, kNoInterface, DropReason::kShutdown);
}

}  // namespace spanway::stage
