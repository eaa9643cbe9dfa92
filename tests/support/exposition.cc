// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/exposition.h"

#include <optional>
#include <regex>
#include <set>
#include <sstream>

namespace spanway::test {
namespace {

const std::regex kName("[a-zA-Z_:][a-zA-Z0-9_:]*");
const std::regex kLabel(R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$))re");

bool labels_are_good(const std::string& labels) {
  std::set<std::string> names;
  auto at = labels.begin();
  for (std::smatch match; at != labels.end(); at = match.suffix().first) {
    if (!std::regex_search(at, labels.end(), match, kLabel, std::regex_constants::match_continuous))
      return false;
    if (!names.insert(match[1]).second) return false;
  }
  return true;
}

std::optional<double> number(const std::string& text) {
  try {
    size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size()) return value;
  } catch (const std::exception&) {
  }
  return std::nullopt;
}

class Checker {
 public:
  // What is wrong with this line; empty: nothing.
  std::string line(const std::string& line) {
    if (line.starts_with("# HELP ")) return help(line.substr(7));
    if (line.starts_with("# TYPE ")) return type(line.substr(7));
    return sample(line);
  }
  std::string end_of_family() {
    if (!family_.empty() && in_family_ == 0) return "no sample of " + family_;
    return "";
  }

  ExpositionCheck result;

 private:
  std::string help(const std::string& rest) {
    if (auto fault = end_of_family(); !fault.empty()) return fault;
    family_ = rest.substr(0, rest.find(' '));
    type_.clear();
    in_family_ = 0;
    if (!std::regex_match(family_, kName)) return "not a name";
    return families_.insert(family_).second ? "" : "the family comes twice";
  }
  std::string type(const std::string& rest) {
    const size_t blank = rest.find(' ');
    if (rest.substr(0, blank) != family_) return "no help before the type";
    type_ = blank == std::string::npos ? "" : rest.substr(blank + 1);
    if (type_ != "counter" && type_ != "gauge") return "not a type that is used here";
    if ((type_ == "counter") != family_.ends_with("_total")) return "counters end in _total";
    return in_family_ == 0 ? "" : "a type behind samples";
  }
  std::string sample(const std::string& line) {
    const size_t blank = line.rfind(' ');
    if (blank == std::string::npos) return "no value";
    const std::string series = line.substr(0, blank);
    const size_t brace = series.find('{');
    if (type_.empty() || series.substr(0, brace) != family_) return "not of the family above";
    if (brace != std::string::npos &&
        (series.back() != '}' ||
         !labels_are_good(series.substr(brace + 1, series.size() - brace - 2))))
      return "the labels are malformed";
    const auto value = number(line.substr(blank + 1));
    if (!value) return "the value is no number";
    if (type_ == "counter" && !(*value >= 0)) return "a counter below 0";
    ++in_family_;
    ++result.samples;
    return result.values.emplace(series, *value).second ? "" : "the sample comes twice";
  }

  std::string family_, type_;
  size_t in_family_ = 0;
  std::set<std::string> families_;
};

}  // namespace

ExpositionCheck check_exposition(const std::string& text) {
  Checker checker;
  std::istringstream lines(text);
  std::string last;
  for (std::string line; checker.result.fault.empty() && std::getline(lines, line);) {
    last = line;
    checker.result.fault = checker.line(line);
  }
  if (checker.result.fault.empty()) checker.result.fault = checker.end_of_family();
  if (checker.result.fault.empty() && !text.ends_with('\n'))
    checker.result.fault = "the last line has no end";
  if (!checker.result.fault.empty()) checker.result.fault += ": " + last;
  return std::move(checker.result);
}

}  // namespace spanway::test
