// SPDX-License-Identifier: BSD-3-Clause
// route batch: a file of routes as one transaction.
#include <ostream>

#include "control/cli/execute.h"
#include "control/cli/fields.h"
#include "control/cli/params.h"
#include "control/cli/render.h"

namespace spanway::cli {
namespace {

const Command& command_at(std::string_view path) {
  for (const Command& c : grammar())
    if (c.path == path) return c;
  return grammar().front();  // both paths below are in the grammar; a test says so
}

Outcome wrong_line(const std::string& file, size_t number, const std::string& line,
                   Complaint complaint) {
  Failure failure{"usage",      file + ":" + std::to_string(number) + ": " + complaint.message,
                  "",           kUsage,
                  std::nullopt, line};
  failure.place = std::move(complaint);
  failure.where = file + ":" + std::to_string(number);
  return Outcome::of(std::move(failure));
}

}  // namespace

Outcome run_batch(Context& context, const Parsed& parsed) {
  const std::string file = own_value(parsed, "!file");
  const auto content = read_file(file);
  if (!content) return Outcome::error(content.error());
  const Command& add = command_at("route add");
  const Command& del = command_at("route del");
  json params = {{"add", json::array()}, {"del", json::array()}};
  size_t number = 0;
  for (size_t at = 0; at < content->size();) {
    const size_t end = std::min(content->find('\n', at), content->size());
    const std::string text = content->substr(at, end - at);
    at = end + 1;
    ++number;
    auto line = split(text);
    if (!line)
      return wrong_line(file, number, text,
                        {0, 1, line.error().message, {}, "spanway route batch ?"});
    if (line->words.empty()) continue;
    const bool removing = line->words.front().text == "del";
    if (removing || line->words.front().text == "add") line->words.erase(line->words.begin());
    auto route = parse_arguments(removing ? del : add, *line);
    if (auto* complaint = std::get_if<Complaint>(&route))
      return wrong_line(file, number, text, std::move(*complaint));
    auto one = params_of(std::get<Parsed>(route));
    if (!one) return Outcome::error(one.error());
    params[removing ? "del" : "add"].push_back(std::move(*one));
  }
  Outcome out = context.session.call("route.batch", params, parsed.command->timeout_s);
  if (!out.failure && !context.json)
    context.io.out << render("route.batch", out.result, context.style);
  return out;
}

}  // namespace spanway::cli
