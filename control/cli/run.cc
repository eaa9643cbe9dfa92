// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/run.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <istream>
#include <ostream>

#include "control/cli/fields.h"
#include "control/cli/manual.h"
#include "control/cli/version.h"

namespace spanway::cli {
namespace {

constexpr auto kReplace = json::error_handler_t::replace;

json error_document(const Failure& failure, int exit_code) {
  json error = {{"kind", failure.kind},
                {"message", failure.message},
                {"fix", failure.fix},
                {"exit_code", exit_code}};
  if (failure.place) {
    error["column"] = failure.place->column;
    error["line"] = failure.line;
    error["tries"] = failure.place->tries;
    if (failure.fix.empty() && !failure.place->tries.empty())
      error["fix"] = failure.place->tries.front();
  }
  return {{"schema", "spanway.error/1"}, {"error", std::move(error)}};
}

// Prints the outcome where it belongs; text results are on the screen already.
int finish(Context& context, const Outcome& outcome, const std::string& where, json* collected) {
  if (context.json) {
    json document =
        outcome.failure ? error_document(*outcome.failure, outcome.exit_code) : outcome.result;
    if (collected != nullptr)
      *collected = std::move(document);
    else
      context.io.out << document.dump(2, ' ', false, kReplace) << "\n";
  } else if (outcome.failure) {
    context.io.out.flush();
    if (!where.empty()) context.io.err << where << ":\n";
    context.io.err << failure_text(*outcome.failure, context.style);
  }
  context.io.out.flush();
  context.io.err.flush();
  return outcome.exit_code;
}

Outcome complaint_outcome(const Complaint& complaint, const Line& line) {
  return Outcome::of({"usage", complaint.message, "", kUsage, complaint, line.text});
}

// `?` at the end: what can stand there.
Outcome question(Context& context, Line line) {
  line.words.pop_back();
  const Choices next = choices(line.words, "", nullptr);
  if (next.complaint) return complaint_outcome(*next.complaint, line);
  json rows = json::array();
  for (const Choice& c : next.list)
    rows.push_back({{"text", c.text}, {"help", c.help}, {"placeholder", !c.literal}});
  if (!context.json) context.io.out << help_text(next);
  return {json{{"schema", "spanway.help/1"}, {"complete", next.whole}, {"choices", rows}}};
}

Outcome answer(Context& context, const Line& line) {
  if (!line.words.empty() && line.words.back().text == "?") return question(context, line);
  const auto parsed = parse(line);
  if (const auto* complaint = std::get_if<Complaint>(&parsed))
    return complaint_outcome(*complaint, line);
  return execute(context, std::get<Parsed>(parsed));
}

// What a line says for itself alone stands above what the program was told.
Context with(const Context& base, const Settings& settings) {
  Context own = base;
  own.json = base.json || settings.json;
  if (settings.watch_s) own.watch_s = settings.watch_s;
  return own;
}

Outcome own_text(Context& context, const char* schema, const std::string& text) {
  if (!context.json) context.io.out << text;
  return {json{{"schema", schema}, {"text", text}}};
}

Style style_of(const Streams& streams) {
  Style style;
  const char* plain = std::getenv("NO_COLOR");
  style.colour = streams.terminal_out && (plain == nullptr || *plain == '\0');
  if (const char* width = std::getenv("COLUMNS"); width != nullptr)
    style.width = static_cast<size_t>(std::clamp(std::atoi(width), 40, 500));
  return style;
}

int run_words(Context& context, const Settings& settings, const Line& line) {
  if (settings.version)
    return finish(context, own_text(context, "spanway.version/1", "spanway " SPANWAY_VERSION "\n"),
                  "", nullptr);
  if (settings.help) {
    const Front front = read_front(line.words);
    const std::string text = front.command != nullptr ? explain(*front.command) : overview();
    return finish(context, own_text(context, "spanway.help/1", text), "", nullptr);
  }
  if (settings.script) {
    if (!line.words.empty())
      return finish(context, Outcome::usage("a script and a command exclude each other"), "",
                    nullptr);
    return run_script(context, *settings.script, settings.keep_going);
  }
  if (!line.words.empty()) return finish(context, answer(context, line), "", nullptr);
  if (context.io.terminal_in && context.io.terminal_out && !context.json) return run_shell(context);
  return run_script(context, "-", settings.keep_going);
}

}  // namespace

int run_line(Context& context, const Line& line, const std::string& where, json* collected) {
  auto separated = separate(line);
  if (auto* complaint = std::get_if<Complaint>(&separated))
    return finish(context, complaint_outcome(*complaint, line), where, collected);
  const auto& [settings, words] = std::get<Separated>(separated);
  Context own = with(context, settings);
  const auto kept = context.session.timeout();
  if (settings.timeout_s) context.session.set_timeout(settings.timeout_s);
  Outcome outcome;
  if (settings.script || settings.socket || settings.version || settings.keep_going)
    outcome = Outcome::usage("this option belongs to the start of the program");
  else if (settings.help)
    outcome = answer(own, line_of("spanway", {"help"}));
  else
    outcome = answer(own, words);
  context.session.set_timeout(kept);
  const int code = finish(own, outcome, where, collected);
  context.leave = context.leave || own.leave;
  return code;
}

int run_script(Context& context, const std::string& path, bool keep_going) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file)
      return finish(context, Outcome::of({"not_found", "can not read " + path, "", kMissing}), "",
                    nullptr);
  }
  std::istream& in = path == "-" ? context.io.in : file;
  const std::string name = path == "-" ? "stdin" : path;
  context.scripted = true;
  json results = json::array();
  int first_error = kDone;
  std::string text;
  for (size_t number = 1; !context.leave && std::getline(in, text); ++number) {
    const std::string where = name + ":" + std::to_string(number);
    json document;
    int code = kDone;
    if (const auto line = split(text); !line)
      code = finish(context, Outcome::usage(line.error().message, line.error().fix), where,
                    context.json ? &document : nullptr);
    else if (line->words.empty())
      continue;
    else
      code = run_line(context, *line, where, context.json ? &document : nullptr);
    if (context.json)
      results.push_back({{"line", number},
                         {"command", text},
                         {"exit_code", code},
                         {document.contains("error") ? "error" : "result",
                          document.contains("error") ? document["error"] : document}});
    if (code != kDone && first_error == kDone) first_error = code;
    if (code != kDone && !keep_going) break;
  }
  if (context.json)
    context.io.out << json{{"schema", "spanway.script/1"},
                           {"exit_code", first_error},
                           {"results", std::move(results)}}
                          .dump(2, ' ', false, kReplace)
                   << "\n";
  return first_error;
}

std::string complete_line(const std::string& text, const Names& names) {
  auto line = split(text);
  if (!line || line->words.empty()) return {};
  line->words.erase(line->words.begin());  // the program's name
  std::string partial;
  const bool behind_blank = text.back() == ' ' || text.back() == '\t';
  if (!behind_blank && !line->words.empty()) {
    partial = line->words.back().text;
    line->words.pop_back();
  }
  auto separated = separate(*line);
  if (std::holds_alternative<Complaint>(separated)) return "@files\n";
  const auto& words = std::get<Separated>(separated).line.words;
  bool files = false;
  std::string out;
  for (const std::string& word : completions(words, partial, names, &files)) out += word + "\n";
  if (partial.starts_with('-') && words.empty())
    for (const Option& o : options())
      if (const std::string word = "--" + std::string(o.word); word.starts_with(partial))
        out += word + "\n";
  return files ? out + "@files\n" : out;
}

int run(const std::vector<std::string>& arguments, Streams& streams) {
  const Line line = line_of("spanway", arguments);
  const Style style = style_of(streams);
  if (arguments.size() == 2 && arguments[0] == "--complete") {
    Session session(socket_path({}), std::nullopt);
    streams.out << complete_line(arguments[1], names_from(session)) << std::flush;
    return kDone;
  }
  auto separated = separate(line);
  if (auto* complaint = std::get_if<Complaint>(&separated)) {
    // The option that is wrong may stand before -j; the wish for JSON counts all the same.
    Session none("", std::nullopt);
    Context context{none, streams, style};
    context.json = std::count(arguments.begin(), arguments.end(), "-j") > 0 ||
                   std::count(arguments.begin(), arguments.end(), "--json") > 0;
    return finish(context, complaint_outcome(*complaint, line), "", nullptr);
  }
  const auto& [settings, words] = std::get<Separated>(separated);
  Session session(socket_path(settings), settings.timeout_s);
  Context context{session, streams, style, settings.json, settings.watch_s};
  return run_words(context, settings, words);
}

}  // namespace spanway::cli
