// SPDX-License-Identifier: BSD-3-Clause
// Many changes at once come out as the same changes one by one, also where the sink refuses some.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "control/rib/rib.h"
#include "dataplane/base/random.h"

namespace spanway::rib {
namespace {

// Has what it was told; some prefixes it refuses to change.
class Stubborn : public Sink {
 public:
  bool usable(TargetId, const Target& target) override { return target.interface != down; }
  Status route_set(const Prefix& prefix, TargetId, const Target& target) override {
    if (refuses.contains(prefix)) return Error{ErrorCode::kFull, "full at " + prefix.to_string()};
    routes[prefix] = target;
    return {};
  }
  Status route_del(const Prefix& prefix) override {
    if (refuses.contains(prefix)) return Error{ErrorCode::kFull, "full at " + prefix.to_string()};
    EXPECT_EQ(routes.erase(prefix), 1u) << prefix.to_string();
    return {};
  }
  Refusals set_many(std::span<const BestChange4> changes, const Targets& targets) override {
    std::set<Prefix4> all;
    for (const auto& one : changes)
      EXPECT_TRUE(all.insert(one.prefix).second) << "twice in a batch";
    largest = std::max(largest, changes.size());
    return Sink::set_many(changes, targets);
  }
  using Sink::set_many;
  void target_gone(TargetId) override { ++gone; }

  std::map<Prefix, Target> routes;
  std::set<Prefix> refuses;
  IfIndex down{99};
  size_t largest = 0, gone = 0;
};

Target over(uint16_t interface) { return {TargetKind::kConnected, IfIndex{interface}, {}}; }

Prefix prefix(const char* text) { return *Prefix::parse(text); }

// What a rib should be, in the plainest way.
struct Model {
  using Key = std::pair<Origin, uint8_t>;
  struct Known {
    uint32_t metric;
    uint16_t target;
    bool operator==(const Known&) const = default;
  };
  using Candidates = std::map<Key, Known>;
  std::map<Prefix, Candidates> all;

  struct Best {
    Key key;
    uint16_t target;
    bool operator==(const Best&) const = default;
  };
  static std::optional<Best> best(const Candidates& some) {
    const auto rank = [](const auto& one) {
      return std::tuple(one.first.second, one.second.metric, one.first.first);
    };
    const auto found = std::min_element(
        some.begin(), some.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    if (found == some.end()) return std::nullopt;
    return Best{found->first, found->second.target};
  }
  // False: the sink refuses and all stays as it was.
  bool change(const Stubborn& sink, const Prefix& where, const Source& source,
              std::optional<uint16_t> target) {
    Candidates after = all[where];
    const Key key(source.origin, source.preference);
    if (target)
      after[key] = {source.metric, *target};
    else
      after.erase(key);
    if (best(after) != best(all[where]) && sink.refuses.contains(where)) return false;
    all[where] = std::move(after);
    return true;
  }
};

class RibManyTest : public testing::Test {
 protected:
  RibManyTest() {
    rib_.attach(sink_);
    for (uint16_t i = 0; i < kTargets; ++i) ids_.push_back(rib_.hold(over(i)));
  }
  ~RibManyTest() override {
    for (const TargetId id : ids_) rib_.release(id);
  }
  Prefix somewhere() {
    const auto at = static_cast<uint32_t>(random_.below(200));
    if (at % 8 == 0) return Prefix(Ip6Addr::from_halves(uint64_t{at} << 40, 0), 32);
    return Prefix4(Ip4Addr(at << 20), 12);
  }
  Source some_source() {
    return {random_.below(2) == 0 ? Origin::kStatic : Origin::kOspf,
            static_cast<uint8_t>(1 + random_.below(2)), static_cast<uint32_t>(random_.below(2))};
  }
  void agree() {
    size_t candidates = 0;
    for (const auto& [where, wanted] : model_.all) {
      candidates += wanted.size();
      Model::Candidates found;
      size_t best = 0;
      for (const Row& row : rib_.candidates(where)) {
        found[{row.source.origin, row.source.preference}] = {row.source.metric,
                                                             row.target->interface.value};
        best += row.best;
        if (row.best) {
          EXPECT_EQ(sink_.routes.at(where), *row.target);
        }
      }
      ASSERT_EQ(found, wanted) << where.to_string();
      const std::optional<Model::Best> shown = Model::best(wanted);
      ASSERT_EQ(best, shown ? 1u : 0u) << where.to_string();
      ASSERT_EQ(sink_.routes.contains(where), shown.has_value()) << where.to_string();
      if (shown) {
        ASSERT_EQ(sink_.routes.at(where), over(shown->target)) << where.to_string();
      }
    }
    ASSERT_EQ(rib_.counts().candidates, candidates);
  }

  static constexpr uint16_t kTargets = 5;
  Stubborn sink_;
  Rib rib_;
  std::vector<TargetId> ids_;
  Model model_;
  Random random_{20260301};
};

TEST_F(RibManyTest, TransactionsHappenWholeOrNotAtAll) {
  size_t whole = 0, none = 0;
  for (int step = 0; step < 800; ++step) {
    sink_.refuses.clear();
    for (uint64_t i = random_.below(2) * 8; i > 0; --i) sink_.refuses.insert(somewhere());
    const Model before = model_;
    std::vector<Change> changes;
    std::optional<size_t> fails;
    // Few changes, or so many that most prefixes change, some of them often.
    for (uint64_t i = 1 + random_.below(step % 4 == 0 ? 400 : 60); i > 0; --i) {
      Change one{somewhere(), some_source(), {}};
      const auto& known = model_.all[one.prefix];
      std::optional<uint16_t> target;
      if (random_.below(3) != 0 || known.empty()) {
        target = static_cast<uint16_t>(random_.below(kTargets));
        one.target = over(*target);
      } else {
        one.source.origin = known.begin()->first.first;
        one.source.preference = known.begin()->first.second;
      }
      if (!model_.change(sink_, one.prefix, one.source, target) && !fails) fails = changes.size();
      changes.push_back(std::move(one));
    }
    size_t failed = SIZE_MAX;
    const Status done = rib_.apply(changes, Nanos(), &failed);
    ASSERT_EQ(done.has_value(), !fails) << "step " << step;
    ++(fails ? none : whole);
    if (fails) {
      ASSERT_LT(failed, changes.size());
      EXPECT_TRUE(sink_.refuses.contains(changes[failed].prefix));
      EXPECT_EQ(done.error().message, "full at " + changes[failed].prefix.to_string());
      model_ = before;
      // What could not even be undone comes right with the next look.
      sink_.refuses.clear();
      ASSERT_TRUE(rib_.reconsider());
    }
    agree();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(whole, 100u);
  EXPECT_GT(none, 100u);
  EXPECT_GT(sink_.largest, 20u);
}

TEST_F(RibManyTest, SaysWhichChangeOfATransactionFailed) {
  ASSERT_TRUE(rib_.set(prefix("10.0.0.0/8"), {}, over(1), Nanos()));
  std::vector<Change> changes = {{prefix("11.0.0.0/8"), {}, over(1)},
                                 {prefix("10.0.0.0/8"), {}, over(2)},
                                 {prefix("12.0.0.0/8"), {}, std::nullopt},
                                 {prefix("13.0.0.0/8"), {}, over(3)}};
  size_t failed = SIZE_MAX;
  EXPECT_EQ(rib_.apply(changes, Nanos(), &failed).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(failed, 2u);
  EXPECT_TRUE(sink_.routes.contains(prefix("10.0.0.0/8")));
  EXPECT_EQ(sink_.routes.size(), 1u);
  changes[2].target = over(2);
  sink_.refuses.insert(prefix("13.0.0.0/8"));
  EXPECT_EQ(rib_.apply(changes, Nanos(), &failed).error().code, ErrorCode::kFull);
  EXPECT_EQ(failed, 3u);
  EXPECT_EQ(sink_.routes.size(), 1u);
  EXPECT_EQ(sink_.routes.at(prefix("10.0.0.0/8")), over(1));
}

TEST_F(RibManyTest, AnInterfaceThatGoesTakesItsRoutesInOneBatch) {
  std::vector<Announcement> batch;
  for (uint32_t i = 0; i < 5000; ++i)
    batch.push_back({Prefix4(Ip4Addr(i << 12), 20), {}, ids_[1 + i % 2]});
  ASSERT_TRUE(rib_.apply(batch, Nanos()));
  EXPECT_EQ(sink_.routes.size(), 5000u);
  sink_.largest = 0;
  sink_.down = IfIndex{1};
  ASSERT_TRUE(rib_.reconsider());
  EXPECT_EQ(sink_.routes.size(), 2500u);
  EXPECT_EQ(sink_.largest, 2500u);
  // Some of the others' prefixes can not change now: they keep what they have, and come right
  // later.
  for (uint32_t i = 1; i < 5000; i += 100) sink_.refuses.insert(batch[i].prefix);
  sink_.down = IfIndex{2};
  EXPECT_EQ(rib_.reconsider().error().code, ErrorCode::kFull);
  EXPECT_EQ(sink_.routes.size(), 2500u + sink_.refuses.size());
  sink_.refuses.clear();
  ASSERT_TRUE(rib_.reconsider());
  EXPECT_EQ(sink_.routes.size(), 2500u);
  for (Announcement& one : batch) one.target = kNoTarget;
  ASSERT_TRUE(rib_.apply(batch, Nanos()));
  EXPECT_TRUE(sink_.routes.empty());
  EXPECT_EQ(rib_.counts().candidates, 0u);
}

}  // namespace
}  // namespace spanway::rib
