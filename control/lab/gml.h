// SPDX-License-Identifier: BSD-3-Clause
// The Graph Modelling Language, as the Internet Topology Zoo writes it: nodes become routers, edges
// links. Any bytes give a graph or an error with its line. Any thread; no state.
//
// Of a node count `id`, `label`, and as its place Longitude and Latitude or x and y; of an edge
// `source` and `target`. Everything else is read over, whatever it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "control/lab/shape.h"
#include "dataplane/base/result.h"

namespace spanway::lab {

inline constexpr size_t kMaxGmlBytes = size_t{4} << 20;

struct Gml {
  Graph graph;                     // no two links alike, none from a router to itself
  std::string name{};              // the label of the graph
  size_t parallel = 0, loops = 0;  // edges that were left out
};

Result<Gml> parse_gml(std::string_view text);
// The errors name the file.
Result<Gml> load_gml(const std::string& path);

}  // namespace spanway::lab
