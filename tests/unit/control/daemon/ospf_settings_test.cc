// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_settings.h"

#include <gtest/gtest.h>

namespace spanway::daemon {
namespace {

constexpr int64_t kOffset = 1'700'000'000'000'000'000;  // engine time 0, in nanoseconds since 1970
constexpr Ip4Addr kRouter{10, 255, 0, 1};

config::Ospf one_port() {
  config::Ospf out;
  out.ports.push_back({.name = "p0", .area = 256});
  return out;
}

TEST(OspfSettings, TakeTheConfigsWords) {
  config::Ospf config = one_port();
  config.max_paths = 4;
  config.spf_initial_ms = 1;
  config.spf_short_ms = 2;
  config.spf_long_ms = 3;
  const auto wanted = ospf_wanted(config, {kRouter, kOffset, 7});
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->router.router, ospf::RouterId(kRouter.value()));
  EXPECT_EQ(wanted->router.area, ospf::AreaId(256));
  EXPECT_EQ(wanted->router.max_paths, 4);
  EXPECT_EQ(wanted->router.backoff.initial, millis(1));
  EXPECT_EQ(wanted->router.backoff.short_wait, millis(2));
  EXPECT_EQ(wanted->router.backoff.long_wait, millis(3));
  EXPECT_EQ(wanted->router.seed, 7u);
  const ospf::InterfaceSettings port = ospf_interface(config.ports[0], *wanted);
  EXPECT_EQ(port.type, ospf::NetworkType::kBroadcast);
  EXPECT_EQ(port.dead_interval_s, 40u);
  EXPECT_EQ(port.authenticator.type(), ospf::AuthType::kNone);
  config.ports[0].hello_interval_s = 2;
  EXPECT_EQ(ospf_interface(config.ports[0], *wanted).dead_interval_s, 8u);
  config.ports[0].dead_interval_s = 3;
  config.ports[0].network = config::OspfNetwork::kPointToPoint;
  EXPECT_EQ(ospf_interface(config.ports[0], *wanted).dead_interval_s, 3u);
  EXPECT_EQ(ospf_interface(config.ports[0], *wanted).type, ospf::NetworkType::kPointToPoint);
}

TEST(OspfSettings, APasswordOrKeys) {
  config::Ospf config = one_port();
  config.keys.push_back({"p0", 1, config::OspfAlgorithm::kSimple, "s", {}, {}, {}, {}});
  const auto simple = ospf_wanted(config, {kRouter, kOffset, 1});
  ASSERT_TRUE(simple);
  EXPECT_EQ(ospf_interface(config.ports[0], *simple).authenticator.type(), ospf::AuthType::kSimple);
  for (const auto algorithm :
       {config::OspfAlgorithm::kMd5, config::OspfAlgorithm::kHmacSha1,
        config::OspfAlgorithm::kHmacSha256, config::OspfAlgorithm::kHmacSha384,
        config::OspfAlgorithm::kHmacSha512}) {
    config.keys[0].algorithm = algorithm;
    const auto made = ospf_wanted(config, {kRouter, kOffset, 1});
    ASSERT_TRUE(made);
    const ospf::Key* key = made->authenticators.at("p0").signing_key(Nanos());
    ASSERT_NE(key, nullptr);
    // The names of both lists agree.
    static constexpr size_t kBytes[] = {0, 16, 20, 32, 48, 64};
    EXPECT_EQ(ospf::digest_bytes(key->algorithm), kBytes[static_cast<size_t>(algorithm)]);
  }
}

// Wall-clock times become engine times: one that is over, one that comes, and the last there are.
TEST(OspfSettings, KeysTakeOverAtTheirTimes) {
  config::Ospf config = one_port();
  config::OspfKey old{"p0", 1, config::OspfAlgorithm::kMd5, "old", {}, {}, {}, {}};
  old.generate_until_s = 1'700'000'100;
  config::OspfKey fresh{"p0", 2, config::OspfAlgorithm::kMd5, "new", {}, {}, {}, {}};
  fresh.generate_from_s = 1'700'000'100;
  fresh.generate_until_s = 253'402'300'799;
  config.keys = {old, fresh};
  const auto wanted = ospf_wanted(config, {kRouter, kOffset, 1});
  ASSERT_TRUE(wanted);
  const ospf::Authenticator& keys = wanted->authenticators.at("p0");
  EXPECT_EQ(keys.signing_key(Nanos())->id, 1);
  EXPECT_EQ(keys.signing_key(seconds(100) - Nanos(1))->id, 1);
  EXPECT_EQ(keys.signing_key(seconds(100))->id, 2);
  EXPECT_EQ(keys.signing_key(seconds(3'000'000'000))->id, 2);
  EXPECT_FALSE(keys.out_of_keys(seconds(3'000'000'000)));
}

// Whoever starts again goes on above the numbers that the neighbours have seen.
TEST(OspfSettings, SequenceNumbersGrowFromStartToStart) {
  const config::Ospf config = one_port();
  const auto at = [&](int64_t engine_s) {
    return ospf_wanted(config, {kRouter, 1'750'000'000'000'000'000, 1, seconds(engine_s)})
        ->router.first_cryptographic_sequence;
  };
  EXPECT_EQ(at(10) - at(0), 10 * ospf::kCryptographicNumbersASecond);
  EXPECT_GE(ospf_wanted(config, {kRouter, 0, 1})->router.first_cryptographic_sequence, 1u);
}

TEST(OspfSettings, WhatBeginsEverythingAnew) {
  config::Ospf config = one_port();
  const auto before = ospf_wanted(config, {kRouter, kOffset, 1});
  config.preference = 50;
  config.ports[0].cost = 3;
  EXPECT_TRUE(ospf_same_router(before->router, ospf_wanted(config, {kRouter, kOffset, 1})->router));
  EXPECT_FALSE(ospf_same_router(before->router,
                                ospf_wanted(config, {Ip4Addr(1, 1, 1, 1), kOffset, 1})->router));
  config.ports[0].area = 1;
  EXPECT_FALSE(
      ospf_same_router(before->router, ospf_wanted(config, {kRouter, kOffset, 1})->router));
}

}  // namespace
}  // namespace spanway::daemon
