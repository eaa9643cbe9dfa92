// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/dial.h"

#include <algorithm>
#include <utility>

#include "dataplane/transport/message/cookie.h"

namespace spanway::transport {

Dial::Dial(const Security& security, ConnectionId own, const Nonce128& random, const Params& ours,
           Nanos patience, Nanos now)
    : security_(security), open_{{own, random, security.by}, {}, ours}, gives_up_(now + patience) {
  say_hello(now);
}

void Dial::say(std::vector<uint8_t> packet, DialState state, Nanos now) {
  packet_ = std::move(packet);
  state_ = state;
  wait_ = kFirstWait;
  again_ = now;
  said_ = 0;
}

void Dial::say_hello(Nanos now) {
  stale_ = Nanos::never();
  say(sealed(write_hello(open_.hello), kHeaderBytes, Protection()), DialState::kHello, now);
}

std::optional<std::vector<uint8_t>> Dial::step(Nanos now) {
  if (state_ == DialState::kConnected || state_ == DialState::kFailed) return std::nullopt;
  if (now >= gives_up_) {
    state_ = DialState::kFailed;
    return std::nullopt;
  }
  // Nobody takes the cookie any more. If it had made a connection whose Accepts were all lost, this
  // is another one, or the answer would still be by the old cookie.
  if (now >= stale_) {
    for (uint8_t& byte : open_.hello.random)
      if (++byte != 0) break;
    say_hello(now);
  }
  if (now < again_) return std::nullopt;
  if (said_ != 0) wait_ = std::min(wait_ * 2, kLongestWait);
  ++said_;
  said_at_ = now;
  again_ = now + wait_;
  return packet_;
}

Nanos Dial::deadline() const noexcept {
  if (state_ == DialState::kConnected || state_ == DialState::kFailed) return Nanos::never();
  return std::min({again_, gives_up_, stale_});
}

bool Dial::on_packet(std::span<const uint8_t> packet, Nanos now) {
  const auto header = read_header(packet);
  if (!header || header->connection != open_.hello.client) return false;
  if (header->kind == PacketKind::kChallenge) return on_challenge(packet, now);
  if (header->kind == PacketKind::kAccept) return on_accept(packet, now);
  return false;
}

bool Dial::on_challenge(std::span<const uint8_t> packet, Nanos now) {
  if (state_ != DialState::kHello) return false;
  const auto plain = opened(packet, kHeaderBytes, Protection());
  if (!plain) return false;
  const auto cookie = read_challenge(std::span(*plain).subspan(kHeaderBytes));
  if (!cookie) return false;
  open_.cookie = *cookie;
  Protection by;
  if (security_.by == Protected::kAes128Gcm) {
    const auto key = open_key(security_.shared, {open_.hello, open_.cookie});
    if (!key) return false;
    by = Protection(*key);
  }
  // Said again it is the same to the bit, as its number is the same.
  say(sealed(write_open(open_), kOpenClear, by), DialState::kOpen, now);
  stale_ = now + CookieJar::kFresh;
  return true;
}

bool Dial::on_accept(std::span<const uint8_t> packet, Nanos now) {
  if (state_ != DialState::kOpen || packet.size() < kAcceptClear) return false;
  const auto clear = read_accept_clear(packet.subspan(kHeaderBytes));
  if (!clear) return false;
  Established made{open_.hello.client, clear->server, open_.params, {}, std::nullopt, true};
  Protection by;
  if (security_.by == Protected::kAes128Gcm) {
    auto secrets = connection_secrets(security_.shared, {open_.hello, open_.cookie}, *clear);
    if (!secrets) return false;
    const auto key = accept_key(*secrets);
    if (!key) return false;
    by = Protection(*key);
    made.secrets = *secrets;
  }
  const auto plain = opened(packet, kAcceptClear, by);
  if (!plain) return false;
  const auto params = read_params(std::span(*plain).subspan(kAcceptClear));
  if (!params) return false;
  made.theirs = *params;
  established_ = std::move(made);
  if (said_ == 1) round_trip_ = now - said_at_;
  state_ = DialState::kConnected;
  return true;
}

}  // namespace spanway::transport
