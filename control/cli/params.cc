// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/params.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "control/cli/value.h"

namespace spanway::cli {
namespace {

using nlohmann::json;

json value_of(const Argument& a, const std::string& text) {
  switch (a.type) {
    case Type::kFlag:
      if (a.value.empty()) return true;
      if (a.value == "false") return false;
      return std::string(a.value);
    case Type::kSwitch:
      return text == "on";
    case Type::kInteger:
      return std::stoll(text);  // checked by the parser
    case Type::kDuration:
      return *duration_ms(text, unit_ms(a)) / unit_ms(a);
    case Type::kPath: {
      std::error_code error;
      const auto whole = std::filesystem::absolute(text, error);
      return error ? text : whole.lexically_normal().string();
    }
    default:
      return text;
  }
}

// Walks "via[+].gateway" into `root` and sets what stands there.
void place(json& root, std::string_view key, json value) {
  json* at = &root;
  while (true) {
    const size_t dot = key.find('.');
    std::string_view step = key.substr(0, dot);
    const bool append = step.ends_with("[+]");
    const bool last = step.ends_with("[]");
    if (append) step.remove_suffix(3);
    if (last) step.remove_suffix(2);
    at = &(*at)[std::string(step)];
    if (append || last) {
      if (at->is_null()) *at = json::array();
      if (append) at->push_back(nullptr);
      at = &at->back();
    }
    if (dot == std::string_view::npos) break;
    key.remove_prefix(dot + 1);
  }
  *at = std::move(value);
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::unique_ptr<FILE, int (*)(FILE*)> held(nullptr, std::fclose);
  FILE* in = stdin;
  if (path != "-") {
    held.reset(std::fopen(path.c_str(), "rb"));
    in = held.get();
  }
  std::string text;
  bool ok = in != nullptr;
  char chunk[65536];
  while (ok) {
    const size_t n = std::fread(chunk, 1, sizeof chunk, in);
    text.append(chunk, n);
    if (n < sizeof chunk) {
      ok = std::ferror(in) == 0;
      break;
    }
  }
  if (ok) return text;
  const int why = errno;
  return Error{why == EACCES   ? ErrorCode::kPermission
               : why == ENOENT ? ErrorCode::kNotFound
                               : ErrorCode::kUnavailable,
               "can not read " + path + ": " + std::strerror(why), ""};
}

Result<json> params_of(const Parsed& parsed) {
  json params = json::object();
  for (const Filled& filled : parsed.values) {
    const Argument& a = *filled.argument;
    if (a.key.starts_with('!')) continue;
    if (a.type == Type::kFile) {
      auto text = read_file(filled.text);
      if (!text) return text.error();
      // A request is JSON, and JSON is UTF-8.
      try {
        (void)json(*text).dump();
      } catch (const json::exception&) {
        return Error{ErrorCode::kInvalid, filled.text + " is not UTF-8 text", ""};
      }
      params[std::string(a.key)] = *std::move(text);
      params["name"] = filled.text;
    } else {
      place(params, a.key, value_of(a, filled.text));
    }
  }
  return params;
}

std::string own_value(const Parsed& parsed, std::string_view key) {
  for (const Filled& filled : parsed.values)
    if (filled.argument->key == key)
      return filled.argument->type == Type::kFlag && !filled.argument->value.empty()
                 ? std::string(filled.argument->value)
                 : filled.text;
  return {};
}

}  // namespace spanway::cli
