// SPDX-License-Identifier: BSD-3-Clause
// The examples of docs/api.md, read from the page itself so that it can not rot. Tests only.
#pragma once

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>

namespace spanway::cli {

inline std::string source_file(const std::string& path) {
  std::ifstream in(std::string(SPANWAY_SOURCE_ROOT) + "/" + path);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in || out.str().empty()) throw std::runtime_error("can not read " + path);
  return out.str();
}

struct ApiMethod {
  std::string role;
  nlohmann::json example;  // {"method", "params", "result"}; null when the section has none
};

// By name. A section "## name" with a dot or "Role:" in it is a method.
inline std::map<std::string, ApiMethod> api_methods() {
  std::map<std::string, ApiMethod> out;
  std::istringstream page(source_file("docs/api.md"));
  std::string line, section, block;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (const size_t at = line.find("Role: "); at == 0 && !section.empty())
      out[section].role = line.substr(6, line.find('.') - 6);
    if (inside && line == "```") {
      out[section].example = nlohmann::json::parse(block);
      inside = false;
    } else if (line == "```json") {
      inside = true;
      block.clear();
    } else if (inside) {
      block += line + "\n";
    }
  }
  return out;
}

}  // namespace spanway::cli
