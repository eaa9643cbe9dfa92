// SPDX-License-Identifier: BSD-3-Clause
#include "control/local/reassembly.h"

#include <algorithm>
#include <utility>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::local {
namespace {

constexpr size_t kMostBytes = 65535;  // of an IP packet, its headers included
// What an entry and a piece cost beside their bytes, generously.
constexpr size_t kEntryCost = 512, kPieceCost = 96;

// The front becomes that of a packet that was never cut; `payload` bytes follow it.
void mend_front(std::vector<uint8_t>& packet, const Fragment& first, size_t payload) {
  if (first.source.is4()) {
    auto& ip = *reinterpret_cast<Ip4Header*>(packet.data());
    ip.total_length = Be16(static_cast<uint16_t>(first.front.size() + payload));
    ip.fragment = Be16();
    ip4_checksum_fill(ip);
  } else {
    auto& ip = *reinterpret_cast<Ip6Header*>(packet.data());
    ip.payload_length =
        Be16(static_cast<uint16_t>(first.front.size() - sizeof(Ip6Header) + payload));
    packet[first.next_at] = first.protocol;
  }
}

}  // namespace

Reassembly::Key Reassembly::key_of(const Fragment& fragment, IfIndex interface) {
  Key key{.source = fragment.source, .destination = fragment.destination, .id = fragment.id};
  if (fragment.source.is4())
    key.protocol = fragment.protocol;
  else if (fragment.source.v6().is_link_local())
    key.interface = interface;
  return key;
}

// What one fragment says of itself.
std::optional<Loss> Reassembly::judge(const Fragment& fragment) {
  if (fragment.payload.empty()) return Loss::kMalformed;
  if (fragment.more && fragment.payload.size() % 8 != 0) return Loss::kMalformed;
  if (fragment.front.size() + fragment.offset + fragment.payload.size() > kMostBytes)
    return Loss::kTooLong;
  return std::nullopt;
}

// What it says beside those that have come before.
std::optional<Loss> Reassembly::fit(Entry& entry, const Fragment& fragment) {
  if (entry.poisoned) return Loss::kOverlap;
  const size_t begin = fragment.offset, end = begin + fragment.payload.size();
  const auto after = entry.pieces.lower_bound(fragment.offset);
  if (after != entry.pieces.end()) {
    const auto& [offset, bytes] = *after;
    const bool same = offset == begin && std::ranges::equal(bytes, fragment.payload) &&
                      fragment.more == (entry.end != end);
    if (same) return Loss::kDuplicate;
    if (offset < end) return Loss::kOverlap;
  }
  if (after != entry.pieces.begin()) {
    const auto& [offset, bytes] = *std::prev(after);
    if (offset + bytes.size() > begin) return Loss::kOverlap;
  }
  // All must agree where the payload ends.
  if (entry.end && (end > *entry.end || !fragment.more)) return Loss::kOverlap;
  if (!fragment.more && after != entry.pieces.end()) return Loss::kOverlap;
  return std::nullopt;
}

Reassembly::Result Reassembly::loss(Loss why) {
  ++counts_.lost[static_cast<size_t>(why)];
  return {.whole = {}, .lost = why};
}

Reassembly::Result Reassembly::add(IfIndex interface, Bytes frame, size_t l3, Nanos now) {
  ++counts_.received;
  if (frame.size() < l3) return loss(Loss::kMalformed);
  const auto fragment = parse_fragment(frame.subspan(l3));
  if (!fragment) return loss(Loss::kMalformed);
  if (const auto why = judge(*fragment)) return loss(*why);
  const auto at = find_or_make(key_of(*fragment, interface), now);
  Entry& entry = at->second;
  if (const auto why = fit(entry, *fragment)) {
    if (*why == Loss::kOverlap) {
      lose(at, *why);
      entry.poisoned = true;
    }
    return loss(*why);
  }
  const bool is_first = fragment->offset == 0;
  const size_t cost = kPieceCost + fragment->payload.size() + (is_first ? frame.size() : 0);
  if (entry.pieces.size() == limits_.fragments_per_datagram || !make_room(at, cost)) {
    lose(at, Loss::kNoRoom);
    erase(at);
    return loss(Loss::kNoRoom);
  }
  charge(at, cost);
  entry.pieces.emplace(fragment->offset,
                       std::vector<uint8_t>(fragment->payload.begin(), fragment->payload.end()));
  entry.have += fragment->payload.size();
  ++counts_.waiting;
  if (!fragment->more) entry.end = fragment->offset + fragment->payload.size();
  if (is_first) entry.first = {interface, {frame.begin(), frame.end()}, l3};
  return is_whole(entry) ? finish(at) : Result{};
}

Reassembly::Result Reassembly::finish(Entries::iterator at) {
  Entry& entry = at->second;
  const auto first = parse_fragment(entry.first.packet());
  if (first->front.size() + entry.have > kMostBytes) {
    lose(at, Loss::kTooLong);
    erase(at);
    return {.whole = {}, .lost = Loss::kTooLong};
  }
  Datagram whole;
  whole.packet.reserve(first->front.size() + entry.have);
  whole.packet.assign(first->front.begin(), first->front.end());
  for (const auto& [offset, bytes] : entry.pieces)
    whole.packet.insert(whole.packet.end(), bytes.begin(), bytes.end());
  mend_front(whole.packet, *first, entry.have);
  whole.first = std::move(entry.first);
  counts_.joined += entry.pieces.size();
  counts_.waiting -= entry.pieces.size();
  ++counts_.datagrams;
  erase(at);
  return {.whole = std::move(whole), .lost = {}};
}

Reassembly::Entries::iterator Reassembly::find_or_make(const Key& key, Nanos now) {
  const auto [at, made] = entries_.try_emplace(key);
  if (!made) return at;
  at->second.born = now;
  at->second.age = ages_.insert(ages_.end(), key);
  ++usage_[key.source].datagrams;
  charge(at, kEntryCost);
  return at;
}

Reassembly::Entries::iterator Reassembly::oldest_but(Entries::iterator keep, const IpAddr* source) {
  const auto age = std::ranges::find_if(ages_, [&](const Key& key) {
    return key != keep->first && (source == nullptr || key.source == *source);
  });
  return age == ages_.end() ? entries_.end() : entries_.find(*age);
}

bool Reassembly::make_room(Entries::iterator keep, size_t more) {
  const IpAddr source = keep->first.source;
  for (;;) {
    const Usage& mine = usage_.at(source);
    const bool source_full = mine.datagrams > limits_.datagrams_per_source ||
                             mine.bytes + more > limits_.bytes_per_source;
    const bool full = entries_.size() > limits_.datagrams || bytes_ + more > limits_.bytes;
    if (!source_full && !full) return true;
    const auto oldest = oldest_but(keep, source_full ? &source : nullptr);
    if (oldest == entries_.end()) return false;
    lose(oldest, Loss::kNoRoom);
    erase(oldest);
  }
}

void Reassembly::charge(Entries::iterator at, size_t bytes) {
  at->second.cost += bytes;
  usage_.at(at->first.source).bytes += bytes;
  bytes_ += bytes;
}

void Reassembly::lose(Entries::iterator at, Loss why) {
  Entry& entry = at->second;
  counts_.lost[static_cast<size_t>(why)] += entry.pieces.size();
  counts_.waiting -= entry.pieces.size();
  entry.pieces.clear();
  entry.have = 0;
  entry.end.reset();
  entry.first = {};
  const size_t freed = entry.cost - kEntryCost;
  entry.cost = kEntryCost;
  usage_.at(at->first.source).bytes -= freed;
  bytes_ -= freed;
}

void Reassembly::erase(Entries::iterator at) {
  const auto mine = usage_.find(at->first.source);
  bytes_ -= at->second.cost;
  mine->second.bytes -= at->second.cost;
  if (--mine->second.datagrams == 0) usage_.erase(mine);
  ages_.erase(at->second.age);
  entries_.erase(at);
}

std::vector<Arrival> Reassembly::expire(Nanos now) {
  std::vector<Arrival> beginnings;
  while (next_deadline() <= now) {
    const auto at = entries_.find(ages_.front());
    if (!at->second.first.frame.empty()) beginnings.push_back(std::move(at->second.first));
    lose(at, Loss::kTimeout);
    erase(at);
  }
  return beginnings;
}

Nanos Reassembly::next_deadline() const {
  return ages_.empty() ? Nanos::never() : entries_.at(ages_.front()).born + limits_.timeout;
}

}  // namespace spanway::local
