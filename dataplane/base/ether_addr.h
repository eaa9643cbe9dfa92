// SPDX-License-Identifier: BSD-3-Clause
// A 48-bit IEEE 802 address, in wire order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spanway {

struct EtherAddr {
  std::array<uint8_t, 6> bytes{};

  [[nodiscard]] constexpr bool is_group() const noexcept { return (bytes[0] & 1) != 0; }
  [[nodiscard]] constexpr bool is_broadcast() const noexcept { return *this == broadcast(); }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return *this == EtherAddr{}; }
  static constexpr EtherAddr broadcast() noexcept {
    return EtherAddr{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  }

  // "02:00:00:00:00:01"; nullopt when the text is not exactly that form.
  static std::optional<EtherAddr> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  constexpr auto operator<=>(const EtherAddr&) const noexcept = default;
};
static_assert(sizeof(EtherAddr) == 6 && alignof(EtherAddr) == 1);

}  // namespace spanway
