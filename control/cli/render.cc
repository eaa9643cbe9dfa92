// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/render.h"

#include <nlohmann/json.hpp>

#include "control/cli/renderers.h"

namespace spanway::cli {
namespace {

const Renderer* find(std::string_view method) {
  for (const auto table : {show_renderers(), count_renderers(), change_renderers(),
                           ospf_renderers(), probe_renderers(), transport_renderers()})
    for (const Renderer& r : table)
      if (r.method == method) return &r;
  return nullptr;
}

}  // namespace

bool has_renderer(std::string_view method) { return find(method) != nullptr; }

std::string render(std::string_view method, const nlohmann::json& result, const Style& style) {
  const Renderer* renderer = find(method);
  if (renderer != nullptr && result.is_object()) return renderer->render(result, style);
  return result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace spanway::cli
