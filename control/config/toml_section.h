// SPDX-License-Identifier: BSD-3-Clause
// Reading one TOML table key by key, gathering every fault. Private to parse.cc and what it
// includes: toml++ is heavy.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/forms.h"
#include "control/config/parse.h"

namespace spanway::config {

// A hostile text has a fault a byte; nobody reads past the first kMaxFaults.
inline constexpr size_t kFaultsGathered = 10'000;
inline std::string quote(std::string_view text) {
  return "'" + std::string(text.substr(0, 60)) + "'";
}

inline std::string kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

inline constexpr int64_t kLastSecond = 253'402'300'799;  // of the year 9999

inline int64_t unix_seconds(const toml::date_time& when) {
  const std::chrono::sys_days day{std::chrono::year(when.date.year) / when.date.month /
                                  when.date.day};
  const int64_t minutes =
      int64_t{when.time.hour} * 60 + when.time.minute - (when.offset ? when.offset->minutes : 0);
  return int64_t{day.time_since_epoch().count()} * 86'400 + minutes * 60 + when.time.second;
}

class Faults {
 public:
  void add(const toml::source_region& at, std::string message, std::string fix = {},
           uint32_t width = 0) {
    if (list.size() >= kFaultsGathered) return;
    if (width == 0)
      width = at.end.line == at.begin.line && at.end.column > at.begin.column
                  ? at.end.column - at.begin.column
                  : 1;
    list.push_back(
        {at.begin.line, at.begin.column, width, std::move(message), std::move(fix), false});
  }
  std::vector<Fault> list;
};

inline Place place_of(const toml::node& node) {
  return {node.source().begin.line, node.source().begin.column};
}

// One table being read. Every key asked for is known; finish() reports the others.
class Section {
 public:
  Section(const toml::table& table, std::string name, Faults& faults)
      : table_(table), name_(std::move(name)), faults_(faults) {}

  const toml::node* take(std::string_view key) {
    known_.push_back(key);
    const toml::node* node = table_.get(key);
    found_ += node != nullptr ? 1 : 0;
    return node;
  }
  const toml::node* need(std::string_view key, const char* example) {
    const toml::node* node = take(key);
    if (node == nullptr)
      faults_.add(table_.source(), name_ + " lacks the key " + quote(key),
                  std::string(key) + " = " + example);
    return node;
  }
  void wrong(const toml::node& node, std::string_view key, const std::string& expected,
             std::string fix = {}) {
    faults_.add(node.source(), quote(key) + " is " + kind_of(node) + ", expected " + expected,
                std::move(fix));
  }

  void text(std::string_view key, std::string& out) {
    if (const toml::node* node = take(key)) read_text(*node, key, out);
  }
  bool read_text(const toml::node& node, std::string_view key, std::string& out) {
    const auto* string = node.as_string();
    if (string == nullptr) {
      wrong(node, key, "a string in quotes");
      return false;
    }
    out = string->get();
    return true;
  }
  // A string that `read` (of forms.h) turns into a value.
  template <class T, class Read>
  bool formed(const toml::node* node, std::string_view key, T& out, Read read) {
    std::string string;
    if (node == nullptr || !read_text(*node, key, string)) return false;
    auto value = read(string);
    if (!value) {
      faults_.add(node->source(), value.error().message, value.error().fix);
      return false;
    }
    out = *value;
    return true;
  }
  template <class Check>
  void name(const toml::node* node, std::string& out, Check check) {
    if (node == nullptr || !read_text(*node, "name", out)) return;
    if (const Status status = check(out); !status)
      faults_.add(node->source(), status.error().message, status.error().fix);
  }
  template <std::integral T>
  void number(const toml::node* node, std::string_view key, T& out, int64_t least, int64_t most) {
    if (node == nullptr) return;
    const std::string range =
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const auto* integer = node->as_integer();
    if (integer == nullptr) return wrong(*node, key, range);
    const int64_t value = integer->get();
    if (value < least || value > most)
      return faults_.add(node->source(),
                         quote(key) + " is " + std::to_string(value) + ", expected " + range,
                         std::string(key) + " = " + std::to_string(value < least ? least : most));
    out = static_cast<T>(value);
  }
  template <std::integral T>
  void number(std::string_view key, T& out, int64_t least, int64_t most) {
    number(take(key), key, out, least, most);
  }
  // A moment, in seconds since 1970.
  void time(std::string_view key, std::optional<int64_t>& out) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const auto* when = node->as_date_time();
    if (when == nullptr || !when->get().offset)
      return wrong(*node, key, "a date and time with its zone, without quotes",
                   std::string(key) + " = 2026-12-01T00:00:00Z");
    const int64_t seconds = unix_seconds(when->get());
    if (seconds < 0 || seconds > kLastSecond)
      return faults_.add(node->source(), quote(key) + " is not in the years 1970 to 9999",
                         std::string(key) + " = 2026-12-01T00:00:00Z");
    out = seconds;
  }
  void flag(std::string_view key, bool& out) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const auto* boolean = node->as_boolean();
    if (boolean == nullptr) return wrong(*node, key, "true or false, without quotes");
    out = boolean->get();
  }
  template <class T>
  void choice(const toml::node* node, std::string_view key, T& out,
              std::initializer_list<std::pair<std::string_view, T>> choices) {
    std::string string;
    if (node == nullptr || !read_text(*node, key, string)) return;
    std::vector<std::string_view> words;
    std::string all;
    for (const auto& [word, value] : choices) {
      if (word == string) {
        out = value;
        return;
      }
      words.push_back(word);
      all += (all.empty() ? "\"" : ", \"") + std::string(word) + "\"";
    }
    std::string fix = nearest(string, words);
    if (!fix.empty()) fix = "\"" + fix + "\"";
    faults_.add(node->source(), quote(string) + " is none of " + all, std::move(fix));
  }
  // Calls each(item) for every item of a list of at most `most`.
  template <class Each>
  void list(std::string_view key, const std::string& of, size_t most, Each each) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return wrong(*node, key, "a list of " + of + " in [ ]");
    if (array->size() > most)
      return faults_.add(node->source(), quote(key) + " has " + std::to_string(array->size()) +
                                             " items, at most " + std::to_string(most) + " fit");
    for (const toml::node& item : *array) each(item);
  }
  // Calls each(table, its section name) for every [[key]].
  template <class Each>
  void tables(std::string_view key, const std::string& full, size_t most, Each each) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr)
      return faults_.add(
          node->source(),
          quote(full) + " is " + kind_of(*node) + ", expected one [[" + full + "]] for each",
          "[[" + full + "]]");
    if (array->size() > most)
      return faults_.add(node->source(), std::to_string(array->size()) + " [[" + full +
                                             "]] are more than the " + std::to_string(most) +
                                             " that fit");
    for (const toml::node& item : *array) {
      if (const auto* table = item.as_table())
        each(*table);
      else
        wrong(item, full, "a table");
    }
  }
  // Calls each(table) for [key].
  template <class Each>
  void table(std::string_view key, Each each) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    if (const auto* found = node->as_table()) return each(*found);
    faults_.add(node->source(), quote(key) + " is " + kind_of(*node) + ", expected a table, once",
                "[" + std::string(key) + "]");
  }
  void addresses(std::vector<IpWithLength>& out) {
    list("addresses", "addresses", kMaxAddressesPerInterface, [&](const toml::node& item) {
      IpWithLength address;
      if (formed(&item, "addresses", address, read_address)) out.push_back(address);
    });
  }

  void finish() {
    if (found_ == table_.size()) return;
    for (const auto& [key, node] : table_) {
      const std::string_view word = key.str();
      if (std::find(known_.begin(), known_.end(), word) != known_.end()) continue;
      std::string fix = nearest(word, known_);
      if (fix.empty()) {
        fix = "one of";
        for (const auto known : known_) fix += " " + std::string(known);
      }
      faults_.add(key.source(), "unknown key " + quote(word) + " in " + name_, std::move(fix));
    }
  }

 private:
  const toml::table& table_;
  std::string name_;
  Faults& faults_;
  std::vector<std::string_view> known_;
  size_t found_ = 0;
};

}  // namespace spanway::config
