// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/execute.h"

#include <algorithm>
#include <fstream>
#include <ostream>

#include "control/cli/fields.h"
#include "control/cli/interrupt.h"
#include "control/cli/manual.h"
#include "control/cli/params.h"
#include "control/cli/render.h"
#include "control/cli/value.h"

namespace spanway::cli {
namespace {

constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

Outcome call_once(Context& context, const Command& command, const json& params) {
  Outcome out = context.session.call(command.method, params, command.timeout_s);
  if (out.failure) return out;
  // A machine that is not ready is no success for a script.
  if (command.method == "doctor" && !yes(out.result, "ready")) out.exit_code = kRefused;
  if (!context.json) context.io.out << render(command.method, out.result, context.style);
  return out;
}

Outcome watch(Context& context, const Command& command, const json& params) {
  if (command.role != Role::kRead)
    return Outcome::usage("only commands that look can be watched", "leave out -w");
  Interrupts interrupts;
  Outcome out;
  do {
    if (context.io.terminal_out) context.io.out << kClearScreen;
    out = call_once(context, command, params);
    if (!context.io.terminal_out) context.io.out << "\n";
    context.io.out.flush();
  } while (!out.failure && Interrupts::sleep(*context.watch_s));
  return out;
}

Outcome call(Context& context, const Parsed& parsed) {
  const auto params = params_of(parsed);
  if (!params) return Outcome::error(params.error());
  if (context.watch_s) return watch(context, *parsed.command, *params);
  return call_once(context, *parsed.command, *params);
}

// Text of our own making.
Outcome say(Context& context, const char* schema, std::string text) {
  if (!context.json) context.io.out << text;
  return {json{{"schema", schema}, {"text", std::move(text)}}};
}

Outcome help(Context& context, const Parsed& parsed) {
  if (parsed.rest.empty()) return say(context, "spanway.help/1", overview());
  const Line line = line_of("spanway", parsed.rest);
  const Front front = read_front(line.words);
  if (front.command != nullptr) return say(context, "spanway.help/1", explain(*front.command));
  const Choices next = choices(line.words, "", nullptr);
  if (!next.list.empty()) return say(context, "spanway.help/1", help_text(next));
  Failure failure{"usage", front.complaint->message, "", kUsage, front.complaint, line.text};
  return Outcome::of(std::move(failure));
}

Outcome other_program(Context& context, std::vector<std::string> arguments) {
  const auto has = [&](std::string_view word) {
    return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
  };
  if (context.json && !has("-j") && !has("--json")) arguments.emplace_back("-j");
  return run_daemon_program(context, arguments);
}

Outcome run_lab(Context& context, const Parsed& parsed) {
  if (own_value(parsed, "!file").empty() && own_value(parsed, "!topology").empty())
    return Outcome::usage(
        "FILE or a topology is missing",
        "spanway lab FILE, spanway lab --topology ring:3, or: spanway lab status");
  return other_program(context, lab_arguments(parsed));
}

Outcome run_picture(Context& context, const Parsed& parsed) {
  const std::string path = own_value(parsed, "!file");
  if (path.empty()) return call(context, parsed);
  Outcome out =
      context.session.call(parsed.command->method, json::object(), parsed.command->timeout_s);
  if (out.failure) return out;
  std::ofstream file(path);
  if (!(file << text(out.result, "svg")) || !file.flush())
    return Outcome::error({ErrorCode::kUnavailable, "can not write " + path, "another file"});
  if (!context.json) context.io.out << "wrote " << path << "\n";
  return out;
}

Outcome run_doctor(Context& context, const Parsed& parsed) {
  std::vector<std::string> arguments = {"--doctor"};
  arguments.insert(arguments.end(), parsed.rest.begin(), parsed.rest.end());
  return other_program(context, std::move(arguments));
}

}  // namespace

std::vector<std::string> lab_arguments(const Parsed& parsed) {
  std::vector<std::string> out;
  for (const Filled& filled : parsed.values) {
    const Argument& a = *filled.argument;
    out.push_back("--" + std::string(a.keyword.empty() ? "lab" : a.keyword));
    if (a.type == Type::kDuration)
      out.push_back(std::to_string(*duration_ms(filled.text, unit_ms(a))) + "ms");
    else if (a.type != Type::kFlag)
      out.push_back(filled.text);
  }
  return out;
}

Outcome execute(Context& context, const Parsed& parsed) {
  const Action action = parsed.command->action;
  if (context.watch_s && context.json)
    return Outcome::usage("-w and -j exclude each other: -j prints one document", "leave out -w");
  if (context.watch_s && action != Action::kCall && action != Action::kTop)
    return Outcome::usage("only commands that look can be watched", "leave out -w");
  switch (action) {
    case Action::kCall:
      return call(context, parsed);
    case Action::kTop:
      return run_top(context, parsed);
    case Action::kEvents:
      return run_events(context, parsed);
    case Action::kPing:
      return run_ping(context, parsed);
    case Action::kTraceroute:
      return run_traceroute(context, parsed);
    case Action::kTransportPing:
      return run_transport_ping(context, parsed);
    case Action::kTransportPerf:
      return run_transport_perf(context, parsed);
    case Action::kBatch:
      return run_batch(context, parsed);
    case Action::kPicture:
      return run_picture(context, parsed);
    case Action::kLab:
      return run_lab(context, parsed);
    case Action::kDoctor:
      return run_doctor(context, parsed);
    case Action::kCompletion:
      return say(context, "spanway.completion/1", bash_completion());
    case Action::kManual:
      return say(context, "spanway.manual/1",
                 own_value(parsed, "!format") == "scdoc" ? scdoc() : markdown());
    case Action::kHelp:
      return help(context, parsed);
    case Action::kExit:
      context.leave = true;
      return {json{{"schema", "spanway.exit/1"}}};
  }
  return {};
}

Names names_from(Session& session) {
  return [&session](Type type) {
    std::vector<std::string> out;
    const auto ask = [&](const char* method, const json& params, const char* rows,
                         const char* key) {
      constexpr double kPatience = 0.3;
      const auto kept = session.timeout();
      session.set_timeout(kPatience);
      const Outcome answer = session.call(method, params);
      session.set_timeout(kept);
      for (const json& row : list(answer.result, rows)) {
        std::string name = text(row, key, "");
        if (!name.empty() && (out.empty() || out.back() != name)) out.push_back(std::move(name));
      }
    };
    constexpr int kMostPrefixes = 200;
    if (type == Type::kPort) ask("show.ports", json::object(), "ports", "name");
    if (type == Type::kInterface) ask("show.interfaces", json::object(), "interfaces", "name");
    if (type == Type::kWire) ask("lab.status", json::object(), "wires", "name");
    if (type == Type::kPrefix)
      ask("show.routes", json{{"limit", kMostPrefixes}}, "routes", "prefix");
    return out;
  };
}

}  // namespace spanway::cli
