// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/value.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "control/cli/suggest.h"
#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"

namespace spanway::cli {
namespace {

using Answer = std::optional<Wrong>;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

bool digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int64_t> integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

// Why an address that did not parse is none.
Wrong address_fault(std::string_view text) {
  const auto quad = parts(text, '.');
  if (std::all_of(quad.begin(), quad.end(), digits)) {
    if (quad.size() != 4)
      return {quoted(text) + " has " + std::to_string(quad.size()) + " octets, an address has 4",
              ""};
    for (const std::string_view octet : quad) {
      if (octet.size() > 3 || *integer(octet) > 255)
        return {"octet " + std::string(octet) + " is over 255", ""};
      if (octet.size() > 1 && octet[0] == '0')
        return {"octet " + std::string(octet) + " has a leading zero", ""};
    }
  }
  if (text.find('%') != std::string_view::npos)
    return {"an address has no zone here", std::string(text.substr(0, text.find('%')))};
  return {quoted(text) + " is neither an IPv4 nor an IPv6 address", ""};
}

Answer check_address(std::string_view text) {
  if (IpAddr::parse(text)) return std::nullopt;
  if (const size_t slash = text.find('/');
      slash != std::string_view::npos && IpAddr::parse(text.substr(0, slash)))
    return Wrong{"an address stands here, not a prefix", std::string(text.substr(0, slash))};
  return address_fault(text);
}

// Both what they have in common: ADDRESS/LENGTH with the length in range.
Answer check_length(std::string_view text, bool whole_address_means_host) {
  const size_t slash = text.find('/');
  const std::string_view front = text.substr(0, slash);
  const auto addr = IpAddr::parse(front);
  if (!addr) return address_fault(front);
  const int64_t most = addr->is4() ? 32 : 128;
  if (slash == std::string_view::npos) {
    const std::string suggestion =
        std::string(front) +
        (whole_address_means_host ? "/" + std::to_string(most) : (addr->is4() ? "/24" : "/64"));
    return Wrong{"the prefix length is missing", suggestion};
  }
  const std::string_view length = text.substr(slash + 1);
  if (!digits(length) || length.size() > 9)
    return Wrong{quoted(length) + " is no prefix length",
                 std::string(front) + "/" + std::to_string(most)};
  if (*integer(length) > most)
    return Wrong{"prefix length " + std::string(length) + " is over " + std::to_string(most),
                 std::string(front) + "/" + std::to_string(most)};
  return std::nullopt;
}

Answer check_prefix(std::string_view text) {
  if (auto wrong = check_length(text, true)) return wrong;
  const auto prefix = Prefix::parse(text);
  const auto host = IpWithLength::parse(text);
  if (!prefix || !host) return Wrong{quoted(text) + " is no prefix", ""};
  if (prefix->addr() != host->addr)
    return Wrong{"host bits are set behind /" + std::to_string(host->length), prefix->to_string()};
  return std::nullopt;
}

Answer check_subnet(std::string_view text) {
  if (auto wrong = check_length(text, false)) return wrong;
  if (!IpWithLength::parse(text)) return Wrong{quoted(text) + " is no address with its length", ""};
  return std::nullopt;
}

std::string range(int64_t min, int64_t max) {
  return max == INT64_MAX || max == UINT32_MAX ? "a number"
                                               : std::to_string(min) + ".." + std::to_string(max);
}

Answer in_range(int64_t value, int64_t min, int64_t max, std::string_view shown) {
  if (value < min)
    return Wrong{std::string(shown) + " is below " + std::to_string(min), std::to_string(min)};
  if (value > max)
    return Wrong{std::string(shown) + " is over " + std::to_string(max), std::to_string(max)};
  return std::nullopt;
}

Answer check_integer(const Argument& argument, std::string_view text) {
  const auto value = integer(text);
  if (value) return in_range(*value, argument.min, argument.max, text);
  if (digits(text)) return Wrong{std::string(text) + " is too large", ""};
  return Wrong{quoted(text) + " is not " + range(argument.min, argument.max), ""};
}

Answer check_duration(const Argument& argument, std::string_view text) {
  const int64_t unit = unit_ms(argument);
  const auto ms = duration_ms(text, unit);
  if (!ms) return Wrong{quoted(text) + " is no time: 500ms, 60s, 5m, 1h", ""};
  if (*ms % unit != 0) return Wrong{quoted(text) + " is no whole number of seconds", ""};
  const std::string_view name = unit == 1 ? "ms" : "s";
  auto wrong = in_range(*ms / unit, argument.min, argument.max, text);
  if (wrong) {
    wrong->message += name;
    wrong->fix += name;
  }
  return wrong;
}

Answer check_choice(std::string_view choices, std::string_view text) {
  const auto known = parts(choices, '|');
  if (std::find(known.begin(), known.end(), text) != known.end()) return std::nullopt;
  const auto near = suggest(text, known);
  return Wrong{quoted(text) + " is not one of " + std::string(choices),
               near.empty() ? std::string(known.front()) : near.front()};
}

Answer check_shape(const Argument& argument, std::string_view text) {
  if (text.ends_with(".gml")) return std::nullopt;
  const size_t colon = text.find(':');
  const std::string_view shape = text.substr(0, colon);
  if (auto wrong = check_choice(argument.choices, shape)) {
    wrong->fix += ":3";
    return wrong;
  }
  if (colon == std::string_view::npos)
    return Wrong{"the number of routers is missing", std::string(shape) + ":3"};
  auto wrong = check_integer(argument, text.substr(colon + 1));
  if (wrong && !wrong->fix.empty()) wrong->fix = std::string(shape) + ":" + wrong->fix;
  return wrong;
}

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

Answer check_name(std::string_view text) {
  constexpr size_t kMaxName = 31;
  if (text.empty()) return Wrong{"a name is empty", ""};
  if (text.size() > kMaxName)
    return Wrong{"a name has at most " + std::to_string(kMaxName) + " characters", ""};
  if (!((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')))
    return Wrong{"a name begins with a letter", ""};
  const auto bad = std::find_if_not(text.begin(), text.end(), word_character);
  if (bad != text.end())
    return Wrong{
        "a name has no " + quoted(std::string_view(&*bad, 1)) + ": letters, digits, - and _ only",
        ""};
  return std::nullopt;
}

// p0, or p0.100.
Answer check_interface(std::string_view text) {
  const size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return check_name(text);
  if (auto wrong = check_name(text.substr(0, dot))) return wrong;
  const auto vlan = integer(text.substr(dot + 1));
  if (!vlan || *vlan < 1 || *vlan > 4094)
    return Wrong{quoted(text.substr(dot + 1)) + " is no VLAN: 1..4094", ""};
  return std::nullopt;
}

// A link-local address says on which link; every other one does not.
Answer check_target(std::string_view text) {
  const size_t percent = text.find('%');
  const std::string_view front = text.substr(0, percent);
  const auto address = IpAddr::parse(front);
  if (!address) return check_address(front);
  const bool link_local = address->is6() && address->v6().is_link_local();
  if (percent == std::string_view::npos)
    return link_local ? Answer(Wrong{"that is an address of each link; say which",
                                     std::string(text) + "%p0"})
                      : std::nullopt;
  if (!link_local) return Wrong{"that is not an address of one link", std::string(front)};
  return check_interface(text.substr(percent + 1));
}

Answer check_mac(std::string_view text) {
  const auto mac = EtherAddr::parse(text);
  if (!mac) return Wrong{quoted(text) + " is no MAC address", "02:00:00:00:00:01"};
  if (mac->is_group()) return Wrong{quoted(text) + " is a group address", ""};
  return std::nullopt;
}

}  // namespace

std::optional<Wrong> check(const Argument& argument, std::string_view text) {
  switch (argument.type) {
    case Type::kSwitch:
      return check_choice("on|off", text);
    case Type::kInteger:
      return check_integer(argument, text);
    case Type::kDuration:
      return check_duration(argument, text);
    case Type::kChoice:
      return check_choice(argument.choices, text);
    case Type::kShape:
      return check_shape(argument, text);
    case Type::kPrefix:
      return check_prefix(text);
    case Type::kMatchPrefix:
      return text.find('/') == std::string_view::npos ? check_address(text) : check_prefix(text);
    case Type::kAddress:
      return check_address(text);
    case Type::kTarget:
      return check_target(text);
    case Type::kSubnet:
      return check_subnet(text);
    case Type::kMac:
      return check_mac(text);
    case Type::kPort:
    case Type::kNewName:
      return check_name(text);
    case Type::kInterface:
      return check_interface(text);
    case Type::kWire:
    case Type::kDevice:
    case Type::kFile:
    case Type::kPath:
    case Type::kWord:
      if (text.empty()) return Wrong{std::string(argument.name) + " is empty", ""};
      return std::nullopt;
    case Type::kFlag:
    case Type::kRest:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string placeholder(const Argument& argument) {
  if (argument.type == Type::kChoice) return std::string(argument.choices);
  return std::string(argument.name);
}

std::optional<int64_t> duration_ms(std::string_view text, int64_t bare_ms) {
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  int64_t unit = bare_ms;
  for (const auto& [suffix, ms] : kUnits)
    if (text.ends_with(suffix)) {
      unit = ms;
      text.remove_suffix(suffix.size());
      break;
    }
  const auto value = integer(text);
  constexpr int64_t kLongest = int64_t{366} * 24 * 3'600'000;
  if (!digits(text) || !value || *value > kLongest / unit) return std::nullopt;
  return *value * unit;
}

int64_t unit_ms(const Argument& argument) { return argument.key.ends_with("_ms") ? 1 : 1000; }

}  // namespace spanway::cli
