// SPDX-License-Identifier: BSD-3-Clause
// Two routers get the same routes, one in batches, one route by route: workers find the same in
// both, while gateways come, go and lead elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "control/publish/publisher.h"
#include "dataplane/base/random.h"

namespace spanway::publish {
namespace {

struct Router {
  explicit Router(size_t bytes4 = table::Fib4::kPoolBytes) : tables(graveyard, bytes4) {}

  seam::Qsbr qsbr{1};
  seam::Graveyard graveyard{qsbr};
  table::Tables tables;
  rib::Rib rib;
  Publisher publisher{tables, graveyard, rib};

  void settle() {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(publisher.step());
  }
  [[nodiscard]] std::string way(const IpAddr& to) const {
    const NextHopId id = to.is4() ? tables.fib4.lookup(to.v4()) : tables.fib6.lookup(to.v6());
    const table::NextHop& hop = *tables.next_hops.get(id);
    std::string text = std::to_string(static_cast<int>(hop.kind)) + " " +
                       std::to_string(hop.interface.value) + " " + hop.gateway.to_string();
    for (const NextHopId one : hop.buckets)
      text += " " + tables.next_hops.get(one)->gateway.to_string();
    return text;
  }
};

table::Interface interface(uint16_t index, const char* address, const char* address6, bool up) {
  table::Interface out;
  out.index = IfIndex{index};
  out.up = up;
  out.addresses = {*IpWithLength::parse(address), *IpWithLength::parse(address6)};
  return out;
}

std::vector<table::Interface> interfaces(bool second_up) {
  return {interface(1, "10.0.1.1/24", "2001:db8:1::1/64", true),
          interface(2, "10.0.2.1/24", "2001:db8:2::1/64", second_up)};
}

rib::Via gateway(const char* text) { return {*IpAddr::parse(text), kNoInterface, 1}; }

TEST(PublishBatch, AgreesWithRouteByRoute) {
  Router batched, single;
  const std::vector<std::vector<rib::Via>> ways4 = {{gateway("10.0.1.7")},
                                                    {gateway("10.0.1.8")},
                                                    {gateway("10.0.2.7")},
                                                    {gateway("192.0.2.9")},
                                                    {gateway("10.0.1.7"), gateway("10.0.2.8")},
                                                    {gateway("192.0.2.200")}};
  const std::vector<std::vector<rib::Via>> ways6 = {
      {gateway("2001:db8:1::7")}, {gateway("2001:db8:2::7")}, {gateway("2001:db8:99::1")}};
  Random random(11);
  const auto some_change = [&]() -> rib::Change {
    rib::Change change;
    change.source = {rib::Origin::kStatic, static_cast<uint8_t>(1 + random.below(2)), 0};
    const uint64_t kind = random.below(10);
    const bool six = kind < 2, inner = kind == 2;  // inner: what recursive gateways resolve by
    const auto& ways = six ? ways6 : ways4;
    rib::Target target;
    target.via = ways[random.below(inner ? 3 : ways.size())];
    if (random.below(8) == 0) target = {rib::TargetKind::kBlackhole, kNoInterface, {}};
    const auto bits = static_cast<uint32_t>(random.below(1 << 10));
    if (six)
      change.prefix =
          random.below(20) == 0
              ? *Prefix::parse("2001:db8:99::/48")
              : Prefix(Ip6Addr::from_halves(0x20020000'00000000 | uint64_t{bits} << 24, 0),
                       static_cast<unsigned>(20 + random.below(25)));
    else if (inner)
      change.prefix = Prefix4(Ip4Addr(0xc0000200u + (bits & 0xff)), 24 + bits % 9);
    else  // some of them neighbours of ours
      change.prefix = Prefix4(Ip4Addr(bits < 16 ? 0x0a000100u + bits : 0x14000000u + (bits << 13)),
                              static_cast<unsigned>(bits < 16 ? 32 : 6 + random.below(27)));
    change.target = target;
    return change;
  };
  for (Router* one : {&batched, &single}) {
    ASSERT_TRUE(one->publisher.set_interfaces(interfaces(true), Nanos()));
    for (uint16_t i = 2; i < 12; ++i)
      ASSERT_TRUE(one->publisher.neighbour_resolved(IfIndex{1}, IpAddr(Ip4Addr(0x0a000100u + i)),
                                                    *EtherAddr::parse("02:00:00:00:00:07")));
  }
  for (int step = 0; step < 150; ++step) {
    std::vector<rib::Change> changes;
    for (uint64_t i = 1 + random.below(120); i > 0; --i) {
      rib::Change change = some_change();
      if (random.below(3) == 0) {
        const auto known = single.rib.candidates(change.prefix);
        if (!known.empty() && known.front().source.origin == rib::Origin::kStatic) {
          change.source = known.front().source;
          change.target.reset();
        }
      }
      ASSERT_TRUE(change.target
                      ? single.rib.set(change.prefix, change.source, *change.target, Nanos())
                      : single.rib.remove(change.prefix, change.source));
      changes.push_back(std::move(change));
    }
    ASSERT_TRUE(batched.rib.apply(changes, Nanos()));
    for (Router* one : {&batched, &single}) {
      if (step % 10 == 9) {
        ASSERT_TRUE(one->publisher.set_interfaces(interfaces(step % 20 == 9), Nanos()));
      }
      one->settle();
    }
    ASSERT_EQ(batched.publisher.stats().routes4, single.publisher.stats().routes4);
    ASSERT_EQ(batched.publisher.stats().routes6, single.publisher.stats().routes6);
    ASSERT_EQ(batched.publisher.stats().next_hops, single.publisher.stats().next_hops);
    for (int i = 0; i < 300; ++i) {
      const IpAddr to = some_change().prefix.addr();
      ASSERT_EQ(batched.way(to), single.way(to)) << to.to_string() << ", step " << step;
    }
  }
}

// Loads in parts that do not all fit: what was there stays, the part that finds no room is refused
// whole, the error says where, and there is room for it once others have gone.
TEST(PublishBatch, APartThatDoesNotFitIsRefusedWhole) {
  Router router(size_t{1} << 17);
  ASSERT_TRUE(router.publisher.set_interfaces(interfaces(true), Nanos()));
  rib::Target target;
  target.via = {gateway("10.0.1.7")};
  const rib::TargetId id = router.rib.hold(target);
  const rib::Source source{rib::Origin::kStatic, 1, 0};
  constexpr uint32_t kParts = 16, kEach = 250;
  const auto part_of = [&](uint32_t part) {
    std::vector<rib::Announcement> routes;
    for (uint32_t i = part * kEach; i < (part + 1) * kEach; ++i)
      routes.push_back({Prefix4(Ip4Addr(0x14000000 + i * 4099), 32), source, id});
    return routes;
  };
  const size_t own = router.rib.counts().prefixes4;
  std::vector<bool> in;
  for (uint32_t part = 0; part < kParts; ++part) {
    size_t failed = kEach;
    const Status done = router.rib.apply(part_of(part), Nanos(), &failed);
    ASSERT_TRUE(router.publisher.step());
    in.push_back(done.has_value());
    if (done) continue;
    EXPECT_EQ(done.error().code, ErrorCode::kFull);
    ASSERT_LT(failed, kEach);
    const std::string at = part_of(part)[failed].prefix.to_string();
    EXPECT_NE(done.error().message.find("full at " + at), std::string::npos)
        << done.error().message << " for " << at;
  }
  const auto parts_in = static_cast<size_t>(std::ranges::count(in, true));
  ASSERT_GE(parts_in, 2u);
  ASSERT_LT(parts_in, kParts);
  const auto check = [&] {
    for (uint32_t part = 0; part < kParts; ++part)
      for (const rib::Announcement& one : part_of(part)) {
        ASSERT_EQ(router.rib.best(one.prefix) != nullptr, in[part]) << one.prefix.to_string();
        const NextHopId hop = router.tables.fib4.lookup(one.prefix.v4().addr());
        ASSERT_EQ(hop != NextHopId{}, in[part]) << one.prefix.to_string();
      }
    const size_t routes = own + kEach * static_cast<size_t>(std::ranges::count(in, true));
    ASSERT_EQ(router.rib.counts().prefixes4, routes);
    ASSERT_EQ(router.publisher.stats().routes4, routes);
  };
  check();
  // Two go, and one that was refused has room.
  for (uint32_t part = 0; part < 2; ++part) {
    ASSERT_TRUE(in[part]);
    std::vector<rib::Announcement> leaving = part_of(part);
    for (rib::Announcement& one : leaving) one.target = rib::kNoTarget;
    ASSERT_TRUE(router.rib.apply(leaving, Nanos()));
    ASSERT_TRUE(router.publisher.step());
    in[part] = false;
  }
  check();
  ASSERT_FALSE(in[kParts - 1]);
  ASSERT_TRUE(router.rib.apply(part_of(kParts - 1), Nanos()));
  in[kParts - 1] = true;
  check();
  router.rib.release(id);
}

}  // namespace
}  // namespace spanway::publish
