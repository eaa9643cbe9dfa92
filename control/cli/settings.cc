// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "control/cli/suggest.h"
#include "control/cli/value.h"

namespace spanway::cli {
namespace {

// "2", "0.5", "500ms", "1m" in seconds; 0.01 to a day.
std::optional<double> seconds_of(const std::string& text) {
  double s = 0;
  if (const auto ms = duration_ms(text, 1000)) {
    s = static_cast<double>(*ms) / 1000;
  } else {
    char* end = nullptr;
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    s = std::strtod(text.c_str(), &end);
    if (*end != '\0') return std::nullopt;
  }
  if (!(s >= 0.01 && s <= 86400)) return std::nullopt;
  return s;
}

const Option* find_option(std::string_view word) {
  for (const Option& o : options()) {
    if (word == std::string{'-', o.letter}) return &o;
    if (word.size() > 2 && word.starts_with("--") && word.substr(2) == o.word) return &o;
  }
  return nullptr;
}

// "-w2": an option with its value in one word.
const Option* glued_option(std::string_view word, std::string& value) {
  if (word.size() < 3 || word[0] != '-' || word[1] == '-') return nullptr;
  const Option* o = find_option(word.substr(0, 2));
  if (o == nullptr || o->value.empty()) return nullptr;
  value = word.substr(2);
  return o;
}

Complaint complain(const Token& at, std::string message) {
  return {at.column, std::max<size_t>(at.length, 1), std::move(message), {}, "spanway --help"};
}

// Sets what needs no value.
void set_flag(Settings& s, char letter) {
  if (letter == 'j') s.json = true;
  if (letter == 'k') s.keep_going = true;
  if (letter == 'h') s.help = true;
  if (letter == 'V') s.version = true;
  if (letter == 'w') s.watch_s = 1;
}

// False: not a value for it.
bool set_value(Settings& s, char letter, const std::string& value) {
  if (letter == 's') s.socket = value;
  if (letter == 'f') s.script = value;
  if (letter == 's' || letter == 'f') return !value.empty();
  const auto seconds = seconds_of(value);
  if (letter == 'w') s.watch_s = seconds ? seconds : s.watch_s;
  if (letter == 't') s.timeout_s = seconds;
  return seconds.has_value();
}

// Whether all that follows belongs to another program.
bool goes_elsewhere(const std::vector<Token>& words) {
  if (words.empty()) return false;
  const Front front = read_front(words);
  if (front.command == nullptr || front.command->arguments.size() != 1) return false;
  return front.command->arguments.front().type == Type::kRest && front.parsed.rest.size() == 1;
}

// A word that begins with a dash and is no option: a keyword with dashes, or a mistake.
bool keyword_of_some_command(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  for (const Command& c : grammar())
    for (const Argument& a : c.arguments)
      if (!word.empty() && a.keyword.starts_with(word)) return true;
  return false;
}

Complaint unknown_option(const Token& word) {
  Complaint c = complain(word, "no such option");
  std::vector<std::string> known;
  for (const Option& o : options()) known.push_back("--" + std::string(o.word));
  const std::vector<std::string_view> views(known.begin(), known.end());
  c.tries = suggest(word.text, views);
  return c;
}

}  // namespace

std::variant<Separated, Complaint> separate(const Line& line) {
  Separated out;
  out.line.text = line.text;
  const auto& words = line.words;
  for (size_t i = 0; i < words.size(); ++i) {
    const Token& word = words[i];
    std::string value;
    const Option* option = find_option(word.text);
    const Option* glued = option == nullptr ? glued_option(word.text, value) : nullptr;
    const bool dashed = word.text.size() > 1 && word.text[0] == '-';
    if (glued != nullptr) {
      if (!set_value(out.settings, glued->letter, value))
        return complain(word, "'" + value + "' is no " + std::string(glued->value));
    } else if (option != nullptr && option->value.empty()) {
      set_flag(out.settings, option->letter);
    } else if (option != nullptr && option->value_optional) {
      set_flag(out.settings, option->letter);
      if (i + 1 < words.size() && seconds_of(words[i + 1].text))
        (void)set_value(out.settings, option->letter, words[++i].text);
    } else if (option != nullptr) {
      if (i + 1 == words.size())
        return Complaint{
            line.end() + 1, 1, std::string(option->value) + " is missing", {}, "spanway --help"};
      if (!set_value(out.settings, option->letter, words[++i].text))
        return complain(words[i], "'" + words[i].text + "' is no number of seconds");
    } else if (dashed && !keyword_of_some_command(word.text)) {
      std::vector<Token> front = out.line.words;
      front.push_back(word);
      if (!goes_elsewhere(front)) return unknown_option(word);
      out.line.words.push_back(word);
    } else {
      out.line.words.push_back(word);
    }
    if (goes_elsewhere(out.line.words)) {
      out.line.words.insert(out.line.words.end(), words.begin() + static_cast<ptrdiff_t>(i) + 1,
                            words.end());
      break;
    }
  }
  return out;
}

std::string socket_path(const Settings& settings) {
  if (settings.socket) return *settings.socket;
  if (const char* path = std::getenv("SPANWAY_SOCKET"); path != nullptr && *path != '\0')
    return path;
  const std::string system = "/run/spanway/api.sock";
  if (geteuid() == 0 || access(system.c_str(), F_OK) == 0) return system;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime == nullptr || *runtime == '\0') return system;
  const std::string own = std::string(runtime) + "/spanway/api.sock";
  return access(own.c_str(), F_OK) == 0 ? own : system;
}

}  // namespace spanway::cli
