// SPDX-License-Identifier: BSD-3-Clause
// IPv4 and IPv6 addresses as distinct types.
//
// Ip4Addr keeps its 32 bits in host order, ready for arithmetic and table lookups; Ip6Addr keeps
// its 16 bytes in wire order. Wire structs use Ip4Wire (below) and Ip6Addr.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/big_endian.h"

namespace spanway {

class Ip4Addr {
 public:
  constexpr Ip4Addr() = default;
  constexpr explicit Ip4Addr(uint32_t host_order) noexcept : value_(host_order) {}
  constexpr Ip4Addr(uint8_t a, uint8_t b, uint8_t c, uint8_t d) noexcept
      : value_(uint32_t{a} << 24 | uint32_t{b} << 16 | uint32_t{c} << 8 | d) {}

  [[nodiscard]] constexpr uint32_t value() const noexcept { return value_; }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return value_ == 0; }
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return value_ >> 28 == 0xe; }
  [[nodiscard]] constexpr bool is_loopback() const noexcept { return value_ >> 24 == 127; }
  [[nodiscard]] constexpr bool is_broadcast() const noexcept { return value_ == 0xffffffffu; }
  // 240.0.0.0/4 without the limited broadcast (RFC 1112 section 4, RFC 6890).
  [[nodiscard]] constexpr bool is_reserved() const noexcept {
    return value_ >> 28 == 0xf && !is_broadcast();
  }

  // Dotted quad without leading zeros; nullopt otherwise.
  static std::optional<Ip4Addr> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  constexpr auto operator<=>(const Ip4Addr&) const noexcept = default;

 private:
  uint32_t value_ = 0;
};

// An IPv4 address inside a wire struct.
struct Ip4Wire {
  Be32 bits;
  [[nodiscard]] constexpr Ip4Addr addr() const noexcept { return Ip4Addr(bits.host()); }
  static constexpr Ip4Wire of(Ip4Addr a) noexcept { return Ip4Wire{Be32(a.value())}; }
};
static_assert(sizeof(Ip4Wire) == 4 && alignof(Ip4Wire) == 1);

struct Ip6Addr {
  std::array<uint8_t, 16> bytes{};

  [[nodiscard]] constexpr bool is_unspecified() const noexcept { return *this == Ip6Addr{}; }
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return bytes[0] == 0xff; }
  [[nodiscard]] constexpr bool is_loopback() const noexcept {
    for (int i = 0; i < 15; ++i)
      if (bytes[static_cast<size_t>(i)] != 0) return false;
    return bytes[15] == 1;
  }
  [[nodiscard]] constexpr bool is_link_local() const noexcept {
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
  }
  // The two halves as host integers, most significant first.
  [[nodiscard]] uint64_t high() const noexcept;
  [[nodiscard]] uint64_t low() const noexcept;
  static Ip6Addr from_halves(uint64_t high, uint64_t low) noexcept;

  // ff02::1:ffXX:XXXX for this address (RFC 4291 section 2.7.1).
  [[nodiscard]] Ip6Addr solicited_node() const noexcept;

  // RFC 4291 text; nullopt otherwise. No zone index.
  static std::optional<Ip6Addr> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  constexpr auto operator<=>(const Ip6Addr&) const noexcept = default;
};
static_assert(sizeof(Ip6Addr) == 16 && alignof(Ip6Addr) == 1);

enum class Family : uint8_t { kIp4 = 4, kIp6 = 6 };

// Either family; for tables and messages off the fast path.
class IpAddr {
 public:
  IpAddr() = default;
  IpAddr(Ip4Addr a) noexcept : family_(Family::kIp4), v4_(a) {}  // NOLINT: an Ip4Addr is an IpAddr
  IpAddr(const Ip6Addr& a) noexcept : family_(Family::kIp6), v6_(a) {}  // NOLINT

  [[nodiscard]] Family family() const noexcept { return family_; }
  [[nodiscard]] bool is4() const noexcept { return family_ == Family::kIp4; }
  [[nodiscard]] bool is6() const noexcept { return family_ == Family::kIp6; }
  [[nodiscard]] Ip4Addr v4() const noexcept { return v4_; }
  [[nodiscard]] const Ip6Addr& v6() const noexcept { return v6_; }

  static std::optional<IpAddr> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const IpAddr&) const noexcept = default;

 private:
  Family family_ = Family::kIp4;
  Ip4Addr v4_;
  Ip6Addr v6_;
};

}  // namespace spanway
