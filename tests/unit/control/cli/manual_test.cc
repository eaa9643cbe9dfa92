// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/manual.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/control/cli/api_examples.h"

namespace spanway::cli {
namespace {

// When this fails: build/control/cli/spanway manual > docs/cli.md
TEST(Manual, ThePageIsCurrent) { EXPECT_EQ(markdown(), source_file("docs/cli.md")); }

TEST(Manual, NamesEveryCommandAndOption) {
  for (const std::string& text : {markdown(), scdoc(), overview()}) {
    for (const Command& c : grammar()) EXPECT_NE(text.find(c.path), std::string::npos) << c.path;
    for (const Option& o : options()) EXPECT_NE(text.find(o.word), std::string::npos) << o.word;
  }
}

TEST(Manual, UsageLines) {
  const auto of = [](std::string_view path) {
    for (const Command& c : grammar())
      if (c.path == path) return usage(c);
    return std::string("none");
  };
  EXPECT_EQ(of("show version"), "show version");
  EXPECT_EQ(of("show ports"), "show ports [PORT]");
  EXPECT_EQ(of("route add"),
            "route add PREFIX {(via ADDRESS [port INTERFACE] [weight N])... | blackhole | reject} "
            "[preference N] [replace]");
  EXPECT_EQ(of("route del"), "route del PREFIX [via ADDRESS [port INTERFACE]]...");
  EXPECT_EQ(of("config apply"), "config apply FILE [confirm TIME]");
}

// The table and docs/api.md know the same methods, with the same roles.
TEST(Api, TheGrammarAndThePageAgree) {
  const auto page = api_methods();
  std::set<std::string> used;
  for (const Command& c : grammar()) {
    std::vector<std::string_view> methods = c.also;
    if (!c.method.empty()) methods.push_back(c.method);
    for (const std::string_view m : methods) {
      used.emplace(m);
      EXPECT_TRUE(page.contains(std::string(m))) << c.path << " asks for " << m;
    }
    if (c.method.empty() || !page.contains(std::string(c.method))) continue;
    EXPECT_EQ(page.at(std::string(c.method)).role, c.role == Role::kAdmin ? "admin" : "read")
        << c.path;
  }
  for (const auto& [name, method] : page) {
    EXPECT_TRUE(used.contains(name)) << name << " is on the page and no command uses it";
    EXPECT_TRUE(method.role == "read" || method.role == "admin") << name;
    ASSERT_TRUE(method.example.is_object()) << name << " has no example";
    EXPECT_EQ(method.example.at("method"), name);
    EXPECT_EQ(method.example.at("result").at("schema"), "spanway." + name + "/1");
  }
}

// Whatever key the grammar sends is named in the method's section of the page.
TEST(Api, EveryParameterOfTheGrammarIsOnThePage) {
  const std::string page = source_file("docs/api.md");
  for (const Command& c : grammar()) {
    if (c.method.empty()) continue;
    const size_t begin = page.find("\n## " + std::string(c.method) + "\n");
    ASSERT_NE(begin, std::string::npos) << c.method;
    const std::string section = page.substr(begin, page.find("\n## ", begin + 4) - begin);
    for (const Argument& a : c.arguments) {
      if (a.key.starts_with('!')) continue;
      std::string key(a.key.substr(0, a.key.find_first_of(".[")));
      EXPECT_TRUE(section.find("`" + key + "`") != std::string::npos ||
                  section.find("\"" + key + "\"") != std::string::npos)
          << c.method << " does not know " << key;
    }
  }
}

}  // namespace
}  // namespace spanway::cli
