// SPDX-License-Identifier: BSD-3-Clause
// "Did you mean": the known words that a mistyped one is close to. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spanway::cli {

// Edits (insert, delete, replace, swap two neighbours) from one to the other.
size_t distance(std::string_view a, std::string_view b);

// Those of `known` that begin with `word`, else the closest ones if they are close enough to be
// meant; at most three, best first, each once.
std::vector<std::string> suggest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace spanway::cli
