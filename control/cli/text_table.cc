// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/text_table.h"

#include <algorithm>

namespace spanway::cli {
namespace {

const char* escape_of(Tint tint) {
  switch (tint) {
    case Tint::kGood:
      return "\x1b[32m";
    case Tint::kBad:
      return "\x1b[31m";
    case Tint::kWarn:
      return "\x1b[33m";
    case Tint::kDim:
      return "\x1b[2m";
    case Tint::kBold:
      return "\x1b[1m";
    case Tint::kNone:
      break;
  }
  return "";
}

}  // namespace

size_t columns(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string tinted(const std::string& text, Tint tint, const Style& style) {
  if (!style.colour || tint == Tint::kNone) return text;
  return escape_of(tint) + text + "\x1b[0m";
}

TextTable& TextTable::row() {
  rows_.emplace_back();
  return *this;
}

TextTable& TextTable::left(std::string text, Tint tint) {
  rows_.back().push_back({std::move(text), tint, false});
  return *this;
}

TextTable& TextTable::right(std::string text, Tint tint) {
  rows_.back().push_back({std::move(text), tint, true});
  return *this;
}

TextTable& TextTable::pair(std::string label, std::string number, Tint tint) {
  return left(std::move(label)).right(std::move(number), tint);
}

std::string TextTable::text(const Style& style) const {
  std::vector<size_t> widths;
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], columns(row[i].text));
    }
  std::string out;
  for (const auto& row : rows_) {
    size_t owed = 0;  // blanks that are written only if something follows
    bool first = true;
    for (size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;  // an empty column takes no place
      const Cell& cell = row[i];
      const size_t pad = widths[i] - columns(cell.text);
      if (!first) ++owed;
      first = false;
      if (cell.right) owed += pad;
      if (!cell.text.empty()) {
        out.append(owed, ' ');
        owed = 0;
        out += tinted(cell.text, cell.tint, style);
      }
      if (!cell.right) owed += pad;
    }
    out += '\n';
  }
  return out;
}

std::string wrapped(const std::vector<std::string>& words, const std::string& separator,
                    size_t indent, const Style& style) {
  std::string out;
  size_t at = 0;
  for (const std::string& word : words) {
    const size_t need = columns(word);
    if (at == 0) {
      at = need;
    } else if (at + separator.size() + need > style.width) {
      out += "\n" + std::string(indent, ' ');
      at = indent + need;
    } else {
      out += separator;
      at += separator.size() + need;
    }
    out += word;
  }
  return out + "\n";
}

}  // namespace spanway::cli
