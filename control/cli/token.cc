// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/token.h"

namespace spanway::cli {
namespace {

bool blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// One word from `at` on; at stands behind it afterwards. False: a quote stays open.
bool take_word(std::string_view text, size_t& at, std::string& out) {
  char quote = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        out += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (blank(c)) {
      break;
    } else {
      out += c;
    }
  }
  return quote == 0;
}

}  // namespace

size_t Line::end() const noexcept {
  return words.empty() ? text.size() : words.back().column + words.back().length;
}

Line line_of(std::string_view program, const std::vector<std::string>& words) {
  Line line;
  line.text = program;
  for (const std::string& word : words) {
    line.text += ' ';
    const bool quoted = word.empty() || word.find_first_of(" \t\n#'\"") != std::string::npos;
    const std::string shown = quoted ? "'" + word + "'" : word;
    line.words.push_back({word, line.text.size(), shown.size()});
    line.text += shown;
  }
  return line;
}

Result<Line> split(std::string_view text) {
  Line line;
  line.text = text;
  size_t at = 0;
  for (;;) {
    while (at < text.size() && blank(text[at])) ++at;
    if (at == text.size() || text[at] == '#') return line;
    Token token;
    token.column = at;
    if (!take_word(text, at, token.text))
      return Error{ErrorCode::kInvalid, "a quote is not closed", "close it"};
    token.length = at - token.column;
    line.words.push_back(std::move(token));
  }
}

}  // namespace spanway::cli
