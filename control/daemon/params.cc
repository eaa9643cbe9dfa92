// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/params.h"

#include <algorithm>

namespace spanway::daemon {
namespace {

using nlohmann::json;

const json& empty_object() {
  static const json empty = json::object();
  return empty;
}

}  // namespace

Params::Params(const json& params) : params_(params.is_null() ? empty_object() : params) {
  known_.reserve(8);
  if (!params_.is_object()) fault("params is not an object");
}

const json* Params::raw(const char* key) {
  known_.emplace_back(key);
  if (!params_.is_object()) return nullptr;
  const auto at = params_.find(key);
  return at == params_.end() || at->is_null() ? nullptr : &*at;
}

void Params::fault(std::string message, std::string fix) {
  if (!error_) error_ = Error{ErrorCode::kInvalid, std::move(message), std::move(fix)};
}

std::optional<std::string> Params::text(const char* key) {
  const json* value = raw(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fault("'" + std::string(key) + "' is not a text");
  return std::nullopt;
}

std::optional<bool> Params::flag(const char* key) {
  const json* value = raw(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  fault("'" + std::string(key) + "' is neither true nor false");
  return std::nullopt;
}

std::optional<uint64_t> Params::number(const char* key, uint64_t least, uint64_t most) {
  const json* value = raw(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const uint64_t n = value->get<uint64_t>();
    if (n >= least && n <= most) return n;
  }
  fault("'" + std::string(key) + "' is not a whole number from " + std::to_string(least) + " to " +
        std::to_string(most));
  return std::nullopt;
}

std::optional<IpAddr> Params::address(const char* key) {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto parsed = IpAddr::parse(*value);
  if (!parsed) fault("'" + *value + "' is not an address");
  return parsed;
}

std::optional<IpWithLength> Params::address_with_length(const char* key) {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto parsed = IpWithLength::parse(*value);
  if (!parsed)
    fault("'" + *value + "' is not an address with a length", "for example 10.0.12.1/24");
  return parsed;
}

std::optional<Prefix> Params::prefix(const char* key) {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto parsed = IpWithLength::parse(*value);
  if (!parsed) {
    fault("'" + *value + "' is not a prefix", "for example 10.9.0.0/16");
    return std::nullopt;
  }
  if (parsed->prefix().addr() != parsed->addr) {
    fault("'" + *value + "' has host bits set", parsed->prefix().to_string());
    return std::nullopt;
  }
  return parsed->prefix();
}

std::optional<EtherAddr> Params::mac(const char* key) {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto parsed = EtherAddr::parse(*value);
  if (!parsed) fault("'" + *value + "' is not a MAC address", "for example 02:00:00:00:00:09");
  return parsed;
}

std::optional<Family> Params::family(const char* key) {
  const auto value = text(key);
  if (!value) return std::nullopt;
  if (*value == "ip4") return Family::kIp4;
  if (*value == "ip6") return Family::kIp6;
  fault("'" + *value + "' is not a family", "ip4 or ip6");
  return std::nullopt;
}

std::string Params::need_text(const char* key) { return need(key, text(key)); }
uint64_t Params::need_number(const char* key, uint64_t least, uint64_t most) {
  return need(key, number(key, least, most));
}
IpAddr Params::need_address(const char* key) { return need(key, address(key)); }
IpWithLength Params::need_address_with_length(const char* key) {
  return need(key, address_with_length(key));
}
Prefix Params::need_prefix(const char* key) { return need(key, prefix(key)); }
EtherAddr Params::need_mac(const char* key) { return need(key, mac(key)); }

std::optional<Error> Params::finish() {
  if (!error_ && params_.is_object())
    for (const auto& item : params_.items())
      if (std::ranges::find(known_, item.key()) == known_.end()) {
        fault("unknown parameter '" + item.key() + "'");
        break;
      }
  return error_;
}

Page Page::of(Params& params, uint64_t default_limit) {
  Page page;
  page.limit = params.number("limit", 1, 10000).value_or(default_limit);
  page.offset = params.number("offset", 0, UINT64_MAX).value_or(0);
  return page;
}

void Page::describe(json& result, uint64_t total) const {
  result["total"] = total;
  result["offset"] = offset;
  const bool more = offset < total && total - offset > limit;
  result["next_offset"] = more ? json(offset + limit) : json(nullptr);
}

}  // namespace spanway::daemon
