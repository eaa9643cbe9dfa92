// SPDX-License-Identifier: BSD-3-Clause
// daemon.*, doctor: the process and its machine.
#include "control/daemon/doctor.h"
#include "control/daemon/handlers.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using api::Caller;
using api::Role;
using nlohmann::json;

Result<json> methods(const api::Server& server, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  json out = json::array();
  for (const api::MethodInfo& method : server.methods())
    out.push_back(
        {{"name", method.name}, {"role", method.least == Role::kFull ? "admin" : "read"}});
  return json{{"schema", "spanway.daemon.methods/1"}, {"methods", std::move(out)}};
}

Result<json> stop(const ProcessFacts& facts, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  if (!facts.stop)
    return Error{ErrorCode::kUnavailable, "this router lives in a lab and can not be stopped alone",
                 "interrupt the lab"};
  facts.stop();
  return json{{"schema", "spanway.daemon.stop/1"}, {"stopping", true}};
}

Result<json> doctor(const json& given) {
  Params params(given);
  const std::string device = params.text("device").value_or("");
  if (auto error = params.finish()) return *error;
  return doctor_report(device);
}

}  // namespace

void add_process_handlers(api::Server& server, const ProcessFacts& facts) {
  server.add("daemon.methods", Role::kReadOnly,
             [&server](const json& params, const Caller&) { return methods(server, params); });
  server.add("daemon.stop", Role::kFull,
             [facts](const json& params, const Caller&) { return stop(facts, params); });
  server.add("doctor", Role::kReadOnly,
             [](const json& params, const Caller&) { return doctor(params); });
}

}  // namespace spanway::daemon
