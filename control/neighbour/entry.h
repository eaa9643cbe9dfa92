// SPDX-License-Identifier: BSD-3-Clause
// What a neighbour table says of one neighbour, and of one address of ours. Control thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/units.h"

namespace spanway::neighbour {

// RFC 4861 section 7.3.2, used for ARP too. DELAY is not apart: workers forward without telling
// control, so every STALE entry counts as used and its delay timer runs from the start.
enum class State : uint8_t {
  kIncomplete,  // asked, no answer yet; no MAC
  kReachable,   // it answered us within its lifetime
  kStale,       // a MAC heard, not confirmed; usable, probed after the delay
  kProbe,       // usable, being asked by unicast
  kFailed,      // no answer; no new question until the hold-off ends
  kStatic,      // set by the operator: never asked, changed or evicted
};

constexpr std::string_view name_of(State state) noexcept {
  switch (state) {
    case State::kIncomplete:
      return "incomplete";
    case State::kReachable:
      return "reachable";
    case State::kStale:
      return "stale";
    case State::kProbe:
      return "probe";
    case State::kFailed:
      return "failed";
    case State::kStatic:
      return "static";
  }
  return "unknown";
}

// A row of `show neighbours`.
struct Info {
  IpAddr ip;
  IfIndex interface = kNoInterface;
  EtherAddr mac;  // zero while there is none (incomplete, failed)
  State state = State::kIncomplete;
  Nanos age{};          // since it was last confirmed, or first heard of
  bool router = false;  // RFC 4861: said so in its last advertisement; always false for ARP
  [[nodiscard]] bool is_static() const noexcept { return state == State::kStatic; }
};

// Whether an address can stand for one node on a link at all.
inline bool is_unicast(const IpAddr& ip) noexcept {
  if (ip.is6())
    return !ip.v6().is_unspecified() && !ip.v6().is_multicast() && !ip.v6().is_loopback();
  const Ip4Addr v4 = ip.v4();
  return v4.value() >> 24 != 0 && !v4.is_loopback() && !v4.is_multicast() && !v4.is_reserved() &&
         !v4.is_broadcast();
}

enum class AddressState : uint8_t {
  kTentative,  // being probed (RFC 5227 section 2.1), or under duplicate address detection (RFC
               // 4862 section 5.4)
  kReady,
  kDuplicate,  // another node has it; not used until the link or the config changes
};

constexpr std::string_view name_of(AddressState state) noexcept {
  switch (state) {
    case AddressState::kTentative:
      return "tentative";
    case AddressState::kReady:
      return "ready";
    case AddressState::kDuplicate:
      return "duplicate";
  }
  return "unknown";
}

// One of our addresses; a link-local one may be of our own making.
struct OwnAddress {
  IpWithLength address;
  AddressState state = AddressState::kTentative;
};

// What happened on one interface since it was first configured.
struct Counts {
  uint64_t arp_received = 0, nd_received = 0;
  uint64_t malformed = 0;  // truncated, bad length, bad checksum, hop limit not 255
  uint64_t martian = 0;    // a sender that can not be: zero, group, loopback, our own MAC
  uint64_t conflicts = 0;  // our address claimed by another MAC
  uint64_t ignored = 0;    // well formed, not for us
  uint64_t questions_sent = 0, answers_sent = 0, announcements_sent = 0, reports_sent = 0;
  uint64_t questions_limited = 0, answers_limited = 0, learning_limited = 0;  // by rate
  uint64_t refused = 0;  // no room in the table and nothing that may be evicted
  uint64_t evicted = 0;
  uint64_t failed = 0;  // questions that nobody answered
};

}  // namespace spanway::neighbour
