// SPDX-License-Identifier: BSD-3-Clause
// Words to a command of the grammar with its values, or a complaint that points at a word.
// Any thread; no state.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "control/cli/grammar.h"
#include "control/cli/token.h"

namespace spanway::cli {

struct Filled {
  const Argument* argument = nullptr;
  std::string text;
  size_t column = 0, length = 0;
};

struct Parsed {
  const Command* command = nullptr;
  std::vector<Filled> values;     // in the order given
  std::vector<std::string> rest;  // of a kRest
};

// What is wrong, where, and what would be right.
struct Complaint {
  size_t column = 0, length = 1;  // in the line's text
  std::string message;
  std::vector<std::string> tries;
  std::string help;  // a command that shows more
};

std::variant<Parsed, Complaint> parse(const Line& line);
// The same for the arguments alone: the line has no path.
std::variant<Parsed, Complaint> parse_arguments(const Command& command, const Line& line);

// The front of a command: what the words say so far, be it complete or not. For completion.
struct Front {
  const Command* command = nullptr;  // null: the path is not complete
  size_t path_words = 0;
  Parsed parsed;
  const Argument* open = nullptr;  // a keyword that waits for its value
  std::optional<Complaint> complaint;
};
Front read_front(const std::vector<Token>& words);

// A command and one of the two orders of its path.
struct Spelling {
  const Command* command = nullptr;
  std::vector<std::string_view> words;
  bool swapped = false;
};
const std::vector<Spelling>& spellings();

// Whether an argument may still be given, after `front`.
bool may_follow(const Front& front, const Argument& argument);
// The next argument that is known by its place; null when there is none.
const Argument* next_by_place(const Command& command, const std::vector<Filled>& values);

}  // namespace spanway::cli
