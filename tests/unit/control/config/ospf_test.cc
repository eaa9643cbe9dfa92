// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/ospf.h"

#include <gtest/gtest.h>

#include "control/config/diff.h"
#include "control/config/validate.h"
#include "control/config/write.h"

namespace spanway::config {
namespace {

constexpr const char* kPorts =
    "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\naddresses = [\"10.0.1.1/24\"]\n"
    "[[port]]\nname = \"p1\"\ndevice = \"tap:t1\"\naddresses = [\"10.0.2.1/24\"]\n";
constexpr const char* kOn0 = "[[ospf.port]]\nname = \"p0\"\n";

struct Case {
  const char* what;
  std::string text;  // behind kPorts
  const char* says;  // what the first fault must say; "" for none
};

class OspfTable : public testing::TestWithParam<Case> {};

TEST_P(OspfTable, IsJudged) {
  const Case& c = GetParam();
  SCOPED_TRACE(c.what);
  const Checked checked = check_text(kPorts + c.text, "f");
  if (*c.says == '\0') {
    EXPECT_TRUE(checked.faults.empty()) << c.what << "\n" << checked.rendered;
    return;
  }
  ASSERT_EQ(checked.faults.size(), 1u) << c.what << "\n" << checked.rendered;
  EXPECT_NE(checked.faults[0].message.find(c.says), std::string::npos) << checked.rendered;
}

std::string on0(const std::string& more) { return kOn0 + more; }
std::string key(const std::string& more) {
  return on0("[[ospf.key]]\nport = \"p0\"\nsecret = \"s\"\n" + more);
}

INSTANTIATE_TEST_SUITE_P(
    All, OspfTable,
    testing::Values(
        Case{"nothing", "[ospf]\n", ""}, Case{"one port", on0(""), ""},
        Case{"an area as a number", on0("area = 256\n"), ""},
        Case{"an area with dots", on0("area = \"0.0.1.0\"\n"), ""},
        Case{"an area that is none", on0("area = \"1\"\n"), "'1' is not four bytes with dots"},
        Case{"two areas", on0("[[ospf.port]]\nname = \"p1\"\narea = 1\n"),
             "in area 0.0.0.1, p0 in 0.0.0.0: this version has one area"},
        Case{"a port twice", on0(kOn0), "[[ospf.port]] p0 is there twice"},
        Case{"a port that is not there", "[[ospf.port]]\nname = \"p7\"\n",
             "[[ospf.port]] is on 'p7', which is not there"},
        Case{"cost 0", on0("cost = 0\n"), "'cost' is 0"},
        Case{"a dead interval below the hellos", on0("dead_interval_s = 10\n"),
             "waits 10 s for hellos that come every 10 s"},
        Case{"the standard dead interval follows", on0("hello_interval_s = 50\n"), ""},
        Case{"no such type", on0("type = \"nbma\"\n"), "'nbma' is none of"},
        Case{"router ID zero", "[ospf]\nrouter_id = \"0.0.0.0\"\n" + on0(""), "is no router's"},
        Case{"router ID in IPv6", "[ospf]\nrouter_id = \"::1\"\n", "'::1' is not four bytes"},
        Case{"a key", key(""), ""}, Case{"a key of id 0", key("id = 0\n"), ""},
        Case{"a key twice", key("[[ospf.key]]\nport = \"p0\"\nsecret = \"t\"\n"),
             "[[ospf.key]] 1 of p0 is there twice"},
        Case{"a key on no port", on0("[[ospf.key]]\nport = \"p1\"\nsecret = \"s\"\n"),
             "there is no [[ospf.port]] of this name"},
        Case{"no secret", on0("[[ospf.key]]\nport = \"p0\"\n"), "lacks the key 'secret'"},
        Case{"a password of 9 bytes",
             on0("[[ospf.key]]\nport = \"p0\"\nalgorithm = \"simple\"\nsecret = \"123456789\"\n"),
             "a secret of 9 bytes; simple takes 1 to 8"},
        Case{"a password of 8 bytes",
             on0("[[ospf.key]]\nport = \"p0\"\nalgorithm = \"simple\"\nsecret = \"12345678\"\n"),
             ""},
        Case{"an empty secret", on0("[[ospf.key]]\nport = \"p0\"\nsecret = \"\"\n"),
             "a secret of 0 bytes"},
        Case{"MD5 with 17 bytes",
             on0("[[ospf.key]]\nport = \"p0\"\nalgorithm = \"md5\"\nsecret = "
                 "\"12345678901234567\"\n"),
             "md5 takes 1 to 16"},
        Case{"a password beside a key",
             key("[[ospf.key]]\nport = \"p0\"\nid = 2\nalgorithm = \"simple\"\nsecret = \"t\"\n"),
             "a simple password stands alone"},
        Case{"times the wrong way round",
             key("accept_from = 2026-12-02T00:00:00Z\naccept_until = 2026-12-01T00:00:00Z\n"),
             "is accepted until before it is accepted"},
        Case{"a time without a zone", key("accept_from = 2026-12-02T00:00:00\n"),
             "expected a date and time with its zone"},
        Case{"a time before 1970", key("accept_from = 1969-12-31T23:59:59Z\n"),
             "not in the years 1970 to 9999"},
        Case{"the text of a hidden secret",
             on0("[[ospf.key]]\nport = \"p0\"\nsecret = \"(hidden)\"\n"), "stands for a secret"},
        Case{"redistribute", on0("[[ospf.redistribute]]\norigin = \"static\"\ntype = 1\n"), ""},
        Case{"redistribute what is not there", on0("[[ospf.redistribute]]\norigin = \"bgp\"\n"),
             "'bgp' is none of"},
        Case{"redistribute twice",
             on0("[[ospf.redistribute]]\norigin = \"static\"\n"
                 "[[ospf.redistribute]]\norigin = \"static\"\n"),
             "[[ospf.redistribute]] static is there twice"},
        Case{"metric of infinity",
             on0("[[ospf.redistribute]]\norigin = \"static\"\nmetric = 16777215\n"),
             "'metric' is 16777215"},
        Case{"a stub", on0("[[ospf.stub]]\nprefix = \"10.254.0.1/32\"\n"), ""},
        Case{"a stub of IPv6", on0("[[ospf.stub]]\nprefix = \"2001:db8::/32\"\n"),
             "is not IPv4, as OSPFv2 is"}));

TEST(OspfConfig, NeedsARouterId) {
  const Checked checked =
      check_text("[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\n" + on0(""), "f");
  ASSERT_EQ(checked.faults.size(), 1u);
  EXPECT_NE(checked.rendered.find("f:4:1: error: OSPF has no router ID"), std::string::npos)
      << checked.rendered;
}

TEST(OspfConfig, TimesAreSecondsSince1970) {
  const auto config = load_text(kPorts + key("accept_from = 1970-01-02T01:00:00+01:00\n"
                                             "accept_until = 2026-12-01T12:34:56Z\n"),
                                "f");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ospf.keys[0].accept_from_s, 86'400);
  EXPECT_EQ(config->ospf.keys[0].accept_until_s, 1'796'128'496);
  EXPECT_EQ(time_text(1'796'128'496), "2026-12-01T12:34:56Z");
}

TEST(OspfConfig, ChangesInWords) {
  auto before = load_text(kPorts + key(""), "f");
  auto after =
      load_text(kPorts + std::string("[ospf]\nrouter_id = \"1.1.1.1\"\n"
                                     "[[ospf.port]]\nname = \"p0\"\ncost = 30\n"
                                     "[[ospf.port]]\nname = \"p1\"\ntype = \"point-to-point\"\n"
                                     "[[ospf.key]]\nport = \"p0\"\nsecret = \"geheim\"\n"
                                     "[[ospf.key]]\nport = \"p1\"\nsecret = \"geheim\"\n"
                                     "[[ospf.redistribute]]\norigin = \"static\"\ntype = 1\n"
                                     "[[ospf.stub]]\nprefix = \"10.254.0.1/32\"\n"),
                "f");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(
      describe(diff(*before, *after)),
      (std::vector<std::string>{"~ ospf.router_id none->1.1.1.1", "~ ospf port p0.cost 10->30",
                                "+ ospf port p1 type point-to-point",
                                "~ ospf key p0 1.secret changed", "+ ospf key p1 1",
                                "+ ospf redistribute static type 1", "+ ospf stub 10.254.0.1/32"}));
  EXPECT_EQ(describe(diff(*after, *before)).size(), 7u);
}

TEST(OspfConfig, HiddenSecretsAreNowhere) {
  const std::string text = kPorts + on0("[[ospf.key]]\nport = \"p0\"\nsecret = \"geheim\"\n");
  const auto config = load_text(text, "f");
  ASSERT_TRUE(config);
  EXPECT_NE(write(config.value()).find("geheim"), std::string::npos);
  EXPECT_EQ(write(config.value(), Secrets::kHidden).find("geheim"), std::string::npos);
  // A fault shows its line, but not what stands there.
  for (const char* bad : {"secret = [\"geheim\"]\n", "\"secret\" = \"geheim\"\nsecret = 1\n"}) {
    const Checked checked = check_text(kPorts + on0("[[ospf.key]]\nport = \"p0\"\n") + bad, "f");
    EXPECT_FALSE(checked.usable);
    EXPECT_EQ(checked.rendered.find("geheim"), std::string::npos) << checked.rendered;
  }
}

}  // namespace
}  // namespace spanway::config
