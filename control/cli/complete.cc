// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/complete.h"

#include <algorithm>

#include "control/cli/value.h"

namespace spanway::cli {
namespace {

bool begins(std::string_view text, std::string_view partial) { return text.starts_with(partial); }

// Each next word of a path, with the help of its command, or how many commands it begins.
void add_path_words(Choices& out, const std::vector<Token>& before, std::string_view partial,
                    bool swapped) {
  const size_t at = before.size();
  for (const Spelling& s : spellings()) {
    if (s.swapped != swapped || s.words.size() <= at || !begins(s.words[at], partial)) continue;
    bool fits = true;
    for (size_t i = 0; i < at; ++i) fits = fits && begins(s.words[i], before[i].text);
    if (!fits) continue;
    const bool last = s.words.size() == at + 1;
    const auto known = std::find_if(out.list.begin(), out.list.end(),
                                    [&](const Choice& c) { return c.text == s.words[at]; });
    if (known == out.list.end()) {
      out.list.push_back({std::string(s.words[at]),
                          last ? std::string(s.command->help) : std::string(s.words.back()), true});
    } else if (!last) {
      known->help += ", " + std::string(s.words.back());
    }
  }
}

void add_values(Choices& out, const Argument& a, std::string_view partial, const Names& names) {
  out.list.push_back({placeholder(a), std::string(a.help), false});
  const std::string_view fixed = a.type == Type::kSwitch ? "on|off" : a.choices;
  for (std::string_view rest = fixed; !rest.empty();) {
    const size_t bar = rest.find('|');
    const std::string_view one = rest.substr(0, bar);
    const std::string text = std::string(one) + (a.type == Type::kShape ? ":3" : "");
    if (begins(text, partial)) out.list.push_back({text, "", true});
    rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
  }
  if (a.type == Type::kFile || a.type == Type::kPath || a.type == Type::kRest ||
      a.type == Type::kShape)
    out.files = true;
  if (!names) return;
  for (std::string& name : names(a.type))
    if (begins(name, partial)) out.list.push_back({std::move(name), "", true});
}

bool complete_now(const Front& front) {
  if (front.open != nullptr) return false;
  for (const Argument& a : front.command->arguments) {
    if (!a.required) continue;
    const bool have =
        std::any_of(front.parsed.values.begin(), front.parsed.values.end(), [&](const Filled& f) {
          return f.argument == &a || (a.group != 0 && f.argument->group == a.group);
        });
    if (!have) return false;
  }
  return true;
}

void add_arguments(Choices& out, const Front& front, std::string_view partial, const Names& names) {
  if (front.open != nullptr) return add_values(out, *front.open, partial, names);
  const Argument* place = next_by_place(*front.command, front.parsed.values);
  if (place != nullptr && may_follow(front, *place)) add_values(out, *place, partial, names);
  out.whole = complete_now(front);
  if (place != nullptr && place->required) return;
  const bool dashed = partial.starts_with("--");
  for (const Argument& a : front.command->arguments) {
    if (a.keyword.empty() || !may_follow(front, a)) continue;
    const std::string shown = (dashed ? "--" : "") + std::string(a.keyword);
    if (begins(shown, partial)) out.list.push_back({shown, std::string(a.help), true});
  }
}

}  // namespace

Choices choices(const std::vector<Token>& before, std::string_view partial, const Names& names) {
  Choices out;
  const Front front = read_front(before);
  // More words of a path may follow even where a shorter path is complete: lab, lab cut.
  add_path_words(out, before, partial, false);
  if (out.list.empty() && front.command == nullptr) add_path_words(out, before, partial, true);
  if (front.command != nullptr) {
    if (front.complaint)
      out.complaint = front.complaint;
    else
      add_arguments(out, front, partial, names);
  } else if (out.list.empty()) {
    out.complaint = front.complaint;
  }
  return out;
}

std::vector<std::string> completions(const std::vector<Token>& before, std::string_view partial,
                                     const Names& names, bool* files) {
  const Choices all = choices(before, partial, names);
  std::vector<std::string> out;
  for (const Choice& c : all.list)
    if (c.literal) out.push_back(c.text);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (files != nullptr) *files = all.files;
  return out;
}

}  // namespace spanway::cli
