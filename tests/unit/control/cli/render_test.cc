// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/render.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "control/cli/grammar.h"
#include "control/cli/units.h"
#include "tests/unit/control/cli/api_examples.h"

namespace spanway::cli {
namespace {

using nlohmann::json;

constexpr const char* kGolden = "tests/unit/control/cli/render.golden";

// Every example of the page, rendered. To accept a change on purpose run the test with
// SPANWAY_WRITE_GOLDEN=1 and read the difference.
TEST(Render, ExamplesOfTheApiPageLookAsAgreed) {
  setenv("TZ", "UTC", 1);
  std::string all;
  for (const auto& [name, method] : api_methods()) {
    all += "== " + name + "\n";
    all += render(name, method.example.at("result"), Style{});
  }
  if (std::getenv("SPANWAY_WRITE_GOLDEN") != nullptr)
    std::ofstream(std::string(SPANWAY_SOURCE_ROOT) + "/" + kGolden) << all;
  EXPECT_EQ(all, source_file(kGolden));
}

TEST(Render, EveryMethodOfTheGrammarHasARenderer) {
  for (const Command& command : grammar()) {
    if (!command.method.empty()) {
      EXPECT_TRUE(has_renderer(command.method)) << command.path;
    }
  }
}

TEST(Render, ColoursDoNotDisturbTheColumns) {
  const json result = api_methods().at("show.neighbours").example.at("result");
  const std::string plain = render("show.neighbours", result, Style{});
  std::string coloured = render("show.neighbours", result, Style{.colour = true});
  EXPECT_NE(plain, coloured);
  for (size_t at; (at = coloured.find('\x1b')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) - at + 1);
  EXPECT_EQ(plain, coloured);
}

// Replaces every leaf, one at a time, by null, a text and a huge number: no renderer may throw.
void damage(const std::string& name, const json& whole) {
  const json leaves = whole.flatten();
  for (const auto& [path, leaf] : leaves.items()) {
    for (const json& other :
         {json(nullptr), json("text"), json(UINT64_MAX), json(-1), json(json::array())}) {
      json copy = whole;
      copy[json::json_pointer(path)] = other;
      EXPECT_NO_THROW((void)render(name, copy, Style{})) << name << path;
    }
  }
  for (const auto& [key, value] : whole.items()) {
    json copy = whole;
    copy.erase(key);
    EXPECT_NO_THROW((void)render(name, copy, Style{})) << name << " without " << key;
    copy[key] = "text";
    EXPECT_NO_THROW((void)render(name, copy, Style{})) << name << " " << key << " as text";
  }
}

TEST(Render, SurvivesAnyShape) {
  for (const auto& [name, method] : api_methods()) damage(name, method.example.at("result"));
  EXPECT_NO_THROW((void)render("show.ports", json::array(), Style{}));
  EXPECT_NO_THROW((void)render("no.such", nullptr, Style{}));
}

TEST(Units, RatesHaveThreeDigits) {
  EXPECT_EQ(rate(0), "0/s");
  EXPECT_EQ(rate(7), "7/s");
  EXPECT_EQ(rate(999), "999/s");
  EXPECT_EQ(rate(999.6), "1.00k/s");
  EXPECT_EQ(rate(1000), "1.00k/s");
  EXPECT_EQ(rate(48000), "48.0k/s");
  EXPECT_EQ(rate(999499), "999k/s");
  EXPECT_EQ(rate(999500), "1.00M/s");
  EXPECT_EQ(rate(1560000), "1.56M/s");
  EXPECT_EQ(rate(14880952), "14.9M/s");
}

TEST(Units, SpeedsAndAges) {
  EXPECT_EQ(speed(0), "-");
  EXPECT_EQ(speed(10'000'000'000), "10G");
  EXPECT_EQ(speed(2'500'000'000), "2.5G");
  EXPECT_EQ(speed(100'000'000), "100M");
  EXPECT_EQ(age(0), "0s");
  EXPECT_EQ(age(59), "59s");
  EXPECT_EQ(age(60), "1m");
  EXPECT_EQ(age(3599), "59m");
  EXPECT_EQ(age(3660), "1h01m");
  EXPECT_EQ(age(266520), "3d02h");
  EXPECT_EQ(span_of_us(12.25), "12.2us");
  EXPECT_EQ(span_of_us(1840), "1.84ms");
  EXPECT_EQ(bytes(67108864), "64.0 MiB");
}

TEST(Table, AlignsAndLeavesNoBlanksAtTheEnd) {
  TextTable table;
  table.row().left("a").right("1").left("");
  table.row().left("bcd").right("100").left("");
  table.row().left("é").right("20").left("end");
  EXPECT_EQ(table.text({}), "a     1\nbcd 100\né    20 end\n");
}

TEST(Table, WrapsAtTheWidth) {
  EXPECT_EQ(wrapped({"aaaa", "bbbb", "cccc"}, "  ", 2, Style{.width = 11}), "aaaa  bbbb\n  cccc\n");
  EXPECT_EQ(wrapped({"aaaa"}, "  ", 2, Style{.width = 2}), "aaaa\n");
}

}  // namespace
}  // namespace spanway::cli
