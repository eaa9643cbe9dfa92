// SPDX-License-Identifier: BSD-3-Clause
// Clients that want the server to fall, to grow or to wait.
#include <rapidcheck.h>

#include "tests/unit/control/api/served.h"

namespace spanway::api::test {
namespace {

class Hostile : public Served {
 protected:
  // A well-behaved client is served whatever the others do.
  void expect_service() {
    RawClient good(options_.socket);
    ASSERT_TRUE(good.connected());
    good.say(request("echo", {{"good", 1}}));
    settle();
    EXPECT_EQ(good.hear(), "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"good\":1}}\n");
  }
};

TEST_F(Hostile, AThousandConnections) {
  options_.max_clients = 16;
  ASSERT_TRUE(start());
  {
    std::vector<RawClient> clients;
    size_t turned_away = 0;
    for (int i = 0; i < 1000; ++i) {
      clients.emplace_back(options_.socket);
      settle();
      ASSERT_LE(server_->clients(), 16u);
    }
    for (RawClient& client : clients)
      turned_away += client.hear().find("all 16 places are taken") != std::string::npos ? 1 : 0;
    EXPECT_EQ(turned_away, 984u);
    EXPECT_EQ(server_->counters().refused, 984u);
  }
  settle();
  EXPECT_EQ(server_->clients(), 0u);
  expect_service();
}

TEST_F(Hostile, HalfALineIsDroppedInTime) {
  ASSERT_TRUE(start());
  RawClient idle(options_.socket), half(options_.socket), behind(options_.socket);
  half.say("{\"jsonrpc\":");
  behind.say(request("echo") + "{");  // a whole request with a half one behind it
  settle();
  clock_.advance_to(seconds(29));
  settle();
  half.say("\"2.0\"");  // a drip does not start the time anew
  settle();
  EXPECT_EQ(server_->clients(), 3u);
  clock_.advance_to(seconds(30));
  settle();
  EXPECT_EQ(server_->clients(), 1u);
  EXPECT_TRUE(half.closed());
  EXPECT_TRUE(behind.closed());
  EXPECT_FALSE(idle.closed());
  EXPECT_EQ(server_->counters().dropped_slow, 2u);
  expect_service();
}

TEST_F(Hostile, WhoReadsNothingIsDroppedAndBindsLittle) {
  options_.max_backlog_bytes = 1 << 20;
  ASSERT_TRUE(start());
  RawClient deaf(options_.socket);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += request("big", {{"bytes", 500'000}});
  deaf.say(many);
  settle();
  // Served up to the bound, not further.
  EXPECT_LT(server_->counters().requests, 20u);
  expect_service();
  clock_.advance_to(seconds(31));
  settle();
  EXPECT_EQ(server_->clients(), 0u);
  EXPECT_EQ(server_->counters().dropped_slow, 1u);
}

TEST_F(Hostile, WhoReadsLateGetsAll) {
  options_.max_backlog_bytes = 1 << 16;
  ASSERT_TRUE(start());
  RawClient slow(options_.socket);
  std::string many;
  for (int i = 0; i < 100; ++i) many += request("big", {{"bytes", 100'000}}, i);
  ASSERT_EQ(slow.say(many), static_cast<ssize_t>(many.size()));
  std::string heard;
  for (int i = 0; i < 10'000 && std::count(heard.begin(), heard.end(), '\n') < 100; ++i) {
    settle();
    heard += slow.hear();
  }
  EXPECT_EQ(std::count(heard.begin(), heard.end(), '\n'), 100);
  EXPECT_LT(heard.find("\"id\":0"), heard.find("\"id\":99"));
}

TEST_F(Hostile, TooLongALineIsToldSoAndDropped) {
  options_.max_message_bytes = 100'000;
  ASSERT_TRUE(start());
  RawClient big(options_.socket);
  const std::string chunk(10'000, 'x');
  for (int i = 0; i < 20; ++i) {
    big.say(chunk);
    settle();
  }
  const std::string heard = big.hear();
  EXPECT_NE(heard.find("over 100000 bytes"), std::string::npos) << heard;
  EXPECT_TRUE(big.closed());
  EXPECT_EQ(server_->counters().dropped_big, 1u);
  EXPECT_EQ(server_->clients(), 0u);
  expect_service();
}

TEST_F(Hostile, ALineOfTheVeryLimitIsServed) {
  const std::string line = request("echo", {{"pad", std::string(1000, 'x')}});
  options_.max_message_bytes = line.size() - 1;  // without its end
  ASSERT_TRUE(start());
  RawClient client(options_.socket);
  client.say(line);
  settle();
  EXPECT_NE(client.hear().find("\"result\""), std::string::npos);
}

TEST_F(Hostile, DeepNestingAndBadBytes) {
  ASSERT_TRUE(start());
  RawClient client(options_.socket);
  for (const std::string& line :
       {std::string(100'000, '['), std::string(100'000, '{'), std::string("{\"a\":\"\xff\xfe\"}"),
        std::string("\0\0\0", 3), std::string("\xef\xbb\xbf{}"), std::string("NaN"),
        std::string("1e999999"), std::string("\"\\ud800\"")}) {
    for (std::string_view rest = line; !rest.empty();) {
      const ssize_t n = client.say(rest);
      ASSERT_GE(n, 0);
      rest.remove_prefix(static_cast<size_t>(n));
      settle();
    }
    client.say("\n");
    settle();
    const std::string heard = client.hear();
    EXPECT_NE(heard.find("\"error\""), std::string::npos) << line.substr(0, 20);
    EXPECT_EQ(std::count(heard.begin(), heard.end(), '\n'), 1);
  }
  expect_service();
}

TEST_F(Hostile, HangingUpAtAnyMoment) {
  ASSERT_TRUE(start());
  const std::string line = request("big", {{"bytes", 1'000'000}});
  for (size_t sent = 0; sent <= line.size(); sent += 5) {
    RawClient client(options_.socket);
    client.say(std::string_view(line).substr(0, sent));
    if (sent % 2 == 0) settle();
    client.hang_up();
    settle();
    ASSERT_EQ(server_->clients(), 0u) << sent;
  }
  expect_service();
}

TEST_F(Hostile, AClosedClientDoesNotKeepTheLoopBusy) {
  ASSERT_TRUE(start());
  RawClient client(options_.socket);
  client.say(request("echo"));
  client.half_close();
  settle();
  pollfd fd{server_->poll_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 0), 0);
  EXPECT_EQ(server_->clients(), 0u);
}

TEST_F(Hostile, RandomBytesFromManyAtOnce) {
  ASSERT_TRUE(start());
  const auto property = [this] {
    const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::oneOf(
        rc::gen::arbitrary<std::string>(),
        rc::gen::element<std::string>("\n", "{", "}", "[", "\"", request("echo"), "\"method\":",
                                      request("who").substr(0, 30), "{\"jsonrpc\":\"2.0\",")));
    RawClient a(options_.socket), b(options_.socket);
    for (const std::string& part : parts) {
      (*rc::gen::arbitrary<bool>() ? a : b).say(part);
      settle();
    }
    expect_service();
  };
  EXPECT_TRUE(rc::check("random bytes are answered or dropped, and others are served", property));
}

}  // namespace
}  // namespace spanway::api::test
