// SPDX-License-Identifier: BSD-3-Clause
#include "control/transport/host.h"

#include <gtest/gtest.h>

#include <map>

#include "control/transport/probes.h"

namespace spanway::transport {
namespace {

const IpAddr kOurs = Ip4Addr(10, 0, 0, 1), kFar = Ip4Addr(10, 0, 9, 9);

void seeded(void* random, std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*static_cast<Random*>(random))() >> 7);
}

struct Wire final : Outlet {
  bool send_datagram(std::span<const uint8_t> packet) override {
    sent.emplace_back(packet.begin(), packet.end());
    return true;
  }
  std::optional<IpAddr> source_towards(const IpAddr& to) override {
    return to == kFar ? std::optional(kOurs) : std::nullopt;
  }
  std::vector<std::vector<uint8_t>> sent;
};

struct Somebody final : Owner {
  App& app(WorkerId) override { return server; }
  [[nodiscard]] Params params() const override { return Probes::kParams; }
  std::optional<Seat> admit(uint32_t, const Path&) override { return std::nullopt; }
  void connected(uint32_t) override {}
  void failed(uint32_t number, const Error& why) override { failures.emplace(number, why); }
  void buried(uint32_t, uint64_t) override {}
  ProbeServer server;
  std::map<uint32_t, Error> failures;
};

class AHost : public testing::Test {
 protected:
  [[nodiscard]] size_t listening() const {
    size_t ports = 0;
    for (uint32_t port = 0; port < 65'536; ++port)
      ports += host.listening().has(static_cast<uint16_t>(port)) ? 1 : 0;
    return ports;
  }
  ErrorCode refusal(const IpAddr& to) {
    const auto number = host.dial({.peer = {to, 7}}, owner, now);
    EXPECT_FALSE(number);
    return number ? ErrorCode::kInternal : number.error().code;
  }

  Nanos now = seconds(5);
  Random random{3};
  Wire wire;
  Somebody owner;
  Host host{{.workers = 2, .most_sessions = 16}, wire, seeded, &random};
};

TEST_F(AHost, APortHasOneListener) {
  ASSERT_TRUE(host.listen(7, owner));
  const auto again = host.listen(7, owner);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
  EXPECT_TRUE(host.listening().has(7));
  host.unlisten(7);
  host.unlisten(7);
  EXPECT_EQ(listening(), 0u);
  EXPECT_TRUE(host.listen(7, owner));
}

TEST_F(AHost, SaysWhyItDoesNotDial) {
  EXPECT_EQ(refusal(*IpAddr::parse("192.0.2.1")), ErrorCode::kUnavailable);
  EXPECT_EQ(refusal(*IpAddr::parse("fe80::1")), ErrorCode::kInvalid);
  std::vector<uint32_t> dials;
  for (auto one = host.dial({.peer = {kFar, 7}}, owner, now); one;
       one = host.dial({.peer = {kFar, 7}}, owner, now))
    dials.push_back(*one);
  EXPECT_EQ(dials.size(), 1024u);
  EXPECT_EQ(refusal(kFar), ErrorCode::kFull);
  EXPECT_EQ(listening(), 1024u) << "each from a port of its own";
  for (const uint32_t number : dials) host.hang_up(number);
  host.hang_up(dials.front());
  EXPECT_EQ(listening(), 0u);
  EXPECT_EQ(host.dialling(), 0u);
  // All of it again and again: nothing is left behind.
  for (int i = 0; i < 70'000; ++i) {
    const auto number = host.dial({.peer = {kFar, 7}}, owner, now);
    ASSERT_TRUE(number) << i;
    host.hang_up(*number);
  }
}

TEST_F(AHost, GivesUpByNameWhenPatienceIsOver) {
  const auto number = host.dial({.peer = {kFar, 7}, .patience = millis(500)}, owner, now);
  ASSERT_TRUE(number);
  const Nanos began = now;
  for (Nanos next = now; owner.failures.empty() && next < began + seconds(2);) {
    now = next;
    next = host.step(now);
  }
  EXPECT_EQ(now, began + millis(500));
  ASSERT_TRUE(owner.failures.contains(*number));
  EXPECT_EQ(owner.failures.at(*number).code, ErrorCode::kUnavailable);
  EXPECT_NE(owner.failures.at(*number).message.find("10.0.9.9:7"), std::string::npos);
  // At once, then after 20, 60, 140 and 300 ms.
  EXPECT_EQ(wire.sent.size(), 5u);
  EXPECT_EQ(listening(), 0u);
}

TEST_F(AHost, StrayAnswersChangeNothing) {
  ASSERT_TRUE(host.listen(7, owner));
  const auto number = host.dial({.peer = {kFar, 7}}, owner, now);
  host.step(now);
  for (const uint8_t kind : {0x12, 0x13, 0x14}) {
    std::vector<uint8_t> packet(40);
    packet[0] = kind;
    packet[7] = kind == 0x13 ? 0 : 1;  // the connection that it names
    host.on_packet(WorkerId{0}, {{kOurs, 7}, {kFar, 99}}, packet, now);
    host.on_packet(WorkerId{9}, {{kOurs, 8}, {kFar, 99}}, packet, now);
  }
  EXPECT_EQ(host.dialling(), 1u);
  EXPECT_TRUE(host.sessions().empty());
  EXPECT_GT(host.counts().stray, 0u);
  EXPECT_TRUE(owner.failures.empty());
  host.hang_up(*number);
}

}  // namespace
}  // namespace spanway::transport
