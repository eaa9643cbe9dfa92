// SPDX-License-Identifier: BSD-3-Clause
// The daemon's results as text for people. Any thread; no state. A result that lacks a field, from
// a daemon of another age, is shown as well as can be.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control/cli/text_table.h"

namespace spanway::cli {

// `method` names the renderer; a method without one is shown as JSON.
std::string render(std::string_view method, const nlohmann::json& result, const Style& style);
bool has_renderer(std::string_view method);

// Lines of ping and traceroute, as they come.
std::string ping_reply(const nlohmann::json& poll, const nlohmann::json& reply, const Style& style);
std::string ping_statistics(const nlohmann::json& poll);
// Lines of transport ping and transport perf, as they come, and their ends.
std::string transport_reply(const nlohmann::json& poll, const nlohmann::json& reply);
std::string transport_ping_summary(const nlohmann::json& poll);
std::string transport_interval(const nlohmann::json& poll, const nlohmann::json& interval);
std::string transport_perf_summary(const nlohmann::json& poll);
std::string traceroute_hop(const nlohmann::json& hop);
std::string event_line(const nlohmann::json& event, const Style& style);

}  // namespace spanway::cli
