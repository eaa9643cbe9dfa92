// SPDX-License-Identifier: BSD-3-Clause
// Aligned columns of text, with colours that do not disturb them. Any thread; values only.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace spanway::cli {

struct Style {
  bool colour = false;
  size_t width = 100;  // of the terminal, columns
};

enum class Tint : unsigned char { kNone, kGood, kBad, kWarn, kDim, kBold };

// `text` in its colour, when there are colours.
std::string tinted(const std::string& text, Tint tint, const Style& style);

struct Cell {
  std::string text;
  Tint tint = Tint::kNone;
  bool right = false;  // numbers
};

class TextTable {
 public:
  TextTable& row();  // begins one
  TextTable& left(std::string text, Tint tint = Tint::kNone);
  TextTable& right(std::string text, Tint tint = Tint::kNone);
  // A word and the number that it names: two columns.
  TextTable& pair(std::string label, std::string number, Tint tint = Tint::kNone);
  // Columns one blank apart, no blanks at the ends of lines.
  [[nodiscard]] std::string text(const Style& style) const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

// Words one after the other, in lines of at most style.width, the later ones indented.
std::string wrapped(const std::vector<std::string>& words, const std::string& separator,
                    size_t indent, const Style& style);

// How many columns a UTF-8 text takes, one a code point.
size_t columns(const std::string& text);

}  // namespace spanway::cli
