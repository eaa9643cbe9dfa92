// SPDX-License-Identifier: BSD-3-Clause
// ARP through the face: frames in, frames and events out, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/control/neighbour/recorder.h"

namespace spanway::neighbour::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ArpMessage request(const char* sender, const char* target, EtherAddr mac = kPeerMac) {
  return {.frame_source = mac,
          .frame_destination = EtherAddr::broadcast(),
          .operation = arp_operation::kRequest,
          .sender_mac = mac,
          .target_mac = {},
          .sender_ip = ip(sender).v4(),
          .target_ip = ip(target).v4()};
}
ArpMessage reply(const char* sender, const char* target, EtherAddr mac = kPeerMac) {
  return {.frame_source = mac,
          .frame_destination = kOurMac,
          .operation = arp_operation::kReply,
          .sender_mac = mac,
          .target_mac = kOurMac,
          .sender_ip = ip(sender).v4(),
          .target_ip = ip(target).v4()};
}

struct Arp : testing::Test {
  Bench bench{{net("10.0.0.1/24")}};
  void SetUp() override {
    bench.run(seconds(10));
    bench.out.take_frames();
    bench.out.take_events();
  }
};

TEST(ArpMessage, IsRfc826OnTheWire) {
  const std::vector<uint8_t> frame = write_arp(request("10.0.0.2", "10.0.0.1"));
  const std::vector<uint8_t> expected = {
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0, 0, 2, 0x08, 0x06,  // Ethernet
      0,    1,    8,    0,    6,    4,    0,  1,                          // kinds, request
      2,    0,    0,    0,    0,    2,    10, 0, 0, 2,                    // sender
      0,    0,    0,    0,    0,    0,    10, 0, 0, 1};                   // target
  ASSERT_EQ(frame.size(), kMinFrame);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), frame.begin()));
  EXPECT_EQ(std::count(frame.begin() + 42, frame.end(), 0), 18);
}

TEST(ArpMessage, RefusesOtherKindsAndEveryTruncation) {
  const std::vector<uint8_t> good = write_arp(request("10.0.0.2", "10.0.0.1"));
  for (size_t bytes = 0; bytes < 42; ++bytes)
    EXPECT_FALSE(parse_arp(std::span(good).first(bytes))) << bytes;
  EXPECT_TRUE(parse_arp(std::span(good).first(42)));
  // Ether type, hardware, protocol, both lengths, operation.
  for (const size_t at : {12, 13, 14, 15, 16, 17, 18, 19, 20, 21}) {
    std::vector<uint8_t> bad = good;
    bad[at] ^= 0x40;
    EXPECT_FALSE(parse_arp(bad)) << at;
  }
}

TEST(ArpStart, AnnouncesEveryAddressTwice) {
  Bench bench({net("10.0.0.1/24"), net("10.0.1.1/24")});
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 10.0.0.1", "ready 10.0.1.1"));
  EXPECT_EQ(bench.out.frames.size(), 2u);
  bench.run(seconds(1));
  EXPECT_EQ(bench.out.frames.size(), 2u);
  bench.run(seconds(1));
  const auto sent = bench.out.take_arp();
  ASSERT_EQ(sent.size(), 4u);
  for (const ArpMessage& message : sent) {
    EXPECT_EQ(message.sender_ip, message.target_ip);
    EXPECT_TRUE(message.frame_destination.is_broadcast());
    EXPECT_EQ(message.sender_mac, kOurMac);
  }
  bench.run(seconds(60));
  EXPECT_THAT(bench.out.frames, IsEmpty());
  EXPECT_EQ(bench.tables.next_deadline(), Nanos::never());
}

// RFC 5227 section 2.1.
TEST(ArpProbe, AsksThreeTimesThenReadyWithinASecond) {
  Bench bench({net("10.0.0.1/24")}, false, Settings{});
  EXPECT_EQ(bench.tables.addresses(kIf)[0].state, AddressState::kTentative);
  EXPECT_THAT(bench.out.events, IsEmpty());
  const Settings settings;
  bench.run(settings.probe_delay_max + settings.probe_interval * 2);
  EXPECT_THAT(bench.out.events, IsEmpty());
  const auto probes = bench.out.take_arp();
  ASSERT_EQ(probes.size(), 3u);
  for (const ArpMessage& probe : probes) {
    EXPECT_EQ(probe.operation, arp_operation::kRequest);
    EXPECT_EQ(probe.sender_ip, Ip4Addr());
    EXPECT_EQ(probe.target_ip, ip("10.0.0.1").v4());
    EXPECT_EQ(probe.sender_mac, kOurMac);
    EXPECT_TRUE(probe.target_mac.is_zero());
    EXPECT_TRUE(probe.frame_destination.is_broadcast());
  }
  bench.run(settings.probe_interval);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 10.0.0.1"));
  EXPECT_LT(settings.probe_delay_max + settings.probe_interval * 3, seconds(1));
  const auto announced = bench.out.take_arp();
  ASSERT_EQ(announced.size(), 1u);
  EXPECT_EQ(announced[0].sender_ip, announced[0].target_ip);
}

TEST(ArpProbe, NobodyIsAskedOnACable) {
  Bench bench({}, true, Settings{});
  bench.configure({net("10.0.0.1/24"), net("2001:db8::1/64")}, true, true, true);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 10.0.0.1"));
  const auto announced = bench.out.take_arp();
  ASSERT_EQ(announced.size(), 1u);
  EXPECT_EQ(announced[0].sender_ip, announced[0].target_ip);
  EXPECT_EQ(bench.tables.addresses(kIf)[1].state, AddressState::kTentative) << "IPv6 is tested";
  bench.arp(reply("10.0.0.1", "0.0.0.0"));
  EXPECT_THAT(bench.out.take_events(), ElementsAre(testing::StartsWith("duplicate 10.0.0.1")));
}

// The configuration says so after the address was there.
TEST(ArpProbe, ANetworkThatTurnsOutToBeACableIsReadyAtOnce) {
  Bench bench({net("10.0.0.1/24")}, false, Settings{});
  bench.run(millis(100));
  EXPECT_THAT(bench.out.take_events(), IsEmpty());
  bench.configure({net("10.0.0.1/24")}, false, true, true);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 10.0.0.1"));
}

TEST(ArpProbe, AnswersAndProbesOfOthersMakeADuplicate) {
  ArpMessage probe = request("0.0.0.0", "10.0.0.1");
  ArpMessage looped = probe;
  looped.frame_source = looped.sender_mac = kOurMac;
  struct Case {
    const char* what;
    ArpMessage message;
    bool conflict;
  };
  const std::vector<Case> cases = {
      {"a reply", reply("10.0.0.1", "0.0.0.0"), true},
      {"a request of its own", request("10.0.0.1", "10.0.0.9"), true},
      {"an announcement", request("10.0.0.1", "10.0.0.1"), true},
      {"a probe", probe, true},
      {"our own probe, looped back", looped, false},
      {"a probe for another address", request("0.0.0.0", "10.0.0.3"), false},
      {"a question for it", request("10.0.0.2", "10.0.0.1"), false},
  };
  for (const Case& c : cases) {
    Bench bench({net("10.0.0.1/24")}, false, Settings{});
    bench.run(millis(250));
    bench.out.take_frames();
    bench.arp(c.message);
    EXPECT_THAT(bench.out.frames, IsEmpty()) << c.what;  // it neither answers nor defends
    bench.run(seconds(20));
    EXPECT_EQ(bench.tables.counts(kIf).conflicts, c.conflict ? 1u : 0u) << c.what;
    if (c.conflict) {
      EXPECT_THAT(bench.out.events, ElementsAre("duplicate 10.0.0.1 02:00:00:00:00:02")) << c.what;
      EXPECT_EQ(bench.tables.addresses(kIf)[0].state, AddressState::kDuplicate) << c.what;
    } else {
      EXPECT_THAT(bench.out.events, ElementsAre("ready 10.0.0.1")) << c.what;
    }
  }
}

TEST(ArpProbe, ATentativeAddressAsksNobody) {
  Bench bench({net("10.0.0.1/24")}, false, Settings{});
  bench.want("10.0.0.7");
  bench.run(millis(100));
  for (const ArpMessage& message : bench.out.take_arp())
    EXPECT_EQ(message.target_ip, ip("10.0.0.1").v4());
}

TEST(ArpProbe, ALinkThatComesBackProbesAgain) {
  Bench bench({net("10.0.0.1/24")}, false, Settings{});
  bench.arp(reply("10.0.0.1", "0.0.0.0"));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("duplicate 10.0.0.1 02:00:00:00:00:02"));
  bench.configure({net("10.0.0.1/24")}, false, false);
  bench.configure({net("10.0.0.1/24")});
  bench.run(seconds(1));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 10.0.0.1"));
}

TEST_F(Arp, SameConfigAgainDoesNothing) {
  bench.configure({net("10.0.0.1/24")});
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_THAT(bench.out.frames, IsEmpty());
  bench.configure({net("10.0.0.1/24"), net("10.9.0.1/24")});
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 10.9.0.1"));
  bench.configure({net("10.9.0.1/24")});
  EXPECT_THAT(bench.out.take_events(), ElementsAre("lost 10.0.0.1"));
}

TEST_F(Arp, AnswersWhoAsksForUsAndLearnsIt) {
  bench.arp(request("10.0.0.2", "10.0.0.1"));
  const auto sent = bench.out.take_arp();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].operation, arp_operation::kReply);
  EXPECT_EQ(sent[0].frame_destination, kPeerMac);
  EXPECT_EQ(sent[0].sender_mac, kOurMac);
  EXPECT_EQ(sent[0].sender_ip, ip("10.0.0.1").v4());
  EXPECT_EQ(sent[0].target_ip, ip("10.0.0.2").v4());
  EXPECT_THAT(bench.out.take_events(), ElementsAre("resolved 10.0.0.2 02:00:00:00:00:02"));
  EXPECT_EQ(bench.state("10.0.0.2"), State::kStale);
}

TEST_F(Arp, IsSilentAboutOthersAddresses) {
  bench.arp(request("10.0.0.2", "10.0.0.9"));
  EXPECT_THAT(bench.out.frames, IsEmpty());
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_EQ(bench.tables.counts(kIf).ignored, 1u);
}

TEST_F(Arp, AnswersOffLinkSendersWithoutLearning) {
  bench.arp(request("192.168.7.7", "10.0.0.1"));
  EXPECT_EQ(bench.out.take_arp().size(), 1u);
  EXPECT_THAT(bench.out.events, IsEmpty());
}

TEST_F(Arp, AnswersAProbeWithoutLearning) {
  bench.arp(request("0.0.0.0", "10.0.0.1"));
  EXPECT_EQ(bench.out.take_arp().size(), 1u);
  EXPECT_THAT(bench.out.events, IsEmpty());
  bench.arp(request("0.0.0.0", "10.0.0.2"));
  EXPECT_THAT(bench.out.frames, IsEmpty());
}

TEST_F(Arp, AsksThreeTimesASecondApartThenFails) {
  bench.want("10.0.0.2");
  for (int i = 0; i < 3; ++i) {
    const auto sent = bench.out.take_arp();
    ASSERT_EQ(sent.size(), 1u) << i;
    EXPECT_EQ(sent[0].operation, arp_operation::kRequest);
    EXPECT_TRUE(sent[0].frame_destination.is_broadcast());
    EXPECT_EQ(sent[0].sender_ip, ip("10.0.0.1").v4());
    EXPECT_EQ(sent[0].target_ip, ip("10.0.0.2").v4());
    bench.run(millis(999));
    EXPECT_THAT(bench.out.frames, IsEmpty());
    EXPECT_THAT(bench.out.events, IsEmpty());
    bench.run(millis(1));
  }
  EXPECT_THAT(bench.out.take_events(), ElementsAre("failed 10.0.0.2"));
  EXPECT_EQ(bench.entry("10.0.0.2")->state, State::kFailed);
  // The hold-off: an answer at once, no frame; afterwards a fresh question.
  bench.want("10.0.0.2");
  EXPECT_THAT(bench.out.take_events(), ElementsAre("failed 10.0.0.2"));
  EXPECT_THAT(bench.out.frames, IsEmpty());
  bench.run(seconds(2));
  EXPECT_EQ(bench.entry("10.0.0.2"), nullptr);
  bench.want("10.0.0.2");
  EXPECT_EQ(bench.out.take_arp().size(), 1u);
}

TEST_F(Arp, ManyQuestionsAboutOneAddressAreOne) {
  for (int i = 0; i < 100; ++i) bench.want("10.0.0.2");
  EXPECT_EQ(bench.out.take_arp().size(), 1u);
  bench.arp(reply("10.0.0.2", "10.0.0.1"));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("resolved 10.0.0.2 02:00:00:00:00:02"));
  EXPECT_EQ(bench.state("10.0.0.2"), State::kReachable);
  bench.want("10.0.0.2");  // a worker that had not seen it yet
  EXPECT_THAT(bench.out.take_events(), ElementsAre("resolved 10.0.0.2 02:00:00:00:00:02"));
}

TEST_F(Arp, KeepsANeighbourThatAnswersProbes) {
  bench.want("10.0.0.2");
  bench.arp(reply("10.0.0.2", "10.0.0.1"));
  bench.out.take_frames();
  bench.out.take_events();
  int probes = 0;
  for (int second = 0; second < 600; ++second) {
    bench.run(seconds(1));
    for (const ArpMessage& probe : bench.out.take_arp()) {
      EXPECT_EQ(probe.frame_destination, kPeerMac) << "a probe is unicast";
      ++probes;
      bench.arp(reply("10.0.0.2", "10.0.0.1"));
    }
    ASSERT_NE(bench.entry("10.0.0.2"), nullptr);
  }
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_GE(probes, 600 / 90);
  EXPECT_LE(probes, 600 / 27);
}

TEST_F(Arp, LosesASilentNeighbourWithinItsLifetime) {
  bench.want("10.0.0.2");
  bench.arp(reply("10.0.0.2", "10.0.0.1"));
  bench.out.take_frames();
  bench.out.take_events();
  bench.run(seconds(90));
  EXPECT_EQ(bench.out.take_arp().size(), 3u);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("gone 10.0.0.2"));
  EXPECT_EQ(bench.entry("10.0.0.2"), nullptr);
}

TEST_F(Arp, GratuitousChangesWhatIsThereAndMakesNothing) {
  bench.arp(request("10.0.0.2", "10.0.0.2", kPeerMac));
  EXPECT_THAT(bench.out.events, IsEmpty());
  bench.want("10.0.0.2");
  bench.arp(reply("10.0.0.2", "10.0.0.1"));
  bench.out.take_events();
  bench.arp(request("10.0.0.2", "10.0.0.2", kOtherMac));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("resolved 10.0.0.2 02:00:00:00:00:03"));
  EXPECT_EQ(bench.state("10.0.0.2"), State::kStale);
}

TEST_F(Arp, CountsImpossibleSenders) {
  const EtherAddr group{{1, 0, 0x5e, 0, 0, 1}};
  const ArpMessage bad[] = {
      request("10.0.0.2", "10.0.0.1", EtherAddr{}),
      request("10.0.0.2", "10.0.0.1", EtherAddr::broadcast()),
      request("10.0.0.2", "10.0.0.1", group),
      request("10.0.0.2", "10.0.0.1", kOurMac),
      request("10.0.0.255", "10.0.0.1"),
      request("10.0.0.0", "10.0.0.1"),
      request("127.0.0.1", "10.0.0.1"),
      request("224.0.0.1", "10.0.0.1"),
      request("255.255.255.255", "10.0.0.1"),
      request("240.0.0.1", "10.0.0.1"),
      reply("0.0.0.0", "10.0.0.1"),
  };
  for (const ArpMessage& message : bad) bench.arp(message);
  EXPECT_EQ(bench.tables.counts(kIf).martian, std::size(bad));
  EXPECT_THAT(bench.out.frames, IsEmpty());
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_THAT(bench.tables.list(bench.now), IsEmpty());
}

TEST_F(Arp, DefendsOurAddressAtMostOnceInTenSeconds) {
  bench.arp(request("10.0.0.1", "10.0.0.1", kOtherMac));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("duplicate 10.0.0.1 02:00:00:00:00:03"));
  const auto sent = bench.out.take_arp();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].sender_ip, sent[0].target_ip);
  bench.run(millis(9999));
  bench.arp(request("10.0.0.1", "10.0.0.1", kOtherMac));
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_THAT(bench.out.frames, IsEmpty());
  bench.run(millis(1));
  bench.arp(request("10.0.0.1", "10.0.0.1", kOtherMac));
  EXPECT_EQ(bench.out.take_events().size(), 1u);
  EXPECT_EQ(bench.tables.counts(kIf).conflicts, 3u);
}

TEST_F(Arp, RefusesQuestionsAboutWhatIsNoNeighbour) {
  for (const char* who : {"10.0.0.1", "10.0.0.255", "10.0.0.0", "224.0.0.5", "0.0.0.0"})
    bench.want(who);
  EXPECT_EQ(bench.out.take_events().size(), 5u);
  EXPECT_THAT(bench.out.frames, IsEmpty());
  bench.tables.on_unresolved(IfIndex{9}, ip("10.0.0.2"), bench.now);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("failed 10.0.0.2"));
}

TEST_F(Arp, SlashThirtyOneHasNoBroadcast) {
  bench.configure({net("10.1.0.0/31")});
  bench.out.take_frames();
  bench.want("10.1.0.1");
  EXPECT_EQ(bench.out.take_arp().size(), 1u);
}

TEST_F(Arp, LinkDownForgetsAndFailsWhatIsOpen) {
  bench.arp(request("10.0.0.2", "10.0.0.1"));
  bench.want("10.0.0.3");
  bench.out.take_events();
  bench.configure({net("10.0.0.1/24")}, false, false);
  EXPECT_THAT(bench.out.take_events(),
              ElementsAre("gone 10.0.0.2", "failed 10.0.0.3", "lost 10.0.0.1"));
  bench.want("10.0.0.2");
  EXPECT_THAT(bench.out.take_events(), ElementsAre("failed 10.0.0.2"));
  bench.arp(request("10.0.0.2", "10.0.0.1"));
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_EQ(bench.tables.next_deadline(), Nanos::never());
  bench.out.take_frames();
  bench.configure({net("10.0.0.1/24")});
  EXPECT_THAT(bench.out.take_events(), ElementsAre("ready 10.0.0.1"));
  EXPECT_EQ(bench.out.take_arp().size(), 1u) << "announced again";
}

TEST_F(Arp, AnAddressTakenAwayTakesItsNeighbours) {
  bench.configure({net("10.0.0.1/24"), net("10.1.0.1/24")});
  bench.arp(request("10.0.0.2", "10.0.0.1"));
  bench.arp(request("10.1.0.2", "10.1.0.1"));
  bench.out.take_events();
  bench.configure({net("10.1.0.1/24")});
  EXPECT_THAT(bench.out.take_events(), ElementsAre("lost 10.0.0.1", "gone 10.0.0.2"));
  EXPECT_NE(bench.entry("10.1.0.2"), nullptr);
}

TEST_F(Arp, StaticEntriesStandThroughEverything) {
  ASSERT_TRUE(bench.tables.add_static(kIf, ip("10.0.0.2"), kPeerMac, bench.now));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("resolved 10.0.0.2 02:00:00:00:00:02"));
  bench.arp(request("10.0.0.2", "10.0.0.2", kOtherMac));
  bench.arp(reply("10.0.0.2", "10.0.0.1", kOtherMac));
  bench.tables.flush(kNoInterface, bench.now);
  bench.run(seconds(1000));
  EXPECT_THAT(bench.out.events, IsEmpty());
  EXPECT_EQ(bench.entry("10.0.0.2")->mac, kPeerMac);
  EXPECT_TRUE(bench.entry("10.0.0.2")->is_static());
  bench.configure({net("10.0.0.1/24")}, false, false);
  EXPECT_THAT(bench.out.take_events(), ElementsAre("gone 10.0.0.2", "lost 10.0.0.1"));
  bench.configure({net("10.0.0.1/24")});
  EXPECT_THAT(bench.out.take_events(),
              ElementsAre("ready 10.0.0.1", "resolved 10.0.0.2 02:00:00:00:00:02"));
  ASSERT_TRUE(bench.tables.remove(kIf, ip("10.0.0.2"), bench.now));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("gone 10.0.0.2"));
  EXPECT_FALSE(bench.tables.remove(kIf, ip("10.0.0.2"), bench.now));
  EXPECT_FALSE(bench.tables.add_static(kIf, ip("224.0.0.1"), kPeerMac, bench.now));
  EXPECT_FALSE(bench.tables.add_static(kIf, ip("10.0.0.2"), EtherAddr::broadcast(), bench.now));
}

TEST_F(Arp, ALateAnswerIsStillAnAnswer) {
  bench.want("10.0.0.2");
  bench.run(seconds(3));
  bench.out.take_events();
  bench.arp(reply("10.0.0.2", "10.0.0.1"));
  EXPECT_THAT(bench.out.take_events(), ElementsAre("resolved 10.0.0.2 02:00:00:00:00:02"));
  EXPECT_EQ(bench.state("10.0.0.2"), State::kReachable);
}

}  // namespace
}  // namespace spanway::neighbour::test
