// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/validate.h"

#include <gtest/gtest.h>

namespace spanway::config {
namespace {

constexpr const char* kTwoPorts =
    "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\n"
    "addresses = [\"10.0.1.1/24\", \"2001:db8:1::1/64\", \"fe80::1/64\"]\n"
    "[[port]]\nname = \"p1\"\ndevice = \"tap:t1\"\n"
    "addresses = [\"10.0.2.1/24\", \"fe80::1/64\"]\n";

struct Case {
  const char* what;
  std::string text;    // behind kTwoPorts
  const char* places;  // what the first fault must say; "" for none
};

class Validate : public testing::TestWithParam<Case> {};

TEST_P(Validate, Judges) {
  const Case& c = GetParam();
  const std::string text = kTwoPorts + c.text;
  const Parsed parsed = parse(text);
  ASSERT_TRUE(parsed.faults.empty()) << render(parsed.faults, text, "f");
  const auto faults = validate(parsed.config, parsed.places);
  if (*c.places == '\0') {
    EXPECT_TRUE(faults.empty()) << c.what << "\n" << render(faults, text, "f");
    return;
  }
  ASSERT_EQ(faults.size(), 1u) << c.what << "\n" << render(faults, text, "f");
  EXPECT_NE(faults[0].message.find(c.places), std::string::npos) << faults[0].message;
}

std::string port(const char* addresses) {
  return std::string("[[port]]\nname = \"p2\"\ndevice = \"tap:t2\"\naddresses = [") + addresses +
         "]\n";
}
std::string route(const char* rest) { return std::string("[[route]]\n") + rest; }

INSTANTIATE_TEST_SUITE_P(
    All, Validate,
    testing::Values(
        Case{"two plain ports", "", ""},
        Case{"a name twice", "[[port]]\nname = \"p0\"\ndevice = \"tap:t2\"\n", "'p0' is taken"},
        Case{"a device twice", "[[port]]\nname = \"p2\"\ndevice = \"tap:t0\"\n",
             "'tap:t0' is already port p0"},
        Case{"null devices",
             "[[port]]\nname = \"p2\"\ndevice = \"null:\"\n"
             "[[port]]\nname = \"p3\"\ndevice = \"null:\"\n",
             ""},
        Case{"an address twice", port("\"10.0.1.1/24\""), "given twice, to p0 and to p2"},
        Case{"an address twice on one port", port("\"10.3.0.1/24\", \"10.3.0.1/16\""),
             "given twice, to p2 and to p2"},
        Case{"the same subnet", port("\"10.0.1.7/24\""), "overlaps 10.0.1.1/24 of p0"},
        Case{"a narrower subnet", port("\"10.0.1.200/25\""), "overlaps 10.0.1.1/24 of p0"},
        Case{"a second address in one subnet", port("\"10.3.0.1/24\", \"10.3.0.2/24\""), ""},
        Case{"the network's address", port("\"10.3.0.0/24\""), "is the subnet itself"},
        Case{"the broadcast address", port("\"10.3.0.255/24\""), "is the broadcast address"},
        Case{"both of a /31", port("\"10.3.0.0/31\""), ""},
        Case{"loopback", port("\"127.0.0.1/8\""), "is a loopback address"},
        Case{"multicast", port("\"224.0.0.5/24\""), "is a multicast address"},
        Case{"multicast 6", port("\"ff02::1/64\""), "is a multicast address"},
        Case{"IPv6 below its least mtu",
             "[[port]]\nname = \"p2\"\ndevice = \"tap:t2\"\nmtu = 1279\naddresses = "
             "[\"2001:db8:3::1/64\"]\n",
             "below 1280"},
        Case{"a VLAN on no port", "[[vlan]]\nport = \"q0\"\nid = 7\n", "'q0', which is not there"},
        Case{"a VLAN twice",
             "[[vlan]]\nport = \"p0\"\nid = 7\n[[vlan]]\nname = \"x\"\nport = \"p0\"\nid = 7\n",
             "VLAN 7 is on port p0 twice"},
        Case{"a VLAN with more mtu than its port", "[[vlan]]\nport = \"p0\"\nid = 7\nmtu = 1501\n",
             "has mtu 1501, its port 1500"},
        Case{"a VLAN named as a port", "[[vlan]]\nname = \"p1\"\nport = \"p0\"\nid = 7\n",
             "'p1' is taken"},
        Case{"a VLAN's subnet reaches",
             "[[vlan]]\nport = \"p0\"\nid = 7\naddresses = [\"10.7.0.1/24\"]\n" +
                 route("prefix = \"0.0.0.0/0\"\nvia = [\"10.7.0.2\"]\n"),
             ""},
        Case{"a gateway in reach", route("prefix = \"0.0.0.0/0\"\nvia = [\"10.0.1.2\"]\n"), ""},
        Case{"a gateway out of reach", route("prefix = \"0.0.0.0/0\"\nvia = [\"10.9.0.2\"]\n"),
             "10.9.0.2, which is on no subnet of ours"},
        Case{"a gateway to which a route leads",
             route("prefix = \"20.0.0.0/8\"\nvia = [\"10.9.0.2\"]\n") +
                 route("prefix = \"10.9.0.0/16\"\nvia = [\"10.0.1.2\"]\n"),
             ""},
        Case{"a gateway to which only the default leads",
             route("prefix = \"20.0.0.0/8\"\nvia = [\"10.9.0.2\"]\n") +
                 route("prefix = \"0.0.0.0/0\"\nvia = [\"10.0.1.2\"]\n"),
             "where no route with a gateway on one leads"},
        Case{"a gateway to which a recursive route leads",
             route("prefix = \"20.0.0.0/8\"\nvia = [\"20.9.0.2\"]\n"),
             "where no route with a gateway on one leads"},
        Case{"a gateway not behind its port",
             route("prefix = \"0.0.0.0/0\"\nvia = [{ ip = \"10.0.1.2\", port = \"p1\" }]\n"),
             "on no subnet of p1"},
        Case{"a gateway that is the broadcast",
             route("prefix = \"0.0.0.0/0\"\nvia = [\"10.0.1.255\"]\n"), "on no subnet"},
        Case{"ourselves as gateway", route("prefix = \"0.0.0.0/0\"\nvia = [\"10.0.1.1\"]\n"),
             "our own address"},
        Case{"two families", route("prefix = \"::/0\"\nvia = [\"10.0.1.2\"]\n"), "two families"},
        Case{"link-local without a port", route("prefix = \"::/0\"\nvia = [\"fe80::2\"]\n"),
             "without saying where"},
        Case{"link-local with a port",
             route("prefix = \"::/0\"\nvia = [{ ip = \"fe80::2\", port = \"p1\" }]\n"), ""},
        Case{"a port that is not there",
             route("prefix = \"::/0\"\nvia = [{ ip = \"fe80::2\", port = \"p9\" }]\n"),
             "'p9', which is not there"},
        Case{"a gateway twice",
             route("prefix = \"0.0.0.0/0\"\nvia = [\"10.0.1.2\", \"10.0.1.2\"]\n"), "twice"},
        Case{"a route twice",
             route("prefix = \"10.9.0.0/16\"\nkind = \"reject\"\n") +
                 route("prefix = \"10.9.0.0/16\"\nkind = \"blackhole\"\n"),
             "is there twice"},
        Case{"a route at two preferences",
             route("prefix = \"10.9.0.0/16\"\nkind = \"reject\"\n") +
                 route("prefix = \"10.9.0.0/16\"\nkind = \"blackhole\"\npreference = 9\n"),
             ""},
        Case{"no gateway", route("prefix = \"10.9.0.0/16\"\n"), "has no gateway"},
        Case{"a gateway for a blackhole",
             route("prefix = \"10.9.0.0/16\"\nkind = \"blackhole\"\nvia = [\"10.0.1.2\"]\n"),
             "needs no gateway"},
        Case{"a route to groups", route("prefix = \"224.0.0.0/8\"\nkind = \"reject\"\n"),
             "multicast"},
        Case{"a route to loopback", route("prefix = \"127.1.0.0/16\"\nkind = \"reject\"\n"),
             "never forwarded"},
        Case{"a neighbour",
             "[[neighbour]]\ninterface = \"p0\"\nip = \"10.0.1.9\"\nmac = \"02:00:00:00:00:09\"\n",
             ""},
        Case{"a neighbour elsewhere",
             "[[neighbour]]\ninterface = \"p1\"\nip = \"10.0.1.9\"\nmac = \"02:00:00:00:00:09\"\n",
             "on no subnet of p1"},
        Case{"ourselves as neighbour",
             "[[neighbour]]\ninterface = \"p0\"\nip = \"10.0.1.1\"\nmac = \"02:00:00:00:00:09\"\n",
             "our own address"},
        Case{"a CPU twice", "[daemon]\nworkers = [2, 2]\n", "share CPU 2"},
        Case{"a socket path too long", "[control]\nsocket = \"/" + std::string(107, 'x') + "\"\n",
             "107 bytes"},
        Case{"an http address without a port", "[control]\nhttp = \"127.0.0.1\"\n",
             "'127.0.0.1' is not an address:port"},
        Case{"an http address by name", "[control]\nhttp = \"localhost:9140\"\n", "address:port"},
        Case{"IPv6 without brackets", "[control]\nhttp = \"::1:9140\"\n", "address:port"},
        Case{"http on port 0", "[control]\nhttp = \"127.0.0.1:0\"\n", "address:port"},
        Case{"an http port too large", "[control]\nhttp = \"65536\"\n", "address:port"}));

TEST(Validate, TakesEveryFormOfAnHttpAddress) {
  for (const char* http : {"127.0.0.1:9140", "[::1]:9140", "9140", "0.0.0.0:80"}) {
    const Checked checked = check_text("[control]\nhttp = \"" + std::string(http) + "\"\n", "f");
    EXPECT_TRUE(checked.usable) << http << checked.rendered;
  }
}

TEST(Validate, PointsAtTheItem) {
  const std::string text = kTwoPorts + route("prefix = \"0.0.0.0/0\"\nvia = [\"10.9.0.2\"]\n");
  const Checked checked = check_text(text, "f");
  EXPECT_FALSE(checked.usable);
  ASSERT_EQ(checked.faults.size(), 1u);
  EXPECT_EQ(checked.faults[0].line, 9u);
  EXPECT_NE(checked.rendered.find("f:9:1: error:"), std::string::npos) << checked.rendered;
}

TEST(Validate, AsksTheDeviceCheck) {
  const Parsed parsed = parse(kTwoPorts);
  const auto faults = validate(parsed.config, parsed.places, [](const std::string& device) {
    return device == "tap:t1" ? Status(Error{ErrorCode::kInvalid, "no such kind", "tap:"})
                              : Status();
  });
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].message, "port p1: no such kind");
  EXPECT_EQ(faults[0].fix, "tap:");
}

}  // namespace
}  // namespace spanway::config
