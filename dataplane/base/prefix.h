// SPDX-License-Identifier: BSD-3-Clause
// IP prefixes: an address and a length, host bits always zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/ip_addr.h"

namespace spanway {

constexpr uint32_t mask4(unsigned length) noexcept {
  return length == 0 ? 0 : ~uint32_t{0} << (32 - length);
}
Ip6Addr masked6(const Ip6Addr& addr, unsigned length) noexcept;

class Prefix4 {
 public:
  constexpr Prefix4() = default;
  // Host bits of `addr` are cleared. length is 0..32.
  constexpr Prefix4(Ip4Addr addr, unsigned length) noexcept
      : addr_(addr.value() & mask4(length)), length_(static_cast<uint8_t>(length)) {}
  [[nodiscard]] constexpr Ip4Addr addr() const noexcept { return addr_; }
  [[nodiscard]] constexpr unsigned length() const noexcept { return length_; }
  [[nodiscard]] constexpr bool contains(Ip4Addr a) const noexcept {
    return (a.value() & mask4(length_)) == addr_.value();
  }
  [[nodiscard]] std::string to_string() const;
  constexpr auto operator<=>(const Prefix4&) const noexcept = default;

 private:
  Ip4Addr addr_;
  uint8_t length_ = 0;
};

class Prefix6 {
 public:
  Prefix6() = default;
  // Host bits of `addr` are cleared. length is 0..128.
  Prefix6(const Ip6Addr& addr, unsigned length) noexcept
      : addr_(masked6(addr, length)), length_(static_cast<uint8_t>(length)) {}
  [[nodiscard]] const Ip6Addr& addr() const noexcept { return addr_; }
  [[nodiscard]] unsigned length() const noexcept { return length_; }
  [[nodiscard]] bool contains(const Ip6Addr& a) const noexcept {
    return masked6(a, length_) == addr_;
  }
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Prefix6&) const noexcept = default;

 private:
  Ip6Addr addr_;
  uint8_t length_ = 0;
};

// Either family; off the fast path.
class Prefix {
 public:
  Prefix() = default;
  Prefix(Prefix4 p) noexcept : family_(Family::kIp4), v4_(p) {}         // NOLINT
  Prefix(const Prefix6& p) noexcept : family_(Family::kIp6), v6_(p) {}  // NOLINT
  Prefix(const IpAddr& addr, unsigned length) noexcept;

  [[nodiscard]] Family family() const noexcept { return family_; }
  [[nodiscard]] bool is4() const noexcept { return family_ == Family::kIp4; }
  [[nodiscard]] const Prefix4& v4() const noexcept { return v4_; }
  [[nodiscard]] const Prefix6& v6() const noexcept { return v6_; }
  [[nodiscard]] IpAddr addr() const noexcept;
  [[nodiscard]] unsigned length() const noexcept { return is4() ? v4_.length() : v6_.length(); }
  [[nodiscard]] bool contains(const IpAddr& a) const noexcept;

  // "10.0.0.0/8", "2001:db8::/32"; host bits are cleared, so "10.1.2.3/8" is 10.0.0.0/8.
  static std::optional<Prefix> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Prefix&) const noexcept = default;

 private:
  Family family_ = Family::kIp4;
  Prefix4 v4_;
  Prefix6 v6_;
};

// An interface address: the host address and the length of the subnet that it lies in.
struct IpWithLength {
  IpAddr addr;
  unsigned length = 0;
  [[nodiscard]] Prefix prefix() const noexcept { return Prefix(addr, length); }
  static std::optional<IpWithLength> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const IpWithLength&) const noexcept = default;
};

}  // namespace spanway
