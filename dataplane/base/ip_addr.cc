// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/ip_addr.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace spanway {
namespace {

// inet_pton wants a terminated string; addresses are short, so a stack copy serves.
template <size_t N>
bool to_c_string(std::string_view text, char (&out)[N]) {
  if (text.size() >= N || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
  return true;
}

}  // namespace

std::optional<Ip4Addr> Ip4Addr::parse(std::string_view text) {
  char c_text[INET_ADDRSTRLEN];
  Ip4Wire wire;
  if (!to_c_string(text, c_text) || inet_pton(AF_INET, c_text, &wire) != 1) return std::nullopt;
  return wire.addr();
}

// By hand: inet_ntop() goes through printf, and tables of a million routes are written.
std::string Ip4Addr::to_string() const {
  char text[INET_ADDRSTRLEN];
  char* end = text;
  for (unsigned shift = 32; shift != 0;) {
    shift -= 8;
    end = std::to_chars(end, end + 3, value_ >> shift & 0xff).ptr;
    if (shift != 0) *end++ = '.';
  }
  return {text, end};
}

uint64_t Ip6Addr::high() const noexcept {
  Be64 half;
  std::memcpy(&half, bytes.data(), 8);
  return half.host();
}

uint64_t Ip6Addr::low() const noexcept {
  Be64 half;
  std::memcpy(&half, bytes.data() + 8, 8);
  return half.host();
}

Ip6Addr Ip6Addr::from_halves(uint64_t high, uint64_t low) noexcept {
  const Be64 halves[2] = {Be64(high), Be64(low)};
  Ip6Addr out;
  std::memcpy(out.bytes.data(), halves, 16);
  return out;
}

Ip6Addr Ip6Addr::solicited_node() const noexcept {
  return Ip6Addr{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, bytes[13], bytes[14], bytes[15]}};
}

std::optional<Ip6Addr> Ip6Addr::parse(std::string_view text) {
  char c_text[INET6_ADDRSTRLEN];
  Ip6Addr out;
  if (!to_c_string(text, c_text) || inet_pton(AF_INET6, c_text, out.bytes.data()) != 1)
    return std::nullopt;
  return out;
}

std::string Ip6Addr::to_string() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
}

std::optional<IpAddr> IpAddr::parse(std::string_view text) {
  if (const auto v4 = Ip4Addr::parse(text)) return IpAddr(*v4);
  if (const auto v6 = Ip6Addr::parse(text)) return IpAddr(*v6);
  return std::nullopt;
}

std::string IpAddr::to_string() const { return is4() ? v4_.to_string() : v6_.to_string(); }

}  // namespace spanway
