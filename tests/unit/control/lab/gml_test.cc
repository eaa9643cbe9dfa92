// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/gml.h"

#include <gtest/gtest.h>

#include "tests/fuzz/text_replay.h"

namespace spanway::lab {
namespace {

// Of our own making, in the manner of the Topology Zoo.
constexpr const char* kTriangle = R"(Creator "somebody"
# a comment [ with " in it
graph [
  label "Three"
  directed 0
  Note "two
lines"
  node [
    id 10
    label "North & <West>"
    Longitude -3.5
    Latitude 51.25
    Internal 1
  ]
  node [ id 20 label "East" graphics [ x 4 y -5e-1 ] ]
  node [ id 30 x "7.0" y "8" hyperedge 1 ]
  edge [ source 20 target 10 LinkLabel "[10 G]" ]
  edge [ source 10 target 20 ]
  edge [ source 30 target 20 LinkSpeedRaw 1e10 ]
  edge [ source 30 target 30 ]
]
)";

std::string error_of(std::string_view text) {
  const auto gml = parse_gml(text);
  return gml ? "" : gml.error().message;
}

TEST(Gml, NodesEdgesLabelsAndPlaces) {
  const auto gml = parse_gml(kTriangle);
  ASSERT_TRUE(gml) << gml.error().message;
  EXPECT_EQ(gml->name, "Three");
  EXPECT_EQ(gml->graph.routers, 3u);
  EXPECT_EQ(gml->graph.links, (std::vector<std::pair<unsigned, unsigned>>{{0, 1}, {1, 2}}));
  EXPECT_EQ(gml->parallel, 1u);
  EXPECT_EQ(gml->loops, 1u);
  const auto& nodes = gml->graph.nodes;
  EXPECT_EQ(nodes[0].label, "North & <West>");
  EXPECT_EQ(nodes[0].place, std::pair(-3.5, 51.25));
  EXPECT_EQ(nodes[1].place, std::pair(4.0, -0.5));
  EXPECT_EQ(nodes[2].place, std::pair(7.0, 8.0));
  EXPECT_EQ(nodes[2].label, "");
}

TEST(Gml, EdgesMayComeFirstAndPlacesMayBeMissing) {
  const auto gml = parse_gml("graph[edge[source a target b]node[id a]node[id b x inf y 1]]");
  ASSERT_TRUE(gml) << gml.error().message;
  EXPECT_EQ(gml->graph.links.size(), 1u);
  EXPECT_EQ(gml->graph.nodes[0].place, std::nullopt);
  EXPECT_EQ(gml->graph.nodes[1].place, std::nullopt);
}

TEST(Gml, FaultsHaveTheirLine) {
  EXPECT_EQ(error_of(""), "1: there is no graph [ ... ]");
  EXPECT_EQ(error_of("graph [\n]\n"), "1: the graph has no node");
  EXPECT_EQ(error_of("graph [\nnode [ id 1 ]\n"), "3: the file ends where a ] was expected");
  EXPECT_EQ(error_of("graph [\nnode [ id\n]\n]"), "3: a value was expected after id");
  EXPECT_EQ(error_of("graph [\n\n\"x\" 1 ]"), "3: a key was expected");
  EXPECT_EQ(error_of("graph\n"), "2: the file ends where a value was expected");
  EXPECT_EQ(error_of("graph [ ]\n]"), "2: a ] that closes nothing");
  EXPECT_EQ(error_of("graph [ label \"x\n]"), "1: a \" that is never closed");
  EXPECT_EQ(error_of("graph [\nnode [ label \"x\" ]\n]"), "2: a node without an id");
  EXPECT_EQ(error_of("graph [\nnode [ id 1 ]\nnode [ id 1 ]\n]"), "3: there is a node 1 already");
  EXPECT_EQ(error_of("graph [ node [ id 1 ]\nedge [ source 1 ] ]"), "2: an edge without a target");
  EXPECT_EQ(error_of("graph [ node [ id 1 ]\nedge [ source 1\ntarget 9 ] ]"),
            "3: there is no node 9");
}

TEST(Gml, DepthAndSizeAreBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a [ ";
  EXPECT_EQ(error_of(deep), "1: too many [ in each other");
  EXPECT_EQ(error_of(std::string(kMaxGmlBytes + 1, ' ')), "1: more than 4 MiB");
  std::string many = "graph [";
  for (unsigned i = 0; i <= kMaxRouters; ++i) many += " node [ id " + std::to_string(i) + " ]";
  EXPECT_EQ(error_of(many + " ]"), "1: more than 2000 nodes");
}

TEST(Gml, ThousandsOfDamagedTexts) {
  test::replay(20261123, 20'000, {kTriangle},
               {"graph [",
                "node [ id 1 ]",
                "edge [ source 10 target 30 ]",
                "[",
                "]",
                "\"",
                "#",
                "id",
                "label",
                "source",
                "target",
                "Longitude 1e999",
                "Latitude nan",
                "x -0",
                "\n",
                std::string(1, '\0'),
                "\xff",
                "99999999999999999999",
                "-1",
                "1e308"});
}

}  // namespace
}  // namespace spanway::lab
