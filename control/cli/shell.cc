// SPDX-License-Identifier: BSD-3-Clause
// The interactive shell: libedit edits the line, the grammar completes and explains it.
#include <histedit.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <memory>
#include <ostream>

#include "control/cli/fields.h"
#include "control/cli/interrupt.h"
#include "control/cli/manual.h"
#include "control/cli/run.h"

namespace spanway::cli {
namespace {

constexpr int kHistoryLines = 1000;

struct Shell {
  Context& context;
  Names names;
  std::string prompt = "spanway> ";
};

Shell& shell_of(EditLine* el) {
  void* data = nullptr;
  el_get(el, EL_CLIENTDATA, &data);
  return *static_cast<Shell*>(data);
}

char* prompt_of(EditLine* el) { return shell_of(el).prompt.data(); }

// What stands before the cursor: whole words and the one that is being written.
struct AtCursor {
  std::vector<Token> before;
  std::string partial;
};

AtCursor at_cursor(EditLine* el) {
  const LineInfo* info = el_line(el);
  const std::string text(info->buffer, info->cursor);
  AtCursor out;
  auto line = split(text);
  if (!line) return out;
  auto separated = separate(*line);
  if (auto* good = std::get_if<Separated>(&separated)) line->words = good->line.words;
  out.before = std::move(line->words);
  const bool blank = text.empty() || text.back() == ' ' || text.back() == '\t';
  if (!blank && !out.before.empty()) {
    out.partial = out.before.back().text;
    out.before.pop_back();
  }
  return out;
}

std::string common_front(const std::vector<std::string>& words) {
  std::string out = words.front();
  for (const std::string& word : words) {
    size_t n = 0;
    while (n < out.size() && n < word.size() && out[n] == word[n]) ++n;
    out.resize(n);
  }
  return out;
}

unsigned char on_tab(EditLine* el, int) {
  Shell& shell = shell_of(el);
  const AtCursor at = at_cursor(el);
  bool files = false;
  const auto found = completions(at.before, at.partial, shell.names, &files);
  // libedit completes file names itself.
  if (found.empty() && files) return _el_fn_complete(el, 0);
  if (found.empty()) return CC_REFRESH_BEEP;
  std::string more = common_front(found).substr(at.partial.size());
  if (found.size() == 1) more += ' ';
  if (!more.empty()) return el_insertstr(el, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  shell.context.io.out << "\n" << wrapped(found, "  ", 0, shell.context.style) << std::flush;
  return CC_REDISPLAY;
}

unsigned char on_question(EditLine* el, int) {
  Shell& shell = shell_of(el);
  const AtCursor at = at_cursor(el);
  const Choices next = choices(at.before, at.partial, nullptr);
  std::string text = help_text(next);
  if (next.complaint)
    text = "  " + next.complaint->message + "\n";
  else if (text.empty())
    text = "  nothing more can stand here\n";
  shell.context.io.out << "?\n" << text << std::flush;
  return CC_REDISPLAY;
}

std::string history_path() {
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? std::string{} : std::string(home) + "/.spanway_history";
}

std::string router_name(Context& context) {
  const Outcome version = context.session.call("show.version", json::object(), 1);
  return text(version.result, "name", "spanway");
}

// One character for libedit. It waits in slices: a Ctrl-C that comes just before a plain read would
// be seen only with the next key.
int read_character(EditLine*, wchar_t* out) {
  mbstate_t state{};
  for (;;) {
    pollfd wait{STDIN_FILENO, POLLIN, 0};
    poll(&wait, 1, 50);
    if (Interrupts::asked()) {
      errno = EINTR;
      return -1;
    }
    if (wait.revents == 0) continue;
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return static_cast<int>(got);
    const size_t used = mbrtowc(out, &byte, 1, &state);
    if (used == static_cast<size_t>(-2)) continue;  // the character goes on
    if (used != static_cast<size_t>(-1)) return 1;
    state = {};  // no character of this locale
  }
}

struct LineEditor {
  EditLine* el = nullptr;
  History* history = nullptr;
  std::string kept = history_path();

  explicit LineEditor(Shell& shell) {
    el = el_init("spanway", stdin, stdout, stderr);
    history = history_init();
    HistEvent event;
    ::history(history, &event, H_SETSIZE, kHistoryLines);
    ::history(history, &event, H_SETUNIQUE, 1);
    if (!kept.empty()) ::history(history, &event, H_LOAD, kept.c_str());
    el_set(el, EL_CLIENTDATA, &shell);
    el_set(el, EL_PROMPT, prompt_of);
    el_set(el, EL_GETCFN, read_character);
    el_set(el, EL_EDITOR, "emacs");
    el_set(el, EL_HIST, ::history, history);
    el_set(el, EL_ADDFN, "spanway-complete", "complete the word", on_tab);
    el_set(el, EL_ADDFN, "spanway-explain", "say what can stand here", on_question);
    el_source(el, nullptr);
    el_set(el, EL_BIND, "^I", "spanway-complete", nullptr);
    el_set(el, EL_BIND, "?", "spanway-explain", nullptr);
  }
  ~LineEditor() {
    HistEvent event;
    if (!kept.empty()) {
      const mode_t before = umask(0077);
      ::history(history, &event, H_SAVE, kept.c_str());
      umask(before);
    }
    history_end(history);
    el_end(el);
  }
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // Nothing at the end of the input; an empty line when Ctrl-C gave it up.
  std::optional<std::string> read(std::ostream& out) {
    const Interrupts interrupts;
    int length = 0;
    const char* text = el_gets(el, &length);
    if (Interrupts::asked()) {
      out << "\n" << std::flush;
      el_reset(el);
      return std::string{};
    }
    if (text == nullptr || length <= 0) return std::nullopt;
    std::string line(text, static_cast<size_t>(length));
    HistEvent event;
    if (line.find_first_not_of(" \t\n") != std::string::npos)
      ::history(history, &event, H_ENTER, line.c_str());
    while (!line.empty() && line.back() == '\n') line.pop_back();
    return line;
  }
};

}  // namespace

int run_shell(Context& context) {
  Shell shell{context, names_from(context.session)};
  shell.prompt = router_name(context) + "> ";
  LineEditor editor(shell);
  context.scripted = true;
  const Interrupts interrupts;  // Ctrl-C ends what runs, not the shell
  int code = kDone;
  while (!context.leave) {
    const auto line = editor.read(context.io.out);
    if (!line) {
      context.io.out << "\n";
      break;
    }
    const auto words = split(*line);
    if (!words)
      context.io.err << words.error().message << "\n";
    else if (!words->words.empty())
      code = run_line(context, *words, "", nullptr);
  }
  context.io.out.flush();
  // Leaving is no failure, whatever was said before.
  return context.leave ? kDone : code;
}

}  // namespace spanway::cli
