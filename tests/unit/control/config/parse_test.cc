// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/parse.h"

#include <gtest/gtest.h>

#include <ctime>

#include "control/config/validate.h"
#include "tests/unit/control/config/growth.h"

namespace spanway::config {
namespace {

constexpr const char* kWhole = R"([daemon]
workers = [2, 3]
memory = "none"
memory_mib = 256
buffers = 4096
idle = "spin"
[control]
socket = "/tmp/s"
socket_group = "net"
readonly_group = "watch"
attach = "/tmp/a"
http = "127.0.0.1:9140"
max_clients = 8
max_message_mib = 2
[icmp]
errors_per_second = 10
error_burst = 2
[transport]
probe_port = 7007
rate_limit_mbps = 900
key = "000102030405060708090A0b0c0d0e0f"
[[port]]
name = "p0"
device = "tap:t0"
addresses = ["10.0.12.1/24", "2001:db8:12::1/64"]
mtu = 9000
queues = 2
mac = "02:00:00:00:00:01"
up = false
promiscuous = true
checksum_offload = false
[[port.vlan]]
id = 100
addresses = ["10.0.13.1/24"]
mtu = 1400
[[vlan]]
name = "lab"
port = "p0"
id = 200
up = false
[[route]]
prefix = "0.0.0.0/0"
via = ["10.0.12.2", { ip = "10.0.13.2", port = "p0.100", weight = 3 }]
preference = 7
[[route]]
prefix = "10.9.0.0/16"
kind = "blackhole"
[[neighbour]]
interface = "p0"
ip = "10.0.12.9"
mac = "02:00:00:00:00:09"
)";

TEST(Parse, ReadsEveryKey) {
  const Parsed parsed = parse(kWhole);
  ASSERT_TRUE(parsed.faults.empty()) << render(parsed.faults, kWhole, "f");
  const Config& c = parsed.config;
  EXPECT_EQ(c.daemon, (Daemon{{2, 3}, Memory::kNone, 256, 4096, Idle::kSpin}));
  EXPECT_EQ(c.control, (Control{"/tmp/s", "net", "watch", "/tmp/a", "127.0.0.1:9140", 8, 2}));
  EXPECT_EQ(c.icmp, (Icmp{10, 2}));
  EXPECT_EQ(c.transport, (Transport{7007, 900, "000102030405060708090A0b0c0d0e0f"}));
  ASSERT_EQ(c.ports.size(), 1u);
  EXPECT_EQ(c.ports[0],
            (Port{"p0",
                  "tap:t0",
                  {*IpWithLength::parse("10.0.12.1/24"), *IpWithLength::parse("2001:db8:12::1/64")},
                  9000,
                  2,
                  EtherAddr::parse("02:00:00:00:00:01"),
                  false,
                  true,
                  false}));
  ASSERT_EQ(c.vlans.size(), 2u);
  EXPECT_EQ(c.vlans[0],
            (Vlan{"p0.100", "p0", 100, {*IpWithLength::parse("10.0.13.1/24")}, 1400, true}));
  EXPECT_EQ(c.vlans[1], (Vlan{"lab", "p0", 200, {}, 0, false}));
  ASSERT_EQ(c.routes.size(), 2u);
  EXPECT_EQ(c.routes[0],
            (Route{*Prefix::parse("0.0.0.0/0"),
                   RouteKind::kVia,
                   {{Ip4Addr(10, 0, 12, 2), "", 1}, {Ip4Addr(10, 0, 13, 2), "p0.100", 3}},
                   7}));
  EXPECT_EQ(c.routes[1], (Route{*Prefix::parse("10.9.0.0/16"), RouteKind::kBlackhole, {}, 1}));
  ASSERT_EQ(c.neighbours.size(), 1u);
  EXPECT_EQ(c.neighbours[0],
            (Neighbour{"p0", Ip4Addr(10, 0, 12, 9), *EtherAddr::parse("02:00:00:00:00:09")}));
  EXPECT_TRUE(validate(c, parsed.places).empty())
      << render(validate(c, parsed.places), kWhole, "f");
}

TEST(Parse, EmptyTextIsTheDefault) {
  EXPECT_EQ(parse("").config, Config{});
  EXPECT_EQ(parse("# nothing\n").config, Config{});
  EXPECT_TRUE(parse("").faults.empty());
}

struct Case {
  const char* what;
  const char* text;
  const char* rendered;
};

class ParseFaults : public testing::TestWithParam<Case> {};

TEST_P(ParseFaults, SayWhatWhereAndTheWayOut) {
  const Case& c = GetParam();
  EXPECT_EQ(check_text(c.text, "r1.toml").rendered, c.rendered) << c.what;
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseFaults,
    testing::Values(
        Case{"a slip of the pen", "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\nadresses = []\n",
             "r1.toml:4:1: error: unknown key 'adresses' in [[port]]\n"
             "  adresses = []\n"
             "  ^^^^^^^^\n"
             "  try: addresses\n"},
        Case{"an unknown section", "[bgp]\nrouter_id = \"1.1.1.1\"\n",
             "r1.toml:1:2: error: unknown key 'bgp' in the file\n"
             "  [bgp]\n"
             "   ^^^\n"
             "  try: one of daemon control icmp transport port vlan route neighbour ospf\n"},
        Case{"a key too short", "[transport]\nkey = \"0011\"\n",
             "r1.toml:2:7: error: 'key' is not 32 to 128 hexadecimal digits, two a byte (it has 4 "
             "characters)\n"
             "  key = \"0011\"\n"
             "        ^^^^^^\n"
             "  try: openssl rand -hex 16\n"},
        Case{"a wrong type", "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\n\tmtu = \"9000\"\n",
             "r1.toml:4:8: error: 'mtu' is a string, expected a whole number from 68 to 9216\n"
             "  \tmtu = \"9000\"\n"
             "  \t      ^^^^^^\n"},
        Case{"out of range", "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\nmtu = 10000\n",
             "r1.toml:4:7: error: 'mtu' is 10000, expected a whole number from 68 to 9216\n"
             "  mtu = 10000\n"
             "        ^^^^^\n"
             "  try: mtu = 9216\n"},
        Case{"a prefix too long", "[[route]]\nprefix = \"10.9.0.0/33\"\nkind = \"reject\"\n",
             "r1.toml:2:10: error: prefix length 33 is over 32\n"
             "  prefix = \"10.9.0.0/33\"\n"
             "           ^^^^^^^^^^^^^\n"
             "  try: 10.9.0.0/32\n"},
        Case{"host bits", "[[route]]\nprefix = \"10.9.0.1/16\"\nkind = \"reject\"\n",
             "r1.toml:2:10: error: '10.9.0.1/16' has bits set behind its length\n"
             "  prefix = \"10.9.0.1/16\"\n"
             "           ^^^^^^^^^^^^^\n"
             "  try: 10.9.0.0/16\n"},
        Case{"no length",
             "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\naddresses = [\"10.0.0.1\"]\n",
             "r1.toml:4:14: error: '10.0.0.1' lacks the prefix length\n"
             "  addresses = [\"10.0.0.1\"]\n"
             "               ^^^^^^^^^^\n"
             "  try: 10.0.0.1/24\n"},
        Case{"a choice misspelt", "[daemon]\nmemory = \"hugepage\"\n",
             "r1.toml:2:10: error: 'hugepage' is none of \"auto\", \"none\", \"hugepages\"\n"
             "  memory = \"hugepage\"\n"
             "           ^^^^^^^^^^\n"
             "  try: \"hugepages\"\n"},
        Case{"a missing key", "[[port]]\ndevice = \"tap:t0\"\n",
             "r1.toml:1:1: error: [[port]] lacks the key 'name'\n"
             "  [[port]]\n"
             "  ^^^^^^^^\n"
             "  try: name = \"p0\"\n"},
        Case{"one bracket too few", "[port]\nname = \"p0\"\n",
             "r1.toml:1:1: error: 'port' is a table, expected one [[port]] for each\n"
             "  [port]\n"
             "  ^^^^^^\n"
             "  try: [[port]]\n"},
        Case{
            "an address in a gateway's place",
            "[[route]]\nprefix = \"10.9.0.0/16\"\nvia = [\"10.0.0.2/24\"]\n",
            "r1.toml:3:8: error: '10.0.0.2/24' has a prefix length where an address alone belongs\n"
            "  via = [\"10.0.0.2/24\"]\n"
            "         ^^^^^^^^^^^^^\n"
            "  try: 10.0.0.2\n"},
        Case{"a group MAC",
             "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\nmac = \"01:00:5e:00:00:01\"\n",
             "r1.toml:4:7: error: '01:00:5e:00:00:01' is a group address, not one station's\n"
             "  mac = \"01:00:5e:00:00:01\"\n"
             "        ^^^^^^^^^^^^^^^^^^^\n"
             "  try: take one whose first byte is even, as 02:00:00:00:00:01\n"},
        Case{"two faults, in the order of the file",
             "[daemon]\nidle = 3\n[control]\nmax_clients = 0\n",
             "r1.toml:2:8: error: 'idle' is a whole number, expected a string in quotes\n"
             "  idle = 3\n"
             "         ^\n"
             "r1.toml:4:15: error: 'max_clients' is 0, expected a whole number from 1 to 1024\n"
             "  max_clients = 0\n"
             "                ^\n"
             "  try: max_clients = 1\n"}));

TEST(Parse, SyntaxErrorHasItsPlace) {
  const Parsed parsed = parse("[daemon]\nworkers = [2, 3\nidle = \"spin\"\n");
  ASSERT_EQ(parsed.faults.size(), 1u);
  EXPECT_GE(parsed.faults[0].line, 2u);
}

TEST(Parse, StopsAtTwentyFaults) {
  std::string text = "[daemon]\n";
  for (int i = 0; i < 50; ++i) text += "x" + std::to_string(i) + " = 1\n";
  const Parsed parsed = parse(text);
  EXPECT_EQ(parsed.faults.size(), kMaxFaults);
  EXPECT_EQ(parsed.more, 30u);
  EXPECT_EQ(parsed.faults[0].line, 2u);
  EXPECT_NE(check_text(text, "f").rendered.find("f: and 30 more"), std::string::npos);
}

TEST(Parse, ShowsNothingThatATerminalObeys) {
  for (const char* text : {"[daemon]\n\"\\u001b[2J\" = 1\n", "[daemon]\nidle = 1 # \x1b[2J\n"}) {
    const std::string rendered = check_text(text, "f").rendered;
    EXPECT_NE(rendered, "");
    EXPECT_EQ(rendered.find('\x1b'), std::string::npos);
  }
}

TEST(Parse, LongLinesAreShownInPart) {
  const std::string text = "[daemon]\nx = \"" + std::string(100'000, 'a') + "\"\n";
  EXPECT_LT(check_text(text, "f").rendered.size(), 1000u);
}

TEST(Parse, DeepNestingIsAFaultNotACrash) {
  std::string keys = "a";
  for (int i = 0; i < 200'000; ++i) keys += ".a";
  EXPECT_FALSE(parse(keys + " = 1\n").faults.empty());
  EXPECT_FALSE(parse("[" + keys + "]\n").faults.empty());
  EXPECT_FALSE(parse("x = " + std::string(200'000, '[')).faults.empty());
  std::string inner = "x = ";
  for (int i = 0; i < 200'000; ++i) inner += "{a=";
  EXPECT_FALSE(parse(inner).faults.empty());
}

TEST(Parse, BytesThatAreNoTextAreFaults) {
  EXPECT_FALSE(parse("[daemon]\nidle = \"\xff\xfe\"\n").faults.empty());
  EXPECT_FALSE(parse(std::string_view("a\0b = 1", 7)).faults.empty());
}

// CPU seconds that a config of so many routes takes.
double seconds_to_check(unsigned routes) {
  std::string text =
      "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\naddresses = [\"10.0.0.1/24\"]\n";
  for (unsigned i = 0; i < routes; ++i)
    text += "[[route]]\nprefix = \"" + Ip4Addr((172u << 24) + (i << 8)).to_string() +
            "/24\"\nvia = [\"10.0.0.2\"]\n";
  const std::clock_t start = std::clock();
  const Checked checked = check_text(text, "f");
  const double took = seconds_since(start);
  EXPECT_TRUE(checked.usable) << checked.rendered;
  EXPECT_EQ(checked.config.routes.size(), routes);
  return took;
}

TEST(Parse, HundredThousandRoutesTakeNoLongerEach) {
  expect_no_longer_each(100'000, seconds_to_check);
}

TEST(Parse, HundredThousandRoutesInASecond) { expect_within_a_second(seconds_to_check(100'000)); }

}  // namespace
}  // namespace spanway::config
