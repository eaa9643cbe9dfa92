// SPDX-License-Identifier: BSD-3-Clause
// The candidates of one family: a flat array of them, and a hash from a prefix to its first one.
// Control thread; only control/rib includes this.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "control/rib/route.h"
#include "dataplane/base/hash.h"
#include "dataplane/base/prefix.h"

namespace spanway::rib {

inline constexpr uint32_t kNone = UINT32_MAX;

template <class Address>
struct Candidate {
  // kBest: the sink has it. kWaits: a batch changes this prefix, and the sink does not know yet.
  enum Flag : uint8_t { kBest = 1, kFree = 2, kWaits = 4 };
  Address addr;
  uint8_t length = 0;
  Origin origin{};
  uint8_t preference = 0;
  uint8_t flags = 0;
  uint32_t metric = 0;
  TargetId target;
  uint32_t since_s = 0;
  uint32_t next = kNone;  // of the same prefix, or of the free list
  [[nodiscard]] bool is(Flag flag) const noexcept { return (flags & flag) != 0; }
  void mark(Flag flag) noexcept { flags |= flag; }
  void unmark(Flag flag) noexcept { flags &= static_cast<uint8_t>(~flag); }
};
static_assert(sizeof(Candidate<Ip4Addr>) == 24 && sizeof(Candidate<Ip6Addr>) == 36);

template <class PrefixType, class Address, unsigned kBits>
class CandidateStore {
 public:
  using Entry = Candidate<Address>;

  [[nodiscard]] Entry& at(uint32_t index) noexcept { return entries_[index]; }
  [[nodiscard]] const Entry& at(uint32_t index) const noexcept { return entries_[index]; }
  [[nodiscard]] size_t prefixes() const noexcept { return prefixes_; }
  [[nodiscard]] size_t candidates() const noexcept { return entries_.size() - free_count_; }
  [[nodiscard]] bool has_length(unsigned length) const noexcept { return by_length_[length] != 0; }
  [[nodiscard]] size_t bytes() const noexcept {
    return entries_.capacity() * sizeof(Entry) + heads_.capacity() * sizeof(Head);
  }

  // The first candidate of a prefix; kNone.
  [[nodiscard]] uint32_t find(const PrefixType& prefix) const noexcept {
    if (heads_.empty()) return kNone;
    return heads_[place_of(prefix.addr(), prefix.length())].first;
  }
  // Where the first candidate of a prefix is noted; kNone when there is none. Good until the next
  // candidate is added or erased.
  [[nodiscard]] uint32_t& head(const PrefixType& prefix) {
    if ((prefixes_ + 1) * 10 > heads_.size() * 7) grow(heads_.empty() ? 64 : heads_.size() * 2);
    Head& head = heads_[place_of(prefix.addr(), prefix.length())];
    head.hash = hash_of(prefix.addr(), prefix.length());
    return head.first;
  }
  // Puts a candidate of this prefix, its other fields to be filled, before those at `head`.
  uint32_t add(const PrefixType& prefix, uint32_t& head) {
    const uint32_t index = take();
    Entry& entry = entries_[index];
    entry.addr = prefix.addr();
    entry.length = static_cast<uint8_t>(prefix.length());
    if (head == kNone) {
      ++prefixes_;
      ++by_length_[entry.length];
    }
    entry.next = head;
    head = index;
    return index;
  }
  // Makes room for so many more prefixes.
  void reserve(size_t more) {
    size_t size = std::max<size_t>(heads_.size(), 64);
    while ((prefixes_ + more) * 10 > size * 7) size *= 2;
    if (size != heads_.size()) grow(size);
    const size_t wanted = entries_.size() + more;
    if (more > free_count_ && wanted > entries_.capacity())
      entries_.reserve(std::max(wanted, entries_.capacity() + entries_.capacity() / 2));
  }
  // A batch waits less when what it will touch is on its way: first the place, then who is there.
  [[gnu::always_inline]] void prefetch_place(const PrefixType& prefix) const noexcept {
    if (heads_.empty()) return;
    __builtin_prefetch(&heads_[hash_of(prefix.addr(), prefix.length()) & (heads_.size() - 1)]);
  }
  [[gnu::always_inline]] void prefetch_first(const PrefixType& prefix) const noexcept {
    if (heads_.empty()) return;
    const uint32_t hash = hash_of(prefix.addr(), prefix.length());
    size_t place = hash & (heads_.size() - 1);
    while (heads_[place].first != kNone && heads_[place].hash != hash)
      place = (place + 1) & (heads_.size() - 1);
    if (heads_[place].first != kNone) __builtin_prefetch(&entries_[heads_[place].first]);
  }
  void erase(uint32_t index) {
    const Entry& entry = entries_[index];
    const size_t place = place_of(entry.addr, entry.length);
    if (heads_[place].first == index) {
      heads_[place].first = entry.next;
    } else {
      uint32_t before = heads_[place].first;
      while (entries_[before].next != index) before = entries_[before].next;
      entries_[before].next = entry.next;
    }
    if (heads_[place].first == kNone) {
      --prefixes_;
      --by_length_[entry.length];
      close_gap(place);
    }
    give_back(index);
  }

  template <class Visit>
  void each_prefix(Visit visit) const {  // visit(first candidate)
    for (const Head& head : heads_)
      if (head.first != kNone) visit(head.first);
  }
  template <class Visit>
  void each(Visit visit) const {  // visit(candidate)
    for (uint32_t index = 0; index < entries_.size(); ++index)
      if (!entries_[index].is(Entry::kFree)) visit(index);
  }

 private:
  static uint64_t fold(Ip4Addr addr) noexcept { return addr.value(); }
  static uint64_t fold(const Ip6Addr& addr) noexcept {
    return addr.high() ^ addr.low() * 0x9e3779b97f4a7c15;
  }
  static uint32_t hash_of(const Address& addr, unsigned length) noexcept {
    return hash_mix(fold(addr), length);
  }
  // Where the prefix is, or the empty place where it belongs.
  [[nodiscard]] size_t place_of(const Address& addr, unsigned length) const noexcept {
    const uint32_t hash = hash_of(addr, length);
    size_t place = hash & (heads_.size() - 1);
    for (; heads_[place].first != kNone; place = (place + 1) & (heads_.size() - 1)) {
      if (heads_[place].hash != hash) continue;
      const Entry& entry = entries_[heads_[place].first];
      if (entry.addr == addr && entry.length == length) break;
    }
    return place;
  }
  void grow(size_t size) {
    std::vector<Head> old(size);
    old.swap(heads_);
    for (const Head& head : old) {
      if (head.first == kNone) continue;
      size_t place = head.hash & (size - 1);
      while (heads_[place].first != kNone) place = (place + 1) & (size - 1);
      heads_[place] = head;
    }
  }
  // Linear probing without tombstones: what follows moves up if it may.
  void close_gap(size_t gap) {
    const size_t mask = heads_.size() - 1;
    for (size_t place = (gap + 1) & mask; heads_[place].first != kNone;
         place = (place + 1) & mask) {
      if (((place - heads_[place].hash) & mask) < ((place - gap) & mask)) continue;
      heads_[gap] = heads_[place];
      heads_[place].first = kNone;
      gap = place;
    }
  }
  uint32_t take() {
    if (free_ == kNone) {
      entries_.emplace_back();
      return static_cast<uint32_t>(entries_.size() - 1);
    }
    const uint32_t index = free_;
    free_ = entries_[index].next;
    --free_count_;
    entries_[index] = Entry{};
    return index;
  }
  void give_back(uint32_t index) {
    entries_[index] = Entry{};
    entries_[index].flags = Entry::kFree;
    entries_[index].next = free_;
    free_ = index;
    ++free_count_;
  }

  std::vector<Entry> entries_;
  // Of a prefix. Its hash stands beside it: what is not meant is passed by without a look at it.
  struct Head {
    uint32_t first = kNone;  // kNone: an empty place
    uint32_t hash = 0;
  };
  std::vector<Head> heads_;  // a power of two of them
  std::array<uint32_t, kBits + 1> by_length_{};
  uint32_t free_ = kNone;
  size_t free_count_ = 0, prefixes_ = 0;
};

using Store4 = CandidateStore<Prefix4, Ip4Addr, 32>;
using Store6 = CandidateStore<Prefix6, Ip6Addr, 128>;

}  // namespace spanway::rib
