// SPDX-License-Identifier: BSD-3-Clause
// Reading a result without trusting its shape. Only for the sources of the renderers.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace spanway::cli {

using nlohmann::json;

// The field, or null.
inline const json& field(const json& object, std::string_view key) {
  static const json none;
  if (!object.is_object()) return none;
  const auto at = object.find(key);
  return at == object.end() ? none : *at;
}

// A text, a number as it is; `otherwise` for null and for what is not there.
inline std::string text(const json& object, std::string_view key, std::string otherwise = "-") {
  const json& value = field(object, key);
  if (value.is_null()) return otherwise;
  return value.is_string() ? value.get<std::string>() : value.dump();
}

inline double real(const json& object, std::string_view key) {
  const json& value = field(object, key);
  return value.is_number() ? value.get<double>() : 0.0;
}

// 0 for what is negative or not there.
inline uint64_t count(const json& object, std::string_view key) {
  const json& value = field(object, key);
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (value.is_number_integer() && value.get<int64_t>() > 0) return value.get<uint64_t>();
  return 0;
}

inline bool yes(const json& object, std::string_view key) {
  const json& value = field(object, key);
  return value.is_boolean() && value.get<bool>();
}

// An array, empty when it is not one.
inline const json& list(const json& object, std::string_view key) {
  static const json none = json::array();
  const json& value = field(object, key);
  return value.is_array() ? value : none;
}

}  // namespace spanway::cli
