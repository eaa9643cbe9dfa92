// SPDX-License-Identifier: BSD-3-Clause
// config.*: text in, text and lists of changes out. The store does the work.
#include <cmath>

#include "control/config/validate.h"
#include "control/config/write.h"
#include "control/daemon/amend.h"
#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

json lines_of(const std::vector<config::Change>& changes) {
  json out = json::array();
  for (const std::string& line : config::describe(changes)) out.push_back(line);
  return out;
}

bool needs_restart(const std::vector<config::Change>& changes) {
  for (const config::Change& change : changes)
    if (config::waits_for_restart(change)) return true;
  return false;
}

// What is left of a confirm span, in whole seconds, rounded up; null when none is pending.
json confirm_remaining(Engine& engine) {
  if (!engine.store().confirm_pending()) return nullptr;
  return static_cast<int64_t>(std::ceil((engine.store().confirm_by() - engine.now()).seconds()));
}

Result<json> check(Engine&, const json& given) {
  Params params(given);
  const std::string text = params.need_text("text");
  const std::string name = params.text("name").value_or("config");
  if (auto error = params.finish()) return *error;
  auto config = config::load_text(text, name);
  if (!config) return std::move(config).error();
  json warnings = json::array();
  for (const config::Fault& fault : config::validate(*config, config::parse(text).places))
    if (fault.warning)
      warnings.push_back({{"line", fault.line},
                          {"column", fault.column},
                          {"message", fault.message},
                          {"fix", fault.fix}});
  return json{
      {"schema", "spanway.config.check/1"}, {"name", name}, {"warnings", std::move(warnings)}};
}

Result<json> diff(Engine& engine, const json& given) {
  Params params(given);
  const auto text = params.text("text");
  const std::string name = params.text("name").value_or("config");
  if (auto error = params.finish()) return *error;
  std::vector<config::Change> changes;
  if (text) {
    auto wanted = config::load_text(*text, name);
    if (!wanted) return std::move(wanted).error();
    changes = config::diff(engine.store().running(), *wanted);
  } else {
    changes = config::diff(engine.store().saved(), engine.store().running());
  }
  return json{{"schema", "spanway.config.diff/1"},
              {"restart_needed", needs_restart(changes)},
              {"changes", lines_of(changes)}};
}

Result<json> apply_text(Engine& engine, const json& given) {
  Params params(given);
  const std::string text = params.need_text("text");
  const std::string name = params.text("name").value_or("config");
  const auto confirm_s = params.number("confirm_s", 1, 86400);
  if (auto error = params.finish()) return *error;
  auto wanted = config::load_text(text, name);
  if (!wanted) return std::move(wanted).error();
  const Nanos confirm = seconds(static_cast<int64_t>(confirm_s.value_or(0)));
  auto report = apply(engine, *wanted, confirm);
  if (!report) return std::move(report).error();
  return json{{"schema", "spanway.config.apply/1"},
              {"config_version", engine.store().version()},
              {"confirm_remaining_s", confirm_remaining(engine)},
              {"restart_needed", report->restart_needed},
              {"changes", lines_of(report->changes)}};
}

Result<json> confirm(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  if (auto done = engine.store().confirm(); !done) return std::move(done).error();
  return json{{"schema", "spanway.config.confirm/1"}, {"config_version", engine.store().version()}};
}

Result<json> undo(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  auto report = engine.store().undo();
  if (!report) return std::move(report).error();
  return json{{"schema", "spanway.config.undo/1"},
              {"config_version", engine.store().version()},
              {"restart_needed", report->restart_needed},
              {"changes", lines_of(report->changes)}};
}

Result<json> save(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  if (auto done = engine.store().save(); !done) return std::move(done).error();
  return json{{"schema", "spanway.config.save/1"},
              {"path", engine.store().path()},
              {"bytes", config::write(engine.store().running()).size()}};
}

Result<json> show(Engine& engine, const json& given, const api::Caller& caller) {
  Params params(given);
  const bool saved = params.flag("saved").value_or(false);
  if (auto error = params.finish()) return *error;
  const auto secrets =
      caller.role == api::Role::kFull ? config::Secrets::kShown : config::Secrets::kHidden;
  return json{
      {"schema", "spanway.config.show/1"},
      {"config_version", engine.store().version()},
      {"text", config::write(saved ? engine.store().saved() : engine.store().running(), secrets)}};
}

}  // namespace

void add_config_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.look("config.check", check);
  methods.look("config.diff", diff);
  server.add("config.show", api::Role::kReadOnly,
             [&engine](const json& params, const api::Caller& caller) {
               return show(engine, params, caller);
             });
  methods.change("config.apply", apply_text);
  methods.change("config.confirm", confirm);
  methods.change("config.undo", undo);
  methods.change("config.save", save);
}

}  // namespace spanway::daemon
