// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/cookie.h"

#include <array>
#include <cstring>

namespace spanway::transport {
namespace {

uint32_t millis_of(Nanos now) noexcept { return static_cast<uint32_t>(now.ns() / 1'000'000); }

}  // namespace

uint64_t CookieJar::proof(uint32_t baked, const Peer& peer, const Hello& hello) const noexcept {
  // All of fixed size, so that no two inputs run together.
  struct {
    uint8_t family;
    uint8_t by;
    uint16_t port;
    uint32_t client, baked;
    std::array<uint8_t, 16> address;
    Nonce128 random;
  } said{};
  static_assert(sizeof said == 44);
  said.family = peer.address.is4() ? 4 : 6;
  said.by = static_cast<uint8_t>(hello.by);
  said.port = peer.port;
  said.client = hello.client.value;
  said.baked = baked;
  said.random = hello.random;
  if (peer.address.is4()) {
    const uint32_t value = peer.address.v4().value();
    std::memcpy(said.address.data(), &value, sizeof value);
  } else {
    said.address = peer.address.v6().bytes;
  }
  return siphash(key_, {reinterpret_cast<const uint8_t*>(&said), sizeof said});
}

// Shorter than what proofs are made of, so that none is ever one.
uint64_t CookieJar::mark(const IpAddr& from, uint64_t salt) const noexcept {
  struct {
    uint64_t address, salt;
  } said{from.is4() ? from.v4().value() : from.v6().high(), salt};
  static_assert(sizeof said == 16);
  return siphash(key_, {reinterpret_cast<const uint8_t*>(&said), sizeof said});
}

Cookie CookieJar::bake(const Peer& peer, const Hello& hello, Nanos now) const noexcept {
  const uint32_t baked = millis_of(now);
  return {baked, proof(baked, peer, hello)};
}

bool CookieJar::is_ours(const Cookie& cookie, const Peer& peer, const Hello& hello,
                        Nanos now) const noexcept {
  // Wraps after 49 days; what lies ahead of us is not ours.
  const uint32_t age = millis_of(now) - cookie.baked;
  return age <= kFresh.ns() / 1'000'000 && cookie.proof == proof(cookie.baked, peer, hello);
}

}  // namespace spanway::transport
