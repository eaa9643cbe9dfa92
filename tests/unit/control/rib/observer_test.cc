// SPDX-License-Identifier: BSD-3-Clause
// Whoever watches a rib knows where every best route comes from, whatever the road of the change,
// and hears of what leaves before the sink does.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "control/rib/rib.h"
#include "dataplane/base/random.h"

namespace spanway::rib {
namespace {

class Watched : public Sink, public Observer {
 public:
  bool usable(TargetId, const Target& target) override { return target.interface != down; }
  Status route_set(const Prefix& prefix, TargetId, const Target&) override {
    EXPECT_TRUE(all_said);
    if (refuses.contains(prefix)) return Error{ErrorCode::kFull, "full"};
    routes.insert(prefix);
    return {};
  }
  Status route_del(const Prefix& prefix) override {
    EXPECT_TRUE(all_said);
    // What has a known origin was said to leave.
    EXPECT_FALSE(known.contains(prefix)) << prefix.to_string();
    if (refuses.contains(prefix)) return Error{ErrorCode::kFull, "full"};
    routes.erase(prefix);
    return {};
  }
  void target_gone(TargetId) override {}

  void leaving(const Prefix& prefix, Origin from, std::optional<Origin> to) override {
    EXPECT_NE(std::optional(from), to);
    const auto at = known.find(prefix);
    ASSERT_NE(at, known.end());
    EXPECT_EQ(at->second, from);
    known.erase(at);
    all_said = false;
  }
  void all_leaving() override { all_said = true; }
  void settled(const Prefix& prefix, std::optional<Origin> origin) override {
    EXPECT_FALSE(known.contains(prefix)) << prefix.to_string();
    if (origin) known.emplace(prefix, *origin);
  }

  std::map<Prefix, Origin> known;
  std::set<Prefix> routes, refuses;
  IfIndex down{99};
  bool all_said = true;
};

std::map<Prefix, Origin> truth(const Rib& rib) {
  std::map<Prefix, Origin> out;
  rib.each([&](const Row& row) {
    if (row.best) out.emplace(row.prefix, row.source.origin);
  });
  return out;
}

Target over(uint16_t interface) { return {TargetKind::kConnected, IfIndex{interface}, {}}; }

TEST(RibObserver, KnowsEveryBestRoutesOriginAfterAnyChange) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Watched watched;
    Rib rib;
    rib.attach(watched);
    rib.watch(&watched);
    const auto change = [&] {
      static constexpr Origin kOrigins[] = {Origin::kConnected, Origin::kStatic, Origin::kOspf};
      const auto origin = kOrigins[random.below(3)];
      const Prefix prefix = Prefix4(Ip4Addr(10, 0, static_cast<uint8_t>(random.below(6)), 0), 24);
      Change out{prefix, {origin, static_cast<uint8_t>(random.below(3)), 0}, {}};
      if (random.below(3) != 0) out.target = over(static_cast<uint16_t>(random.below(3)));
      return out;
    };
    for (int step = 0; step < 60; ++step) {
      watched.refuses.clear();
      if (random.below(4) == 0)
        watched.refuses.insert(
            Prefix4(Ip4Addr(10, 0, static_cast<uint8_t>(random.below(6)), 0), 24));
      if (random.below(4) == 0) {
        watched.down = IfIndex{static_cast<uint16_t>(random.below(4))};
        (void)rib.reconsider();
      } else if (random.below(2) == 0) {
        const Change one = change();
        if (one.target)
          (void)rib.set(one.prefix, one.source, *one.target, Nanos());
        else
          (void)rib.remove(one.prefix, one.source);
      } else {
        std::vector<Change> many;
        for (uint64_t i = 0; i < random.below(8); ++i) many.push_back(change());
        (void)rib.apply(many, Nanos());
      }
      ASSERT_EQ(watched.known, truth(rib)) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace spanway::rib
