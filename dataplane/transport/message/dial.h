// SPDX-License-Identifier: BSD-3-Clause
// The client's half of the handshake: says Hello until it is challenged, Open until it is accepted,
// and gives up in the end. One thread; time is passed in, packets go in and out by the calls.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/units.h"
#include "dataplane/transport/message/established.h"

namespace spanway::transport {

enum class DialState : uint8_t { kHello, kOpen, kConnected, kFailed };

class Dial {
 public:
  // Between two tries: ten round trips of a slow LAN at first, then twice as long each time, up to
  // what RFC 6298 section 2.1 begins with.
  static constexpr Nanos kFirstWait = millis(20), kLongestWait = seconds(1);

  // `own` names the connection to us. `random` is fresh and not to be foreseen. Gives up after
  // `patience`.
  Dial(const Security& security, ConnectionId own, const Nonce128& random, const Params& ours,
       Nanos patience, Nanos now);

  // What is to be sent now; nullopt: nothing before deadline().
  std::optional<std::vector<uint8_t>> step(Nanos now);
  [[nodiscard]] Nanos deadline() const noexcept;
  // A UDP payload from the server whose header says kChallenge or kAccept, for our connection.
  // False: it was nothing that we wait for, and nothing has changed.
  bool on_packet(std::span<const uint8_t> packet, Nanos now);

  [[nodiscard]] DialState state() const noexcept { return state_; }
  // kConnected.
  [[nodiscard]] const Established& established() const noexcept { return *established_; }
  // From the first and only Open to Accept; nullopt when it had to be said twice.
  [[nodiscard]] std::optional<Nanos> round_trip() const noexcept { return round_trip_; }

 private:
  bool on_challenge(std::span<const uint8_t> packet, Nanos now);
  bool on_accept(std::span<const uint8_t> packet, Nanos now);
  void say_hello(Nanos now);
  void say(std::vector<uint8_t> packet, DialState state, Nanos now);

  Security security_;
  Open open_;
  Nanos gives_up_;
  DialState state_ = DialState::kHello;
  std::vector<uint8_t> packet_;  // what is being said
  Nanos wait_ = kFirstWait;
  Nanos again_;
  Nanos said_at_;
  unsigned said_ = 0;  // times
  Nanos stale_ = Nanos::never();
  std::optional<Established> established_;
  std::optional<Nanos> round_trip_;
};

}  // namespace spanway::transport
