// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/prefix.h"

#include <charconv>

namespace spanway {

Ip6Addr masked6(const Ip6Addr& addr, unsigned length) noexcept {
  Ip6Addr out;
  const unsigned whole = length / 8;
  for (unsigned i = 0; i < whole; ++i) out.bytes[i] = addr.bytes[i];
  if (whole < 16 && length % 8 != 0)
    out.bytes[whole] = static_cast<uint8_t>(addr.bytes[whole] & (0xff00u >> (length % 8)));
  return out;
}

std::string Prefix4::to_string() const { return addr_.to_string() + "/" + std::to_string(length_); }
std::string Prefix6::to_string() const { return addr_.to_string() + "/" + std::to_string(length_); }

Prefix::Prefix(const IpAddr& addr, unsigned length) noexcept : family_(addr.family()) {
  if (addr.is4())
    v4_ = Prefix4(addr.v4(), length);
  else
    v6_ = Prefix6(addr.v6(), length);
}

IpAddr Prefix::addr() const noexcept { return is4() ? IpAddr(v4_.addr()) : IpAddr(v6_.addr()); }

bool Prefix::contains(const IpAddr& a) const noexcept {
  if (a.family() != family_) return false;
  return is4() ? v4_.contains(a.v4()) : v6_.contains(a.v6());
}

std::optional<IpWithLength> IpWithLength::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto addr = IpAddr::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!addr || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (length > (addr->is4() ? 32u : 128u)) return std::nullopt;
  return IpWithLength{*addr, length};
}

std::string IpWithLength::to_string() const {
  return addr.to_string() + "/" + std::to_string(length);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto parsed = IpWithLength::parse(text);
  if (!parsed) return std::nullopt;
  return parsed->prefix();
}

std::string Prefix::to_string() const { return is4() ? v4_.to_string() : v6_.to_string(); }

}  // namespace spanway
