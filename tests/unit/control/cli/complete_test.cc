// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/complete.h"

#include <gtest/gtest.h>

#include "control/cli/manual.h"

namespace spanway::cli {
namespace {

using Words = std::vector<std::string>;

std::vector<std::string> names(Type type) {
  switch (type) {
    case Type::kPort:
      return {"p0", "p1", "uplink"};
    case Type::kInterface:
      return {"p0", "p1.100"};
    case Type::kWire:
      return {"r1-r2"};
    case Type::kPrefix:
      return {"10.0.12.0/24", "0.0.0.0/0"};
    default:
      return {};
  }
}

// Completes the last word of `text`; a blank at its end asks for the next one.
Words tab(const std::string& text, bool* files = nullptr) {
  auto line = split(text);
  EXPECT_TRUE(line);
  std::string partial;
  if (!text.empty() && text.back() != ' ' && !line->words.empty()) {
    partial = line->words.back().text;
    line->words.pop_back();
  }
  return completions(line->words, partial, names, files);
}

TEST(Complete, EveryPosition) {
  EXPECT_EQ(tab("sh"), Words{"show"});
  EXPECT_EQ(tab("show p"), Words{"ports"});
  EXPECT_EQ(tab("show n"), Words{"neighbours"});
  EXPECT_EQ(tab("route "), (Words{"add", "batch", "del"}));
  EXPECT_EQ(tab("show ports "), (Words{"p0", "p1", "uplink"}));
  EXPECT_EQ(tab("show ports u"), Words{"uplink"});
  EXPECT_EQ(tab("show routes "),
            (Words{"0.0.0.0/0", "10.0.12.0/24", "family", "for", "limit", "offset", "protocol"}));
  EXPECT_EQ(tab("show routes f"), (Words{"family", "for"}));
  EXPECT_EQ(tab("show routes family "), (Words{"ip4", "ip6"}));
  EXPECT_EQ(tab("show routes for "), Words{});
  EXPECT_EQ(tab("show routes for 10.0.0.1 "), (Words{"family", "limit", "offset", "protocol"}));
  EXPECT_EQ(tab("route add "), (Words{"0.0.0.0/0", "10.0.12.0/24"}));
  EXPECT_EQ(tab("route add 10.0.0.0/8 "),
            (Words{"blackhole", "preference", "reject", "replace", "via"}));
  EXPECT_EQ(tab("route add 10.0.0.0/8 via 10.0.12.2 "),
            (Words{"port", "preference", "replace", "via", "weight"}));
  EXPECT_EQ(tab("route add 10.0.0.0/8 via 10.0.12.2 port "), (Words{"p0", "p1.100"}));
  EXPECT_EQ(tab("show counters --"), Words{"--drops"});
  EXPECT_EQ(tab("lab "), (Words{"cut", "duration", "guests", "mend", "picture", "routing",
                                "run-dir", "seed", "status", "stay", "time", "topology"}));
  EXPECT_EQ(tab("lab --t"), (Words{"--time", "--topology"}));
  EXPECT_EQ(tab("lab --topology "),
            (Words{"grid:3", "line:3", "mesh:3", "ring:3", "star:3", "tree:3"}));
  EXPECT_EQ(tab("lab --topology s"), Words{"star:3"});
  EXPECT_EQ(tab("lab cut "), Words{"r1-r2"});
  EXPECT_EQ(tab("stages timing "), (Words{"off", "on"}));
}

TEST(Complete, SwappedWordsOnlyWhereTheNaturalOnesEnd) {
  EXPECT_EQ(tab("neighbours "), Words{"show"});
  EXPECT_EQ(tab("ports s"), Words{"show"});
  const Words first = tab("");
  EXPECT_EQ(std::count(first.begin(), first.end(), "neighbours"), 0);
  EXPECT_EQ(std::count(first.begin(), first.end(), "show"), 1);
}

TEST(Complete, NothingBehindAMistake) {
  EXPECT_EQ(tab("shw "), Words{});
  EXPECT_EQ(tab("route add 10.0.0.0/40 "), Words{});
  EXPECT_EQ(tab("show version "), Words{});
}

TEST(Complete, FilesOnlyWhereFilesStand) {
  bool files = false;
  (void)tab("config apply ", &files);
  EXPECT_TRUE(files);
  (void)tab("show ports ", &files);
  EXPECT_FALSE(files);
  (void)tab("capture start file ", &files);
  EXPECT_TRUE(files);
}

TEST(Help, ShowsPlaceholdersAndWhetherTheCommandMayEnd) {
  const auto words = split("show routes");
  const Choices c = choices(words->words, "", nullptr);
  EXPECT_TRUE(c.whole);
  const std::string text = help_text(c);
  EXPECT_NE(text.find("  PREFIX    only this prefix\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  for       the route that a packet to this address takes\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("<enter>"), std::string::npos);
  const auto open = split("route add");
  EXPECT_EQ(help_text(choices(open->words, "", nullptr)), "  PREFIX  where to\n");
}

TEST(Help, GroupsTheWordsOfAPath) {
  const Choices c = choices({}, "ro", nullptr);
  EXPECT_EQ(help_text(c), "  route  add, del, batch\n");
}

}  // namespace
}  // namespace spanway::cli
