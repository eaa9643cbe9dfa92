// SPDX-License-Identifier: BSD-3-Clause
// A worker's applications in its turns and around its sleep: what they are told and when, and who
// rings for whom.
#include "dataplane/attach/service.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>

#include <array>
#include <bit>

#include "dataplane/attach/bell.h"
#include "dataplane/transport/endpoint/endpoint.h"
#include "tests/support/receive_memory.h"
#include "tests/support/shared_ring.h"

namespace spanway::attach {
namespace {

using transport::ConnectionId;

// One application with a connection, its peer in the same hands.
class AttachService : public testing::Test, public transport::PacketSink {
 protected:
  AttachService() {
    auto eventfd = make_eventfd();
    auto pipe = Pipe::create();
    EXPECT_TRUE(eventfd.has_value() && pipe.has_value());
    eventfd_ = std::move(*eventfd);
    pipe_ = std::move(*pipe);
    channel_.emplace(submissions_.memory(), completions_.memory(), 4, pipe_.writes.get());
    service_.add(*channel_, eventfd_.get());
    attachment_.key = ConnectionKey::of(1, 1);
    by_worker_[0] = &*channel_;
    attachment_.channels = by_worker_;
    attachment_.receive = receive_.bytes();
    attachment_.send = send_;
    session_.emplace(
        transport::SessionParts{1, path_, &service_, std::bit_cast<uint64_t>(&attachment_),
                                receive_.bytes()},
        established(true), options_, now_);
    // The channel first: a connection is not opened before its application is known.
    turn();
    EXPECT_TRUE(rings_.made.push(&*session_));
    turn();
    EXPECT_EQ(told().kind, EntryKind::kOpened);
  }

  void turn() { endpoint_.serve(now_ += micros(50), *this); }
  // As libspanway does it. True: the worker's bell was rung.
  bool submit(const Entry& entry) {
    EXPECT_TRUE(producer_.push(entry));
    if (!producer_.publish()) return false;
    ring_eventfd(eventfd_.get());
    return true;
  }
  bool submit_send() {
    return submit({.kind = EntryKind::kSend, .connection = attachment_.key.value, .bytes = 64});
  }
  // One completion; kNone: there is none.
  Entry told() {
    Entry entry;
    return consumer_.pop(entry) ? entry : Entry{};
  }
  // What the worker's sleep would end with, now.
  int rung() {
    epoll_event events[4];
    return epoll_wait(service_.bell(), events, 4, 0);
  }
  // The peer's packets, to the endpoint.
  void hear_from_far() {
    std::array<uint8_t, 1'400> packet;
    while (const size_t size = far_.write(packet, now_))
      EXPECT_EQ(endpoint_.on_packet(path_, std::span(packet).first(size), false, now_),
                transport::Met::kTaken);
  }

  std::span<uint8_t> room(const transport::Session&) noexcept override { return room_; }
  void send(const transport::Session&, size_t bytes) noexcept override {
    far_.on_packet(std::span(room_).first(bytes), false, now_);
  }

  static constexpr transport::Params kTakes{
      .packet_bytes = 1'400, .window_bytes = 1 << 14, .window_messages = 8};
  const transport::Path path_{{Ip4Addr(192, 0, 2, 1), 7}, {Ip4Addr(192, 0, 2, 2), 8}};
  static transport::Established established(bool client) {
    return {
        ConnectionId{client ? 1u : 2u}, ConnectionId{client ? 2u : 1u}, kTakes, kTakes, {}, client};
  }

  Nanos now_ = seconds(1);
  transport::ConnectionOptions options_;
  transport::test::ReceiveMemory receive_{kTakes}, far_receive_{kTakes};
  std::vector<uint8_t> send_ = std::vector<uint8_t>(1 << 14);
  std::array<uint8_t, 1'400> room_{};
  test::RingRoom submissions_{64}, completions_{64};
  RingProducer producer_{submissions_.memory()};
  RingConsumer consumer_{completions_.memory()};
  Fd eventfd_;
  Pipe pipe_;
  std::array<Channel*, 1> by_worker_{};
  Attachment attachment_;
  transport::Connection far_{established(false), options_, far_receive_.bytes(), now_};
  transport::SessionRings rings_{4};
  Service service_{0, 4};
  std::optional<Channel> channel_;
  std::optional<transport::Session> session_;
  transport::Endpoint endpoint_{4, rings_, {&service_}, now_};
};

TEST_F(AttachService, WhatCameInATurnIsSeenInThatTurn) {
  const std::array<uint8_t, 64> message{1, 2, 3};
  ASSERT_EQ(far_.send(0, message, 0), transport::Taken::kYes);
  hear_from_far();
  EXPECT_EQ(told().kind, EntryKind::kNone);
  turn();
  const Entry entry = told();
  EXPECT_EQ(entry.kind, EntryKind::kReceived);
  EXPECT_EQ(entry.bytes, 64u);
}

TEST_F(AttachService, NobodyRingsForAWorkerThatIsAwake) {
  for (unsigned i = 0; i < 4; ++i) {
    EXPECT_FALSE(submit_send());
    turn();
  }
  EXPECT_EQ(rung(), 0);
}

TEST_F(AttachService, ASubmissionEndsTheWorkersSleepOnce) {
  ASSERT_TRUE(endpoint_.lie_down());
  EXPECT_TRUE(submit_send());
  EXPECT_FALSE(submit_send()) << "one ring is enough";
  EXPECT_EQ(rung(), 1);
  EXPECT_EQ(rung(), 0) << "an edge is heard once";
  endpoint_.get_up();
  turn();
  EXPECT_TRUE(far_.next().has_value());
  EXPECT_FALSE(submit_send()) << "it is awake again";
  // The eventfd was never read, and rings for the next sleep as well.
  turn();
  ASSERT_TRUE(endpoint_.lie_down());
  EXPECT_TRUE(submit_send());
  EXPECT_EQ(rung(), 1);
}

TEST_F(AttachService, AWorkerDoesNotLieDownBeforeWhatWasSubmitted) {
  EXPECT_FALSE(submit_send());
  EXPECT_FALSE(endpoint_.lie_down());
  EXPECT_FALSE(submit_send()) << "a worker that did not lie down asks for no bell";
  turn();
  EXPECT_TRUE(endpoint_.lie_down());
}

TEST_F(AttachService, AWorkerDoesNotLieDownOnABellThatIsDue) {
  // Two words within the time in which an application is woken once.
  hear_from_far();
  const std::array<uint8_t, 64> message{};
  for (const bool first : {true, false}) {
    ASSERT_TRUE(consumer_.lie_down());
    ASSERT_EQ(far_.send(0, message, 0), transport::Taken::kYes);
    hear_from_far();
    endpoint_.serve(now_, *this);
    EXPECT_EQ(endpoint_.lie_down(), first);
    ASSERT_EQ(told().kind, EntryKind::kReceived);
  }
  turn();
  EXPECT_TRUE(endpoint_.lie_down());
}

TEST_F(AttachService, WhoHasLeftRingsNoMore) {
  service_.remove(*channel_, eventfd_.get());
  ring_eventfd(eventfd_.get());
  EXPECT_EQ(rung(), 0);
}

}  // namespace
}  // namespace spanway::attach
