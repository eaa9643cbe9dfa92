// SPDX-License-Identifier: BSD-3-Clause
// One engine that speaks OSPF, and a stranger on the other end of its wire who says packets of
// protocol 89 in every wrong way: what comes to OSPF, and what our own packets look like.
#include <algorithm>

#include "control/ospf/hello.h"
#include "tests/support/far_end.h"

namespace spanway::daemon {
namespace {

using test::Bytes;
using test::ip4_of;

const EtherAddr kGroupMac5 = test::mac_of("01:00:5e:00:00:05");
const EtherAddr kGroupMac6 = test::mac_of("01:00:5e:00:00:06");

class OspfStranger : public test::FarEnd {
 protected:
  void SetUp() override {
    FarEnd::SetUp();
    begin({"10.0.0.1/24", "10.7.0.1/24"}, {"10.0.0.2"},
          "[ospf]\nrouter_id = \"1.1.1.1\"\n[[ospf.port]]\nname = \"p0\"\nhello_interval_s = 1\n");
    run(seconds(2));
    ASSERT_TRUE(engine_->interfaces().all_ready(p0()));
  }
  // Never from the second address, though it may be ready first.
  void on_turn() override {
    if (const ospf::Instance* instance = engine_->ospf().instance())
      for (const auto& one : instance->interfaces(now_))
        if (one.link.up && !one.link.addresses.empty()) {
          ASSERT_EQ(one.link.addresses.front().addr, ip4_of("10.0.0.1"));
        }
  }
  void say(const EtherAddr& to, const Bytes& ip_packet) {
    FarEnd::say(test::frame4({to, kMac}, ip_packet));
    run(millis(5));
  }
  [[nodiscard]] Bytes hello() const {
    ospf::Hello out;
    out.mask = ip4_of("255.255.255.0");
    out.hello_interval_s = 1;
    out.dead_interval_s = 4;
    out.options = ospf::options::kExternal;
    out.priority = 1;
    return ospf::write_hello({ospf::RouterId(0x02020202), ospf::AreaId(0)}, out);
  }
  [[nodiscard]] uint64_t received() const {
    return engine_->ospf().instance()->interfaces(now_).at(0).received[1];
  }
};

TEST_F(OspfStranger, SaysHelloAsTheRfcWantsIt) {
  const auto at = std::ranges::find_if(heard_, is_ospf);
  ASSERT_NE(at, heard_.end());
  const Bytes& frame = *at;
  EXPECT_TRUE(std::equal(kGroupMac5.bytes.begin(), kGroupMac5.bytes.end(), frame.begin()));
  EXPECT_EQ(frame[15], 0xc0) << "precedence internetwork control";
  EXPECT_EQ(frame[22], 1) << "TTL";
  EXPECT_EQ(test::plain_checksum(Bytes(frame.begin() + 14, frame.begin() + 34)), 0);
  EXPECT_EQ(Bytes(frame.begin() + 26, frame.begin() + 34), (Bytes{10, 0, 0, 1, 224, 0, 0, 5}));
  EXPECT_EQ(frame[34], 2) << "version";
  EXPECT_EQ(frame[35], 1) << "hello";
}

// RFC 2328 section 8.2, before the OSPF header.
TEST_F(OspfStranger, IsHeardOnlyFromWhereAndToWhomItMayBe) {
  struct Case {
    const char* what;
    EtherAddr mac;
    const char* from;
    const char* to;
    std::optional<OspfDrop> why;  // nullopt: it comes to OSPF
  };
  const Case cases[] = {
      {"a neighbour to the group", kGroupMac5, "10.0.0.2", "224.0.0.5", {}},
      {"a neighbour to our address", router_mac(), "10.0.0.2", "10.0.0.1", {}},
      {"to the designated router, which we are not yet", kGroupMac6, "10.0.0.2", "224.0.0.6",
       OspfDrop::kBadDestination},
      {"to another group", kGroupMac5, "10.0.0.2", "224.0.0.9", OspfDrop::kBadDestination},
      {"to everybody", kGroupMac5, "10.0.0.2", "255.255.255.255", OspfDrop::kBadDestination},
      {"from another network", kGroupMac5, "10.99.0.2", "224.0.0.5", OspfDrop::kBadSource},
      {"from the subnet of our second address", kGroupMac5, "10.7.0.2", "224.0.0.5",
       OspfDrop::kBadSource},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const uint64_t before = received();
    const uint64_t drops = c.why ? engine_->ospf().dropped(*c.why) : 0;
    say(c.mac, test::packet4({ip4_of(c.from), ip4_of(c.to), 89, 1}, hello()));
    EXPECT_EQ(received(), before + (c.why ? 0 : 1));
    if (c.why) {
      EXPECT_EQ(engine_->ospf().dropped(*c.why), drops + 1);
    }
  }
  // A packet in our own name never comes to OSPF; whether the worker or we say so does not matter.
  const uint64_t before = received();
  say(kGroupMac5, test::packet4({ip4_of("10.0.0.1"), ip4_of("224.0.0.5"), 89, 1}, hello()));
  EXPECT_EQ(received(), before);
}

TEST_F(OspfStranger, TheDesignatedRouterHearsItsGroup) {
  run(seconds(6));
  ASSERT_EQ(engine_->ospf().instance()->interfaces(now_).at(0).state,
            ospf::InterfaceState::kDesignated);
  const uint64_t before = received();
  say(kGroupMac6, test::packet4({ip4_of("10.0.0.2"), ip4_of("224.0.0.6"), 89, 1}, hello()));
  EXPECT_EQ(received(), before + 1);
}

TEST_F(OspfStranger, PiecesOfAPacketComeToOspfWhole) {
  const Bytes whole = hello();
  const uint64_t before = received();
  test::Ip4 ip{ip4_of("10.0.0.2"), ip4_of("224.0.0.5"), 89, 1};
  ip.fragment = 0x2000;
  say(kGroupMac5, test::packet4(ip, Bytes(whole.begin(), whole.begin() + 24)));
  EXPECT_EQ(received(), before);
  ip.fragment = 3;
  say(kGroupMac5, test::packet4(ip, Bytes(whole.begin() + 24, whole.end())));
  EXPECT_EQ(received(), before + 1);
}

TEST_F(OspfStranger, DamagedBytesAreCountedAndHarmNobody) {
  const auto refusals = [this] {
    uint64_t sum = 0;
    for (const auto& one : engine_->ospf().instance()->view(now_).refusals) sum += one.packets;
    return sum;
  };
  const Bytes whole = hello();
  for (size_t size = 0; size < whole.size(); ++size) {
    const uint64_t before = refusals();
    say(kGroupMac5, test::packet4({ip4_of("10.0.0.2"), ip4_of("224.0.0.5"), 89, 1},
                                  Bytes(whole.begin(), whole.begin() + static_cast<long>(size))));
    EXPECT_EQ(refusals(), before + 1) << size << " bytes";
  }
  // OSPFv3 in IPv4, and IP options.
  test::Ip4 with_options{ip4_of("10.0.0.2"), ip4_of("224.0.0.5"), 89, 1};
  with_options.options = {0x94, 4, 0, 0};  // router alert
  const uint64_t before = received();
  say(kGroupMac5, test::packet4(with_options, whole));
  EXPECT_EQ(received(), before + 1);
}

// Each could make us ask for its MAC.
TEST_F(OspfStranger, AThousandStrangersMakeFewQuestions) {
  heard_.clear();
  for (uint32_t i = 0; i < 1'000; ++i) {
    const Ip4Addr from(ip4_of("10.0.0.0").value() + 3 + i % 250);
    say(kGroupMac5, test::packet4({from, ip4_of("224.0.0.5"), 89, 1}, hello()));
  }
  const auto questions = std::ranges::count_if(heard_, [](const Bytes& frame) {
    return frame.size() > 22 && frame[12] == 0x08 && frame[13] == 0x06 && frame[21] == 1;
  });
  EXPECT_GT(questions, 0);
  // In 5 seconds, up to three times for each that was asked for.
  EXPECT_LE(questions, 3 * (32 + 6 * 8));
}

// A router that nobody has configured OSPF on hears, and says, nothing of it.
TEST_F(OspfStranger, NothingIsHeardWhereOspfDoesNotRun) {
  config::Config config = engine_->store().running();
  config.ospf = {};
  ASSERT_TRUE(engine_->store().apply(config, now_));
  run(millis(10));
  heard_.clear();
  say(kGroupMac5, test::packet4({ip4_of("10.0.0.2"), ip4_of("224.0.0.5"), 89, 1}, hello()));
  run(seconds(3));
  EXPECT_EQ(engine_->ospf().dropped(OspfDrop::kNoOspfHere), 1u);
  EXPECT_TRUE(std::ranges::none_of(heard_, is_ospf));
}

}  // namespace
}  // namespace spanway::daemon
