// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/publisher.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/control/publish/bench.h"

namespace spanway::publish {
namespace {

using rib::Origin;
using rib::Target;
using rib::TargetKind;
using table::NextHop;
using table::NextHopKind;
using test::ip;
using test::prefix;
using test::via;

EtherAddr mac(const char* text) { return *EtherAddr::parse(text); }

class PublisherTest : public test::Bench {
 protected:
  static table::Interface interface(uint16_t index, std::vector<const char*> addresses,
                                    uint16_t vlan = 0) {
    table::Interface one;
    one.index = IfIndex{index};
    one.port = PortId{static_cast<uint16_t>(index + 10)};
    one.vlan = vlan;
    one.mac = EtherAddr{{2, 0, 0, 0, 0, static_cast<uint8_t>(index)}};
    one.up = true;
    for (const char* text : addresses) one.addresses.push_back(*IpWithLength::parse(text));
    return one;
  }
  NextHopKind kind(const char* to) const { return at(to).kind; }
};

TEST_F(PublisherTest, MartiansFromTheStart) {
  for (const char* to : {"0.1.2.3", "127.0.0.1", "240.0.0.1", "239.1.1.1", "::1", "::", "ff0e::1"})
    EXPECT_EQ(kind(to), NextHopKind::kMartian) << to;
  for (const char* to : {"224.0.0.5", "255.255.255.255", "ff02::5"})
    EXPECT_EQ(kind(to), NextHopKind::kLocal) << to;
  EXPECT_EQ(kind("8.8.8.8"), NextHopKind::kNoRoute);
  EXPECT_EQ(kind("2001:db8::1"), NextHopKind::kNoRoute);
}

TEST_F(PublisherTest, InterfaceBringsItsAddressesAndSubnets) {
  const auto one = interface(1, {"10.0.1.1/24", "2001:db8:1::1/64", "fe80::1/64"});
  ASSERT_TRUE(publisher_.set_interfaces({one}, Nanos()));
  EXPECT_EQ(kind("10.0.1.1"), NextHopKind::kLocal);
  EXPECT_EQ(kind("10.0.1.255"), NextHopKind::kLocal);
  EXPECT_EQ(kind("10.0.1.2"), NextHopKind::kGlean);
  EXPECT_EQ(at("10.0.1.2").interface, IfIndex{1});
  EXPECT_EQ(at("10.0.1.2").port, PortId{11});
  EXPECT_EQ(kind("10.0.2.2"), NextHopKind::kNoRoute);
  EXPECT_EQ(kind("2001:db8:1::1"), NextHopKind::kLocal);
  EXPECT_EQ(kind("2001:db8:1::"), NextHopKind::kLocal);
  EXPECT_EQ(kind("2001:db8:1::2"), NextHopKind::kGlean);
  EXPECT_EQ(kind("fe80::1"), NextHopKind::kLocal);
  EXPECT_EQ(kind("fe80::2"), NextHopKind::kNoRoute);
  ASSERT_NE(tables_.interfaces.load()->get(IfIndex{1}), nullptr);

  auto down = one;
  down.up = false;
  ASSERT_TRUE(publisher_.set_interfaces({down}, Nanos()));
  EXPECT_EQ(kind("10.0.1.1"), NextHopKind::kNoRoute);
  EXPECT_EQ(kind("10.0.1.2"), NextHopKind::kNoRoute);
  ASSERT_TRUE(publisher_.set_interfaces({}, Nanos()));
  EXPECT_EQ(tables_.interfaces.load()->get(IfIndex{1}), nullptr);
  EXPECT_EQ(rib_.counts().candidates, 11u);  // what was there from the start
}

TEST_F(PublisherTest, RouteFollowsItsGateway) {
  ASSERT_TRUE(publisher_.set_interfaces({interface(1, {"10.0.1.1/24"}, 7)}, Nanos()));
  ASSERT_TRUE(set("20.0.0.0/8", via({"10.0.1.9"})));
  EXPECT_EQ(kind("20.1.1.1"), NextHopKind::kResolve);
  EXPECT_EQ(at("20.1.1.1").gateway, ip("10.0.1.9"));
  ASSERT_TRUE(publisher_.neighbour_resolved(IfIndex{1}, ip("10.0.1.9"), mac("02:00:00:00:00:99")));
  const NextHop& hop = at("20.1.1.1");
  EXPECT_EQ(hop.kind, NextHopKind::kForward);
  const std::array<uint8_t, 18> front = {2, 0, 0, 0,    0, 0x99, 2, 0, 0,
                                         0, 0, 1, 0x81, 0, 0,    7, 8, 0};
  EXPECT_EQ(hop.rewrite, front);
  EXPECT_EQ(hop.rewrite_bytes, 18);
  // The neighbour itself is reachable by the same adjacency.
  EXPECT_EQ(slot("10.0.1.9"), slot("20.1.1.1"));

  auto changed = interface(1, {"10.0.1.1/24"});
  changed.mac = mac("02:00:00:00:00:77");
  changed.mtu = 9000;
  ASSERT_TRUE(publisher_.set_interfaces({changed}, Nanos()));
  EXPECT_EQ(at("20.1.1.1").rewrite[11], 0x77);
  EXPECT_EQ(at("20.1.1.1").rewrite_bytes, 14);
  EXPECT_EQ(at("20.1.1.1").mtu, 9000);

  publisher_.neighbour_gone(IfIndex{1}, ip("10.0.1.9"));
  EXPECT_EQ(kind("20.1.1.1"), NextHopKind::kResolve);
  EXPECT_EQ(kind("10.0.1.9"), NextHopKind::kGlean);
}

TEST_F(PublisherTest, GatewayNeedsConnectedSubnetThatIsUp) {
  ASSERT_TRUE(set("0.0.0.0/0", {TargetKind::kReject, kNoInterface, {}}));
  ASSERT_TRUE(set("20.0.0.0/8", via({"10.0.1.9"})));
  EXPECT_EQ(kind("20.1.1.1"), NextHopKind::kReject);
  const auto one = interface(1, {"10.0.1.1/24"});
  ASSERT_TRUE(publisher_.set_interfaces({one}, Nanos()));
  EXPECT_EQ(kind("20.1.1.1"), NextHopKind::kResolve);
  auto down = one;
  down.up = false;
  ASSERT_TRUE(publisher_.set_interfaces({down}, Nanos()));
  EXPECT_EQ(kind("20.1.1.1"), NextHopKind::kReject);
  EXPECT_FALSE(rib_.candidates(prefix("20.0.0.0/8")).at(0).usable);
  ASSERT_TRUE(publisher_.set_interfaces({one}, Nanos()));
  EXPECT_EQ(kind("20.1.1.1"), NextHopKind::kResolve);
  // The subnet moves to another interface, and the routes with it.
  ASSERT_TRUE(publisher_.set_interfaces({interface(2, {"10.0.1.1/24"})}, Nanos()));
  EXPECT_EQ(at("20.1.1.1").interface, IfIndex{2});
  EXPECT_EQ(publisher_.stats().adjacencies, 1u);
  // Our own address is no gateway.
  ASSERT_TRUE(set("21.0.0.0/8", via({"10.0.1.1"})));
  EXPECT_EQ(kind("21.1.1.1"), NextHopKind::kReject);
}

TEST_F(PublisherTest, LinkLocalGatewayNeedsItsInterface) {
  ASSERT_TRUE(publisher_.set_interfaces({interface(1, {"2001:db8:1::1/64"})}, Nanos()));
  Target target;
  target.via.push_back({ip("fe80::9"), kNoInterface, 1});
  ASSERT_TRUE(set("2001:db8:2::/48", target));
  EXPECT_EQ(kind("2001:db8:2::1"), NextHopKind::kNoRoute);
  target.via[0].interface = IfIndex{1};
  ASSERT_TRUE(set("2001:db8:2::/48", target));
  EXPECT_EQ(kind("2001:db8:2::1"), NextHopKind::kResolve);
  ASSERT_TRUE(publisher_.neighbour_resolved(IfIndex{1}, ip("fe80::9"), mac("02:00:00:00:00:99")));
  EXPECT_EQ(kind("2001:db8:2::1"), NextHopKind::kForward);
  EXPECT_EQ(kind("fe80::9"), NextHopKind::kNoRoute);  // has no place in a table without links
}

TEST_F(PublisherTest, GroupLosesAndRegainsMembersInPlace) {
  const auto a = interface(1, {"10.0.1.1/24"}), b = interface(2, {"10.0.2.1/24"});
  ASSERT_TRUE(publisher_.set_interfaces({a, b}, Nanos()));
  Target target = via({"10.0.1.7", "10.0.2.8"});
  target.via[1].weight = 3;
  ASSERT_TRUE(set("20.0.0.0/8", target));
  ASSERT_TRUE(set("21.0.0.0/8", target));
  ASSERT_EQ(kind("20.1.1.1"), NextHopKind::kGroup);
  EXPECT_EQ(members("20.1.1.1"), "7888");
  EXPECT_EQ(at("20.1.1.1").bucket_bits, 2);
  EXPECT_EQ(slot("20.1.1.1"), slot("21.1.1.1"));
  EXPECT_EQ(publisher_.stats().groups, 1u);
  const NextHopId before = slot("20.1.1.1");
  auto down = b;
  down.up = false;
  ASSERT_TRUE(publisher_.set_interfaces({a, down}, Nanos()));
  EXPECT_EQ(slot("20.1.1.1"), before);
  EXPECT_EQ(members("20.1.1.1"), "77");
  ASSERT_TRUE(publisher_.set_interfaces({a, b}, Nanos()));
  EXPECT_EQ(members("20.1.1.1"), "7888");
  ASSERT_TRUE(remove("20.0.0.0/8"));
  EXPECT_EQ(publisher_.stats().groups, 1u);
  ASSERT_TRUE(remove("21.0.0.0/8"));
  EXPECT_EQ(publisher_.stats().groups, 0u);
  EXPECT_EQ(publisher_.stats().adjacencies, 0u);
}

TEST_F(PublisherTest, HostRouteHidesTheNeighbour) {
  ASSERT_TRUE(publisher_.set_interfaces(
      {interface(1, {"10.0.1.1/24"}), interface(2, {"10.0.2.1/24"})}, Nanos()));
  ASSERT_TRUE(publisher_.neighbour_resolved(IfIndex{1}, ip("10.0.1.9"), mac("02:00:00:00:00:99")));
  EXPECT_EQ(at("10.0.1.9").interface, IfIndex{1});
  ASSERT_TRUE(set("10.0.1.9/32", via({"10.0.2.8"})));
  EXPECT_EQ(at("10.0.1.9").interface, IfIndex{2});
  ASSERT_TRUE(remove("10.0.1.9/32"));
  EXPECT_EQ(at("10.0.1.9").interface, IfIndex{1});
  EXPECT_EQ(kind("10.0.1.9"), NextHopKind::kForward);
  ASSERT_TRUE(set("10.0.1.9/32", via({"10.0.2.8"})));
  publisher_.neighbour_gone(IfIndex{1}, ip("10.0.1.9"));
  EXPECT_EQ(at("10.0.1.9").interface, IfIndex{2});
  ASSERT_TRUE(remove("10.0.1.9/32"));
  EXPECT_EQ(kind("10.0.1.9"), NextHopKind::kGlean);
}

TEST_F(PublisherTest, NeighboursGoWithTheirSubnet) {
  ASSERT_TRUE(publisher_.set_interfaces({interface(1, {"10.0.1.1/24"})}, Nanos()));
  ASSERT_TRUE(publisher_.neighbour_resolved(IfIndex{1}, ip("10.0.1.9"), mac("02:00:00:00:00:99")));
  ASSERT_TRUE(publisher_.neighbour_resolved(IfIndex{1}, ip("10.9.9.9"), mac("02:00:00:00:00:98")));
  EXPECT_EQ(kind("10.9.9.9"), NextHopKind::kNoRoute);  // on no subnet of ours
  EXPECT_EQ(publisher_.stats().adjacencies, 1u);
  ASSERT_TRUE(publisher_.set_interfaces({interface(1, {"10.0.3.1/24"})}, Nanos()));
  EXPECT_EQ(kind("10.0.1.9"), NextHopKind::kNoRoute);
  EXPECT_EQ(publisher_.stats().adjacencies, 0u);
  ASSERT_TRUE(publisher_.set_interfaces({interface(1, {"10.0.1.1/24"})}, Nanos()));
  EXPECT_EQ(kind("10.0.1.9"), NextHopKind::kForward);
}

TEST_F(PublisherTest, SlotWaitsForWorkersBeforeReuse) {
  ASSERT_TRUE(publisher_.set_interfaces({interface(1, {"10.0.1.1/24"})}, Nanos()));
  qsbr_.online(WorkerId{0});
  ASSERT_TRUE(set("20.0.0.0/8", via({"10.0.1.7"})));
  const NextHopId id = slot("20.1.1.1");  // a worker has looked it up
  ASSERT_TRUE(remove("20.0.0.0/8"));
  ASSERT_TRUE(publisher_.step());
  ASSERT_TRUE(set("21.0.0.0/8", via({"10.0.1.8"})));
  EXPECT_NE(slot("21.1.1.1"), id);
  EXPECT_EQ(tables_.next_hops.get(id)->gateway, ip("10.0.1.7"));  // and loads it only now
  qsbr_.quiet(WorkerId{0});
  ASSERT_TRUE(publisher_.step());
  ASSERT_TRUE(set("22.0.0.0/8", via({"10.0.1.9"})));
  EXPECT_EQ(slot("22.1.1.1"), id);
  qsbr_.offline(WorkerId{0});
}

TEST_F(PublisherTest, RefusesWhenNextHopsRunOut) {
  ASSERT_TRUE(publisher_.set_interfaces({interface(1, {"10.0.0.1/16"})}, Nanos()));
  Status done;
  uint32_t count = 0;
  while (done) {
    Target target;
    target.via.push_back({IpAddr(Ip4Addr(0x0a000002 + count)), kNoInterface, 1});
    done = rib_.set(Prefix(Prefix4(Ip4Addr(0x14000000 + (count << 8)), 24)),
                    {Origin::kStatic, 1, 0}, target, Nanos());
    if (done) ++count;
    ASSERT_LE(count, 32767u);
  }
  EXPECT_EQ(done.error().code, ErrorCode::kFull);
  EXPECT_NE(done.error().message.find("no next hop for 20."), std::string::npos)
      << done.error().message;
  EXPECT_GT(count, 32700u);
  EXPECT_EQ(publisher_.stats().next_hops, 32767u);
  EXPECT_EQ(at("20.0.5.1").gateway, ip("10.0.0.7"));
  // After a delete there is room again.
  ASSERT_TRUE(remove("20.0.5.0/24"));
  ASSERT_TRUE(set("99.0.0.0/8", via({"10.0.200.1"})));
  EXPECT_EQ(at("99.1.1.1").gateway, ip("10.0.200.1"));
}

}  // namespace
}  // namespace spanway::publish
