// SPDX-License-Identifier: BSD-3-Clause
// UDP packets of the message protocol, in and out of one worker's road: packets in, packets out.
#include "dataplane/worker/transport_road.h"

#include <gtest/gtest.h>

#include "dataplane/base/random.h"
#include "dataplane/transport/message/dial.h"
#include "dataplane/transport/message/welcome.h"
#include "tests/support/road.h"

namespace spanway::worker {
namespace {

using namespace test;
using transport::ConnectionId;
using transport::Dial;
using transport::DialState;
using transport::PacketKind;
using transport::Peer;

constexpr uint16_t kPort = 7007, kClientPort = 50'000;

// What an application was told.
struct Told final : transport::App {
  void on_open(transport::Endpoint&, transport::Session& session, Nanos) noexcept override {
    opened = &session;
  }
  void on_ready(transport::Endpoint&, transport::Session& session, Nanos) noexcept override {
    while (const auto got = session.connection().next()) {
      messages.emplace_back(got->bytes.begin(), got->bytes.end());
      session.connection().consume();
    }
    while (session.connection().take_done()) ++done;
  }
  void on_end(transport::Endpoint&, transport::Session&, transport::End why,
              Nanos) noexcept override {
    ended = why;
  }
  transport::Session* opened = nullptr;
  std::vector<Bytes> messages;
  int done = 0;
  std::optional<transport::End> ended;
};

class Transport : public testing::Test {
 protected:
  Transport() {
    listening.add(kPort);
    road.listener = &transport_road;
    road.route("10.0.1.1/32", Road::to_kind(table::NextHopKind::kLocal));
    road.route("2001:db8:1::1/128", Road::to_kind(table::NextHopKind::kLocal));
    // Strangers everywhere are answered by way of the left neighbour.
    road.route("0.0.0.0/0", road.to_neighbour(Road::kLeft, Road::kLeftPeer));
  }
  void TearDown() override { EXPECT_EQ(road.imbalance(), 0); }

  // As a neighbour on the left sends it to port kPort of our left address.
  static Bytes datagram(const IpAddr& from, uint16_t from_port, const Bytes& payload,
                        int vlan = -1) {
    const Ether ether{Road::kLeftMac, Road::kLeftPeer, vlan};
    if (from.is4()) {
      const Ip4 ip{from.v4(), ip4_of("10.0.1.1")};
      return frame4(ether, packet4(ip, udp(ip, from_port, kPort, payload)));
    }
    const Ip6 ip{from.v6(), ip6_of("2001:db8:1::1")};
    return frame6(ether, packet6(ip, udp(ip, from_port, kPort, payload)));
  }
  // The payload of a frame that we sent, its UDP checksum seen to be right.
  static Bytes payload_of(const Bytes& sent) {
    const bool v4 = sent[12] == 0x08;
    const size_t l3 = 14, l4 = l3 + (v4 ? 20 : 40);
    const Bytes segment(sent.begin() + static_cast<long>(l4), sent.end());
    if (v4) {
      const Bytes header(sent.begin() + 14, sent.begin() + static_cast<long>(l4));
      EXPECT_EQ(plain_checksum(header), 0);
      const Ip4 ip{Ip4Addr(sent[26], sent[27], sent[28], sent[29]),
                   Ip4Addr(sent[30], sent[31], sent[32], sent[33])};
      EXPECT_EQ(plain_checksum(pseudo(ip, 17, segment.size()) + segment), 0);
    } else {
      Ip6 ip;
      std::copy_n(sent.begin() + 22, 16, ip.from.bytes.begin());
      std::copy_n(sent.begin() + 38, 16, ip.to.bytes.begin());
      EXPECT_EQ(plain_checksum(pseudo(ip, 17, segment.size()) + segment), 0);
    }
    return {segment.begin() + 8, segment.end()};
  }
  Dial dial(uint8_t n = 1) {
    return {{}, ConnectionId{0x1000u + n}, {n, 2, 3}, kTakes, seconds(9), road.now};
  }
  // A frame with an Open that has a good cookie.
  Bytes open_from(const Ip4Addr& from) {
    Dial client = dial();
    road.receive(Road::kLeftPort, datagram(from, kClientPort, *client.step(road.now)));
    EXPECT_TRUE(client.on_packet(payload_of(road.sent().at(0).bytes), road.now));
    return datagram(from, kClientPort, *client.step(road.now));
  }
  void serve() {
    road.turn([&](stage::Context& context) { transport_road.serve(context); });
  }
  std::vector<seam::PuntReason> punts() {
    std::vector<seam::PuntReason> out;
    for (const Road::Punted& one : road.punted()) out.push_back(one.punt.reason);
    return out;
  }

  static constexpr transport::Params kTakes{
      .packet_bytes = 1'400, .window_bytes = 1 << 16, .window_messages = 64};
  static constexpr size_t kMost = 16;
  Road road;
  transport::Listening listening;
  transport::Welcome welcome{{}, {1, 2, 3}, kMost};
  transport::SessionRings rings{kMost};
  transport::Owners owners;
  Handover handover{2};
  TransportParts parts{listening, owners, welcome.gate(), rings, kMost, {}};
  TransportRoad transport_road{&parts, WorkerId{0}, handover, road.now};
};

TEST_F(Transport, AHelloIsAnsweredByAChallengeThatIsGood) {
  for (const IpAddr& from : {IpAddr(ip4_of("10.0.1.2")), IpAddr(ip6_of("2001:db8:1::2"))}) {
    Dial client = dial();
    road.receive(Road::kLeftPort, datagram(from, kClientPort, *client.step(road.now)));
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_TRUE(client.on_packet(payload_of(sent[0].bytes), road.now));
    EXPECT_EQ(client.state(), DialState::kOpen);
    EXPECT_TRUE(punts().empty());
    // The cookie opens the door, from that address alone.
    const Bytes open = *client.step(road.now);
    road.receive(Road::kLeftPort, datagram(from, kClientPort + 1, open));
    EXPECT_TRUE(punts().empty());
    road.receive(Road::kLeftPort, datagram(from, kClientPort, open));
    EXPECT_EQ(punts(), std::vector{seam::PuntReason::kTransport});
  }
  EXPECT_EQ(road.drops(DropReason::kTransportHandshake), 2u);
}

TEST_F(Transport, AFloodOfHellosNeverReachesControl) {
  Random random(7);
  constexpr unsigned kHellos = 20'000;
  unsigned answered = 0;
  for (unsigned i = 0; i < kHellos; ++i) {
    Dial client = dial(static_cast<uint8_t>(i));
    const Ip4Addr from(static_cast<uint32_t>(random.below(0x20000000) + 0x20000000));
    road.receive(Road::kLeftPort, datagram(from, static_cast<uint16_t>(1 + random.below(65'535)),
                                           *client.step(road.now)));
    for (const Sent& one : road.sent()) answered += one.bytes.size() < 14 + 28 + 40 ? 1 : 0;
  }
  EXPECT_EQ(answered, kHellos) << "each by less than it was";
  EXPECT_TRUE(punts().empty());
  EXPECT_EQ(welcome.size(), 0u);
}

// From many sources, each of which has a good cookie.
TEST_F(Transport, OpensReachControlAtARate) {
  std::vector<Bytes> frames;
  for (uint8_t i = 0; i < 40; ++i) frames.push_back(open_from(Ip4Addr(32, 0, 0, i)));
  size_t punted = 0;
  const auto flood = [&] {
    for (size_t i = 0; i < 2'000; ++i) {
      road.receive(Road::kLeftPort, frames[i % frames.size()]);
      punted += punts().size();
    }
  };
  flood();
  EXPECT_EQ(punted, tuning::kTransportOpenBurst);
  road.advance(millis(10));
  flood();
  EXPECT_EQ(punted, tuning::kTransportOpenBurst + tuning::kTransportOpensPerSecond / 100);
}

// Who says its own again and again, and as much as it can, leaves room for everybody else.
TEST_F(Transport, NoSourceTakesTheRoomOfOthers) {
  const Bytes greedy = open_from(Ip4Addr(32, 0, 0, 1));
  size_t greedy_punted = 0, others_punted = 0;
  for (unsigned i = 0; i < 2'000; ++i) {
    road.receive(Road::kLeftPort, greedy);
    greedy_punted += punts().size();
  }
  EXPECT_EQ(greedy_punted, tuning::kTransportOpenBurst / 2 + 1);
  for (uint8_t i = 2; i < 202; ++i) {
    road.receive(Road::kLeftPort, open_from(Ip4Addr(32, 0, 0, i)));
    others_punted += punts().size();
  }
  EXPECT_EQ(others_punted, 200u);
}

// Most of what answers no dial of ours ends at the worker.
TEST_F(Transport, OnlyAnswersToDialsReachControl) {
  for (const auto kind : {PacketKind::kChallenge, PacketKind::kAccept}) {
    Bytes answer(64);
    transport::write_header({kind, 0, ConnectionId{0x1234}, {}}, answer.data());
    const Bytes frame = datagram(ip4_of("10.0.1.2"), kClientPort, answer);
    road.receive(Road::kLeftPort, frame);
    EXPECT_TRUE(punts().empty());
    owners.set_dialled(ConnectionId{0x1234});
    EXPECT_FALSE(owners.find(ConnectionId{0x1234}));
    road.receive(Road::kLeftPort, frame);
    EXPECT_EQ(punts(), std::vector{seam::PuntReason::kTransport});
    owners.clear(ConnectionId{0x1234});
  }
  EXPECT_EQ(road.drops(DropReason::kTransportHandshake), 2u);
}

TEST_F(Transport, WhatIsNothingOfOursEndsByName) {
  const IpAddr from = ip4_of("10.0.1.2");
  road.receive(Road::kLeftPort, datagram(from, kClientPort, Bytes(5, 0x15)));
  road.receive(Road::kLeftPort, datagram(from, kClientPort, Bytes(64, 0xff)));
  EXPECT_EQ(road.drops(DropReason::kTransportRefused), 2u);
  Bytes data(64);
  transport::write_header({PacketKind::kData, 0, ConnectionId{77}, transport::PacketNumber(1)},
                          data.data());
  road.receive(Road::kLeftPort, datagram(from, kClientPort, data));
  EXPECT_EQ(road.drops(DropReason::kTransportUnknown), 1u);
  EXPECT_TRUE(road.sent().empty());
  // Where nobody listens, the sender is told.
  listening.remove(kPort);
  road.receive(Road::kLeftPort, datagram(from, kClientPort, data));
  EXPECT_EQ(road.sent().size(), 1u);
  EXPECT_EQ(road.drops(DropReason::kLocalUnknownProtocol), 1u);
}

// A whole connection: handshake by hand, then messages both ways over frames.
class Connected : public Transport {
 protected:
  Connected() {
    const Peer server{ip4_of("10.0.1.1"), kPort}, client{ip4_of("10.0.1.2"), kClientPort};
    Dial dialling = dial();
    const auto challenge = welcome.on_hello(client, *dialling.step(road.now), road.now);
    EXPECT_TRUE(dialling.on_packet(challenge.first->packet, road.now));
    const auto made = welcome.on_open(client, *dialling.step(road.now), ConnectionId{0x2001},
                                      {4, 5, 6}, kTakes, road.now);
    EXPECT_TRUE(dialling.on_packet(made.first->packet, road.now));
    peer_memory.resize(transport::receive_bytes(kTakes) + transport::kUnitBytes);
    memory.resize(peer_memory.size());
    peer = std::make_unique<transport::Connection>(dialling.established(), options,
                                                   aligned(peer_memory), road.now);
    session = std::make_unique<transport::Session>(
        transport::SessionParts{1, {server, client}, &told, 0, aligned(memory)}, *made.first->made,
        options, road.now);
    rings.made.push(session.get());
    serve();
  }
  static std::span<uint8_t> aligned(Bytes& bytes) {
    const auto at = reinterpret_cast<uintptr_t>(bytes.data());
    return std::span(bytes).subspan(
        (transport::kUnitBytes - at % transport::kUnitBytes) % transport::kUnitBytes,
        transport::receive_bytes(kTakes));
  }
  // One packet of the peer's, from this port of its.
  Bytes peer_packet() {
    Bytes room(1'400);
    room.resize(peer->write(room, road.now));
    return room;
  }
  void hear_from_peer(uint16_t port = kClientPort) {
    const Bytes packet = peer_packet();
    road.receive(Road::kLeftPort, datagram(ip4_of("10.0.1.2"), port, packet));
  }
  void peer_hears() {
    for (const Sent& one : road.sent()) {
      Bytes payload = payload_of(one.bytes);
      EXPECT_EQ(peer->on_packet(payload, false, road.now), transport::Heard::kTaken);
    }
  }

  Told told;
  const Bytes word = counting(100);  // messages stay where they are until they are done
  transport::ConnectionOptions options;
  Bytes memory, peer_memory;
  std::unique_ptr<transport::Connection> peer;
  std::unique_ptr<transport::Session> session;
};

TEST_F(Connected, MessagesGoBothWays) {
  ASSERT_EQ(told.opened, session.get());
  const Bytes ask = counting(100), answer = counting(3'000);
  ASSERT_EQ(peer->send(0, ask, 1), transport::Taken::kYes);
  hear_from_peer();
  EXPECT_TRUE(told.messages.empty()) << "applications hear at the end of the turn";
  EXPECT_EQ(session->connection().send(0, answer, 2), transport::Taken::kYes);
  serve();
  EXPECT_EQ(told.messages, std::vector<Bytes>({ask}));
  peer_hears();
  ASSERT_TRUE(peer->next());
  EXPECT_EQ(Bytes(peer->next()->bytes.begin(), peer->next()->bytes.end()), answer);
  EXPECT_TRUE(peer->take_done()) << "the acknowledgement travelled with the answer";
  road.advance(millis(1));
  hear_from_peer();
  serve();
  EXPECT_EQ(told.done, 1);
}

TEST_F(Connected, NobodySpeaksForThePeerFromElsewhere) {
  ASSERT_EQ(peer->send(0, word, 1), transport::Taken::kYes);
  hear_from_peer(kClientPort + 1);
  serve();
  EXPECT_TRUE(told.messages.empty());
  EXPECT_EQ(road.drops(DropReason::kTransportUnknown), 1u);
  // It was as if it had never come: the peer's own repetition is no duplicate.
  road.advance(seconds(2));
  peer->on_timer(road.now);
  hear_from_peer();
  serve();
  EXPECT_EQ(told.messages.size(), 1u);
}

// The card has begun to give the flow to another worker.
TEST_F(Connected, AnotherWorkerHandsOnWhatIsNotItsOwn) {
  transport::SessionRings other_rings(kMost);
  const TransportParts other_parts{listening, owners, welcome.gate(), other_rings, kMost, {}};
  TransportRoad other{&other_parts, WorkerId{1}, handover, road.now};
  const auto hand = [&] {
    Handed handed;
    ASSERT_TRUE(handover.ring(WorkerId{1}, WorkerId{0}).pop(handed));
    EXPECT_EQ(handed.to, Handed::To::kTransport);
    road.counters.handed_in.add(1);
    road.turn([&](stage::Context& context) { transport_road.take_handed(context, handed.packet); });
  };
  owners.set(ConnectionId{0x2001}, WorkerId{0});
  owners.set(ConnectionId{77}, WorkerId{0});
  ASSERT_EQ(peer->send(0, word, 1), transport::Taken::kYes);
  road.listener = &other;
  hear_from_peer();
  hand();
  serve();
  EXPECT_EQ(told.messages.size(), 1u);
  // What is nobody's there either does not go round.
  Bytes data(64);
  transport::write_header({PacketKind::kData, 0, ConnectionId{77}, transport::PacketNumber(1)},
                          data.data());
  road.receive(Road::kLeftPort, datagram(ip4_of("10.0.1.2"), kClientPort, data));
  hand();
  EXPECT_EQ(road.drops(DropReason::kTransportUnknown), 1u);
  EXPECT_EQ(road.counters.handed_out.get(), 2u);
}

TEST_F(Connected, MarksOfCongestionAreCountedForThePeer) {
  ASSERT_EQ(peer->send(0, word, 1), transport::Taken::kYes);
  const Bytes packet = peer_packet();
  Ip4 ip{ip4_of("10.0.1.2"), ip4_of("10.0.1.1")};
  ip.dscp = 3;
  road.receive(Road::kLeftPort, frame4({Road::kLeftMac, Road::kLeftPeer},
                                       packet4(ip, udp(ip, kClientPort, kPort, packet))));
  road.advance(millis(1));
  serve();
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes[15] & 3, 2) << "our own packets may be marked";
  Bytes payload = payload_of(sent[0].bytes);
  const auto body = transport::BodyReader::begin(
      transport::read_header(payload)->flags,
      std::span(payload).subspan(transport::kHeaderBytes,
                                 payload.size() - transport::kHeaderBytes - transport::kCrcBytes));
  ASSERT_TRUE(body && body->ack());
  EXPECT_EQ(body->ack()->ce_count, 1);
}

TEST_F(Connected, TheEndIsToldAndTheSessionGivenBack) {
  session->connection().close();
  peer->close();
  for (int i = 0; i < 20 && !told.ended; ++i) {
    if (peer->life() == transport::Life::kOpen) hear_from_peer();
    serve();
    // It may have ended on the way through them.
    for (const Sent& one : road.sent()) {
      Bytes payload = payload_of(one.bytes);
      (void)peer->on_packet(payload, false, road.now);
    }
    // First acknowledgements become due, then closed ends have lingered long enough.
    road.advance(i % 2 == 0 ? micros(100) : millis(500));
    peer->on_timer(road.now);
  }
  EXPECT_EQ(told.ended, transport::End::kClosed);
  transport::Session* back = nullptr;
  ASSERT_TRUE(rings.ended.pop(back));
  EXPECT_EQ(back, session.get());
  EXPECT_FALSE(rings.ended.pop(back)) << "once";
}

}  // namespace
}  // namespace spanway::worker
