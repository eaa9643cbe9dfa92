// SPDX-License-Identifier: BSD-3-Clause
// The tables of renderers, one a source file. Only for render.cc.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "control/cli/text_table.h"

namespace spanway::cli {

struct Renderer {
  std::string_view method;
  std::string (*render)(const nlohmann::json& result, const Style& style);
};

std::span<const Renderer> show_renderers();
std::span<const Renderer> count_renderers();
std::span<const Renderer> change_renderers();
std::span<const Renderer> ospf_renderers();
std::span<const Renderer> probe_renderers();
std::span<const Renderer> transport_renderers();

}  // namespace spanway::cli
