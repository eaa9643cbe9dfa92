// SPDX-License-Identifier: BSD-3-Clause
// A command as words that remember where they stand, so that an error can point at them.
// One thread; values only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"

namespace spanway::cli {

struct Token {
  std::string text;   // without its quotes
  size_t column = 0;  // in Line::text, in bytes from 0
  size_t length = 0;  // there, quotes included
};

// A command as it is shown to the user, and its words.
struct Line {
  std::string text;
  std::vector<Token> words;
  [[nodiscard]] size_t end() const noexcept;  // the column behind the last word
};

// From argv, behind `program`: "spanway show ports". A word with blanks is shown in quotes.
Line line_of(std::string_view program, const std::vector<std::string>& words);

// From a line that somebody typed: blanks part words, '...' and "..." hold them together, a word
// that begins with # starts a comment. An open quote is kInvalid.
Result<Line> split(std::string_view text);

}  // namespace spanway::cli
