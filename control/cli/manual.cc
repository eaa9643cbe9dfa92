// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/manual.h"

#include <algorithm>
#include <vector>

#include "control/cli/value.h"

namespace spanway::cli {
namespace {

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string shown(const Argument& a) {
  std::string text(a.keyword);
  const std::string value = placeholder(a);
  if (!value.empty() && a.type != Type::kFlag) text += (text.empty() ? "" : " ") + value;
  return text;
}

bool in_element(const Argument& a) { return a.key.find("[].") != std::string_view::npos; }

// A repeated argument takes the arguments of its element with it: (via A [port I])...
std::string repeated(const Command& command, const Argument& opener) {
  std::string text = shown(opener);
  if (opener.key.find("[+].") != std::string_view::npos)
    for (const Argument& a : command.arguments)
      if (in_element(a)) text += " [" + shown(a) + "]";
  return text;
}

std::vector<std::string_view> sections() {
  std::vector<std::string_view> out;
  for (const Command& c : grammar())
    if (std::find(out.begin(), out.end(), c.section) == out.end()) out.push_back(c.section);
  return out;
}

std::string range_of(const Argument& a) {
  if (a.type != Type::kInteger || a.max == INT64_MAX || a.max == UINT32_MAX) return {};
  return " (" + std::to_string(a.min) + ".." + std::to_string(a.max) + ")";
}

std::string option_names(const Option& o) {
  std::string text = std::string("-") + o.letter + ", --" + std::string(o.word);
  if (!o.value.empty())
    text += o.value_optional ? " [" + std::string(o.value) + "]" : " " + std::string(o.value);
  return text;
}

// Text that the Markdown of docs/cli.md and the man page share.
constexpr std::string_view kWords =
    "Any word may be shortened as long as it is clear, and the two words of a command may change "
    "places: `show routes`, `routes show` and `sh ro` are the same. Keywords may carry two dashes: "
    "`show counters --drops`. A `?` in place of a word shows what can stand there.";
constexpr std::string_view kShell =
    "Without a command and with a terminal the program is a shell: Tab completes, `?` explains, "
    "the arrow keys bring back earlier lines, `exit` or Ctrl-D leaves. Without a terminal it reads "
    "commands from standard input. `-f FILE` reads them from a file: one a line, # begins a "
    "comment, the first error ends it with the line's number unless `--keep-going` is given.";
constexpr std::string_view kJson =
    "With `-j` standard output holds exactly one JSON document: the result as docs/api.md "
    "describes "
    "it, a script's list of results, or {\"error\": {...}} with `kind`, `message`, `fix` and "
    "`exit_code`.";
constexpr std::string_view kSocket =
    "The daemon is found at the path of `-s`, else at the one in $SPANWAY_SOCKET, else at "
    "/run/spanway/api.sock; somebody else than root falls back to "
    "$XDG_RUNTIME_DIR/spanway/api.sock. $NO_COLOR turns colours off.";

struct Exit {
  int code;
  std::string_view meaning;
};
constexpr Exit kExits[] = {
    {0, "done"},
    {1, "refused by the daemon, or failed"},
    {2, "the command is wrong"},
    {3, "the daemon can not be reached"},
    {4, "no answer in time, or Ctrl-C while it was awaited"},
    {5, "no permission"},
    {6, "not found"},
};

// `code` becomes *code* in scdoc, which also reads _ and * as marks.
std::string for_scdoc(std::string_view text) {
  std::string out;
  bool code = false;
  for (const char c : text) {
    if (c == '`') {
      out += '*';
      code = !code;
    } else {
      if (c == '_' || c == '*' || c == '\\' || c == '[' || c == ']' || c == '#' || c == '|' ||
          c == '<' || c == '>')
        out += '\\';
      out += c;
    }
  }
  return out;
}

std::string escaped_bars(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

}  // namespace

std::string usage(const Command& command) {
  std::string text(command.path);
  std::vector<char> groups;
  for (const Argument& a : command.arguments) {
    if (in_element(a) && std::any_of(command.arguments.begin(), command.arguments.end(),
                                     [](const Argument& o) { return o.repeat; }))
      continue;
    std::string one = a.repeat ? repeated(command, a) : shown(a);
    bool required = a.required;
    if (a.group != 0) {
      if (std::find(groups.begin(), groups.end(), a.group) != groups.end()) continue;
      groups.push_back(a.group);
      one.clear();
      size_t members = 0;
      for (const Argument& b : command.arguments) {
        if (b.group != a.group) continue;
        ++members;
        one += (one.empty() ? "" : " | ") +
               (b.repeat ? "(" + repeated(command, b) + ")..." : shown(b));
      }
      if (required && members > 1) one = "{" + one + "}";
    } else if (a.repeat) {
      text += required ? " (" + one + ")..." : " [" + one + "]...";
      continue;
    }
    text += required ? " " + one : " [" + one + "]";
  }
  return text;
}

std::string help_text(const Choices& choices) {
  size_t width = 0;
  for (const Choice& c : choices.list) width = std::max(width, c.text.size());
  std::string out;
  for (const Choice& c : choices.list) {
    std::string line = "  " + (c.help.empty() ? c.text : padded(c.text, width) + "  " + c.help);
    out += line + "\n";
  }
  if (choices.whole) out += "  " + padded("<enter>", width) + "  run it\n";
  return out;
}

std::string overview() {
  std::string out = "usage: spanway [OPTIONS] [COMMAND]\n\nOptions\n";
  for (const Option& o : options())
    out += "  " + padded(option_names(o), 24) + "  " + std::string(o.help) + "\n";
  for (const std::string_view section : sections()) {
    out += "\n" + std::string(section) + "\n";
    for (const Command& c : grammar())
      if (c.section == section)
        out += "  " + padded(std::string(c.path), 18) + "  " + std::string(c.help) + "\n";
  }
  out += "\nMore: spanway COMMAND ?\n";
  return out;
}

std::string explain(const Command& command) {
  std::string out = usage(command) + "\n  " + std::string(command.help) + "\n";
  size_t width = 0;
  for (const Argument& a : command.arguments) width = std::max(width, shown(a).size());
  for (const Argument& a : command.arguments)
    out += "  " + padded(shown(a), width) + "  " + std::string(a.help) + range_of(a) + "\n";
  if (!command.example.empty())
    out += "  example: spanway " + std::string(command.path) + " " + std::string(command.example) +
           "\n";
  return out;
}

std::string markdown() {
  std::string out =
      "# The program spanway\n\n"
      "This page is made by `spanway manual` from the grammar in control/cli/grammar.cc; a test "
      "keeps it current.\n\n```text\nspanway [OPTIONS] [COMMAND]\n```\n\n";
  for (const std::string_view text : {kWords, kShell, kJson, kSocket})
    out += std::string(text) + "\n\n";
  out += "## Options\n\n| option | meaning |\n| --- | --- |\n";
  for (const Option& o : options())
    out += "| `" + option_names(o) + "` | " + std::string(o.help) + " |\n";
  out += "\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n";
  for (const Exit& e : kExits)
    out += "| " + std::to_string(e.code) + " | " + std::string(e.meaning) + " |\n";
  for (const std::string_view section : sections()) {
    out += "\n## " + std::string(section) + "\n";
    for (const Command& c : grammar()) {
      if (c.section != section) continue;
      const std::string help(c.help);
      out += "\n### " + std::string(c.path) + "\n\n" + help + ".";
      if (!c.method.empty()) out += " Method `" + std::string(c.method) + "`.";
      out += "\n\n```text\n" + usage(c) + "\n```\n";
      if (!c.arguments.empty()) out += "\n| argument | meaning |\n| --- | --- |\n";
      for (const Argument& a : c.arguments)
        out += "| `" + escaped_bars(shown(a)) + "` | " + std::string(a.help) + range_of(a) + " |\n";
      if (!c.example.empty())
        out += "\nExample: `spanway " + std::string(c.path) + " " + std::string(c.example) + "`\n";
    }
  }
  return out;
}

std::string scdoc() {
  std::string out =
      "spanway(1)\n\n# NAME\n\nspanway - look at and steer the packet engine spanwayd\n\n"
      "# SYNOPSIS\n\n*spanway* [OPTIONS] [COMMAND]\n\n# DESCRIPTION\n\n";
  for (const std::string_view text : {kWords, kShell, kJson}) out += for_scdoc(text) + "\n\n";
  out += "# OPTIONS\n\n";
  for (const Option& o : options())
    out += "*" + for_scdoc(option_names(o)) + "*\n\t" + for_scdoc(o.help) + "\n\n";
  for (const std::string_view section : sections()) {
    out += "# COMMANDS: ";
    for (const char c : section) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    out += "\n\n";
    for (const Command& c : grammar()) {
      if (c.section != section) continue;
      out += "*" + for_scdoc(usage(c)) + "*\n\t" + for_scdoc(c.help) + ".\n";
      for (const Argument& a : c.arguments)
        out += "\n\t" + for_scdoc(shown(a)) + ": " + for_scdoc(std::string(a.help) + range_of(a)) +
               "\n";
      out += "\n";
    }
  }
  out += "# EXIT STATUS\n\n";
  for (const Exit& e : kExits)
    out += "*" + std::to_string(e.code) + "*\n\t" + for_scdoc(e.meaning) + "\n\n";
  out += "# ENVIRONMENT\n\n" + for_scdoc(kSocket) + "\n\n# SEE ALSO\n\n*spanwayd*(8)\n";
  return out;
}

std::string bash_completion() {
  return R"(# bash completion for spanway; use: source <(spanway completion bash)
_spanway() {
  local line=${COMP_LINE:0:COMP_POINT} word strip='' found
  word=${line##*[[:blank:]]}
  # bash parts words at colons; what it has already taken must not come again.
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    strip=${word%"${word##*:}"}
  fi
  COMPREPLY=()
  while IFS= read -r found; do
    if [[ $found == '@files' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r found; do
        COMPREPLY+=("${found#"$strip"}")
      done < <(compgen -f -- "$word")
    else
      COMPREPLY+=("${found#"$strip"}")
    fi
  done < <("${COMP_WORDS[0]}" --complete "$line" 2>/dev/null)
}
complete -F _spanway spanway
)";
}

}  // namespace spanway::cli
