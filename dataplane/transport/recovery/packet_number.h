// SPDX-License-Identifier: BSD-3-Clause
// The number of one transmission. It is counted up for every packet sent and never given to a
// second one, so an acknowledgement always says which transmission it speaks of. Numbers wrap;
// they are compared only here, and only within half of the circle.
#pragma once

#include <cstdint>

namespace spanway::transport {

class PacketNumber {
 public:
  constexpr PacketNumber() = default;
  constexpr explicit PacketNumber(uint32_t value) noexcept : value_(value) {}
  [[nodiscard]] constexpr uint32_t value() const noexcept { return value_; }

  // How far this one is after `other`; negative when it is before it (RFC 1982 section 3.2).
  constexpr int32_t operator-(PacketNumber other) const noexcept {
    return static_cast<int32_t>(value_ - other.value_);
  }
  constexpr PacketNumber operator+(uint32_t n) const noexcept { return PacketNumber(value_ + n); }
  constexpr PacketNumber operator-(uint32_t n) const noexcept { return PacketNumber(value_ - n); }
  constexpr PacketNumber& operator++() noexcept {
    ++value_;
    return *this;
  }
  constexpr bool operator==(const PacketNumber&) const noexcept = default;
  constexpr bool operator<(PacketNumber other) const noexcept { return *this - other < 0; }
  constexpr bool operator>(PacketNumber other) const noexcept { return *this - other > 0; }
  constexpr bool operator<=(PacketNumber other) const noexcept { return *this - other <= 0; }
  constexpr bool operator>=(PacketNumber other) const noexcept { return *this - other >= 0; }

 private:
  uint32_t value_ = 0;
};

constexpr PacketNumber later_of(PacketNumber a, PacketNumber b) noexcept { return a < b ? b : a; }

}  // namespace spanway::transport
