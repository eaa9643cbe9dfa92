// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_redistribute.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dataplane/base/random.h"

namespace spanway::daemon {
namespace {

class Plain : public rib::Sink {
 public:
  bool usable(rib::TargetId, const rib::Target& target) override {
    return target.interface != down;
  }
  Status route_set(const Prefix& prefix, rib::TargetId, const rib::Target&) override {
    log.push_back("set " + prefix.to_string());
    return {};
  }
  Status route_del(const Prefix& prefix) override {
    log.push_back("del " + prefix.to_string());
    return {};
  }
  void target_gone(rib::TargetId) override {}
  IfIndex down{99};
  std::vector<std::string> log;
};

rib::Target over(uint16_t interface) {
  return {rib::TargetKind::kConnected, IfIndex{interface}, {}};
}
Prefix prefix(const char* text) { return *Prefix::parse(text); }
rib::Source source(rib::Origin origin) {
  return {origin,
          static_cast<uint8_t>(origin == rib::Origin::kConnected ? 0
                               : origin == rib::Origin::kStatic  ? 1
                                                                 : 110),
          0};
}

class Redistribute : public testing::Test {
 protected:
  Redistribute() { rib_.attach(sink_); }

  config::Ospf wants(bool statics, bool connected,
                     config::OspfDefault when = config::OspfDefault::kNever) {
    config::Ospf out;
    if (statics) out.redistribute.push_back({config::OspfOrigin::kStatic, {20, 2, 0}});
    if (connected) out.redistribute.push_back({config::OspfOrigin::kConnected, {5, 1, 9}});
    out.default_originate = when;
    return out;
  }
  void set(const char* text, rib::Origin origin, uint16_t interface = 1) {
    ASSERT_TRUE(rib_.set(prefix(text), source(origin), over(interface), Nanos()));
  }
  void remove(const char* text, rib::Origin origin) {
    ASSERT_TRUE(rib_.remove(prefix(text), source(origin)));
  }

  Plain sink_;
  rib::Rib rib_;
  std::map<Prefix4, ospf::External> said_;  // and not taken back
  size_t sayings_ = 0, leaves_ = 0;
  OspfRedistribute redistribute_{
      rib_,
      [this](const Announcement4& one) {
        ++sayings_;
        sink_.log.push_back((one.external ? "announce " : "withdraw ") + one.prefix.to_string());
        if (!one.external) {
          EXPECT_EQ(said_.erase(one.prefix), 1u);
        } else {
          EXPECT_FALSE(said_.contains(one.prefix) && said_.at(one.prefix) == *one.external);
          said_[one.prefix] = *one.external;
        }
      },
      [this] {
        ++leaves_;
        sink_.log.push_back("leave");
      }};
};

TEST_F(Redistribute, AnnouncesAfterTheDataplaneAndWithdrawsBeforeIt) {
  redistribute_.configure(wants(true, false));
  set("10.9.0.0/16", rib::Origin::kStatic);
  remove("10.9.0.0/16", rib::Origin::kStatic);
  EXPECT_EQ(sink_.log,
            (std::vector<std::string>{"set 10.9.0.0/16", "announce 10.9.0.0/16",
                                      "withdraw 10.9.0.0/16", "leave", "del 10.9.0.0/16"}));
}

TEST_F(Redistribute, OnlyTheBestRouteCountsAndOnlyOfTheNamedOrigins) {
  redistribute_.configure(wants(true, false));
  set("10.9.0.0/16", rib::Origin::kOspf);
  set("10.8.0.0/16", rib::Origin::kConnected);
  EXPECT_EQ(redistribute_.size(), 0u);
  set("10.9.0.0/16", rib::Origin::kStatic);
  EXPECT_EQ(redistribute_.size(), 1u);
  set("10.9.0.0/16", rib::Origin::kConnected);  // beats the static one
  EXPECT_EQ(redistribute_.size(), 0u);
  EXPECT_EQ(leaves_, 1u);
}

TEST_F(Redistribute, AnUnusableRouteIsNone) {
  redistribute_.configure(wants(true, false));
  sink_.down = IfIndex{3};
  set("10.9.0.0/16", rib::Origin::kStatic, 3);
  EXPECT_EQ(redistribute_.size(), 0u);
  sink_.down = IfIndex{99};
  ASSERT_TRUE(rib_.reconsider());
  EXPECT_EQ(redistribute_.size(), 1u);
  sink_.down = IfIndex{3};
  ASSERT_TRUE(rib_.reconsider());
  EXPECT_EQ(redistribute_.size(), 0u);
}

TEST_F(Redistribute, AChangeOfOriginIsOneSayingAndNoWithdrawal) {
  redistribute_.configure(wants(true, true));
  set("10.9.0.0/16", rib::Origin::kStatic);
  set("10.9.0.0/16", rib::Origin::kConnected);
  EXPECT_EQ(sayings_, 2u);
  EXPECT_EQ(leaves_, 0u);
  EXPECT_EQ(said_.at(Prefix4(Ip4Addr(10, 9, 0, 0), 16)).tag, 9u);
}

TEST_F(Redistribute, OurOwnSubnetsAreOspfsAlready) {
  redistribute_.configure(wants(false, true));
  set("10.0.1.0/24", rib::Origin::kConnected);
  set("10.0.2.0/24", rib::Origin::kConnected);
  redistribute_.set_own({Prefix4(Ip4Addr(10, 0, 1, 0), 24)});
  EXPECT_EQ(said_.size(), 1u);
  EXPECT_TRUE(said_.contains(Prefix4(Ip4Addr(10, 0, 2, 0), 24)));
  redistribute_.set_own({});
  EXPECT_EQ(said_.size(), 2u);
}

TEST_F(Redistribute, TheDefaultRouteHasASwitchOfItsOwn) {
  redistribute_.configure(wants(true, true));
  set("0.0.0.0/0", rib::Origin::kStatic);
  EXPECT_EQ(redistribute_.size(), 0u);
  redistribute_.configure(wants(false, false, config::OspfDefault::kIfPresent));
  EXPECT_EQ(redistribute_.size(), 1u);
  set("0.0.0.0/0", rib::Origin::kOspf);
  remove("0.0.0.0/0", rib::Origin::kStatic);
  EXPECT_EQ(redistribute_.size(), 0u) << "one that OSPF brought is not ours to announce";
  redistribute_.configure(wants(false, false, config::OspfDefault::kAlways));
  EXPECT_EQ(redistribute_.size(), 1u);
  remove("0.0.0.0/0", rib::Origin::kOspf);
  EXPECT_EQ(redistribute_.size(), 1u);
  redistribute_.configure({});
  EXPECT_EQ(redistribute_.size(), 0u);
}

// The work grows with the change: in a large table one more route is one saying, and routes of
// origins that nobody asked for are none.
TEST_F(Redistribute, AChangeInALargeTableIsOneSaying) {
  redistribute_.configure(wants(true, false));
  std::vector<rib::Change> many;
  for (uint32_t i = 0; i < 100'000; ++i)
    many.push_back(
        {Prefix4(Ip4Addr(0x14000000 + (i << 8)), 24), source(rib::Origin::kStatic), over(1)});
  ASSERT_TRUE(rib_.apply(many, Nanos()));
  EXPECT_EQ(sayings_, 100'000u);
  set("10.9.0.0/16", rib::Origin::kStatic);
  set("10.8.0.0/16", rib::Origin::kOspf);
  remove("10.9.0.0/16", rib::Origin::kStatic);
  EXPECT_EQ(sayings_, 100'002u);
  for (rib::Change& one : many) one.target.reset();
  ASSERT_TRUE(rib_.apply(many, Nanos()));
  EXPECT_EQ(redistribute_.size(), 0u);
  EXPECT_EQ(leaves_, 2u) << "once for the one, once for all of the batch";
}

// However it came to be, what is announced is what the table and the config say.
TEST_F(Redistribute, IsAlwaysWhatTheTableSays) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    config::Ospf now = wants(true, true);
    redistribute_.configure(now);
    std::set<Prefix4> own;
    redistribute_.set_own(own);
    for (int step = 0; step < 60; ++step) {
      const auto at = static_cast<uint8_t>(random.below(5));
      const Prefix4 where = at == 0 ? Prefix4() : Prefix4(Ip4Addr(10, at, 0, 0), 16);
      static constexpr rib::Origin kOrigins[] = {rib::Origin::kConnected, rib::Origin::kStatic,
                                                 rib::Origin::kOspf};
      const auto from = source(kOrigins[random.below(3)]);
      switch (random.below(8)) {
        case 0:
          now = wants(random.below(2) == 0, random.below(2) == 0,
                      static_cast<config::OspfDefault>(random.below(3)));
          redistribute_.configure(now);
          break;
        case 1:
          own.clear();
          if (at != 0) own.insert(where);
          redistribute_.set_own(own);
          break;
        case 2:
        case 3:
        case 4:
          (void)rib_.remove(where, from);
          break;
        default:
          ASSERT_TRUE(rib_.set(where, from, over(1), Nanos()));
      }
      std::set<Prefix4> expected;
      if (now.default_originate == config::OspfDefault::kAlways) expected.insert(Prefix4());
      rib_.each([&](const rib::Row& row) {
        if (!row.best) return;
        const Prefix4 p = row.prefix.v4();
        const auto wanted = [&](config::OspfOrigin origin) {
          return std::ranges::find(now.redistribute, origin, &config::OspfRedistribute::origin) !=
                 now.redistribute.end();
        };
        if (p == Prefix4()) {
          if (now.default_originate == config::OspfDefault::kIfPresent &&
              row.source.origin != rib::Origin::kOspf)
            expected.insert(p);
        } else if (row.source.origin == rib::Origin::kStatic) {
          if (wanted(config::OspfOrigin::kStatic)) expected.insert(p);
        } else if (row.source.origin == rib::Origin::kConnected && !own.contains(p)) {
          if (wanted(config::OspfOrigin::kConnected)) expected.insert(p);
        }
      });
      std::set<Prefix4> announced;
      for (const auto& [p, external] : said_) announced.insert(p);
      ASSERT_EQ(announced, expected) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace spanway::daemon
