// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/forms.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

#include "control/config/schema.h"

namespace spanway::config {
namespace {

Error invalid(std::string message, std::string fix = {}) {
  return Error{ErrorCode::kInvalid, std::move(message), std::move(fix)};
}

// A text of the operator's inside a message: short, and nothing that a terminal would obey.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 60)) out += (c >= ' ' && c != 0x7f) ? c : '?';
  out += text.size() > 60 ? "...'" : "'";
  return out;
}

struct Split {
  IpAddr addr;
  unsigned length = 0;
};

// Address and length, with a word on what exactly is wrong; `example_length` fills in a missing
// one.
Result<Split> split(std::string_view text, unsigned example4, unsigned example6) {
  const size_t slash = text.find('/');
  const auto addr = IpAddr::parse(text.substr(0, slash));
  if (!addr)
    return invalid(quoted(text) + " is not an address with a prefix length",
                   "the form is 10.0.12.1/24 or 2001:db8::1/64");
  const unsigned most = addr->is4() ? 32 : 128;
  const auto with_length = [&](unsigned n) { return addr->to_string() + "/" + std::to_string(n); };
  if (slash == std::string_view::npos)
    return invalid(quoted(text) + " lacks the prefix length",
                   with_length(addr->is4() ? example4 : example6));
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error == std::errc::result_out_of_range)
    length = most + 1;
  else if (error != std::errc{} || end != digits.data() + digits.size())
    return invalid(quoted(digits) + " is not a prefix length", with_length(most));
  if (length > most)
    return invalid(
        "prefix length " + std::string(digits.substr(0, 12)) + " is over " + std::to_string(most),
        with_length(most));
  return Split{*addr, length};
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

Status check_word(std::string_view text, size_t most, bool dots) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || (dots && c == '.');
  };
  if (text.empty()) return invalid("the name is empty", "p0");
  if (text.size() > most)
    return invalid("the name " + quoted(text) + " is longer than " + std::to_string(most) +
                   " characters");
  if (!letter(text[0]) || !std::all_of(text.begin(), text.end(), fits))
    return invalid(quoted(text) + " is not a name",
                   std::string("a letter, then letters, digits, '_'") + (dots ? ", '.'" : "") +
                       " or '-', as p0");
  return {};
}

}  // namespace

Result<IpWithLength> read_address(std::string_view text) {
  auto parts = split(text, 24, 64);
  if (!parts) return std::move(parts).error();
  return IpWithLength{parts->addr, parts->length};
}

Result<Prefix> read_prefix(std::string_view text) {
  auto parts = split(text, 32, 128);
  if (!parts) return std::move(parts).error();
  const Prefix prefix(parts->addr, parts->length);
  if (prefix.addr() != parts->addr)
    return invalid(quoted(text) + " has bits set behind its length", prefix.to_string());
  return prefix;
}

Result<IpAddr> read_ip(std::string_view text) {
  if (const auto addr = IpAddr::parse(text)) return *addr;
  if (const auto with_length = IpWithLength::parse(text))
    return invalid(quoted(text) + " has a prefix length where an address alone belongs",
                   with_length->addr.to_string());
  return invalid(quoted(text) + " is not an IP address", "the form is 10.0.12.2 or 2001:db8:12::2");
}

Result<EtherAddr> read_mac(std::string_view text) {
  const auto mac = EtherAddr::parse(text);
  if (!mac) return invalid(quoted(text) + " is not a MAC address", "the form is 02:00:00:00:00:01");
  if (mac->is_group())
    return invalid(quoted(text) + " is a group address, not one station's",
                   "take one whose first byte is even, as 02:00:00:00:00:01");
  if (mac->is_zero()) return invalid("the MAC address is all zero", "02:00:00:00:00:01");
  return *mac;
}

Result<Endpoint> read_endpoint(std::string_view text) {
  const Error wrong = invalid(quoted(text) + " is not an address:port",
                              "the form is 127.0.0.1:9140, [::1]:9140 or 9140");
  Endpoint out;
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = IpAddr::parse(host);
    if (!address || address->is6() != bracketed) return wrong;
    out.address = *address;
    text.remove_prefix(colon + 1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.port);
  if (error != std::errc{} || end != text.data() + text.size() || out.port == 0) return wrong;
  return out;
}

Status check_port_name(std::string_view text) { return check_word(text, kMaxPortName, false); }
Status check_name(std::string_view text) { return check_word(text, kMaxName, true); }

std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > 40) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return std::string(best);
}

Result<std::string> read_transport_key(std::string_view text) {
  const bool digits = std::ranges::all_of(
      text, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
  if (digits && text.size() % 2 == 0 && text.size() >= 32 && text.size() <= 128)
    return std::string(text);
  return Error{ErrorCode::kInvalid,
               "'key' is not 32 to 128 hexadecimal digits, two a byte (it has " +
                   std::to_string(text.size()) + " characters)",
               "openssl rand -hex 16"};
}

}  // namespace spanway::config
