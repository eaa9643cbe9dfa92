// SPDX-License-Identifier: BSD-3-Clause
// Floods, scans and noise: memory and traffic stay within their bounds, and who answers stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/control/neighbour/recorder.h"

namespace spanway::neighbour::test {
namespace {

Ip4Addr numbered(uint32_t i) { return Ip4Addr(ip("10.0.1.0").v4().value() + i); }
EtherAddr mac_numbered(uint32_t i) {
  return EtherAddr{{2, 1, static_cast<uint8_t>(i >> 24), static_cast<uint8_t>(i >> 16),
                    static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}};
}
ArpMessage request_from(uint32_t i) {
  return {.frame_source = mac_numbered(i),
          .frame_destination = EtherAddr::broadcast(),
          .operation = arp_operation::kRequest,
          .sender_mac = mac_numbered(i),
          .target_mac = {},
          .sender_ip = numbered(i),
          .target_ip = ip("10.0.0.1").v4()};
}
ArpMessage answer_from(const char* who) {
  return {.frame_source = kPeerMac,
          .frame_destination = kOurMac,
          .operation = arp_operation::kReply,
          .sender_mac = kPeerMac,
          .target_mac = kOurMac,
          .sender_ip = ip(who).v4(),
          .target_ip = ip("10.0.0.1").v4()};
}

Settings small() {
  Settings settings = without_probes();
  settings.max_neighbours = 256;
  settings.max_questions = 64;
  return settings;
}

struct Hostile : testing::Test {
  Bench bench{{net("10.0.0.1/16")}, false, small()};
  void SetUp() override {
    bench.run(seconds(10));
    bench.want("10.0.0.2");
    bench.arp(answer_from("10.0.0.2"));
    ASSERT_TRUE(bench.tables.add_static(kIf, ip("10.0.0.3"), kOtherMac, bench.now));
    bench.out.take_events();
    bench.out.take_frames();
  }
  [[nodiscard]] size_t resolved_minus_gone() {
    size_t up = 0, down = 0;
    for (const std::string& event : bench.out.events) {
      up += event.starts_with("resolved");
      down += event.starts_with("gone");
    }
    return up - down;
  }
};

TEST_F(Hostile, TenThousandFakeNeighboursAtOnce) {
  for (uint32_t i = 0; i < 10'000; ++i) bench.arp(request_from(i));
  EXPECT_LE(bench.tables.list(bench.now).size(), 256u + 1);
  EXPECT_LE(resolved_minus_gone(), 256u);
  // In one instant no more than the bursts allow.
  EXPECT_EQ(bench.out.frames.size(), Settings{}.answer_burst);
  EXPECT_GT(bench.tables.counts(kIf).learning_limited, 9'000u);
  EXPECT_EQ(bench.state("10.0.0.2"), State::kReachable);
  EXPECT_EQ(bench.state("10.0.0.3"), State::kStatic);
}

TEST_F(Hostile, TenThousandFakeNeighboursOverAMinuteDoNotDisplaceOneThatAnswers) {
  for (uint32_t i = 0; i < 10'000; ++i) {
    bench.arp(request_from(i));
    bench.run(millis(6));
    for (const ArpMessage& sent : bench.out.take_arp())
      if (sent.operation == arp_operation::kRequest && sent.target_ip == ip("10.0.0.2").v4())
        bench.arp(answer_from("10.0.0.2"));
    ASSERT_LE(bench.tables.list(bench.now).size(), 256u + 1);
  }
  EXPECT_GT(bench.tables.counts(kIf).evicted, 1'000u);
  EXPECT_NE(bench.entry("10.0.0.2"), nullptr);
  EXPECT_NE(bench.entry("10.0.0.3"), nullptr);
  EXPECT_THAT(bench.out.events, testing::Not(testing::Contains("gone 10.0.0.2")));
  // Afterwards the fakes die of themselves.
  bench.run(seconds(20));
  EXPECT_LE(bench.tables.list(bench.now).size(), 2u);
}

TEST_F(Hostile, AScanOfAbsentAddressesIsBounded) {
  for (uint32_t i = 0; i < 10'000; ++i) {
    bench.tables.on_unresolved(kIf, numbered(i), bench.now);
    ASSERT_LE(bench.tables.list(bench.now).size(), 64u + 2);
  }
  // Each question ends in exactly one answer.
  bench.run(seconds(4));
  std::map<std::string, int> answers;
  for (const std::string& event : bench.out.events)
    if (event.starts_with("failed")) ++answers[event];
  EXPECT_EQ(answers.size(), 10'000u);
  for (const auto& [event, count] : answers) EXPECT_EQ(count, 1) << event;
  EXPECT_EQ(bench.state("10.0.0.2"), State::kReachable);
}

TEST_F(Hostile, QuestionsKeepToTheirRate) {
  Settings settings = without_probes();
  settings.questions_per_second = 10;
  settings.question_burst = 5;
  Bench slow({net("10.0.0.1/16")}, false, settings);
  slow.run(seconds(10));
  slow.out.take_frames();
  for (uint32_t i = 0; i < 100; ++i) slow.tables.on_unresolved(kIf, numbered(i), slow.now);
  EXPECT_EQ(slow.out.take_frames().size(), 5u);
  slow.run(seconds(10));
  const size_t sent = slow.out.take_frames().size();
  EXPECT_LE(sent, 101u);
  EXPECT_GE(sent, 80u);
  slow.run(seconds(60));
  // Slow, but everybody was asked three times before they were given up.
  EXPECT_EQ(slow.tables.counts(kIf).questions_sent, 300u);
  EXPECT_EQ(slow.tables.counts(kIf).failed, 100u);
}

TEST_F(Hostile, AMacThatFlapsIsLimited) {
  for (uint32_t i = 0; i < 10'000; ++i) {
    ArpMessage message = request_from(i);
    message.sender_ip = message.target_ip = ip("10.0.0.2").v4();
    bench.arp(message);
  }
  EXPECT_LE(bench.out.events.size(), Settings{}.learning_burst);
}

TEST_F(Hostile, AFullTableOfAnswersMakesRoomForANewAnswerOnly) {
  const auto answer = [&](uint32_t i) {
    ArpMessage message = request_from(i);
    message.operation = arp_operation::kReply;
    message.frame_destination = message.target_mac = kOurMac;
    bench.arp(message);
  };
  for (uint32_t i = 0; i < 255; ++i) {
    bench.tables.on_unresolved(kIf, numbered(i), bench.now);
    answer(i);
    bench.run(millis(10));
  }
  ASSERT_EQ(bench.tables.list(bench.now).size(), 257u);
  bench.out.take_events();
  bench.arp(request_from(1000));  // unasked: refused
  EXPECT_THAT(bench.out.take_events(), testing::IsEmpty());
  EXPECT_EQ(bench.tables.counts(kIf).refused, 1u);
  bench.tables.on_unresolved(kIf, numbered(1000), bench.now);
  answer(1000);  // asked: the one longest unconfirmed goes
  EXPECT_THAT(
      bench.out.take_events(),
      testing::ElementsAre("gone 10.0.0.2", "resolved " + IpAddr(numbered(1000)).to_string() + " " +
                                                mac_numbered(1000).to_string()));
  EXPECT_EQ(bench.state("10.0.0.3"), State::kStatic);
}

}  // namespace
}  // namespace spanway::neighbour::test
