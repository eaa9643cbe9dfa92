// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as GML: an error with a message, or a graph that a lab can be built of.
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "control/lab/gml.h"
#include "dataplane/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spanway::lab;
  const void* bytes = data;
  const auto gml = parse_gml(std::string_view(static_cast<const char*>(bytes), size));
  if (!gml) {
    SPANWAY_CHECK(!gml.error().message.empty());
    return 0;
  }
  const Graph& graph = gml->graph;
  SPANWAY_CHECK(graph.routers > 0 && graph.routers <= kMaxRouters);
  SPANWAY_CHECK(graph.nodes.size() == graph.routers);
  std::set<std::pair<unsigned, unsigned>> seen;
  for (const auto& link : graph.links) {
    SPANWAY_CHECK(link.first < link.second && link.second < graph.routers);
    SPANWAY_CHECK(seen.insert(link).second);
  }
  for (const Graph::Node& node : graph.nodes)
    for (const char c : node.label) SPANWAY_CHECK(c >= 0x20 && c < 0x7f);
  const Plan plan = build(graph, {.most_hosts = 4, .routing = Routing::kOspf});
  SPANWAY_CHECK(plan.routers.size() == graph.routers);
  return 0;
}
