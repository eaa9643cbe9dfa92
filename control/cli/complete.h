// SPDX-License-Identifier: BSD-3-Clause
// What can be said next: for Tab, for bash and for `?`. Any thread; no state.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/parse.h"

namespace spanway::cli {

// Names that are there now (ports, interfaces, wires, prefixes), asked from the daemon; a bounded
// number. May be null: then none are known.
using Names = std::function<std::vector<std::string>(Type)>;

struct Choice {
  std::string text;
  std::string help;
  bool literal = true;  // false: a placeholder, for `?` only
};

struct Choices {
  std::vector<Choice> list;
  bool files = false;  // a file name of this machine may stand here
  bool whole = false;  // the command may end here
  std::optional<Complaint> complaint;
};

// What may stand behind `before`, beginning with `partial`.
Choices choices(const std::vector<Token>& before, std::string_view partial, const Names& names);

// Only what can be typed, sorted, each once. One that is longer than `partial` in every case.
std::vector<std::string> completions(const std::vector<Token>& before, std::string_view partial,
                                     const Names& names, bool* files = nullptr);

}  // namespace spanway::cli
