// SPDX-License-Identifier: BSD-3-Clause
// Cookies that a server gives to strangers and remembers nothing of (the idea of RFC 6013 section
// 2.1 and of TCP's SYN cookies, RFC 4987 section 3.6): only who hears what is sent to its address
// can return one. Any thread.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/ip_addr.h"
#include "dataplane/base/units.h"
#include "dataplane/transport/message/handshake.h"
#include "dataplane/transport/message/siphash.h"

namespace spanway::transport {

struct Peer {
  IpAddr address;
  uint16_t port = 0;  // UDP, host order
  bool operator==(const Peer&) const = default;
};

class CookieJar {
 public:
  // A cookie may be returned for so long: several round trips of the longest paths, and little time
  // for whoever listens to come back with it from elsewhere, which its address forbids anyway.
  static constexpr Nanos kFresh = seconds(10);

  // The key is random, for the life of the process, and nobody else's.
  explicit CookieJar(const SipKey& key) noexcept : key_(key) {}

  // Time on the engine's own line, from 0 on.
  [[nodiscard]] Cookie bake(const Peer& peer, const Hello& hello, Nanos now) const noexcept;
  [[nodiscard]] bool is_ours(const Cookie& cookie, const Peer& peer, const Hello& hello,
                             Nanos now) const noexcept;
  // See Gate.
  [[nodiscard]] uint64_t mark(const IpAddr& from, uint64_t salt) const noexcept;

 private:
  [[nodiscard]] uint64_t proof(uint32_t baked, const Peer& peer, const Hello& hello) const noexcept;

  SipKey key_;
};

}  // namespace spanway::transport
