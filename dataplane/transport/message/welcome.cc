// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/welcome.h"

#include <algorithm>

namespace spanway::transport {
Welcome::Welcome(const Security& security, const SipKey& cookies, size_t most)
    : security_(security), gate_(cookies, security.by), most_(most) {}

Welcome::Reply Welcome::refuse(Unwelcome why) const {
  ++refused_[static_cast<size_t>(why)];
  return {std::nullopt, why};
}

Welcome::Reply Welcome::on_hello(const Peer& from, std::span<const uint8_t> packet,
                                 Nanos now) const {
  ChallengePacket answer;
  if (const auto why = gate_.challenge(from, packet, answer, now)) return refuse(*why);
  return {Answer{{answer.begin(), answer.end()}, {}}, {}};
}

Welcome::Reply Welcome::on_open(const Peer& from, std::span<const uint8_t> packet, ConnectionId own,
                                const Nonce128& random, const Params& ours, Nanos now) {
  tidy(now);
  // Before anything that costs more than a hash.
  if (const auto why = gate_.admit(from, packet, now)) return refuse(*why);
  const auto clear = read_open_clear(packet.subspan(kHeaderBytes));
  const Key key{from.address, from.port, clear->hello.client, clear->hello.random};
  if (const auto at = known_.find(key); at != known_.end()) {
    if (at->second.accept.empty()) return refuse(Unwelcome::kOver);
    return {Answer{at->second.accept, {}}, {}};
  }
  Protection by;
  if (security_.by == Protected::kAes128Gcm) {
    const auto made = open_key(security_.shared, *clear);
    if (!made) return refuse(Unwelcome::kInternal);
    by = Protection(*made);
  }
  const auto plain = opened(packet, kOpenClear, by);
  if (!plain) return refuse(Unwelcome::kDamaged);
  const auto params = read_params(std::span(*plain).subspan(kOpenClear));
  if (!params) return refuse(Unwelcome::kMalformed);
  if (known_.size() >= most_) return refuse(Unwelcome::kFull);
  auto answer = make(*clear, *params, own, random, ours);
  if (!answer) return refuse(Unwelcome::kInternal);
  known_.emplace(key, Known{own, answer->packet});
  by_own_.emplace(own, key);
  return {std::move(answer), {}};
}

std::optional<Welcome::Answer> Welcome::make(const OpenClear& clear, const Params& theirs,
                                             ConnectionId own, const Nonce128& random,
                                             const Params& ours) const {
  const Accept accept{own, random, ours};
  Established made{own, clear.hello.client, ours, theirs, std::nullopt, false};
  Protection by;
  if (security_.by == Protected::kAes128Gcm) {
    auto secrets = connection_secrets(security_.shared, clear, {own, random});
    if (!secrets) return std::nullopt;
    const auto key = accept_key(*secrets);
    if (!key) return std::nullopt;
    by = Protection(*key);
    made.secrets = *secrets;
  }
  return Answer{sealed(write_accept(clear.hello.client, accept), kAcceptClear, by),
                std::move(made)};
}

void Welcome::forget(ConnectionId own, Nanos now) {
  const auto at = by_own_.find(own);
  if (at == by_own_.end()) return;
  Known& known = known_.at(at->second);
  known.accept.clear();
  known.until = now + CookieJar::kFresh;
  ended_.emplace(known.until, at->second);
  by_own_.erase(at);
}

void Welcome::tidy(Nanos now) {
  while (!ended_.empty() && ended_.begin()->first < now) {
    known_.erase(ended_.begin()->second);
    ended_.erase(ended_.begin());
  }
}

}  // namespace spanway::transport
