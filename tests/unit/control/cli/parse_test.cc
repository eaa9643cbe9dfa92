// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/parse.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "control/cli/params.h"

namespace spanway::cli {
namespace {

using nlohmann::json;

Line line(const std::string& text) {
  auto split_line = split(text);
  EXPECT_TRUE(split_line) << text;
  return *split_line;
}

// "show.routes {...}" of a good line; "message" with the marked words of a bad one.
std::string outcome(const std::string& text) {
  const Line words = line(text);
  const auto parsed = parse(words);
  if (const auto* c = std::get_if<Complaint>(&parsed)) {
    const std::string marked =
        c->column < words.text.size() ? words.text.substr(c->column, c->length) : "$";
    return marked + ": " + c->message;
  }
  const auto& good = std::get<Parsed>(parsed);
  const auto params = params_of(good);
  EXPECT_TRUE(params) << text;
  std::string out = std::string(good.command->path) + " " + params->dump();
  for (const std::string& word : good.rest) out += " " + word;
  return out;
}

std::vector<std::string> tries(const std::string& text) {
  const auto parsed = parse(line(text));
  const auto* c = std::get_if<Complaint>(&parsed);
  return c == nullptr ? std::vector<std::string>{"(accepted)"} : c->tries;
}

struct Row {
  const char* text;
  const char* outcome;
};

class ParseTable : public testing::TestWithParam<Row> {};

TEST_P(ParseTable, Says) { EXPECT_EQ(outcome(GetParam().text), GetParam().outcome); }

constexpr Row kGood[] = {
    {"show routes", R"(show routes {})"},
    {"routes show", R"(show routes {})"},
    {"sh ro", R"(show routes {})"},
    {"route show", R"(show routes {})"},
    {"show route", R"(show routes {})"},
    {"ro sh", R"(show routes {})"},
    {"add route 10.0.0.0/8 blackhole", R"(route add {"kind":"blackhole","prefix":"10.0.0.0/8"})"},
    {"config show", R"(config show {})"},
    {"show config saved", R"(config show {"saved":true})"},
    {"show ports p0", R"(show ports {"port":"p0"})"},
    {"show routes 10.2.0.0/16 limit 5", R"(show routes {"limit":5,"prefix":"10.2.0.0/16"})"},
    {"show routes limit 5 10.2.0.0/16", R"(show routes {"limit":5,"prefix":"10.2.0.0/16"})"},
    {"show routes fe80::/10", R"(show routes {"prefix":"fe80::/10"})"},
    {"show routes for 10.2.0.5", R"(show routes {"for":"10.2.0.5"})"},
    {"show routes fo 10.2.0.5", R"(show routes {"for":"10.2.0.5"})"},
    {"show counters --drops", R"(show counters {"drops":true})"},
    {"show counters drops", R"(show counters {"drops":true})"},
    {"route add 10.9.0.0/16 via 10.0.12.2 port p0 weight 2 via 10.0.13.3 weight 3",
     R"(route add {"prefix":"10.9.0.0/16","via":[{"gateway":"10.0.12.2","interface":"p0","weight":2},)"
     R"({"gateway":"10.0.13.3","weight":3}]})"},
    {"route add 2001:db8::/32 via fe80::1 port p1.100 replace",
     R"(route add {"prefix":"2001:db8::/32","replace":true,"via":[{"gateway":"fe80::1","interface":"p1.100"}]})"},
    {"route del 10.9.0.0/16", R"(route del {"prefix":"10.9.0.0/16"})"},
    {"port add via dev tap:t0", R"(port add {"device":"tap:t0","name":"via"})"},
    {"port add p1 dev tap:t1 queues 2 address 10.0.0.1/24 address 2001:db8::1/64 down",
     R"(port add {"addresses":["10.0.0.1/24","2001:db8::1/64"],"device":"tap:t1","name":"p1","queues":2,"up":false})"},
    {"port set p0 promiscuous on mtu 9000",
     R"(port set {"mtu":9000,"name":"p0","promiscuous":true})"},
    {"ping 10.2.0.5 interval 200ms count 3 fragment",
     R"(ping {"address":"10.2.0.5","count":3,"dont_fragment":false,"interval_ms":200})"},
    {"ping fe80::1%p0.100", R"(ping {"address":"fe80::1%p0.100"})"},
    {"traceroute fe80::1%p0", R"(traceroute {"address":"fe80::1%p0"})"},
    {"ping ::1 interval 2s", R"(ping {"address":"::1","interval_ms":2000})"},
    {"trace add port p0 match protocol udp to 10.2.0.0/16 dport 53 count 7",
     R"(trace add {"count":7,"match":{"destination":"10.2.0.0/16","destination_port":53,"protocol":"udp"},"port":"p0"})"},
    {"trace add from 10.0.0.9", R"(trace add {"match":{"source":"10.0.0.9"}})"},
    {"capture start file /var/tmp/x.pcapng", R"(capture start {"file":"/var/tmp/x.pcapng"})"},
    {"lab ring.toml --seed 5 --stay", R"(lab {})"},
    {"lab --topology ring:6 --time virtual", R"(lab {})"},
    {"lab --topology Abilene.gml --routing ospf", R"(lab {})"},
    {"lab picture lab.svg", R"(lab picture {})"},
    {"lab picture", R"(lab picture {})"},
    {"lab ring.toml --picture lab.svg", R"(lab {})"},
    {"lab cut r1-r2", R"(lab cut {"wire":"r1-r2"})"},
    {"doctor 0000:3b:00.0", R"(doctor {} 0000:3b:00.0)"},
    {"stages timing on", R"(stages timing {"on":true})"},
    {"neighbour add p0 10.0.12.9 02:00:00:00:00:09",
     R"(neighbour add {"address":"10.0.12.9","interface":"p0","mac":"02:00:00:00:00:09"})"},
    {"show ports 'p0'   # the first", R"(show ports {"port":"p0"})"},
};
INSTANTIATE_TEST_SUITE_P(Good, ParseTable, testing::ValuesIn(kGood));

constexpr Row kBad[] = {
    {"route add 10.9.0.0/33 via 10.0.12.2", "10.9.0.0/33: prefix length 33 is over 32"},
    {"route add 2001:db8::/129 via ::1", "2001:db8::/129: prefix length 129 is over 128"},
    {"route add 10.9.0.1/16 via 10.0.12.2", "10.9.0.1/16: host bits are set behind /16"},
    {"route add 10.9.0.0 via 10.0.12.2", "10.9.0.0: the prefix length is missing"},
    {"route add 10.9.0.0/x via 10.0.12.2", "10.9.0.0/x: 'x' is no prefix length"},
    {"route add 10.9.0.256/24 via 10.0.12.2", "10.9.0.256/24: octet 256 is over 255"},
    {"route add 10.9.0/24 via 10.0.12.2", "10.9.0/24: '10.9.0' has 3 octets, an address has 4"},
    {"route add 10.9.0.00/24 via 10.0.12.2", "10.9.0.00/24: octet 00 has a leading zero"},
    {"route add via 10.0.12.2", "via: PREFIX is missing before 'via'"},
    {"route add 10.9.0.0/16", "$: one of these is missing"},
    {"route add 10.9.0.0/16 via", "$: ADDRESS is missing behind 'via'"},
    {"route add 10.9.0.0/16 port p0 via 10.0.0.1", "port: 'port' belongs behind a next hop"},
    {"route add 10.9.0.0/16 via 10.0.0.1 weight 2 weight 3", "weight: 'weight' is given twice"},
    {"route add 10.9.0.0/16 via 10.0.0.1 weight 257", "257: 257 is over 256"},
    {"route add 10.9.0.0/16 via 10.0.0.1 weight 0", "0: 0 is below 1"},
    {"route add 10.9.0.0/16 via 10.0.0.1 weight two", "two: 'two' is not 1..256"},
    {"route add 10.9.0.0/16 via 10.0.0.1 blackhole",
     "blackhole: 'blackhole' and 'via' exclude each other"},
    {"route add 10.9.0.0/16 vai 10.0.0.1", "vai: 'vai' is not known here"},
    {"route add 10.9.0.0/16 via 10.0.0.0/8", "10.0.0.0/8: an address stands here, not a prefix"},
    {"route add 10.9.0.0/16 via fe80::1%eth0", "fe80::1%eth0: an address has no zone here"},
    {"route add 10.9.0.0/16 re 1", "re: ambiguous"},
    {"show routes 10.0.0.0/8 for 10.0.0.1", "for: 'for' and 'PREFIX' exclude each other"},
    {"show routes for 10.0.0.1 10.0.0.0/8", "10.0.0.0/8: 'PREFIX' and 'for' exclude each other"},
    {"show routes f", "f: ambiguous"},
    {"show routes family ip5", "ip5: 'ip5' is not one of ip4|ip6"},
    {"show version now", "now: nothing more can stand here"},
    {"shw ports", "shw: no such command"},
    {"show prots", "prots: no such word behind 'show'"},
    {"show", "$: a word is missing"},
    {"ports", "$: a word is missing"},
    {"t", "t: ambiguous"},
    {"show c", "c: ambiguous"},
    {"trace 10.0.0.1", "10.0.0.1: no such word behind 'trace'"},
    {"ping", "$: ADDRESS is missing"},
    {"ping example.org", "example.org: 'example.org' is neither an IPv4 nor an IPv6 address"},
    {"ping fe80::1", "fe80::1: that is an address of each link; say which"},
    {"ping 2001:db8::1%p0", "2001:db8::1%p0: that is not an address of one link"},
    {"ping 10.0.0.1 interval 5", "5: 5 is below 10ms"},
    {"ping 10.0.0.1 interval soon", "soon: 'soon' is no time: 500ms, 60s, 5m, 1h"},
    {"config apply x.toml confirm 1500ms", "1500ms: '1500ms' is no whole number of seconds"},
    {"port add 0p dev tap:t0", "0p: a name begins with a letter"},
    {"port add p/0 dev tap:t0", "p/0: a name has no '/': letters, digits, - and _ only"},
    {"port add p0", "$: dev DEVICE is missing"},
    {"port set p0 up down", "down: 'down' and 'up' exclude each other"},
    {"show interfaces p0.5000", "p0.5000: '5000' is no VLAN: 1..4094"},
    {"vlan add p0 4095", "4095: 4095 is over 4094"},
    {"address add p0 10.0.0.1", "10.0.0.1: the prefix length is missing"},
    {"neighbour add p0 10.0.0.1 02:00:00:00:00",
     "02:00:00:00:00: '02:00:00:00:00' is no MAC address"},
    {"neighbour add p0 10.0.0.1 ff:ff:ff:ff:ff:ff",
     "ff:ff:ff:ff:ff:ff: 'ff:ff:ff:ff:ff:ff' is a group address"},
    {"show trace 99999999999999999999", "99999999999999999999: 99999999999999999999 is too large"},
    {"lab --topo mesh:4 --dur 500ms ring", "ring: 'FILE' and 'topology' exclude each other"},
    {"lab --topology cube:8", "cube:8: 'cube' is not one of grid|line|mesh|ring|star|tree"},
    {"lab --topology ring", "ring: the number of routers is missing"},
    {"lab --topology ring:201", "ring:201: 201 is over 200"},
    {"lab --topology", "$: SHAPE:ROUTERS is missing behind 'topology'"},
    {"lab ring.toml --time later", "later: 'later' is not one of real|virtual"},
    {"", "$: a command is missing"},
};
INSTANTIATE_TEST_SUITE_P(Bad, ParseTable, testing::ValuesIn(kBad));

TEST(Parse, SuggestsWhatWasMeant) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(tries("shw ports"), Words{"show"});
  EXPECT_EQ(tries("show prots"), Words{"ports"});
  EXPECT_EQ(tries("route add 10.9.0.0/33 via 10.0.12.2"), Words{"10.9.0.0/32"});
  EXPECT_EQ(tries("route add 10.9.1.2/16 via 10.0.12.2"), Words{"10.9.0.0/16"});
  EXPECT_EQ(tries("route add 10.9.0.0/16 vai 10.0.0.1"), Words{"via"});
  EXPECT_EQ(tries("t"), (Words{"top", "traceroute", "transport listen", "transport ping",
                               "transport perf", "trace add", "trace stop"}));
  EXPECT_EQ(tries("show c"), (Words{"show counters", "show config"}));
  EXPECT_EQ(tries("ports"), Words{"show"});
  EXPECT_EQ(tries("lab --topology ringe:4"), Words{"ring:3"});
  EXPECT_EQ(tries("lab --topology ring:500"), Words{"ring:200"});
  EXPECT_EQ(tries("route add 10.9.0.0/16"), (Words{"via ADDRESS", "blackhole", "reject"}));
}

TEST(Parse, MissingWordsPointBehindTheLine) {
  const Line words = line_of("spanway", {"route", "add", "10.9.0.0/16", "via"});
  const auto parsed = parse(words);
  const auto* c = std::get_if<Complaint>(&parsed);
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->column, words.text.size() + 1);
  EXPECT_EQ(c->help, "spanway route add ?");
}

TEST(Parse, EveryExampleOfTheGrammarParses) {
  for (const Command& command : grammar()) {
    if (command.action == Action::kExit) continue;
    const Line words = line(std::string(command.path) + " " + std::string(command.example));
    const auto parsed = parse(words);
    const auto* c = std::get_if<Complaint>(&parsed);
    EXPECT_EQ(c, nullptr) << words.text << ": " << (c ? c->message : "");
    if (c == nullptr) {
      EXPECT_EQ(std::get<Parsed>(parsed).command, &command) << words.text;
    }
  }
}

TEST(Parse, EveryPathParsesInBothOrders) {
  for (const Spelling& s : spellings()) {
    std::string text;
    for (const std::string_view word : s.words) text += std::string(word) + " ";
    const auto front = read_front(line(text).words);
    EXPECT_FALSE(front.complaint) << text << front.complaint->message;
    EXPECT_EQ(front.command, s.command) << text;
  }
}

TEST(Parse, ColumnsOfQuotedWordsCountTheQuotes) {
  const Line words = line("show   ports 'a b' x");
  ASSERT_EQ(words.words.size(), 4u);
  EXPECT_EQ(words.words[2].text, "a b");
  EXPECT_EQ(words.words[2].column, 13u);
  EXPECT_EQ(words.words[2].length, 5u);
  EXPECT_FALSE(split("show 'ports"));
}

TEST(Params, ReportsAFileThatIsNotThere) {
  const auto parsed = parse(line("config check /nonexistent/r1.toml"));
  const auto params = params_of(std::get<Parsed>(parsed));
  ASSERT_FALSE(params);
  EXPECT_EQ(params.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(params.error().message, "can not read /nonexistent/r1.toml: No such file or directory");
}

}  // namespace
}  // namespace spanway::cli
