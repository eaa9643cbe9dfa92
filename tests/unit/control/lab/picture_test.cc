// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>

#include "control/lab/layout.h"

namespace spanway::lab {
namespace {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;
};

std::string unescaped(std::string text) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  return text;
}

// Elements in document order; empty where the text is no well-formed XML of the simple kind that a
// picture is: elements, attributes in double quotes, text, the five entities.
std::vector<Element> parse(const std::string& svg) {
  static const std::regex kPiece(
      R"re(<\?xml [^<>?]*\?>|<(/?)([a-z]+)((?: [a-zA-Z][a-zA-Z0-9:-]*="[^"<>]*")*) ?(/?)>|([^<>]+))re");
  static const std::regex kAttribute(R"re( ([a-zA-Z][a-zA-Z0-9:-]*)="([^"]*)")re");
  static const std::regex kBadEntity(R"re(&(?!(amp|lt|gt|quot|#39);))re");
  std::vector<Element> out;
  std::vector<size_t> open;
  if (std::regex_search(svg, kBadEntity)) return {};
  size_t covered = 0;
  for (std::sregex_iterator at(svg.begin(), svg.end(), kPiece), end; at != end; ++at) {
    const std::smatch& piece = *at;
    if (static_cast<size_t>(piece.position()) != covered) return {};
    covered += static_cast<size_t>(piece.length());
    if (piece[5].matched) {
      if (!open.empty()) out[open.back()].text += unescaped(piece[5]);
    } else if (piece[2].matched && piece[1].length() != 0) {
      if (open.empty() || out[open.back()].name != piece[2]) return {};
      open.pop_back();
    } else if (piece[2].matched) {
      Element element{piece[2], {}, ""};
      const std::string attributes = piece[3];
      for (std::sregex_iterator a(attributes.begin(), attributes.end(), kAttribute), none;
           a != none; ++a)
        if (!element.attributes.emplace((*a)[1], unescaped((*a)[2])).second) return {};
      out.push_back(element);
      if (piece[4].length() == 0) open.push_back(out.size() - 1);
    }
  }
  return covered == svg.size() && open.empty() ? out : std::vector<Element>{};
}

size_t count(const std::vector<Element>& all, const std::string& name) {
  return static_cast<size_t>(std::ranges::count(all, name, &Element::name));
}

bool has_text(const std::vector<Element>& all, const std::string& text) {
  return std::ranges::any_of(all,
                             [&](const Element& e) { return e.name == "text" && e.text == text; });
}

Picture ring() {
  Picture out;
  out.title = "a <ring> & \"more\"";
  for (const char* name : {"r1", "r2", "r3", "r4"}) out.nodes.push_back({name});
  out.nodes[1].label = "S\xc3\xa3o <Paulo> & 'Rio'";
  out.nodes.push_back({"h1", "", std::nullopt, true});
  out.wires = {{0, 1, Picture::State::kFull, 10, 10},
               {1, 2, Picture::State::kBetween, 10, 30},
               {2, 3, Picture::State::kCut, 7, 7},
               {0, 3, Picture::State::kFull, 10, 10},
               {0, 4, Picture::State::kStatic, 0, 0}};
  return out;
}

TEST(Picture, IsWellFormedAndShowsAll) {
  const auto all = parse(to_svg(ring()));
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all[0].name, "svg");
  EXPECT_EQ(all[0].attributes.at("xmlns"), "http://www.w3.org/2000/svg");
  EXPECT_EQ(count(all, "circle"), 4u);
  EXPECT_EQ(count(all, "rect"), 2u);       // the ground, and the host
  EXPECT_EQ(count(all, "line"), 5u + 4u);  // wires, and the legend
  for (const char* text : {"r1", "h1", "10", "30", "7", "full (2)", "in between (1)", "down (1)",
                           "a <ring> & \"more\"", "S??o <Paulo> & 'Rio'"})
    EXPECT_TRUE(has_text(all, text)) << text;
}

// A line of each state has a colour, and a dash or a width, that no other one has.
TEST(Picture, StatesDifferWithAndWithoutColour) {
  std::map<std::string, std::string> by_colour, by_shape;  // to the state's word
  const auto all = parse(to_svg(ring()));
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i].name != "line" || all[i + 1].name != "title") continue;
    const std::string word = all[i + 1].text.substr(all[i + 1].text.find(": ") + 2);
    const auto& a = all[i].attributes;
    EXPECT_EQ(by_colour.emplace(a.at("stroke"), word).first->second, word);
    const std::string shape = a.at("stroke-dasharray") + "/" + a.at("stroke-width");
    EXPECT_EQ(by_shape.emplace(shape, word).first->second, word);
  }
  EXPECT_EQ(by_colour.size(), 4u);
  EXPECT_EQ(by_shape.size(), 4u);
}

TEST(Picture, IsTheSameEveryTime) { EXPECT_EQ(to_svg(ring()), to_svg(ring())); }

TEST(Picture, OfNothingAndOfOneIsAPicture) {
  EXPECT_FALSE(parse(to_svg({})).empty());
  Picture one;
  one.nodes.push_back({"r1"});
  EXPECT_FALSE(parse(to_svg(one)).empty());
}

Picture tree(size_t nodes) {
  Picture out;
  for (size_t i = 0; i < nodes; ++i) {
    out.nodes.push_back({"r" + std::to_string(i + 1)});
    if (i > 0) out.wires.push_back({(i - 1) / 2, i, Picture::State::kFull, 10, 10});
  }
  return out;
}

TEST(Layout, EverybodyIsInTheFrameAndNoTwoTouch) {
  for (const size_t nodes : {2u, 9u, 10u, 31u, 500u}) {
    const auto points = layout(tree(nodes), {800, 600});
    ASSERT_EQ(points.size(), nodes);
    for (size_t i = 0; i < nodes; ++i) {
      EXPECT_TRUE(points[i].x >= -0.01 && points[i].x <= 800.01) << nodes << " " << i;
      EXPECT_TRUE(points[i].y >= -0.01 && points[i].y <= 600.01) << nodes << " " << i;
      for (size_t j = 0; j < i; ++j)
        EXPECT_GT(std::hypot(points[i].x - points[j].x, points[i].y - points[j].y), 0.5)
            << nodes << ": " << i << " and " << j;
    }
  }
}

TEST(Layout, ARingIsACircleInItsOrder) {
  Picture picture;
  constexpr size_t kNodes = 24;
  for (size_t i = 0; i < kNodes; ++i) {
    picture.nodes.push_back({"r"});
    picture.wires.push_back({i, (i + 1) % kNodes, Picture::State::kFull, 1, 1});
  }
  const auto points = layout(picture, {600, 600});
  for (size_t i = 0; i < kNodes; ++i) {
    EXPECT_NEAR(std::hypot(points[i].x - 300, points[i].y - 300), 300, 3);
    const Point next = points[(i + 1) % kNodes];
    EXPECT_LT(std::hypot(points[i].x - next.x, points[i].y - next.y), 85);
  }
}

TEST(Layout, PlacesOfTheGraphAreKept) {
  Picture picture = tree(4);
  picture.nodes[0].place = {0, 0};
  picture.nodes[1].place = {10, 0};
  picture.nodes[2].place = {10, 10};  // north of the one before
  const auto points = layout(picture, {500, 500});
  EXPECT_NEAR(points[0].y, points[1].y, 1e-6);
  EXPECT_LT(points[2].y, points[1].y);
  EXPECT_LT(points[0].x, points[1].x);
  // Without a place: near its only neighbour.
  EXPECT_LT(std::hypot(points[3].x - points[1].x, points[3].y - points[1].y), 100);
}

// As on a map where half of the cities are four: each can be told from the next, and its host
// stands by it and on nothing else.
TEST(Layout, CrowdedPlacesAreSpreadAndHostsStandFree) {
  Picture picture = tree(24);
  for (size_t i = 0; i < 24; ++i) {
    picture.nodes[i].place = i < 12 ? std::pair(5.0, 5.0 + static_cast<double>(i % 4) / 100)
                                    : std::pair(static_cast<double>(i), 9.0 * (i % 2));
    picture.nodes[i].label = "L";
    if (i % 5 != 0) continue;
    picture.nodes.push_back({"h", "", std::nullopt, true});
    picture.wires.push_back({i, picture.nodes.size() - 1, Picture::State::kStatic, 0, 0});
  }
  const auto points = layout(picture, {760, 520});
  for (size_t i = 0; i < points.size(); ++i)
    for (size_t j = 0; j < i; ++j)  // routers are circles of 20, hosts squares of 14
      EXPECT_GT(std::hypot(points[i].x - points[j].x, points[i].y - points[j].y), i < 24 ? 40 : 25)
          << i << " and " << j;
  for (size_t i = 0; i < 24; ++i) {
    EXPECT_TRUE(points[i].x >= -0.01 && points[i].x <= 760.01) << i;
    EXPECT_TRUE(points[i].y >= -0.01 && points[i].y <= 520.01) << i;
  }
}

}  // namespace
}  // namespace spanway::lab
