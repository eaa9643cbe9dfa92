// SPDX-License-Identifier: BSD-3-Clause
// TOML text to a Config. Any thread; no state.
//
// Reports every fault that it finds, up to kMaxFaults, each with its place in the text, the line
// itself, a caret and the way out. Form only: what one value alone can tell. validate.h judges the
// values against each other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/schema.h"
#include "dataplane/base/result.h"

namespace spanway::config {

inline constexpr size_t kMaxFaults = 20;

struct Fault {
  uint32_t line = 0;    // from 1; 0: the text as a whole
  uint32_t column = 0;  // from 1
  uint32_t width = 1;   // columns that the caret underlines
  std::string message;  // one sentence without a full stop
  std::string fix;      // the next thing to try, or empty
  bool warning = false;
};

// Where in the text each item of a Config was written; parallel to its vectors. Lets validate.h
// point at a line. Empty for a Config that came from elsewhere.
struct Place {
  uint32_t line = 0;
  uint32_t column = 0;
};
struct Places {
  std::vector<Place> ports, vlans, routes, neighbours;
  std::vector<Place> ospf_ports, ospf_keys, ospf_redistribute, ospf_stubs;
};

struct Parsed {
  Config config;  // what could be read; use it only when there are no faults
  Places places;
  std::vector<Fault> faults;
  size_t more = 0;  // faults past kMaxFaults
};

// Never throws, whatever the text. At most kMaxTextBytes.
inline constexpr size_t kMaxTextBytes = size_t{1} << 30;
[[nodiscard]] Parsed parse(std::string_view text);

// "file:3:5: error: unknown key 'adresses'\n  adresses = [...]\n  ^^^^^^^^\n  try: addresses\n" for
// each fault.
[[nodiscard]] std::string render(const std::vector<Fault>& faults, std::string_view text,
                                 std::string_view file, size_t more = 0);

}  // namespace spanway::config
