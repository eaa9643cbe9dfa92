// SPDX-License-Identifier: BSD-3-Clause
// The server's half of the handshake. A Hello costs a hash and leaves nothing behind; an Open that
// brings a good cookie makes a connection, once, however often it comes. One thread; time is passed
// in.
//
// Always: what it remembers is at most `most` connections, those that ended within the last
// CookieJar::kFresh included.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/transport/message/established.h"
#include "dataplane/transport/message/gate.h"

namespace spanway::transport {

class Welcome {
 public:
  Welcome(const Security& security, const SipKey& cookies, size_t most);
  // For those who answer Hellos, and look at Opens first, in its stead.
  [[nodiscard]] const Gate& gate() const noexcept { return gate_; }
  // Of connections from now on.
  void protect(const Security& security) {
    security_ = security;
    gate_.ask_for(security.by);
  }

  // Either answers with a packet to send back, or says why not.
  struct Answer {
    std::vector<uint8_t> packet;
    std::optional<Established> made;  // a new connection; without it the answer is a repetition
  };
  using Reply = std::pair<std::optional<Answer>, Unwelcome>;

  // `packet` is a UDP payload whose header says kHello.
  [[nodiscard]] Reply on_hello(const Peer& from, std::span<const uint8_t> packet, Nanos now) const;
  // The header says kOpen. `own` names the connection that may be made, `ours` is what we take of
  // it, `random` is fresh and not to be foreseen; none of them is used up when nothing is made.
  [[nodiscard]] Reply on_open(const Peer& from, std::span<const uint8_t> packet, ConnectionId own,
                              const Nonce128& random, const Params& ours, Nanos now);
  // The connection that we call `own` is over.
  void forget(ConnectionId own, Nanos now);

  [[nodiscard]] size_t size() const noexcept { return known_.size(); }
  [[nodiscard]] uint64_t refused(Unwelcome why) const noexcept {
    return refused_[static_cast<size_t>(why)];
  }

 private:
  // Who opened: the same address with another random number is somebody else.
  struct Key {
    IpAddr address;
    uint16_t port;
    ConnectionId client;
    Nonce128 random;
    auto operator<=>(const Key&) const = default;
  };
  struct Known {
    ConnectionId own;
    std::vector<uint8_t> accept;  // empty: the connection is over
    Nanos until = Nanos::never();
  };

  Reply refuse(Unwelcome why) const;
  // Drops the ended ones that no cookie can bring back.
  void tidy(Nanos now);
  // Keys and Accept of a new connection; nullopt: the keys could not be made.
  std::optional<Answer> make(const OpenClear& clear, const Params& theirs, ConnectionId own,
                             const Nonce128& random, const Params& ours) const;

  Security security_;
  Gate gate_;
  size_t most_;
  std::map<Key, Known> known_;
  std::map<ConnectionId, Key> by_own_;
  std::set<std::pair<Nanos, Key>> ended_;
  mutable std::array<uint64_t, static_cast<size_t>(Unwelcome::kCount)> refused_{};
};

}  // namespace spanway::transport
