// SPDX-License-Identifier: BSD-3-Clause
// TOML tables as text, values that equal their default left out. Private to the .cc files that
// write a Config.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/config/write.h"

namespace spanway::config {

// A TOML basic string.
inline std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  // The header appears with the first key, so that a section of defaults leaves no trace.
  void section(const char* name) { pending_ = std::string("[") + name + "]\n"; }
  void item(const char* name) {
    if (!out_.empty()) out_ += '\n';
    out_ += std::string("[[") + name + "]]\n";
    pending_.clear();
  }
  void raw(const char* key, std::string_view value) {
    if (!pending_.empty()) {
      if (!out_.empty()) out_ += '\n';
      out_ += pending_;
      pending_.clear();
    }
    out_.append(key).append(" = ").append(value) += '\n';
  }
  void text(const char* key, std::string_view value, std::string_view standard = {}) {
    if (value != standard) raw(key, quoted(value));
  }
  template <class T>
  void number(const char* key, T value, T standard) {
    if (value != standard) raw(key, std::to_string(value));
  }
  void flag(const char* key, bool value, bool standard) {
    if (value != standard) raw(key, value ? "true" : "false");
  }
  void addresses(const std::vector<IpWithLength>& addresses) {
    if (addresses.empty()) return;
    std::string list;
    for (const IpWithLength& address : addresses)
      list += (list.empty() ? "[" : ", ") + quoted(address.to_string());
    raw("addresses", list + "]");
  }

 private:
  std::string& out_;
  std::string pending_;
};

void write_ospf(Writer& w, const Ospf& ospf, Secrets secrets);

}  // namespace spanway::config
