// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/replay.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/ospf_net.h"

namespace spanway::ospf {
namespace {

// A life with everything in it that a journal knows.
class Recorded : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 4; ++i) net_.add_router();
    InterfaceSettings keyed = OspfNet::quick(NetworkType::kPointToPoint, 3);
    keyed.authenticator = *Authenticator::cryptographic(
        {{.id = 7, .algorithm = Algorithm::kHmacSha256, .secret = "a secret with blanks"}});
    InterfaceSettings simple = OspfNet::quick();
    simple.authenticator = *Authenticator::simple("word");
    net_.kill(0);
    net_.record(0, journal_);
    net_.start(0);
    const size_t lan = net_.add_wire({0, 1, 2}), point = net_.add_wire({0, 3}, keyed);
    net_.add_wire({0, 2}, simple);
    net_.set_loss(lan, 0.1);
    net_.run(seconds(20));
    Instance& first = net_.instance(0);
    first.announce(Prefix4(Ip4Addr(192, 0, 2, 0), 24), {.metric = 3}, net_.now());
    first.set_stub(Prefix4(Ip4Addr(192, 0, 3, 1), 32), 5, net_.now());
    net_.run(seconds(7));
    net_.set_wire(point, false);
    first.withdraw(Prefix4(Ip4Addr(192, 0, 2, 0), 24), net_.now());
    net_.run(seconds(7));
    net_.set_wire(point, true);
    first.remove_stub(Prefix4(Ip4Addr(192, 0, 3, 1), 32), net_.now());
    net_.run(seconds(30));
  }
  static Result<Replay> replayed(const std::string& text) {
    std::istringstream in(text);
    return replay(in);
  }

  std::ostringstream journal_;
  OspfNet net_;
};

TEST_F(Recorded, GoesTheSameWay) {
  const auto again = replayed(journal_.str());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->difference) << again->difference->line << ": " << again->difference->recorded
                                  << "\nnow " << again->difference->now;
  EXPECT_GT(again->packets_sent, 50u);
  EXPECT_GT(again->route_changes, 5u);
  std::map<Prefix4, Route> routes;
  again->instance->each_route(
      [&routes](const Prefix4& prefix, const Route& route) { routes.emplace(prefix, route); });
  EXPECT_EQ(routes, net_.routes(0));
  std::vector<Lsa> lsas, first;
  again->instance->each_lsa(again->end, [&lsas](const Lsa& lsa) { lsas.push_back(lsa); });
  net_.instance(0).each_lsa(again->end, [&first](const Lsa& lsa) { first.push_back(lsa); });
  EXPECT_EQ(lsas, first);
}

TEST_F(Recorded, SaysWhereItWentAnotherWay) {
  std::string text = journal_.str();
  const size_t at = text.find("> send", text.size() / 2);
  const auto line = static_cast<size_t>(
      std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n'));
  text.replace(at, 6, "> sent");
  const auto again = replayed(text);
  ASSERT_TRUE(again);
  ASSERT_TRUE(again->difference);
  EXPECT_EQ(again->difference->line, line + 1);
  EXPECT_NE(again->difference->now.find("> send"), std::string::npos);
}

TEST_F(Recorded, AMissingConsequenceIsADifference) {
  std::string text = journal_.str();
  const size_t at = text.find("> send", text.size() / 2);
  text.erase(at, text.find('\n', at) + 1 - at);
  const auto again = replayed(text);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->difference);
}

TEST_F(Recorded, IsGoodUpToWhereItBreaksOff) {
  const std::string text = journal_.str();
  for (size_t length = text.size() - 3'000; length < text.size(); length += 37) {
    const auto again = replayed(text.substr(0, length));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->difference) << length;
  }
}

TEST(Replay, SaysWhichLineCanNotBeRead) {
  for (const char* bad :
       {"hello 5", "step", "step x", "interface 5 1", "link 5 1 1 1500 99 10.0.0.1 24",
        "receive 5 1 10.0.0.1 224.0.0.5 abc", "announce 5 10.0.0.0/33 1 1 0 0.0.0.0",
        "router 5 1 0 16 100 1 1 0 0 0 0 0"}) {
    std::istringstream in("router 1 1 0 16 1000 1 1 0 50000000 200000000 500000000 2000000000\n" +
                          std::string(bad) + "\n");
    const auto again = replay(in);
    ASSERT_FALSE(again) << bad;
    EXPECT_NE(again.error().message.find("line 2"), std::string::npos) << again.error().message;
  }
  std::istringstream empty("");
  EXPECT_FALSE(replay(empty));
}

TEST(Journal, EndsWhereItIsFull) {
  struct Deaf final : Outlet {
    void send(IfIndex, Ip4Addr, std::span<const uint8_t>) override {}
    void routes(std::span<const RouteChange>) override {}
    void listen_as_designated(IfIndex, bool) override {}
    void event(const char*, const char*, std::string, std::string) override { ++events; }
    int events = 0;
  } outlet;
  std::ostringstream text;
  Journal journal(text, outlet, 100);
  for (int i = 0; i < 100; ++i) journal.step(seconds(i));
  EXPECT_LE(text.str().size(), 110u);
  EXPECT_TRUE(text.str().ends_with("full\n"));
  EXPECT_EQ(outlet.events, 1);
}

}  // namespace
}  // namespace spanway::ospf
