// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/phase_keys.h"

#include "dataplane/base/check.h"

namespace spanway::transport {
namespace {

Protection protection_of(const std::optional<Secret>& secret) {
  if (!secret) return {};
  const auto key = packet_key(*secret);
  SPANWAY_CHECK(key);  // the same derivation made the handshake's keys a moment ago
  return Protection(*key);
}

}  // namespace

SealingKeys::SealingKeys(const std::optional<Secret>& secret, PacketNumber first)
    : now_(protection_of(secret)), first_(first) {
  if (secret) secret_ = *secret;
}

void SealingKeys::turn(PacketNumber first) noexcept {
  now_.turn(secret_);
  first_ = first;
  sealed_ = 0;
  flag_ ^= packet_flag::kKeyPhase;
}

OpeningKeys::OpeningKeys(const std::optional<Secret>& secret, PacketNumber first)
    : now_(protection_of(secret)),
      next_(protection_of(secret)),
      last_(protection_of(secret)),
      first_(first) {
  if (!secret) return;
  secret_ = *secret;
  next_.turn(secret_);
}

// What is older than all of this phase is of the last, what is not is of the next: phases follow
// one another by number, and the sender begins none before we have shown that we know the one
// before.
bool OpeningKeys::open_other(std::span<uint8_t> packet, PacketNumber number) noexcept {
  if (!now_.hides()) return false;
  if (number < first_) return turned_ && last_.open(packet, kHeaderBytes, number);
  if (!next_.open(packet, kHeaderBytes, number)) return false;
  last_.swap(now_);
  now_.swap(next_);
  next_.turn(secret_);
  first_ = number;
  flag_ ^= packet_flag::kKeyPhase;
  turned_ = true;
  return true;
}

}  // namespace spanway::transport
