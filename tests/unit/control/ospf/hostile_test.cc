// SPDX-License-Identifier: BSD-3-Clause
// Whoever can put packets on a link, and how little it helps. The victim and its neighbours run in
// virtual time; the attacker's packets are given to the victim as if they had come by the wire.
#include <gtest/gtest.h>

#include <vector>

#include "control/ospf/hello.h"
#include "control/ospf/hello_protocol.h"
#include "control/ospf/update.h"
#include "tests/support/ospf_net.h"

namespace spanway::ospf {
namespace {

constexpr size_t kVictim = 0, kFriend = 1;

// Two routers, Full on wire 0, and the victim's stub behind wire 1.
class Hostile : public testing::Test {
 protected:
  void begin(const InterfaceSettings& settings = OspfNet::quick()) {
    net_.add_router();
    net_.add_router();
    net_.add_wire({kVictim, kFriend}, settings);
    net_.add_wire({kVictim}, settings);
    ASSERT_TRUE(net_.run_until(seconds(10), [&] { return are_full(); }));
    net_.run(seconds(8));
  }
  bool are_full() {
    return net_.state_between(kVictim, kFriend) == NeighbourState::kFull &&
           net_.state_between(kFriend, kVictim) == NeighbourState::kFull;
  }
  void inject(std::span<const uint8_t> packet, Ip4Addr source) {
    net_.instance(kVictim).receive(net_.interface_on(kVictim, 0), source, kAllSpfRouters, packet,
                                   net_.now());
  }
  // As if the friend had flooded it.
  void flood(const Lsa& lsa) { flood(*write_lsa(lsa), lsa.header.age_s); }
  void flood(const std::vector<uint8_t>& bytes, uint16_t age_s) {
    UpdateWriter writer({.router = OspfNet::id_of(kFriend), .area = AreaId{0}});
    ASSERT_TRUE(writer.add(bytes, age_s));
    inject(std::move(writer).finish(), net_.address_on(kFriend, 0));
  }
  Lsa lsa_of(size_t router, const LsaKey& key) {
    Lsa found;
    net_.instance(router).each_lsa(net_.now(), [&](const Lsa& lsa) {
      if (lsa.header.key == key) found = lsa;
    });
    return found;
  }
  static LsaKey router_key(size_t router) {
    return {LsaType::kRouter, LinkStateId{OspfNet::id_of(router).value}, OspfNet::id_of(router)};
  }
  uint64_t refused(Refusal why) {
    for (const RefusalCount& count : net_.instance(kVictim).view(net_.now()).refusals)
      if (count.reason == why) return count.packets;
    return 0;
  }
  // The victim's own LSA says the truth everywhere, and so do the routes.
  void expect_healed(const LsaBody& truth) {
    EXPECT_TRUE(are_full());
    EXPECT_EQ(net_.database(kVictim), net_.database(kFriend));
    EXPECT_EQ(lsa_of(kFriend, router_key(kVictim)).body, truth);
    EXPECT_TRUE(net_.routes(kFriend).contains(Prefix4(net_.address_on(kVictim, 1), 24)));
  }

  OspfNet net_;
};

TEST_F(Hostile, AThousandStrangersSayHello) {
  begin();
  for (uint32_t stranger = 0; stranger < 5'000; ++stranger) {
    inject(write_hello({.router = RouterId{0xc0000000 + stranger}, .area = AreaId{0}},
                       {.mask = Ip4Addr(mask4(24)),
                        .hello_interval_s = 1,
                        .options = options::kExternal,
                        .priority = 255,
                        .dead_interval_s = 4}),
           Ip4Addr(172, 16, static_cast<uint8_t>(stranger >> 8), static_cast<uint8_t>(stranger)));
    if (stranger % 100 == 0) net_.run(millis(20));
    ASSERT_TRUE(are_full()) << stranger;
  }
  EXPECT_LE(net_.instance(kVictim).neighbours(net_.now()).size(), kMaxNeighbours);
  net_.run(seconds(5));
  EXPECT_TRUE(are_full());
  EXPECT_EQ(net_.instance(kVictim).neighbours(net_.now()).size(), 1u);
}

// Section 12.1.6: the numbers begin anew when the last one is gone.
TEST_F(Hostile, SomebodyUsesUpOurSequenceNumbers) {
  begin();
  const Lsa truth = lsa_of(kVictim, router_key(kVictim));
  Lsa lie = truth;
  lie.header.age_s = 1;
  lie.header.sequence = kLastSequence;
  std::get<RouterLsa>(lie.body).links.clear();
  flood(lie);
  net_.run(seconds(20));
  expect_healed(truth.body);
  EXPECT_LT(lsa_of(kFriend, router_key(kVictim)).header.sequence, LsSequence{INT32_MIN + 10});
}

TEST_F(Hostile, SomebodySaysThatOurLsaIsTooOld) {
  begin();
  const Lsa truth = lsa_of(kVictim, router_key(kVictim));
  Lsa lie = truth;
  lie.header.age_s = kMaxAgeS;
  flood(lie);
  net_.run(seconds(8));
  expect_healed(truth.body);
  EXPECT_GT(lsa_of(kFriend, router_key(kVictim)).header.sequence, truth.header.sequence);
}

TEST_F(Hostile, SomebodySaysThatTheLsaOfAFriendIsTooOld) {
  begin();
  const Lsa truth = lsa_of(kFriend, router_key(kFriend));
  Lsa lie = truth;
  lie.header.age_s = kMaxAgeS;
  flood(lie);
  net_.run(seconds(8));
  EXPECT_EQ(lsa_of(kVictim, router_key(kFriend)).body, truth.body);
  EXPECT_EQ(net_.database(kVictim), net_.database(kFriend));
}

// The same sequence number, checksum and age, but not the same contents.
TEST_F(Hostile, ADisguisedLsaIsToldFromOurs) {
  begin();
  const Lsa truth = lsa_of(kVictim, router_key(kVictim));
  const auto right = read_lsa_header(*write_lsa(truth));
  Lsa lie = truth;
  std::vector<uint8_t> disguised;
  for (uint32_t guess = 0; guess < 200'000'000 && disguised.empty(); ++guess) {
    auto& links = std::get<RouterLsa>(lie.body).links;
    links.back().metric = static_cast<uint16_t>(guess);
    links.back().data = guess >> 16;
    if (lie.body == truth.body) continue;
    auto bytes = *write_lsa(lie);
    if (read_lsa_header(bytes).checksum == right.checksum) disguised = std::move(bytes);
  }
  ASSERT_FALSE(disguised.empty());
  flood(disguised, truth.header.age_s);
  net_.run(seconds(8));
  expect_healed(truth.body);
  EXPECT_GT(lsa_of(kFriend, router_key(kVictim)).header.sequence, truth.header.sequence);
}

TEST_F(Hostile, APhantomRouterLeadsNowhere) {
  begin();
  const auto routes = net_.routes(kVictim);
  Lsa phantom{
      .header = {.options = options::kExternal,
                 .key = {LsaType::kRouter, LinkStateId{666}, RouterId{666}}},
      .body = RouterLsa{.external = true,
                        .links = {{LinkType::kTransit, net_.address_on(kFriend, 0).value(), 1, 1},
                                  {LinkType::kStub, 0, 0, 1}}}};
  flood(phantom);
  // And one that is kept under the victim's own identifier.
  phantom.header.key = {LsaType::kRouter, LinkStateId{OspfNet::id_of(kFriend).value},
                        RouterId{666}};
  flood(phantom);
  net_.run(seconds(8));
  EXPECT_EQ(net_.routes(kVictim), routes);
  EXPECT_TRUE(are_full());
}

TEST_F(Hostile, FiftyThousandForeignLsasAreKeptAndPassedOn) {
  begin();
  UpdateWriter writer({.router = OspfNet::id_of(kFriend), .area = AreaId{0}, .room_bytes = 1480});
  const auto send = [&] {
    inject(std::move(writer).finish(), net_.address_on(kFriend, 0));
    writer =
        UpdateWriter({.router = OspfNet::id_of(kFriend), .area = AreaId{0}, .room_bytes = 1480});
    net_.run(millis(1));
  };
  for (uint32_t i = 0; i < 50'000; ++i) {
    const Lsa lsa{.header = {.options = options::kExternal,
                             .key = {LsaType::kExternal, LinkStateId{0x14000000 + i * 256},
                                     RouterId{i % 977 + 1'000}}},
                  .body = ExternalLsa{.mask = Ip4Addr(mask4(24)), .metric = 1}};
    const auto bytes = *write_lsa(lsa);
    if (writer.add(bytes, 1)) continue;
    send();
    ASSERT_TRUE(writer.add(bytes, 1));
  }
  send();
  net_.run(seconds(10));
  EXPECT_TRUE(are_full());
  EXPECT_EQ(net_.instance(kVictim).view(net_.now()).externals, 50'000u);
}

TEST_F(Hostile, MoreLsasThanAreKeptAreRefusedAndNothingElseSuffers) {
  net_.adjust = [](RouterSettings& settings) { settings.max_lsas = 100; };
  begin();
  for (uint32_t i = 0; i < 500; ++i)
    flood(Lsa{
        .header = {.options = options::kExternal,
                   .key = {LsaType::kExternal, LinkStateId{0x14000000 + i * 256}, RouterId{1'000}}},
        .body = ExternalLsa{.mask = Ip4Addr(mask4(24)), .metric = 1}});
  EXPECT_EQ(net_.instance(kVictim).view(net_.now()).lsas, 100u);
  EXPECT_TRUE(net_.instance(kVictim).view(net_.now()).overflow);
  net_.run(seconds(8));
  EXPECT_TRUE(are_full());
}

class Keyed : public Hostile {
 protected:
  static InterfaceSettings with(std::vector<Key> keys) {
    InterfaceSettings settings = OspfNet::quick(NetworkType::kPointToPoint, 10);
    settings.authenticator = *Authenticator::cryptographic(std::move(keys));
    return settings;
  }
  static Key key(uint8_t id, const char* secret) {
    return {.id = id, .algorithm = Algorithm::kHmacSha256, .secret = secret};
  }
};

TEST_F(Keyed, WhatWasSaidOnceIsNotHeardTwice) {
  std::vector<std::vector<uint8_t>> heard;
  net_.filter = [&](size_t, size_t from, std::span<const uint8_t> packet) {
    if (from == kFriend) heard.emplace_back(packet.begin(), packet.end());
    return true;
  };
  begin(with({key(1, "one")}));
  net_.run(seconds(3));
  heard.resize(heard.size() - 2);  // the last one may come again: it is not older
  const uint64_t before = refused(Refusal::kReplayed);
  for (const auto& packet : heard) inject(packet, net_.address_on(kFriend, 0));
  EXPECT_EQ(refused(Refusal::kReplayed) - before, heard.size());
  EXPECT_TRUE(are_full());
}

TEST_F(Keyed, ARemovedKeyIsRefusedAtOnce) {
  begin(with({key(1, "one")}));
  net_.configure(kVictim, 0, with({key(2, "two")}));
  net_.run(millis(1'100));
  EXPECT_GT(refused(Refusal::kUnknownKey), 0u);
  net_.run(seconds(5));
  EXPECT_FALSE(are_full());
}

TEST_F(Keyed, KeysTakeOverWithoutAPause) {
  begin(with({key(1, "one")}));
  const uint64_t changes = net_.instance(kVictim).neighbours(net_.now())[0].changes;
  net_.configure(kVictim, 0, with({key(1, "one"), key(2, "two")}));
  net_.configure(kFriend, 0, with({key(1, "one"), key(2, "two")}));
  net_.run(seconds(10));
  net_.configure(kVictim, 0, with({key(2, "two")}));
  net_.configure(kFriend, 0, with({key(2, "two")}));
  net_.run(seconds(10));
  EXPECT_TRUE(are_full());
  EXPECT_EQ(net_.instance(kVictim).neighbours(net_.now())[0].changes, changes);
}

TEST_F(Keyed, AWrongSecretIsNobody) {
  begin(with({key(1, "one")}));
  net_.configure(kFriend, 0, with({key(1, "eins")}));
  net_.run(seconds(6));
  EXPECT_GT(refused(Refusal::kWrongDigest), 0u);
  EXPECT_EQ(net_.state_between(kVictim, kFriend), NeighbourState::kDown);
}

// Every packet of an adjacency, cut short everywhere and with each of its bytes spoiled: nothing
// crashes, and when it is over the two come together again.
TEST_F(Hostile, SpoiledPackets) {
  std::vector<std::vector<uint8_t>> heard;
  net_.filter = [&](size_t, size_t from, std::span<const uint8_t> packet) {
    if (from == kFriend && heard.size() < 60) heard.emplace_back(packet.begin(), packet.end());
    return true;
  };
  begin();
  const Ip4Addr source = net_.address_on(kFriend, 0);
  for (const auto& packet : heard) {
    for (size_t length = 0; length < packet.size(); ++length)
      inject(std::span(packet).first(length), source);
    for (size_t at = 0; at < packet.size(); ++at)
      for (const uint8_t spoil : {0x01, 0x80, 0xff}) {
        auto spoiled = packet;
        spoiled[at] ^= spoil;
        // With a right checksum, so that it comes further than the first look.
        if (at >= 14 || at < 12) {
          spoiled[12] = spoiled[13] = 0;
          const uint16_t sum = packet_checksum(spoiled);
          spoiled[12] = static_cast<uint8_t>(sum >> 8);
          spoiled[13] = static_cast<uint8_t>(sum);
        }
        inject(spoiled, source);
      }
    net_.run(millis(50));
  }
  EXPECT_TRUE(net_.run_until(seconds(40), [&] { return are_full(); }));
  net_.run(seconds(20));
  EXPECT_TRUE(are_full());
}

}  // namespace
}  // namespace spanway::ospf
