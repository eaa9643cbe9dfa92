// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/parse.h"

#include <algorithm>

#include "control/cli/suggest.h"
#include "control/cli/value.h"

namespace spanway::cli {
namespace {

// ---- the path ----

enum class Fit : uint8_t { kNone, kBegins, kExact };

Fit fit(std::string_view word, std::string_view known) {
  if (word == known) return Fit::kExact;
  return !word.empty() && known.starts_with(word) ? Fit::kBegins : Fit::kNone;
}

// How many words of the spelling the user's words fit, from the front.
size_t fitting(const Spelling& spelling, const std::vector<Token>& words) {
  size_t n = 0;
  while (n < spelling.words.size() && n < words.size() &&
         fit(words[n].text, spelling.words[n]) != Fit::kNone)
    ++n;
  return n;
}

bool exact_at(const Spelling& spelling, const std::vector<Token>& words, size_t at) {
  return at < spelling.words.size() && at < words.size() && words[at].text == spelling.words[at];
}

struct Path {
  const Command* command = nullptr;
  size_t used = 0;
  std::optional<Complaint> complaint;
};

void add_once(std::vector<std::string_view>& list, std::string_view word) {
  if (std::find(list.begin(), list.end(), word) == list.end()) list.push_back(word);
}

Complaint at_word(const Token& word, std::string message) {
  return {word.column, std::max<size_t>(word.length, 1), std::move(message), {}, "spanway help"};
}

// The words that may stand at `at`, by the spellings that fit before it. Natural order first.
std::vector<std::string_view> words_at(const std::vector<Token>& words, size_t at) {
  std::vector<std::string_view> natural, swapped;
  for (const Spelling& s : spellings())
    if (s.words.size() > at && fitting(s, words) >= at)
      add_once(s.swapped ? swapped : natural, s.words[at]);
  for (const std::string_view w : swapped) add_once(natural, w);
  return natural;
}

std::string joined(const std::vector<Token>& words, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += (i == 0 ? "" : " ") + words[i].text;
  return out;
}

Complaint unknown_path(const std::vector<Token>& words) {
  size_t deepest = 0;
  for (const Spelling& s : spellings()) deepest = std::max(deepest, fitting(s, words));
  const auto known = words_at(words, deepest);
  if (deepest < words.size()) {
    Complaint c = at_word(
        words[deepest],
        deepest == 0 ? "no such command" : "no such word behind '" + joined(words, deepest) + "'");
    c.tries = suggest(words[deepest].text, known);
    if (c.tries.empty() && deepest > 0)
      for (size_t i = 0; i < known.size() && i < 8; ++i) c.tries.emplace_back(known[i]);
    if (deepest > 0) c.help = "spanway " + joined(words, deepest) + " ?";
    return c;
  }
  const Token& last = words.back();
  Complaint c;
  c.column = last.column + last.length + 1;
  c.message = "a word is missing";
  for (const std::string_view k : known) c.tries.emplace_back(k);
  c.help = "spanway " + joined(words, deepest) + " ?";
  return c;
}

Complaint ambiguous(const std::vector<Token>& words, const std::vector<const Spelling*>& best) {
  // Point at the first word in which they differ.
  size_t at = 0;
  while (std::all_of(best.begin(), best.end(), [&](const Spelling* s) {
    return at + 1 < s->words.size() && s->words[at] == best.front()->words[at];
  }))
    ++at;
  Complaint c = at_word(words[std::min(at, words.size() - 1)], "ambiguous");
  for (const Spelling* s : best) {
    std::string whole;
    for (const std::string_view w : s->words) whole += (whole.empty() ? "" : " ") + std::string(w);
    if (c.tries.size() < 8) c.tries.push_back(whole);
  }
  return c;
}

// Whether `a` fits the words better than `b`: exact words count from the front, longer paths more.
bool better(const Spelling& a, const Spelling& b, const std::vector<Token>& words) {
  if (a.words.size() != b.words.size()) return a.words.size() > b.words.size();
  for (size_t i = 0; i < a.words.size(); ++i)
    if (exact_at(a, words, i) != exact_at(b, words, i)) return exact_at(a, words, i);
  return false;
}

Path find_path(const std::vector<Token>& words) {
  bool first_exact = false;
  for (const Spelling& s : spellings()) first_exact = first_exact || exact_at(s, words, 0);
  std::vector<const Spelling*> best;
  for (const Spelling& s : spellings()) {
    if (fitting(s, words) < s.words.size()) continue;
    // "trace 10.0.0.1" is a mistake in "trace add", not short for traceroute.
    if (s.words.size() == 1 && first_exact && !exact_at(s, words, 0)) continue;
    if (!best.empty() && better(*best.front(), s, words)) continue;
    if (!best.empty() && better(s, *best.front(), words)) best.clear();
    if (std::none_of(best.begin(), best.end(),
                     [&](const Spelling* b) { return b->command == s.command; }))
      best.push_back(&s);
  }
  // One word that begins several commands, complete by itself or not, is not clear.
  if (words.size() == 1 && !best.empty() && !exact_at(*best.front(), words, 0))
    for (const Spelling& s : spellings())
      if (!s.swapped && s.words.size() > 1 && fitting(s, words) == 1) best.push_back(&s);
  if (best.size() > 1) return {nullptr, 0, ambiguous(words, best)};
  if (best.empty()) return {nullptr, 0, unknown_path(words)};
  return {best.front()->command, best.front()->words.size(), std::nullopt};
}

// ---- the arguments ----

bool in_element(const Argument& a) { return a.key.find("[].") != std::string_view::npos; }
bool opens_element(const Argument& a) { return a.key.find("[+]") != std::string_view::npos; }

std::string_view title(const Argument& a) { return a.keyword.empty() ? a.name : a.keyword; }

bool given(const std::vector<Filled>& values, const Argument& a) {
  for (size_t i = values.size(); i-- > 0;) {
    if (values[i].argument == &a) return true;
    // Inside a list only the element begun last counts.
    if (in_element(a) && opens_element(*values[i].argument)) return false;
  }
  return false;
}

// Why `a` may not stand here; empty when it may.
std::string conflict(const std::vector<Filled>& values, const Argument& a) {
  if (!a.repeat && given(values, a)) return "'" + std::string(title(a)) + "' is given twice";
  if (a.group != 0)
    for (const Filled& f : values)
      if (f.argument->group == a.group && f.argument != &a)
        return "'" + std::string(title(a)) + "' and '" + std::string(title(*f.argument)) +
               "' exclude each other";
  if (in_element(a) && std::none_of(values.begin(), values.end(),
                                    [](const Filled& f) { return opens_element(*f.argument); }))
    return "'" + std::string(title(a)) + "' belongs behind a next hop";
  return {};
}

std::string help_for(const Command& command) {
  return "spanway " + std::string(command.path) + " ?";
}

struct Filler {
  Front& front;
  const Command& command;

  void complain(const Token& word, std::string message, std::vector<std::string> tries = {}) {
    front.complaint = Complaint{word.column, std::max<size_t>(word.length, 1), std::move(message),
                                std::move(tries), help_for(command)};
  }

  void fill(const Argument& a, const Token& word) {
    if (auto wrong = check(a, word.text)) {
      std::vector<std::string> tries;
      if (!wrong->fix.empty()) tries.push_back(wrong->fix);
      return complain(word, wrong->message, std::move(tries));
    }
    front.parsed.values.push_back({&a, word.text, word.column, word.length});
  }

  // The keyword arguments that the word names: exactly, or by its front.
  std::vector<const Argument*> named(std::string_view word) const {
    if (word.starts_with("--")) word.remove_prefix(2);
    std::vector<const Argument*> out;
    for (const Argument& a : command.arguments) {
      const Fit f = a.keyword.empty() ? Fit::kNone : fit(word, a.keyword);
      if (f == Fit::kExact) return {&a};
      if (f == Fit::kBegins) out.push_back(&a);
    }
    return out;
  }

  void take_keyword(const Argument& a, const Token& word) {
    if (auto why = conflict(front.parsed.values, a); !why.empty()) return complain(word, why);
    if (a.type == Type::kFlag)
      front.parsed.values.push_back({&a, word.text, word.column, word.length});
    else
      front.open = &a;
  }

  static bool exact(const std::vector<const Argument*>& found, std::string_view word) {
    if (word.starts_with("--")) word.remove_prefix(2);
    return found.size() == 1 && found.front()->keyword == word;
  }

  void unknown(const Token& word, const Argument* place) {
    std::vector<std::string_view> known;
    for (const Argument& a : command.arguments)
      if (!a.keyword.empty() && may_follow(front, a)) known.push_back(a.keyword);
    const bool valueish = word.text.find_first_of("0123456789.:/") != std::string::npos;
    if (place != nullptr && (valueish || known.empty())) return fill(*place, word);
    auto tries = suggest(word.text, known);
    if (known.empty()) return complain(word, "nothing more can stand here");
    complain(word, "'" + word.text + "' is not known here", std::move(tries));
  }

  void take(const Token& word) {
    if (front.open != nullptr) {
      const Argument& a = *front.open;
      front.open = nullptr;
      return fill(a, word);
    }
    const Argument* place = next_by_place(command, front.parsed.values);
    const auto found = named(word.text);
    if (place != nullptr && place->required) {
      if (exact(found, word.text) && place->type != Type::kNewName)
        return complain(word, std::string(place->name) + " is missing before '" + word.text + "'");
      return fill(*place, word);
    }
    const bool dashed = word.text.starts_with("--") && found.size() == 1;
    if (dashed || exact(found, word.text)) return take_keyword(*found.front(), word);
    const bool place_open = place != nullptr && conflict(front.parsed.values, *place).empty();
    if (place_open && !check(*place, word.text)) return fill(*place, word);
    if (found.size() == 1) return take_keyword(*found.front(), word);
    if (found.size() > 1) {
      std::vector<std::string> tries;
      for (const Argument* a : found) tries.emplace_back(a->keyword);
      return complain(word, "ambiguous", std::move(tries));
    }
    if (place != nullptr && !place_open && !check(*place, word.text))
      return complain(word, conflict(front.parsed.values, *place));
    unknown(word, place);
  }
};

// What is still missing at the end of the line.
std::optional<Complaint> missing(const Front& front, const Line& line) {
  const Command& command = *front.command;
  Complaint c;
  c.column = line.end() + 1;
  c.help = help_for(command);
  if (front.open != nullptr) {
    c.message =
        placeholder(*front.open) + " is missing behind '" + std::string(front.open->keyword) + "'";
    return c;
  }
  for (const Argument& a : command.arguments) {
    if (!a.required || given(front.parsed.values, a)) continue;
    if (a.group == 0) {
      c.message =
          (a.keyword.empty() ? "" : std::string(a.keyword) + " ") + placeholder(a) + " is missing";
      return c;
    }
    const bool other = std::any_of(front.parsed.values.begin(), front.parsed.values.end(),
                                   [&](const Filled& f) { return f.argument->group == a.group; });
    if (other) continue;
    for (const Argument& b : command.arguments)
      if (b.group == a.group)
        c.tries.push_back(std::string(b.keyword) + (b.name.empty() ? "" : " " + placeholder(b)));
    c.message = "one of these is missing";
    return c;
  }
  return std::nullopt;
}

void read_arguments(Front& front, const Command& command, const std::vector<Token>& words,
                    size_t from) {
  front.command = &command;
  front.path_words = from;
  front.parsed.command = &command;
  Filler filler{front, command};
  for (size_t i = from; i < words.size() && !front.complaint; ++i) {
    const Argument* place = next_by_place(command, front.parsed.values);
    if (place != nullptr && place->type == Type::kRest)
      front.parsed.rest.push_back(words[i].text);
    else
      filler.take(words[i]);
  }
}

std::variant<Parsed, Complaint> whole(Front front, const Line& line) {
  if (front.complaint) return *std::move(front.complaint);
  if (auto lacking = missing(front, line)) return *std::move(lacking);
  return std::move(front.parsed);
}

}  // namespace

const std::vector<Spelling>& spellings() {
  static const std::vector<Spelling> all = [] {
    std::vector<Spelling> out;
    for (const Command& c : grammar()) out.push_back({&c, c.words(), false});
    for (const Command& c : grammar())
      if (auto words = c.words(); words.size() == 2)
        out.push_back({&c, {words[1], words[0]}, true});
    return out;
  }();
  return all;
}

const Argument* next_by_place(const Command& command, const std::vector<Filled>& values) {
  for (const Argument& a : command.arguments)
    if (a.keyword.empty() && !given(values, a)) return &a;
  return nullptr;
}

bool may_follow(const Front& front, const Argument& argument) {
  return conflict(front.parsed.values, argument).empty();
}

Front read_front(const std::vector<Token>& words) {
  Front front;
  if (words.empty()) return front;
  Path path = find_path(words);
  if (path.complaint) {
    front.complaint = std::move(path.complaint);
    return front;
  }
  read_arguments(front, *path.command, words, path.used);
  return front;
}

std::variant<Parsed, Complaint> parse(const Line& line) {
  Front front = read_front(line.words);
  if (front.command == nullptr && !front.complaint)
    return Complaint{line.end(), 1, "a command is missing", {}, "spanway help"};
  return whole(std::move(front), line);
}

std::variant<Parsed, Complaint> parse_arguments(const Command& command, const Line& line) {
  Front front;
  read_arguments(front, command, line.words, 0);
  return whole(std::move(front), line);
}

}  // namespace spanway::cli
