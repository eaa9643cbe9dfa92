// SPDX-License-Identifier: BSD-3-Clause
// Strangers flood a node with the packets of handshakes, in virtual time: Hellos from invented
// addresses, Opens with invented cookies, their own good Opens again and again, and answers to
// dials that they know nothing of. Honest peers connect all the same, and memory is bounded.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "dataplane/base/tuning.h"
#include "dataplane/transport/message/handshake.h"
#include "tests/support/bad_segment.h"
#include "tests/support/eal.h"
#include "tests/support/frames.h"
#include "tests/support/sanitizer.h"
#include "tests/support/transport_node.h"

namespace spanway::test {
namespace {

using namespace transport;

constexpr uint16_t kPort = 7'007;
// Of all strangers together; control takes 10,000 from a worker.
constexpr int kFloodASecond = kSanitized ? 100'000 : 200'000;
constexpr int kDials = kSanitized ? 100 : 400;
constexpr Nanos kLasts = kSanitized ? millis(500) : seconds(2);
constexpr unsigned kWithAddress = 20;  // strangers that hear what is sent to their address

// Says nothing, and goes when the other goes.
struct Short final : App {
  void on_open(Endpoint&, Session& session, Nanos) noexcept override {
    session.connection().close();
  }
  void on_ready(Endpoint&, Session&, Nanos) noexcept override {}
  void on_end(Endpoint&, Session&, End, Nanos) noexcept override {}
};

struct Anybody final : Owner {
  App& app(WorkerId) override { return shorts; }
  [[nodiscard]] Params params() const override {
    return {.window_bytes = 1 << 12, .window_messages = 1, .idle_ms = 5'000};
  }
  std::optional<Seat> admit(uint32_t, const Path&) override { return Seat{}; }
  void connected(uint32_t) override { ++connects; }
  void failed(uint32_t, const Error&) override { ++failures; }
  void buried(uint32_t, uint64_t) override {}
  Short shorts;
  int connects = 0, failures = 0;
};

class Flood : public testing::Test {
 protected:
  Flood() {
    const char* given = std::getenv("SPANWAY_SEED");
    if (given != nullptr) seed = std::strtoull(given, nullptr, 10);
    std::printf("seed %llu (SPANWAY_SEED chooses another)\n",
                static_cast<unsigned long long>(seed));
    random = Random(seed);
    for (unsigned i = 0; i < 2; ++i) {
      NodeOptions options;
      options.index = i;
      options.host.workers = 2;
      options.host.most_sessions = 1'024;
      options.host.connection.sender.capacity = 16;
      options.host.connection.most_messages = 4;
      options.secret = options.host.seed = seed * 2 + i;
      options.born = now;
      options.apps = {&owners[i].shorts, &owners[i].shorts};
      nodes[i] = std::make_unique<TransportNode>(options, segment);
      segment.nodes[i] = nodes[i].get();
      EXPECT_TRUE(nodes[i]->host().listen(kPort, owners[i]));
    }
    segment.strangers = &heard;
    for (unsigned i = 0; i < kWithAddress; ++i)
      own_hellos.push_back({ConnectionId{i + 1}, {static_cast<uint8_t>(i)}, Protected::kCrc32c});
  }

  static Ip4Addr stranger(unsigned i) { return Ip4Addr(192, 0, 2, static_cast<uint8_t>(i + 1)); }
  static Bytes with_crc(Bytes packet) { return sealed(std::move(packet), kHeaderBytes, {}); }
  void send(unsigned to, Ip4Addr from, uint16_t from_port, uint16_t to_port, const Bytes& payload) {
    const Ip4 ip{from, TransportNode::address(to, Family::kIp4).v4()};
    nodes[to]->arrive(frame4({{{2, 0, 0, 0, 0, static_cast<uint8_t>(to + 1)}},
                              {{2, 0, 0, 0, 0, TransportNode::kMost + 1}}},
                             packet4(ip, udp(ip, from_port, to_port, payload))));
  }
  Hello invented() {
    Hello hello{ConnectionId{static_cast<uint32_t>(random())}, {}, Protected::kCrc32c};
    for (uint8_t& byte : hello.random) byte = static_cast<uint8_t>(random());
    return hello;
  }
  void flood_once() {
    const Ip4Addr from(static_cast<uint32_t>(0x20000000 + random.below(0x20000000)));
    const auto port = static_cast<uint16_t>(1 + random.below(65'000));
    switch (random.below(4)) {
      case 0:
        return send(0, from, port, kPort, with_crc(write_hello(invented())));
      case 1:
        return send(
            0, from, port, kPort,
            with_crc(write_open(
                {invented(), {static_cast<uint32_t>(now.ns() / 1'000'000), random()}, {}})));
      case 2:
        // As if the server had answered, by ids that are guessed.
        return send(1, TransportNode::address(0, Family::kIp4).v4(), kPort, kPort,
                    with_crc(write_accept(ConnectionId{static_cast<uint32_t>(random())}, {})));
      default: {
        // Its own, that is as good as anybody's.
        const auto i = static_cast<unsigned>(random.below(kWithAddress));
        if (opens[i].empty())
          return send(0, stranger(i), 9, kPort, with_crc(write_hello(own_hellos[i])));
        return send(0, stranger(i), 9, kPort, opens[i]);
      }
    }
  }
  // Challenges to strangers that hear them.
  void hear() {
    for (const Bytes& frame : heard) {
      const auto payload = std::span(frame).subspan(14 + 28);
      const auto header = read_header(payload);
      if (!header || header->kind != PacketKind::kChallenge || header->connection.value == 0 ||
          header->connection.value > kWithAddress || frame[30] != 192)
        continue;
      const unsigned i = header->connection.value - 1;
      const auto cookie = read_challenge(payload.subspan(kHeaderBytes, kCookieBytes));
      if (cookie && opens[i].empty()) opens[i] = with_crc(write_open({own_hellos[i], *cookie, {}}));
    }
    heard.clear();
  }
  void step(Nanos by) {
    now += by;
    segment.arrive(now);
    for (const auto& node : nodes) node->turn(now);
    for (const auto& node : nodes) node->control(now);
    hear();
  }

  uint64_t seed = 1;
  Random random{1};
  Nanos now = seconds(1);
  BadSegment segment{{}, 1};
  std::array<Anybody, 2> owners;
  std::array<std::unique_ptr<TransportNode>, 2> nodes;
  std::vector<Bytes> heard;
  std::vector<Hello> own_hellos;
  std::array<Bytes, kWithAddress> opens;
};

TEST_F(Flood, HonestPeersConnectAndMemoryIsBounded) {
  constexpr Nanos kStep = micros(100);
  const auto steps = static_cast<int>(kLasts.ns() / kStep.ns());
  const int every = steps / kDials;
  size_t most_known = 0;
  for (int i = 0; i < steps; ++i) {
    for (int n = 0; n < kFloodASecond / 10'000; ++n) flood_once();
    if (i % every == 0) {
      const Family family = i / every % 2 == 0 ? Family::kIp4 : Family::kIp6;
      EXPECT_TRUE(nodes[1]->host().dial(
          {.peer = {TransportNode::address(0, family), kPort}, .patience = seconds(1)}, owners[1],
          now));
    }
    step(kStep);
    most_known = std::max(most_known, nodes[0]->host().welcome().size());
  }
  // No dial is helped by the end of the flood.
  while (nodes[1]->host().dialling() != 0) {
    for (int n = 0; n < kFloodASecond / 10'000; ++n) flood_once();
    step(kStep);
  }
  EXPECT_GE(owners[1].connects, kDials * 99 / 100);
  EXPECT_EQ(owners[1].connects + owners[1].failures,
            static_cast<int>(nodes[1]->host().counts().dialled));
  for (const Bytes& open : opens)
    EXPECT_FALSE(open.empty()) << "a stranger that hears has no cookie";
  EXPECT_EQ(nodes[0]->host().counts().accepted,
            static_cast<uint64_t>(owners[1].connects) + kWithAddress);
  // Of those who showed that they hear us, and of nobody else.
  EXPECT_LE(most_known, static_cast<size_t>(nodes[1]->host().counts().dialled) + kWithAddress);
  EXPECT_EQ(nodes[1]->host().welcome().size(), 0u);
  std::printf("%d of %d connected; the server knew %zu at most and dropped %llu\n",
              owners[1].connects, owners[1].connects + owners[1].failures, most_known,
              static_cast<unsigned long long>(nodes[0]->drops(DropReason::kTransportHandshake)));
  for (const auto& node : nodes) EXPECT_EQ(node->stop(), 0);
  for (auto& node : nodes) node.reset();
  EXPECT_EQ(buffers_in_use(), 0u);
}

}  // namespace
}  // namespace spanway::test
