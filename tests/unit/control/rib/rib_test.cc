// SPDX-License-Identifier: BSD-3-Clause
#include "control/rib/rib.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "dataplane/base/random.h"

namespace spanway::rib {
namespace {

// Remembers what it was told, refuses when asked to.
class Recorder : public Sink {
 public:
  bool usable(TargetId, const Target& target) override {
    return target.via.empty() || !down.contains(target.via[0].gateway);
  }
  Status route_set(const Prefix& prefix, TargetId, const Target& target) override {
    if (full_after == 0) return Error{ErrorCode::kFull, "full"};
    --full_after;
    ++calls;
    routes[prefix] = target;
    return {};
  }
  Status route_del(const Prefix& prefix) override {
    ++calls;
    EXPECT_EQ(routes.erase(prefix), 1u);
    return {};
  }
  void target_gone(TargetId) override { ++gone; }

  std::map<Prefix, Target> routes;
  std::set<IpAddr> down;
  size_t full_after = SIZE_MAX;
  size_t calls = 0, gone = 0;
};

Prefix prefix(const char* text) { return *Prefix::parse(text); }
Target via(const char* gateway) {
  return {TargetKind::kVia, kNoInterface, {{*IpAddr::parse(gateway), kNoInterface, 1}}};
}
Source of(Origin origin, uint8_t preference, uint32_t metric = 0) {
  return {origin, preference, metric};
}

class RibTest : public testing::Test {
 protected:
  RibTest() { rib_.attach(sink_); }
  // Gateway of what the sink has for a prefix; empty when it has none.
  std::string shown(const char* text) const {
    const auto at = sink_.routes.find(prefix(text));
    return at == sink_.routes.end() ? "" : at->second.via.at(0).gateway.to_string();
  }
  Recorder sink_;
  Rib rib_;
};

TEST_F(RibTest, LowestPreferenceThenMetricWins) {
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kOspf, 110, 20), via("1.0.0.1"), Nanos()));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.1");
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.2"), Nanos()));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.2");
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 200), via("1.0.0.3"), Nanos()));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.2");
  EXPECT_EQ(sink_.calls, 2u);  // the loser was not announced
  ASSERT_TRUE(rib_.remove(prefix("10.0.0.0/8"), of(Origin::kStatic, 1)));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.1");
  ASSERT_TRUE(rib_.remove(prefix("10.0.0.0/8"), of(Origin::kOspf, 110)));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.3");
  ASSERT_TRUE(rib_.remove(prefix("10.0.0.0/8"), of(Origin::kStatic, 200)));
  EXPECT_TRUE(sink_.routes.empty());
  EXPECT_EQ(rib_.counts().candidates, 0u);
  EXPECT_EQ(rib_.counts().targets, 0u);
  EXPECT_EQ(sink_.gone, 3u);
}

TEST_F(RibTest, RemovingWhatIsNotThereIsNotFound) {
  const Status done = rib_.remove(prefix("10.0.0.0/8"), of(Origin::kStatic, 1));
  EXPECT_EQ(done.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(done.error().message, "no static route 10.0.0.0/8 with preference 1");
}

TEST_F(RibTest, SettingTheSameAgainIsSilent) {
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.2"), seconds(5)));
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.2"), seconds(9)));
  EXPECT_EQ(sink_.calls, 1u);
  EXPECT_EQ(rib_.candidates(prefix("10.0.0.0/8")).at(0).since, seconds(5));
}

TEST_F(RibTest, UnusableTargetsYieldAndComeBack) {
  sink_.down.insert(*IpAddr::parse("1.0.0.2"));
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.2"), Nanos()));
  EXPECT_TRUE(sink_.routes.empty());
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kOspf, 110), via("1.0.0.1"), Nanos()));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.1");
  sink_.down.clear();
  ASSERT_TRUE(rib_.reconsider());
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.2");
  sink_.down.insert(*IpAddr::parse("1.0.0.1"));
  sink_.down.insert(*IpAddr::parse("1.0.0.2"));
  ASSERT_TRUE(rib_.reconsider());
  EXPECT_TRUE(sink_.routes.empty());
  EXPECT_FALSE(rib_.lookup(*IpAddr::parse("10.1.1.1")));
  EXPECT_EQ(rib_.candidates(prefix("10.0.0.0/8")).size(), 2u);
}

TEST_F(RibTest, RefusedChangeLeavesEverything) {
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.2"), Nanos()));
  sink_.full_after = 0;
  EXPECT_EQ(
      rib_.set(prefix("11.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.3"), Nanos()).error().code,
      ErrorCode::kFull);
  EXPECT_FALSE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.3"), Nanos()));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.2");
  EXPECT_EQ(rib_.best(prefix("10.0.0.0/8"))->via[0].gateway, *IpAddr::parse("1.0.0.2"));
  EXPECT_EQ(rib_.counts().candidates, 1u);
  EXPECT_EQ(rib_.counts().targets, 1u);
}

TEST_F(RibTest, TransactionIsAllOrNothing) {
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.2"), Nanos()));
  ASSERT_TRUE(rib_.set(prefix("12.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.2"), Nanos()));
  const auto before = sink_.routes;
  std::vector<Change> changes;
  changes.push_back({prefix("10.0.0.0/8"), of(Origin::kStatic, 1), via("1.0.0.9")});
  changes.push_back({prefix("12.0.0.0/8"), of(Origin::kStatic, 1), std::nullopt});
  changes.push_back({prefix("2001:db8::/32"), of(Origin::kStatic, 1), via("2001:db8:f::1")});
  changes.push_back({prefix("13.0.0.0/8"), of(Origin::kStatic, 1), std::nullopt});  // not there
  const Status done = rib_.apply(changes, Nanos());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(sink_.routes, before);
  EXPECT_EQ(rib_.counts().candidates, 2u);
  EXPECT_EQ(rib_.counts().targets, 1u);
  changes.pop_back();
  ASSERT_TRUE(rib_.apply(changes, Nanos()));
  EXPECT_EQ(shown("10.0.0.0/8"), "1.0.0.9");
  EXPECT_EQ(shown("2001:db8::/32"), "2001:db8:f::1");
  EXPECT_EQ(shown("12.0.0.0/8"), "");
}

TEST_F(RibTest, ListsInOrderByPages) {
  for (const char* text : {"2001:db8::/32", "10.1.0.0/16", "10.0.0.0/8", "9.0.0.0/8"})
    ASSERT_TRUE(rib_.set(prefix(text), of(Origin::kStatic, 1),
                         {TargetKind::kBlackhole, kNoInterface, {}}, Nanos()));
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), of(Origin::kOspf, 110), via("1.0.0.1"), Nanos()));
  size_t total = 0;
  std::string seen;
  for (size_t offset = 0; offset < 6; offset += 2)
    for (const Row& row : rib_.list({}, offset, 2, &total))
      seen += row.prefix.to_string() + " " + std::string(name_of(row.source.origin)) + "\n";
  EXPECT_EQ(total, 5u);
  EXPECT_EQ(seen,
            "9.0.0.0/8 static\n10.0.0.0/8 static\n10.0.0.0/8 ospf\n10.1.0.0/16 static\n"
            "2001:db8::/32 static\n");
  EXPECT_EQ(rib_.list({Family::kIp4, Origin::kOspf}, 0, 9).size(), 1u);
  EXPECT_EQ(rib_.lookup(*IpAddr::parse("10.1.2.3"))->prefix, prefix("10.1.0.0/16"));
  EXPECT_EQ(rib_.lookup(*IpAddr::parse("10.2.2.3"))->prefix, prefix("10.0.0.0/8"));
  EXPECT_FALSE(rib_.lookup(*IpAddr::parse("11.2.2.3")));
}

// The sink always has the best usable candidate of a plain list of them.
TEST_F(RibTest, AgreesWithPlainListOverRandomChanges) {
  struct Known {
    uint32_t metric;
    Target target;
  };
  std::map<Prefix, std::map<std::pair<uint8_t, Origin>, Known>> model;
  Random random(7);
  const std::vector<std::string> gateways = {"1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4"};
  for (int step = 0; step < 100'000; ++step) {
    const Prefix where(Prefix4(Ip4Addr(static_cast<uint32_t>(random.below(600)) << 20),
                               static_cast<unsigned>(12 + random.below(3))));
    const Source source =
        of(random.below(2) == 0 ? Origin::kStatic : Origin::kOspf,
           static_cast<uint8_t>(1 + random.below(3)), static_cast<uint32_t>(random.below(3)));
    const auto key = std::pair(source.preference, source.origin);
    if (random.below(2) == 0) {
      const Target target = via(gateways[random.below(gateways.size())].c_str());
      ASSERT_TRUE(rib_.set(where, source, target, Nanos()));
      model[where][key] = {source.metric, target};
    } else {
      ASSERT_EQ(rib_.remove(where, source).has_value(), model[where].erase(key) == 1);
    }
    if (step % 1000 == 0) {
      const IpAddr flipped = *IpAddr::parse(gateways[random.below(gateways.size())]);
      if (sink_.down.erase(flipped) == 0) sink_.down.insert(flipped);
      ASSERT_TRUE(rib_.reconsider());
    }
    const Known* best = nullptr;
    std::tuple<uint8_t, uint32_t, Origin> best_rank;
    for (const auto& [k, known] : model[where]) {
      const std::tuple rank(k.first, known.metric, k.second);
      if (sink_.down.contains(known.target.via[0].gateway)) continue;
      if (best == nullptr || rank < best_rank) {
        best = &known;
        best_rank = rank;
      }
    }
    const auto at = sink_.routes.find(where);
    ASSERT_EQ(at != sink_.routes.end(), best != nullptr) << "step " << step;
    if (best != nullptr) {
      ASSERT_EQ(at->second, best->target) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace spanway::rib
