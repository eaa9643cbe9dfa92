// SPDX-License-Identifier: BSD-3-Clause
// Pings and traceroutes through the face, in virtual time, across a small world.
#include "control/ping/sessions.h"

#include <gtest/gtest.h>

#include "tests/unit/control/ping/world.h"

namespace spanway::ping::test {
namespace {

PingOptions ping_to(const char* address, uint64_t count) {
  return {.address = ip(address), .count = count};
}

struct PingTest : testing::Test {
  World world;
  uint32_t start(const PingOptions& options) {
    auto number = world.sessions.start_ping(options, world.now);
    EXPECT_TRUE(number) << (number ? "" : number.error().message);
    return number ? *number : 0;
  }
  const Pinger& poll(uint32_t number) { return *world.sessions.poll_ping(number, world.now); }
};

TEST_F(PingTest, BothFamiliesAnswered) {
  world.answer = [](const Bytes& request) { return reply_to(request); };
  for (const char* address : {"10.2.0.5", "2001:db8:2::5"}) {
    const uint32_t number = start(ping_to(address, 3));
    world.run(millis(1500));
    EXPECT_FALSE(poll(number).done());
    EXPECT_EQ(poll(number).statistics().sent, 2u);
    world.run(seconds(2));
    const Pinger& ping = poll(number);
    ASSERT_TRUE(ping.done());
    const auto replies = ping.replies_after(0);
    ASSERT_EQ(replies.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(replies[i].number, i + 1);
      EXPECT_EQ(replies[i].sequence, i + 1);
      EXPECT_EQ(replies[i].outcome, Outcome::kReply);
      EXPECT_EQ(replies[i].from, ip(address));
      EXPECT_EQ(replies[i].rtt, millis(5));
      EXPECT_EQ(replies[i].ttl, 60);
      EXPECT_EQ(replies[i].bytes, 64);
    }
    EXPECT_EQ(ping.replies_after(2).size(), 1u);
    const PingStatistics figures = ping.statistics();
    EXPECT_EQ(figures.received, 3u);
    EXPECT_EQ(figures.loss_percent(), 0);
    EXPECT_EQ(figures.rtt_avg, millis(5));
    EXPECT_EQ(figures.rtt_mdev, Nanos());
    EXPECT_EQ(figures.elapsed, millis(2005));
  }
}

TEST_F(PingTest, LossIsATimeoutInOrder) {
  int count = 0;
  world.answer = [&](const Bytes& request) -> std::optional<Bytes> {
    if (++count == 2) return std::nullopt;
    return reply_to(request);
  };
  const uint32_t number = start(ping_to("10.2.0.5", 3));
  world.run(seconds(4));
  const auto replies = poll(number).replies_after(0);
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[1].outcome, Outcome::kTimeout);
  EXPECT_EQ(replies[1].sequence, 2u);
  EXPECT_NEAR(poll(number).statistics().loss_percent(), 33.3, 0.1);
}

TEST_F(PingTest, TimesVary) {
  int count = 0;
  world.answer = [&](const Bytes& request) {
    world.delay = millis(10 * ++count);
    return reply_to(request);
  };
  const uint32_t number = start(ping_to("10.2.0.5", 3));
  world.run(seconds(4));
  const PingStatistics figures = poll(number).statistics();
  EXPECT_EQ(figures.rtt_min, millis(10));
  EXPECT_EQ(figures.rtt_avg, millis(20));
  EXPECT_EQ(figures.rtt_max, millis(30));
  EXPECT_EQ(figures.rtt_mdev, Nanos(8'164'966));  // sqrt(200/3) ms
}

TEST_F(PingTest, ErrorsSayWhoAndWhy) {
  struct Case {
    uint8_t type, code;
    Outcome outcome;
    const char* detail;
  };
  for (const Case& c : {Case{3, 1, Outcome::kUnreachable, "host unreachable"},
                        Case{11, 0, Outcome::kTtlExpired, "time to live exceeded"},
                        Case{3, 4, Outcome::kTooBig, "packet too big, MTU 1400"}}) {
    world.answer = [&](const Bytes& request) {
      return icmp4("10.0.9.9", "10.0.0.1", c.type, c.code, 1400, request);
    };
    const uint32_t number = start(ping_to("10.2.0.5", 1));
    world.run(seconds(2));
    const auto replies = poll(number).replies_after(0);
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].outcome, c.outcome);
    EXPECT_EQ(replies[0].from, ip("10.0.9.9"));
    EXPECT_EQ(replies[0].detail, c.detail);
    EXPECT_EQ(poll(number).statistics().errors, 1u);
  }
}

TEST_F(PingTest, NoRouteIsToldAtOnce) {
  world.source4.reset();
  const uint32_t number = start(ping_to("10.2.0.5", 1));
  world.run(millis(1));
  ASSERT_TRUE(poll(number).done());
  EXPECT_EQ(poll(number).replies_after(0).at(0).outcome, Outcome::kNoRoute);
  world.source4 = ip("10.0.0.1");
  world.can_send = false;
  const uint32_t second = start(ping_to("10.2.0.5", 1));
  world.run(millis(1));
  EXPECT_EQ(poll(second).replies_after(0).at(0).detail, "could not be sent");
}

TEST_F(PingTest, DuplicatesAndStrangersAreNoReplies) {
  const uint32_t number = start(ping_to("10.2.0.5", 2));
  world.run(millis(1));
  ASSERT_EQ(world.sent.size(), 1u);
  const Bytes good = reply_to(world.sent[0]);
  Bytes other_id = world.sent[0];
  other_id[24] ^= 0x40;
  EXPECT_FALSE(world.sessions.on_packet(reply_to(other_id), world.now));
  Bytes other_host = world.sent[0];
  other_host[19] ^= 1;  // destination: the reply then comes from somebody else
  EXPECT_FALSE(world.sessions.on_packet(reply_to(other_host), world.now));
  Bytes other_source = world.sent[0];
  other_source[15] ^= 4;  // the reply then goes to another address of ours
  EXPECT_FALSE(world.sessions.on_packet(reply_to(other_source), world.now));
  Bytes not_sent_yet = world.sent[0];
  not_sent_yet[27] = 2;
  EXPECT_FALSE(world.sessions.on_packet(reply_to(not_sent_yet), world.now));
  EXPECT_EQ(poll(number).statistics().received, 0u);
  EXPECT_TRUE(world.sessions.on_packet(good, world.now));
  EXPECT_TRUE(world.sessions.on_packet(good, world.now));
  EXPECT_EQ(poll(number).statistics().received, 1u);
  EXPECT_EQ(poll(number).statistics().duplicates, 1u);
  EXPECT_EQ(poll(number).replies_after(0).size(), 1u);
}

TEST_F(PingTest, AReplyAfterItsTimeoutChangesNothing) {
  const uint32_t number = start(ping_to("10.2.0.5", 2));
  world.run(millis(1500));
  EXPECT_TRUE(world.sessions.on_packet(reply_to(world.sent[0]), world.now));
  EXPECT_EQ(poll(number).statistics().received, 0u);
  EXPECT_EQ(poll(number).statistics().duplicates, 0u);
}

TEST_F(PingTest, ManySessionsDoNotMix) {
  world.answer = [](const Bytes& request) { return reply_to(request); };
  std::vector<uint32_t> numbers;
  for (size_t i = 0; i < Sessions::kMaxSessions; ++i)
    numbers.push_back(start(ping_to("10.2.0.5", 4)));
  EXPECT_FALSE(world.sessions.start_ping(ping_to("10.2.0.5", 1), world.now));
  world.run(seconds(5));
  for (const uint32_t number : numbers) {
    EXPECT_TRUE(poll(number).done());
    EXPECT_EQ(poll(number).statistics().received, 4u);
  }
}

TEST_F(PingTest, SequencesPassTheWireWidth) {
  world.answer = [](const Bytes& request) { return reply_to(request); };
  PingOptions options = ping_to("10.2.0.5", 70'000);
  options.interval = millis(10);
  const uint32_t number = start(options);
  for (int i = 0; i < 100; ++i) {
    world.sent.clear();
    world.run(millis(7'100));
    poll(number);
  }
  const PingStatistics figures = poll(number).statistics();
  EXPECT_EQ(figures.sent, 70'000u);
  EXPECT_EQ(figures.received, 70'000u);
  EXPECT_EQ(figures.duplicates, 0u);
  EXPECT_EQ(poll(number).replies_after(0).size(), Pinger::kKept);
  EXPECT_EQ(poll(number).replies_after(0).back().sequence, 70'000u);
}

TEST_F(PingTest, UnpolledIsStoppedThenForgotten) {
  const uint32_t number = start(ping_to("10.2.0.5", 0));
  world.run(seconds(9));
  EXPECT_EQ(world.sent.size(), 10u);
  world.run(seconds(8));
  EXPECT_LE(world.sent.size(), 11u);
  EXPECT_TRUE(poll(number).done());
  world.run(seconds(11));
  EXPECT_EQ(world.sessions.poll_ping(number, world.now), nullptr);
  EXPECT_EQ(world.sessions.size(), 0u);
  EXPECT_EQ(world.sessions.next_deadline(), Nanos::never());
}

TEST_F(PingTest, StopKeepsTheFigures) {
  world.answer = [](const Bytes& request) { return reply_to(request); };
  const uint32_t number = start(ping_to("10.2.0.5", 0));
  world.run(millis(2500));
  EXPECT_TRUE(world.sessions.stop(number, world.now));
  world.run(seconds(3));
  EXPECT_TRUE(poll(number).done());
  EXPECT_EQ(poll(number).statistics().sent, 3u);
  EXPECT_FALSE(world.sessions.stop(99, world.now));
}

TEST_F(PingTest, RefusesWhatCanNotWork) {
  PingOptions options = ping_to("10.2.0.5", 1);
  options.payload_bytes = 1973;
  const auto refused = world.sessions.start_ping(options, world.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fix, "give a size of at most 1972");
  options.payload_bytes = 1972;
  EXPECT_TRUE(world.sessions.start_ping(options, world.now));
  EXPECT_FALSE(world.sessions.start_ping(ping_to("224.0.0.1", 1), world.now));
  EXPECT_FALSE(world.sessions.start_ping(ping_to("::", 1), world.now));
  options = ping_to("10.2.0.5", 1);
  options.source = ip("2001:db8::1");
  EXPECT_FALSE(world.sessions.start_ping(options, world.now));
  options = ping_to("10.2.0.5", 1);
  options.interval = millis(10);
  options.timeout = seconds(60);
  EXPECT_FALSE(world.sessions.start_ping(options, world.now));
}

// Two routers and a host; each router speaks from its own address.
std::optional<Bytes> across_two_routers(const Bytes& probe) {
  const bool four = probe[0] >> 4 == 4;
  const uint8_t ttl = four ? probe[8] : probe[7];
  const bool udp = probe[four ? 9 : 6] == 17;
  if (ttl <= 2) {
    const Bytes quote(probe.begin(), probe.begin() + (four ? 28 : 48));
    const char* routers4[] = {"10.0.1.1", "10.0.2.1"};
    const char* routers6[] = {"2001:db8:a::1", "2001:db8:b::1"};
    return four ? icmp4(routers4[ttl - 1], "10.0.0.1", 11, 0, 0, quote)
                : icmp6(routers6[ttl - 1], "2001:db8::1", 3, 0, 0, quote);
  }
  if (!udp) return reply_to(probe);
  return four ? icmp4("10.2.0.5", "10.0.0.1", 3, 3, 0, probe)
              : icmp6("2001:db8:2::5", "2001:db8::1", 1, 4, 0, probe);
}

struct TraceTest : PingTest {
  const Tracer& run(const TraceOptions& options, Nanos span) {
    auto number = world.sessions.start_trace(options, world.now);
    EXPECT_TRUE(number);
    world.run(span);
    return *world.sessions.poll_trace(*number, world.now);
  }
};

TEST_F(TraceTest, NamesEveryHopByEitherMethodAndFamily) {
  world.answer = across_two_routers;
  for (const bool udp : {false, true})
    for (const bool four : {true, false}) {
      const Tracer& trace =
          run({.address = ip(four ? "10.2.0.5" : "2001:db8:2::5"), .udp = udp}, millis(100));
      EXPECT_TRUE(trace.done());
      EXPECT_TRUE(trace.reached());
      const auto hops = trace.hops_after(0);
      ASSERT_EQ(hops.size(), 3u);
      const char* expected4[] = {"10.0.1.1", "10.0.2.1", "10.2.0.5"};
      const char* expected6[] = {"2001:db8:a::1", "2001:db8:b::1", "2001:db8:2::5"};
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(hops[i].ttl, i + 1);
        ASSERT_EQ(hops[i].probes.size(), 3u);
        for (const TraceProbe& probe : hops[i].probes) {
          EXPECT_EQ(probe.from, ip(four ? expected4[i] : expected6[i]));
          EXPECT_EQ(probe.rtt, millis(5));
          EXPECT_EQ(probe.note, "");
        }
      }
      EXPECT_EQ(trace.hops_after(2).size(), 1u);
    }
}

TEST_F(TraceTest, ASilentHopCostsOneTimeout) {
  world.answer = [](const Bytes& probe) -> std::optional<Bytes> {
    if (probe[8] == 2) return std::nullopt;
    return across_two_routers(probe);
  };
  const Tracer& trace = run({.address = ip("10.2.0.5")}, millis(1'050));
  EXPECT_TRUE(trace.done());
  const auto hops = trace.hops_after(0);
  ASSERT_EQ(hops.size(), 3u);
  EXPECT_FALSE(hops[1].probes[0].from);
  EXPECT_TRUE(hops[2].probes[0].from);
}

TEST_F(TraceTest, ShowsOnlyCompleteHops) {
  world.answer = [](const Bytes& probe) -> std::optional<Bytes> {
    if (probe[8] == 2) return std::nullopt;
    return across_two_routers(probe);
  };
  const Tracer& trace = run({.address = ip("10.2.0.5")}, millis(500));
  EXPECT_FALSE(trace.done());
  EXPECT_EQ(trace.hops_after(0).size(), 1u);
}

TEST_F(TraceTest, ADoubleAnswerIsOneAnswer) {
  const Tracer& trace = run({.address = ip("10.2.0.5")}, millis(1));
  ASSERT_EQ(world.sent.size(), 3u);
  const Bytes answer = *across_two_routers(world.sent[0]);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(world.sessions.on_packet(answer, world.now));
  EXPECT_TRUE(trace.hops_after(0).empty()) << "two probes still wait";
}

TEST_F(TraceTest, EndsWhereItIsRefused) {
  world.answer = [](const Bytes& probe) -> std::optional<Bytes> {
    if (probe[8] == 2) return icmp4("10.0.2.1", "10.0.0.1", 3, 13, 0, probe);
    return across_two_routers(probe);
  };
  const Tracer& trace = run({.address = ip("10.2.0.5")}, millis(500));
  EXPECT_TRUE(trace.done());
  EXPECT_FALSE(trace.reached());
  ASSERT_EQ(trace.hops_after(0).size(), 2u);
  EXPECT_EQ(trace.hops_after(0)[1].probes[0].note, "!X");
}

TEST_F(TraceTest, GivesUpAfterTheLastHop) {
  const Tracer& trace = run({.address = ip("10.2.0.5"), .max_hops = 4}, seconds(5));
  EXPECT_TRUE(trace.done());
  EXPECT_FALSE(trace.reached());
  EXPECT_EQ(trace.hops_after(0).size(), 4u);
}

TEST_F(TraceTest, WithoutARouteEndsAtOnce) {
  world.source4.reset();
  const Tracer& trace = run({.address = ip("10.2.0.5")}, millis(1));
  EXPECT_TRUE(trace.done());
  EXPECT_FALSE(trace.reached());
}

}  // namespace
}  // namespace spanway::ping::test
