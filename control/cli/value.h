// SPDX-License-Identifier: BSD-3-Clause
// One typed argument: is this text such a value, and if not, what is wrong with it? Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/cli/grammar.h"

namespace spanway::cli {

struct Wrong {
  std::string message;  // "prefix length 33 is over 32"
  std::string fix;      // a text that would do, or empty
};

// Nothing when `text` is a value for `argument`.
std::optional<Wrong> check(const Argument& argument, std::string_view text);

// What stands in help for the value: PREFIX, on|off, 1..4094.
std::string placeholder(const Argument& argument);

// "60", "60s", "5m", "1h", "500ms" in milliseconds; a bare number has the unit `bare_ms`.
std::optional<int64_t> duration_ms(std::string_view text, int64_t bare_ms);

// The unit of a kDuration: 1 when the key ends in _ms, 1000 when it ends in _s.
int64_t unit_ms(const Argument& argument);

}  // namespace spanway::cli
