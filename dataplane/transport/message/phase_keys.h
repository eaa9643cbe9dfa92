// SPDX-License-Identifier: BSD-3-Clause
// A direction's keys over its phases. The sender goes on to the next before a key has protected too
// much, and says so by a bit of the header; the receiver has the next one ready, and keeps the last
// for what comes late. Without keys all packets are one phase, and CRC-32C serves for ever. The
// worker that owns the connection; allocates when made and never again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/transport/message/keys.h"
#include "dataplane/transport/message/protection.h"
#include "dataplane/transport/message/wire.h"

namespace spanway::transport {

// Packets under one key: of 1,500 bytes 2^35 blocks, half of what NIST SP 800-38D appendix B counts
// with, and far from the 2^31 within which numbers compare.
inline constexpr uint32_t kPhasePackets = 1u << 28;

class SealingKeys {
 public:
  // nullopt: CRC-32C. `first`: the number of the first packet.
  SealingKeys(const std::optional<Secret>& secret, PacketNumber first);

  [[nodiscard]] size_t trailer_bytes() const noexcept { return now_.trailer_bytes(); }
  // As Protection::seal(), in the phase that flag() names.
  void seal(std::span<uint8_t> packet, PacketNumber number) noexcept {
    ++sealed_;
    now_.seal(packet, kHeaderBytes, number);
  }
  [[nodiscard]] uint8_t flag() const noexcept { return flag_; }

  // The phase should end, being one of so many packets.
  [[nodiscard]] bool due(uint32_t packets) const noexcept {
    return sealed_ >= packets && now_.hides();
  }
  // A packet of this phase has arrived, so that the peer knows of it and is ready for the next.
  [[nodiscard]] bool known(PacketNumber newest_delivered) const noexcept {
    return newest_delivered >= first_;
  }
  // From packet `first` on.
  void turn(PacketNumber first) noexcept;
  // No packet may be sealed any more. Nobody gets there who turns when it is due.
  [[nodiscard]] bool spent() const noexcept { return now_.hides() && sealed_ >= kMost; }

 private:
  static constexpr uint32_t kMost = 1u << 31;  // half of the circle of numbers

  Protection now_;
  Secret secret_{};
  uint32_t sealed_ = 0;  // in this phase
  PacketNumber first_;   // of this phase
  uint8_t flag_ = 0;
};

class OpeningKeys {
 public:
  OpeningKeys(const std::optional<Secret>& secret, PacketNumber first);

  [[nodiscard]] size_t trailer_bytes() const noexcept { return now_.trailer_bytes(); }
  // As Protection::open(), by the key that the header's flags mean.
  [[nodiscard]] bool open(std::span<uint8_t> packet, uint8_t flags, PacketNumber number) noexcept {
    if (((flags ^ flag_) & packet_flag::kKeyPhase) != 0) [[unlikely]]
      return open_other(packet, number);
    if (!now_.open(packet, kHeaderBytes, number)) return false;
    if (number < first_) first_ = number;
    return true;
  }

 private:
  bool open_other(std::span<uint8_t> packet, PacketNumber number) noexcept;

  Protection now_, next_, last_;
  Secret secret_{};     // of next_
  PacketNumber first_;  // the oldest that came in this phase
  uint8_t flag_ = 0;
  bool turned_ = false;  // there is a last one
};

}  // namespace spanway::transport
