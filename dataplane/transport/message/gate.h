// SPDX-License-Identifier: BSD-3-Clause
// What can be said to a stranger without a memory and without remembering: a Hello is answered by a
// challenge, an Open is worth a look if it brings the cookie. So a flood of either ends where it
// comes in. Any thread, several at a time; neither allocates nor waits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/shared_word.h"
#include "dataplane/transport/message/cookie.h"
#include "dataplane/transport/message/protection.h"

namespace spanway::transport {

enum class Unwelcome : uint8_t {
  kMalformed,
  kDamaged,    // its trailer does not fit: damage, or another key
  kProtected,  // it wants other protection than we have
  kCookie,     // not ours, not for it, or stale
  kFull,
  kOver,  // its connection has ended
  kInternal,
  kCount
};

using ChallengePacket = std::array<uint8_t, kChallengeBytes + kCrcBytes>;

class Gate {
 public:
  // The key is random, for the life of the process, and nobody else's.
  Gate(const SipKey& cookies, Protected by) noexcept : jar_(cookies) { ask_for(by); }

  // From now on. One thread.
  void ask_for(Protected by) noexcept { by_.set(static_cast<uint64_t>(by)); }

  // `packet` is a UDP payload whose header says kHello. Writes the answer; nullopt: done.
  std::optional<Unwelcome> challenge(const Peer& from, std::span<const uint8_t> packet,
                                     ChallengePacket& answer, Nanos now) const noexcept;
  // The header says kOpen. nullopt: it has shown that it hears what is sent to its address; whether
  // the rest is whole, nobody has looked yet.
  std::optional<Unwelcome> admit(const Peer& from, std::span<const uint8_t> packet,
                                 Nanos now) const noexcept;

  // A keyed hash of where `from` is, an IPv6 address without its host's half, for whoever counts by
  // source: nobody outside can find two that are counted together. Another `salt`, another hash.
  [[nodiscard]] uint64_t mark(const IpAddr& from, uint64_t salt) const noexcept {
    return jar_.mark(from, salt);
  }

 private:
  [[nodiscard]] Protected by() const noexcept { return static_cast<Protected>(by_.get()); }

  CookieJar jar_;
  SharedWord by_;
};

}  // namespace spanway::transport
