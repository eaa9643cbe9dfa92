// SPDX-License-Identifier: BSD-3-Clause
// The library against a daemon in a thread of its own, over the real socket and shared memory.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>

#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/random.h"
#include "dataplane/client/spanway.h"
#include "tests/support/attach_loop.h"

namespace spanway::attach {
namespace {

// Nobody waits so long unless something is broken.
constexpr int kPatience = 60'000;
constexpr const char* kHere = "192.0.2.1";

struct Daemon : test::Loop {
  explicit Daemon(const Limits& limits = {}) : Loop(limits) { run(); }
};

struct Attached {
  explicit Attached(test::Loop& loop) { EXPECT_EQ(spanway_attach(loop.socket().c_str(), &at), 0); }
  ~Attached() { spanway_detach(at); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  spanway_attachment* at = nullptr;
};

std::string text_of(const spanway_message& message) {
  return {static_cast<const char*>(message.data), message.bytes};
}

std::string receive(spanway_connection* connection) {
  spanway_message message{};
  const int error = spanway_receive(connection, &message, kPatience);
  if (error < 0) return spanway_error_text(error);
  std::string text = text_of(message);
  EXPECT_EQ(spanway_release(connection, &message), 0);
  return text;
}

int send(spanway_connection* connection, uint16_t stream, const std::string& text) {
  return spanway_send(connection, stream, text.data(), text.size(), kPatience);
}

class Client : public testing::Test {
 protected:
  // A connection of one's to the other's.
  void connect(const spanway_options* options = nullptr) {
    const int port = spanway_listen(server_.at, 0, options);
    ASSERT_GT(port, 0) << spanway_reason(server_.at);
    ASSERT_EQ(
        spanway_connect(client_.at, kHere, static_cast<uint16_t>(port), options, kPatience, &near_),
        0)
        << spanway_reason(client_.at);
    ASSERT_EQ(spanway_accept(server_.at, static_cast<uint16_t>(port), kPatience, &far_), 0);
    port_ = static_cast<uint16_t>(port);
  }

  Daemon loop_;
  Attached client_{loop_}, server_{loop_};
  spanway_connection* near_ = nullptr;
  spanway_connection* far_ = nullptr;
  uint16_t port_ = 0;
};

TEST_F(Client, TwoApplicationsTalk) {
  connect();
  EXPECT_EQ(send(near_, 0, "who is there?"), 0);
  EXPECT_EQ(receive(far_), "who is there?");
  EXPECT_EQ(send(far_, 0, "I"), 0);
  EXPECT_EQ(receive(near_), "I");
  uint16_t port = 0;
  EXPECT_STREQ(spanway_peer(near_, &port), kHere);
  EXPECT_EQ(port, port_);
  EXPECT_EQ(spanway_drain(near_, kPatience), 0);
}

TEST_F(Client, ThousandsOfMessagesOnSeveralStreamsKeepTheirOrder) {
  spanway_options options;
  spanway_options_init(&options);
  options.streams = options.send_streams = 3;
  options.window_bytes = options.send_bytes = 1 << 16;
  options.window_messages = options.send_messages = 32;
  connect(&options);
  constexpr uint32_t kMessages = 6'000;
  Random random(3);
  std::vector<uint32_t> sent(3), got(3);
  std::map<std::pair<uint16_t, uint32_t>, std::string> texts;
  uint32_t in = 0;
  for (uint32_t out = 0; in < kMessages;) {
    if (out < kMessages) {
      const auto stream = static_cast<uint16_t>(random.below(3));
      std::string text = std::to_string(sent[stream]) + " " +
                         std::string(random.below(16'000), static_cast<char>('a' + stream));
      const int error = spanway_send(near_, stream, text.data(), text.size(), 0);
      if (error == 0) {
        texts[{stream, sent[stream]++}] = std::move(text);
        ++out;
      } else {
        ASSERT_EQ(error, SPANWAY_EAGAIN);
      }
    }
    spanway_message message{};
    while (spanway_receive(far_, &message, out == kMessages ? kPatience : 0) == 0) {
      const std::pair key{message.stream, got[message.stream]++};
      ASSERT_EQ(text_of(message), texts.at(key));
      texts.erase(key);
      ASSERT_EQ(spanway_release(far_, &message), 0);
      if (++in == kMessages) break;
    }
  }
  EXPECT_EQ(spanway_drain(near_, kPatience), 0);
}

TEST_F(Client, TheLongestMessageArrivesWhole) {
  spanway_options options;
  spanway_options_init(&options);
  options.window_bytes = 1 << 23;
  options.send_bytes = 1 << 22;
  connect(&options);
  const uint32_t longest = spanway_longest(near_);
  EXPECT_EQ(longest, 1u << 21);
  void* room = nullptr;
  EXPECT_EQ(spanway_reserve(near_, 0, longest + 1, 0, &room), SPANWAY_ETOOLONG);
  ASSERT_EQ(spanway_reserve(near_, 0, longest, kPatience, &room), 0);
  std::string text(longest, 0);
  Random random(5);
  for (char& byte : text) byte = static_cast<char>(random());
  std::memcpy(room, text.data(), text.size());
  EXPECT_EQ(spanway_submit(near_, 0, longest), 0);
  EXPECT_EQ(receive(far_), text);
}

TEST_F(Client, ReadCopiesAndLeavesWhatHasNoRoom) {
  connect();
  send(near_, 0, "12345");
  std::vector<char> room(4);
  EXPECT_EQ(spanway_read(far_, room.data(), room.size(), nullptr, kPatience), SPANWAY_ETOOLONG);
  room.resize(5);
  uint16_t stream = 9;
  EXPECT_EQ(spanway_read(far_, room.data(), room.size(), &stream, kPatience), 5);
  EXPECT_EQ(stream, 0);
  EXPECT_EQ(std::string(room.data(), 5), "12345");
}

TEST_F(Client, WhoStopsReadingHoldsUpItsOwnConnectionAndNoOther) {
  connect();
  spanway_connection* first_near = near_;
  spanway_connection* first_far = far_;
  connect();
  // As much as fits; how much that is, only the windows say.
  const std::string chunk(100'000, 'x');
  unsigned stuck = 0;
  while (spanway_send(first_near, 0, chunk.data(), chunk.size(), 0) == 0) ++stuck;
  EXPECT_GT(stuck, 5U);
  for (unsigned i = 0; i < 50; ++i) {
    ASSERT_EQ(send(near_, 0, chunk), 0);
    ASSERT_EQ(receive(far_), chunk);
  }
  for (; stuck != 0; --stuck) ASSERT_EQ(receive(first_far), chunk);
  EXPECT_EQ(spanway_drain(first_near, kPatience), 0);
}

TEST_F(Client, FinishEndsOneDirectionCloseBoth) {
  connect();
  send(near_, 0, "the last word");
  EXPECT_EQ(spanway_finish(near_), 0);
  EXPECT_EQ(send(near_, 0, "another"), SPANWAY_EFINISHED);
  EXPECT_EQ(receive(far_), "the last word");
  spanway_message message{};
  EXPECT_EQ(spanway_receive(far_, &message, kPatience), SPANWAY_EEND);
  EXPECT_EQ(send(far_, 0, "an answer"), 0);
  EXPECT_EQ(spanway_finish(far_), 0);
  EXPECT_EQ(receive(near_), "an answer");
  EXPECT_EQ(spanway_receive(near_, &message, kPatience), SPANWAY_EEND);
  spanway_event event{};
  while (spanway_state(near_) == 0) ASSERT_EQ(spanway_poll(client_.at, &event, 1, kPatience), 1);
  EXPECT_EQ(spanway_state(near_), SPANWAY_ECLOSED);
  spanway_close(near_);
  spanway_close(far_);
}

TEST_F(Client, AClosedConnectionGivesItsPlaceBack) {
  Limits limits;
  limits.connections = 4;
  Daemon loop(limits);
  Attached one(loop), other(loop);
  const int port = spanway_listen(other.at, 0, nullptr);
  ASSERT_GT(port, 0);
  for (unsigned i = 0; i < 30; ++i) {
    spanway_connection* near = nullptr;
    spanway_connection* far = nullptr;
    // The slot of the last is free when both have read its end; a dial that comes before does not
    // wait for it long, as nobody reads meanwhile.
    int error = SPANWAY_ELIMIT;
    while (error == SPANWAY_ELIMIT || error == SPANWAY_ETIMEOUT) {
      spanway_event event{};
      spanway_poll(other.at, &event, 1, 1);
      error = spanway_connect(one.at, kHere, static_cast<uint16_t>(port), nullptr, 200, &near);
    }
    ASSERT_EQ(error, 0) << spanway_error_text(error) << ": " << spanway_reason(one.at);
    ASSERT_EQ(spanway_accept(other.at, static_cast<uint16_t>(port), kPatience, &far), 0);
    ASSERT_EQ(send(near, 0, "x"), 0);
    ASSERT_EQ(receive(far), "x");
    spanway_close(near);
    spanway_close(far);
  }
}

TEST_F(Client, ErrorsHaveNames) {
  spanway_connection* none = nullptr;
  EXPECT_EQ(spanway_connect(client_.at, "nobody", 7, nullptr, 0, &none), SPANWAY_EINVALID);
  EXPECT_EQ(spanway_connect(client_.at, "198.51.100.1", 7, nullptr, kPatience, &none),
            SPANWAY_EUNREACHABLE);
  EXPECT_STREQ(spanway_reason(client_.at), "no route leads to 198.51.100.1: show routes");
  EXPECT_EQ(spanway_connect(client_.at, kHere, 7, nullptr, 50, &none), SPANWAY_ETIMEOUT)
      << "nobody listens there";
  connect();
  EXPECT_EQ(spanway_listen(client_.at, port_, nullptr), SPANWAY_EINUSE);
  EXPECT_EQ(send(near_, 1, "x"), SPANWAY_ENOSTREAM);
  EXPECT_EQ(send(near_, 0, ""), SPANWAY_EINVALID);
  const spanway_message invented{"x", 1, 0};
  EXPECT_EQ(spanway_release(near_, &invented), SPANWAY_EINVALID);
  spanway_options options;
  spanway_options_init(&options);
  options.window_bytes = 5'000;
  EXPECT_EQ(spanway_listen(client_.at, 0, &options), SPANWAY_EINVALID);
  options.window_bytes = 1 << 29;
  EXPECT_EQ(spanway_listen(client_.at, 0, &options), SPANWAY_ELIMIT);
  spanway_attachment* nothing = nullptr;
  EXPECT_EQ(spanway_attach("/nonexistent/socket", &nothing), SPANWAY_ENODAEMON);
  EXPECT_EQ(nothing, nullptr);
  std::set<std::string> texts;
  for (int error = 0; error >= SPANWAY_EBROKEN; --error)
    EXPECT_TRUE(texts.insert(spanway_error_text(error)).second) << error;
}

TEST_F(Client, EventsAndTheFdSayWhatHappens) {
  const int port = spanway_listen(server_.at, 0, nullptr);
  ASSERT_GT(port, 0);
  ASSERT_EQ(spanway_connect(client_.at, kHere, static_cast<uint16_t>(port), nullptr, 0, &near_), 0);
  spanway_set_context(near_, this);
  const auto wait = [](spanway_attachment* at) {
    while (spanway_arm(at) == 0) {
      pollfd fd{spanway_fd(at), POLLIN, 0};
      ASSERT_EQ(poll(&fd, 1, kPatience), 1);
      spanway_event event{};
      // What made it readable may be nothing to tell of.
      if (spanway_poll(at, &event, 0, 0) != SPANWAY_EINVALID) FAIL();
      break;
    }
  };
  std::vector<spanway_event> events(4);
  int count = 0;
  while ((count = spanway_poll(client_.at, events.data(), 4, 0)) == SPANWAY_EAGAIN)
    wait(client_.at);
  ASSERT_EQ(count, 1);
  EXPECT_EQ(events[0].what, uint32_t{SPANWAY_OPENED});
  ASSERT_EQ(events[0].connection, near_);
  EXPECT_EQ(spanway_context(near_), this);
  while ((count = spanway_poll(server_.at, events.data(), 4, 0)) == SPANWAY_EAGAIN)
    wait(server_.at);
  ASSERT_GE(count, 1);
  EXPECT_EQ(events[0].what, uint32_t{SPANWAY_INCOMING});
  EXPECT_EQ(events[0].port, port);
  ASSERT_EQ(spanway_accept(server_.at, static_cast<uint16_t>(port), 0, &far_), 0);
  send(near_, 0, "x");
  uint32_t seen = 0;
  while ((seen & SPANWAY_READABLE) == 0) {
    while ((count = spanway_poll(server_.at, events.data(), 4, 0)) == SPANWAY_EAGAIN)
      wait(server_.at);
    for (int i = 0; i < count; ++i)
      if (events[static_cast<size_t>(i)].connection == far_)
        seen |= events[static_cast<size_t>(i)].what;
  }
  EXPECT_EQ(receive(far_), "x");
}

TEST_F(Client, ACrashedApplicationIsCleanedUpAndItsPeerHearsOfIt) {
  connect();
  send(near_, 0, "farewell");
  ASSERT_EQ(receive(far_), "farewell");
  spanway_detach(client_.at);
  client_.at = nullptr;
  spanway_message message{};
  EXPECT_EQ(spanway_receive(far_, &message, kPatience), SPANWAY_EEND);
  spanway_close(far_);
  spanway_event event{};
  spanway_poll(server_.at, &event, 1, 1);
  // Others attach as before.
  Attached again(loop_);
  client_.at = std::exchange(again.at, nullptr);
  connect();
  send(near_, 0, "hello");
  EXPECT_EQ(receive(far_), "hello");
}

// The worker is in our hands here: what ended its sleep by now.
TEST_F(Client, OnlyAWorkerThatSleepsIsRungFor) {
  connect();
  loop_.halt();
  const auto rung = [this] {
    epoll_event events[4];
    return epoll_wait(loop_.service().bell(), events, 4, 0);
  };
  Nanos now = MonotonicClock().now();
  const auto serve = [&] {
    for (unsigned i = 0; i < 10; ++i) loop_.step(now += micros(50));
  };
  serve();
  rung();  // it may have slept before
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(send(near_, 0, "you are awake"), 0);
    serve();
  }
  EXPECT_EQ(rung(), 0);
  ASSERT_TRUE(loop_.service().lie_down());
  EXPECT_EQ(send(near_, 0, "wake up"), 0);
  EXPECT_EQ(rung(), 1);
}

TEST_F(Client, ADaemonThatHasGoneIsAClearError) {
  connect();
  send(near_, 0, "unread");
  loop_.halt();
  loop_.server().stop();
  spanway_message message{};
  int error = 0;
  while ((error = spanway_receive(far_, &message, kPatience)) == 0) {
  }
  EXPECT_EQ(error, SPANWAY_EGONE);
  EXPECT_STREQ(spanway_reason(server_.at), "the daemon ends");
  EXPECT_EQ(send(far_, 0, "x"), SPANWAY_EGONE);
  EXPECT_EQ(spanway_listen(server_.at, 0, nullptr), SPANWAY_EGONE);
  spanway_event event{};
  while ((error = spanway_poll(server_.at, &event, 1, kPatience)) > 0) {
  }
  EXPECT_EQ(error, SPANWAY_EGONE);
  EXPECT_EQ(spanway_arm(server_.at), 1) << "nobody waits for a daemon that has gone";
  spanway_close(far_);
  // A daemon that is back is attached to anew.
  Daemon loop;
  Attached again(loop);
  EXPECT_GT(spanway_listen(again.at, 0, nullptr), 0);
}

}  // namespace
}  // namespace spanway::attach
