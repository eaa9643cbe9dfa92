// SPDX-License-Identifier: BSD-3-Clause
// One table of a lab file: each key is asked for once; what is wrong or was not asked for is an
// error with its place. Control thread, at start.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "control/lab/parse.h"
#include "dataplane/base/result.h"

namespace spanway::lab {

// Reads one table key by key and remembers the first fault; unread keys are faults at the end.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string file, std::string where)
      : table_(table), file_(std::move(file)), where_(std::move(where)) {}

  template <class T>
  void get(const char* key, T& out) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const auto value = node->value_exact<Stored<T>>();
    if (!value) return fault(*node, std::string(key) + " has the wrong type");
    if constexpr (std::is_unsigned_v<T> && !std::is_same_v<T, bool>) {
      if (*value < 0 || static_cast<uint64_t>(*value) > std::numeric_limits<T>::max())
        return fault(*node, std::string(key) + " is out of range");
    }
    out = static_cast<T>(*value);
  }
  void get_span(const char* key, Nanos& out) {
    std::string text;
    get(key, text);
    if (text.empty()) return;
    auto span = parse_span(text);
    if (span)
      out = *span;
    else
      fault(*table_.get(key), span.error().message);
  }
  void get_rate(const char* key, uint64_t& out) {
    std::string text;
    get(key, text);
    if (text.empty()) return;
    auto rate = parse_rate(text);
    if (rate)
      out = *rate;
    else
      fault(*table_.get(key), rate.error().message);
  }
  // A probability, integers allowed.
  void get_share(const char* key, double& out) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const auto value = node->value<double>();
    if (!value || *value < 0 || *value > 1)
      return fault(*node, std::string(key) + " is not a share from 0 to 1");
    out = *value;
  }
  void get_strings(const char* key, std::vector<std::string>& out) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return fault(*node, std::string(key) + " is not a list");
    for (const toml::node& item : *array) {
      const auto text = item.value_exact<std::string>();
      if (!text) return fault(item, std::string(key) + " holds something that is not a text");
      out.push_back(*text);
    }
  }
  void allow(const char* key) { known_.emplace_back(key); }
  void fault(const toml::node& node, const std::string& message) {
    if (!error_) error_ = at(node.source(), message);
  }
  [[nodiscard]] std::optional<Error> finish() {
    for (const auto& [key, node] : table_)
      if (!error_ && std::find(known_.begin(), known_.end(), key.str()) == known_.end())
        error_ = at(node.source(), "unknown key '" + std::string(key.str()) + "' in " + where_);
    return error_;
  }

 private:
  template <class T>
  using Stored = std::conditional_t<std::is_same_v<T, bool>, bool,
                                    std::conditional_t<std::is_integral_v<T>, int64_t, T>>;
  [[nodiscard]] Error at(const toml::source_region& source, const std::string& message) const {
    return {ErrorCode::kInvalid,
            file_ + ":" + std::to_string(source.begin.line) + ":" +
                std::to_string(source.begin.column) + ": " + message,
            "docs/lab.md lists what a lab file may hold"};
  }
  const toml::table& table_;
  std::string file_, where_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

}  // namespace spanway::lab
